"""Every lock names the files that may be installed, and nothing is installed that no lock names."""

from __future__ import annotations

import importlib.util
import pathlib
import re
import runpy

import pytest
import setuptools
from packaging.requirements import Requirement

ROOT = pathlib.Path(__file__).parents[2]
STACKS = ("tfx116", "tfx121")
LOCKS = {
    **{path.stem: path for path in (ROOT / "requirements").glob("*.txt")},
    "benchmarks": ROOT / "benchmarks" / "requirements.txt",
}
INSTALLERS = ("scripts/setup.sh", "scripts/light.sh", "benchmarks/setup.sh", "kubeflow/Dockerfile")
OTHERS = ("uv", "light", "benchmarks")
PYTHONS = {"tfx116": ("3.10",), "tfx121": ("3.10", "3.11", "3.12", "3.13")}

_SPEC = importlib.util.spec_from_file_location("check_pins", ROOT / "scripts" / "check_pins.py")
check_pins = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(check_pins)


def test_there_is_a_lock_of_each_stack_of_its_image_and_of_all_else_that_is_installed():
    assert set(LOCKS) == {*STACKS, *(f"image-{stack}" for stack in STACKS), *OTHERS}


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_pins_versions_and_files(name):
    text = LOCKS[name].read_text()
    assert check_pins.without_hashes(text) == []
    lines = check_pins.requirements(text)
    assert [line for line in lines if not check_pins.PIN.match(line)] == []
    assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", h) for h in check_pins.HASH.findall(text))


@pytest.mark.parametrize("stack", STACKS)
def test_the_image_installs_what_the_stack_locks(stack):
    assert check_pins.main([str(LOCKS[stack]), str(LOCKS[f"image-{stack}"])]) == 0


def of_setup_py(monkeypatch):
    """What setup.py says of the package, to setuptools."""
    said = {}
    monkeypatch.setattr(setuptools, "setup", lambda **given: said.update(given))
    runpy.run_path(str(ROOT / "setup.py"))
    return said


def test_the_light_package_needs_nothing_of_tensorflow(monkeypatch):
    said = of_setup_py(monkeypatch)
    names = {Requirement(text).name for text in said["install_requires"]}
    assert names == {
        *("fastjsonschema", "google-crc32c", "jinja2", "numpy", "packaging", "protobuf"),
        *("pyarrow", "pydantic", "pyyaml", "scipy", "tensorflow-metadata"),
    }
    assert set(said["extras_require"]) == {"tfx", "kubeflow", "serve"}
    assert set(said["extras_require"]["tfx"]) < set(said["extras_require"]["kubeflow"])


@pytest.mark.parametrize(
    ("stack", "python"), [(stack, python) for stack in STACKS for python in PYTHONS[stack]]
)
def test_the_image_has_what_setup_py_asks_for(stack, python, monkeypatch):
    environment = {
        **{"python_version": python, "python_full_version": f"{python}.0"},
        **{"platform_machine": "x86_64", "platform_system": "Linux", "sys_platform": "linux"},
        **{"implementation_name": "cpython", "platform_python_implementation": "CPython"},
    }

    def holds(requirement):
        return requirement.marker is None or requirement.marker.evaluate(environment)

    lines = check_pins.requirements(LOCKS[f"image-{stack}"].read_text())
    locked = [Requirement(line.partition(" --hash=")[0]) for line in lines]
    versions = {
        each.name.lower(): next(iter(each.specifier)).version for each in locked if holds(each)
    }
    said = of_setup_py(monkeypatch)
    extras = said["extras_require"]
    for text in (*said["install_requires"], *extras["kubeflow"], *extras["serve"]):
        asked = Requirement(text)
        if holds(asked):
            assert asked.specifier.contains(versions[asked.name.lower()]), text


@pytest.mark.parametrize("path", INSTALLERS)
def test_what_is_installed_is_checked_by_its_hash(path):
    text = (ROOT / path).read_text().replace("\\\n", " ")
    commands = [line for line in text.splitlines() if re.search(r"\bpip (sync|install)\b", line)]
    # This checkout itself is installed without its requirements and without an index.
    index = [line for line in commands if "--no-deps --no-build-isolation" not in line]
    installs = [line for line in index if "--help" not in line and not line.startswith("#")]
    assert installs
    for line in installs:
        assert "--require-hashes" in line
        if "pip sync" in line:
            assert "--require-build-hashes" in line


@pytest.mark.parametrize("stack", STACKS)
def test_what_packages_without_wheels_are_built_with_is_locked(stack):
    names = {name for name, _ in check_pins.pins(LOCKS[stack].read_text())}
    assert {"setuptools", "wheel"} <= names
