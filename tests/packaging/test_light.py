"""The wheel in an empty environment: few packages, no TensorFlow, and the first comparison works.

pip takes the packages from the index of this machine.
"""

from __future__ import annotations

import json
import os
import pathlib
import random
import shutil
import subprocess
import sys
from importlib import metadata

import pytest

from skewgate.stacks import fitting
from tests import checkouts, light
from tests.packaging.test_distributions import build

MOST_PACKAGES = 20
MOST_BYTES = 350 << 20
"""Of what packages bring, without the byte code that pip makes of them."""
OWN_OF_PIP = {"pip", "setuptools", "wheel"}


def run(*words, cwd, code=0):
    kept = {n: v for n, v in checkouts.environment().items() if n != "VIRTUAL_ENV"}
    ended = subprocess.run(
        [str(word) for word in words],
        cwd=cwd,
        env={**kept, "XDG_STATE_HOME": str(cwd)},
        capture_output=True,
        text=True,
        timeout=900,
    )
    assert ended.returncode == code, ended.stdout + ended.stderr
    return ended


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("light")
    return build("wheel", checkouts.copy(folder / "checkout"), folder / "wheel")


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """The folder of an environment that has the wheel and what it asks for."""
    folder = tmp_path_factory.mktemp("empty") / "venv"
    base = os.path.realpath(getattr(sys, "_base_executable", sys.executable))
    run(base, "-m", "venv", folder, cwd=folder.parent)
    run(folder / "bin" / "pip", "install", "--quiet", wheel, cwd=folder.parent)
    return folder


@pytest.fixture
def files(tmp_path):
    generator = random.Random(7)
    for name, mean in (("baseline", 9), ("current", 12)):
        rows = (
            f"{generator.gauss(mean, 2):.2f},{generator.choice(('cash', 'card'))}\n"
            for _ in range(2_000)
        )
        (tmp_path / f"{name}.csv").write_text("fare,paid\n" + "".join(rows))
    return tmp_path


def test_few_packages_come_with_it_and_none_is_heavy(installed):
    (site,) = installed.glob("lib/python3*/site-packages")
    found = {
        each.metadata["Name"].lower(): each
        for each in metadata.distributions(path=[str(site)])
        if each.metadata["Name"].lower() not in OWN_OF_PIP
    }
    assert "skewgate" in found
    assert len(found) <= MOST_PACKAGES
    assert not {name.replace("-", "_") for name in found} & set(light.HEAVY)
    paths = [pathlib.Path(each.locate_file(f)) for each in found.values() for f in each.files]
    kept = [path for path in paths if path.suffix != ".pyc" and path.exists()]
    assert sum(path.stat().st_size for path in kept) <= MOST_BYTES


def test_the_first_comparison_works_by_command_and_by_python(installed, files):
    said = run(
        *(installed / "bin" / "skewgate", "drift", "baseline.csv", "current.csv"),
        *("--out", "report", "--quiet"),
        cwd=files,
        code=1,
    )
    assert "FAIL: 1 failed" in said.stdout
    report = json.loads((files / "report" / "report.json").read_text())
    code = (
        "import skewgate\n"
        "report = skewgate.compare('baseline.csv', 'current.csv')\n"
        "print(report.status, sorted({each.feature for each in report.failures}))"
    )
    again = run(installed / "bin" / "python", "-W", "error", "-c", code, cwd=files)
    assert again.stdout == "fail ['fare']\n"
    assert {each["feature"] for each in report["results"] if each["status"] == "fail"} == {"fare"}


def test_what_needs_tfx_says_so_with_the_line_to_type(installed, files):
    run(*(installed / "bin" / "skewgate", "schema", "infer", "baseline.csv"),
        *("--out", "schema.pbtxt"), cwd=files)  # fmt: skip
    (taxi,) = installed.glob("lib/*/site-packages/skewgate/schemas/taxi/pipeline.yaml")
    for words in (
        ("run", "training", "--config", str(taxi)),
        ("schema", "update", "schema.pbtxt", "current.csv"),
    ):
        said = run(installed / "bin" / "skewgate", *words, cwd=files, code=2).stderr
        assert said.count("\n") == 1
        assert ("skewgate[tfx]" in said) == bool(fitting.selected())
        assert "is not installed, and" in said
    code = (
        "try: import skewgate.components\nexcept ImportError as error: print(type(error).__name__)"
    )
    said = run(installed / "bin" / "python", "-c", code, cwd=files).stdout
    assert said == "MissingPackageError\n"


@pytest.mark.skipif(not fitting.selected(), reason=f"TFX has no wheels for {sys.platform} here")
@pytest.mark.parametrize("extra", ["tfx", "kubeflow"])
@pytest.mark.parametrize("installer", ["pip", "uv"])
def test_with_the_constraints_in_the_wheel_an_extra_resolves(installed, wheel, extra, installer):
    python = installed / "bin" / "python"
    path = run(python, "-m", "skewgate.stacks", cwd=installed.parent).stdout.strip()
    assert path.startswith(str(installed))
    words = ["install", "--dry-run", f"{wheel}[{extra}]", "-c", path]
    if installer == "pip":
        said = run(python, "-m", "pip", *words, cwd=installed.parent).stdout
    else:
        own = checkouts.ROOT / ".uv" / "bin" / "uv"
        uv = str(own) if own.exists() else shutil.which("uv")
        if uv is None:
            pytest.skip("there is no uv")
        ended = run(uv, "pip", words[0], "--python", python, *words[1:], cwd=installed.parent)
        said = ended.stderr.replace("==", "-")
    version = "1.16.0" if path.endswith("tfx116.txt") else "1.21.0"
    assert f"tfx-{version}" in said
