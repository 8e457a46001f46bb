"""The bill of materials is what the lock installs here, in a form that others' tools read."""

from __future__ import annotations

import importlib
import importlib.metadata
import json
import pathlib
import re
import sys
import types

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packaging.utils import canonicalize_name

import skewgate

# The root of the checkout is on no path of the tests: the folder is made a package by hand.
ROOT = pathlib.Path(__file__).parents[2]
sys.modules["scripts"] = types.ModuleType("scripts")
sys.modules["scripts"].__path__ = [str(ROOT / "scripts")]
sbom = importlib.import_module("scripts.sbom")
check_pins = importlib.import_module("scripts.check_pins")

LOCK = sbom.default_lock()
TEXT = LOCK.read_text()


def printed(capsys, *arguments):
    assert sbom.main([*map(str, arguments)]) == 0
    return capsys.readouterr().out


@pytest.fixture
def bill(capsys):
    return json.loads(printed(capsys))


def test_it_fits_the_strict_schema_of_cyclonedx(capsys):
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(printed(capsys)) is None


def test_the_same_lock_gives_the_same_bytes(capsys):
    assert printed(capsys) == printed(capsys, LOCK)
    assert "timestamp" not in json.loads(printed(capsys))["metadata"]


def test_another_lock_has_another_serial_number(bill, capsys):
    image = LOCK.with_name(f"image-{LOCK.name}")
    other = json.loads(printed(capsys, image))
    assert other["serialNumber"] != bill["serialNumber"]
    assert re.fullmatch(r"urn:uuid:[0-9a-f-]{36}", bill["serialNumber"])
    names = {each["name"] for each in bill["components"]}
    assert {each["name"] for each in other["components"]} < names


def test_each_package_of_the_lock_has_version_purl_and_all_its_hashes(bill):
    locked = sbom.applying(TEXT)
    assert [each["name"] for each in bill["components"]] == sorted(locked)
    for part in bill["components"]:
        version, hashes = locked[part["name"]]
        assert part["version"] == version
        assert part["purl"] == part["bom-ref"] == f"pkg:pypi/{part['name']}@{version}"
        (files,) = part["externalReferences"]
        assert files["type"] == "distribution"
        assert {f"sha256:{each['content']}" for each in files["hashes"]} == set(hashes)
        assert hashes


def test_what_is_installed_here_is_in_it(bill):
    parts = {part["name"]: part["version"] for part in bill["components"]}
    for name in ("numpy", "protobuf", "pyarrow", "tensorflow", "tfx", "urllib3"):
        assert parts[name] == importlib.metadata.version(name)


def test_licenses_are_those_of_the_metadata(bill):
    found = {part["name"]: json.dumps(part.get("licenses", [])) for part in bill["components"]}
    assert "Apache" in found["tfx"]
    assert "MIT" in found["urllib3"]
    with_one = [name for name, text in found.items() if text != "[]"]
    assert len(with_one) > 0.9 * len(found)


def test_a_version_that_is_not_installed_has_no_license():
    assert sbom.licenses("tfx", "0.0.1") == []
    assert sbom.licenses("no-such-package", "1") == []


def test_it_says_what_needs_what_and_starts_at_skewgate(bill):
    root = bill["metadata"]["component"]
    assert (root["name"], root["version"]) == ("skewgate", skewgate.__version__)
    below = {each["ref"]: set(each.get("dependsOn", [])) for each in bill["dependencies"]}
    by_name = {part["name"]: part["bom-ref"] for part in bill["components"]}
    assert by_name["tfx"] in below[root["bom-ref"]]
    assert by_name["pyarrow"] in below[by_name["tfx-bsl"]]
    reached, waiting = set(), [root["bom-ref"]]
    while waiting:
        reference = waiting.pop()
        if reference not in reached:
            reached.add(reference)
            waiting += below.get(reference, ())
    assert set(by_name.values()) <= reached


def test_markers_choose_what_applies_to_this_python():
    text = (
        "one==1 ; python_full_version < '3' --hash=sha256:aa\n"
        "one==2 ; python_full_version >= '3' \\\n    --hash=sha256:bb\n    # via other\n"
    )
    assert sbom.applying(text) == {"one": ("2", ["sha256:bb"])}
    assert list(sbom.required_by(text)) == [("one", "other")]


def test_every_lock_can_be_asked(capsys):
    for path in sorted((ROOT / "requirements").glob("*.txt")):
        names = {canonicalize_name(name) for name, _ in check_pins.pins(path.read_text())}
        parts = json.loads(printed(capsys, path))["components"]
        assert {part["name"] for part in parts} <= names


def test_make_prints_nothing_else():
    text = (ROOT / "Makefile").read_text()
    recipe = re.search(r"^sbom:.*\n((?:\t.*\n)+)", text, re.MULTILINE)
    assert recipe[1].splitlines() == [
        "\t@scripts/setup.sh >&2",
        "\t@$(VENV)/python -m scripts.sbom",
    ]
