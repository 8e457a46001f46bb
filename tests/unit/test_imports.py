"""The core library and the command line must start without the heavy stack."""

import json
import pathlib
import re
import subprocess
import sys

import pytest

import skewgate

HEAVY = (
    "tensorflow",
    "tfx",
    "apache_beam",
    "tensorflow_data_validation",
    "tensorflow_model_analysis",
)
ROOT = pathlib.Path(skewgate.__file__).parent


def core_modules():
    paths = [path for path in ROOT.rglob("*.py") if "transforms" not in path.parts]
    names = {
        ".".join(("skewgate", *path.relative_to(ROOT).with_suffix("").parts)) for path in paths
    }
    return sorted(name.removesuffix(".__init__") for name in names if "__main__" not in name)


def python(*arguments):
    return subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, check=True, timeout=300
    )


def test_core_modules_are_found():
    assert {
        "skewgate",
        "skewgate.cli.main",
        "skewgate.config",
        "skewgate.decision.gate",
        "skewgate.drift",
        "skewgate.errors",
        "skewgate.files",
        "skewgate.metrics",
        "skewgate.metrics.base",
        "skewgate.metrics.ks",
        "skewgate.report",
        "skewgate.rows.judging",
        "skewgate.splits",
        "skewgate.statistics",
        "skewgate.tables",
        "skewgate.types",
        "skewgate.validation",
    } <= set(core_modules())


def test_core_loads_nothing_heavy():
    code = (
        "import importlib, json, sys\n"
        f"for name in {core_modules()!r}: importlib.import_module(name)\n"
        "print(json.dumps(sorted(sys.modules)))"
    )
    loaded = json.loads(python("-c", code).stdout)
    assert "skewgate.drift" in loaded
    assert [name for name in loaded if name.split(".")[0] in HEAVY] == []


def test_schemas_are_compared_without_anything_heavy(tmp_path):
    sides = [tmp_path / "one.pbtxt", tmp_path / "other.pbtxt"]
    for side, kind in zip(sides, ("INT", "FLOAT"), strict=True):
        side.write_text(f'feature {{ name: "fare" type: {kind} }}')
    code = (
        "import json, sys\n"
        "from skewgate.cli.main import main\n"
        "assert main(['schema', 'diff', *sys.argv[1:]]) == 1\n"
        "print(json.dumps(sorted(sys.modules)))"
    )
    words, loaded = python("-c", code, *map(str, sides)).stdout.splitlines()
    assert words == "fare: type INT -> FLOAT"
    assert [name for name in json.loads(loaded) if name.split(".")[0] in HEAVY] == []


@pytest.mark.parametrize("command", [[], ["schema"], ["schema", "update"], ["run"], ["compile"]])
def test_help_loads_nothing_heavy(command):
    result = python("-X", "importtime", "-m", "skewgate", *command, "--help")
    assert "usage: skewgate" in result.stdout
    imported = re.findall(r"^import time:.*\|\s*(\S+)$", result.stderr, re.MULTILINE)
    assert "skewgate.cli.main" in imported
    assert [name for name in imported if name.split(".")[0] in HEAVY] == []


def test_an_unknown_name_of_the_package_is_an_attribute_error():
    with pytest.raises(AttributeError, match="'skewgate' has no attribute 'Drift'"):
        skewgate.Drift  # noqa: B018
