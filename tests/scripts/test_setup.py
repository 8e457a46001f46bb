"""`make setup` gives up what works only for what works, in whatever folder the checkout lies.

The checkouts are small ones, and stand-ins for uv note what they were asked for.
"""

from __future__ import annotations

import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import time

import pytest

ROOT = pathlib.Path(__file__).parents[2]
UV = """#!/bin/sh
echo "$1 $2" >>"$UV_LOG"
last() { shift $(($# - 1)); echo "$1"; }
case "$1 $2" in
"--version ") echo "uv VERSION (a stand-in)" ;;
"venv --quiet") # --relocatable --prompt NAME FOLDER --python PYTHON
    mkdir -p "$6/bin"
    ln -s "$8" "$6/bin/python"
    echo "home = $(dirname "$8")" >"$6/pyvenv.cfg" ;;
"pip sync") # with hashes: it takes all of the packages away, and then has no network
    rm -f .venv.new/packages
    echo "$@" >>"$UV_LOG.arguments"
    if [ -n "${UV_HANGS:-}" ]; then touch "$UV_HANGS"; sleep 60; fi
    [ -z "${UV_FAILS:-}" ] || { echo "no network" >&2; exit 2; }
    cp "$(last "$@")" .venv.new/packages ;;
"pip install")
    [ -z "${UV_INSTALLS_NOTHING:-}" ] || exit 2
    folder=$(dirname "$(dirname "$5")")
    echo "$PWD" >"$folder/checkout"
    printf '#!/bin/sh\\ncat "$(dirname "$0")/../checkout"\\n' >"$folder/bin/skewgate"
    chmod +x "$folder/bin/skewgate" ;;
esac
"""


UV_LOCK = (ROOT / "requirements" / "uv.txt").read_text()
(UV_VERSION,) = re.findall(r"^uv==(\S+)", UV_LOCK, re.MULTILINE)


class Checkout:
    """A checkout whose `make setup` calls the stand-in."""

    def __init__(self, root):
        self.root = root

    @classmethod
    def new(cls, root):
        own = ("Makefile", "setup.py", "requirements/uv.txt")
        deciding = ("scripts/select_stack.py", "skewgate/stacks/fitting.py")
        for name in (*own, "scripts/setup.sh", *deciding):
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, root / name)
        for name in ("tfx116", "tfx121"):
            (root / "requirements" / f"{name}.txt").write_text("tfx==1\n")
        (root / ".uv" / "bin").mkdir(parents=True)
        (root / ".uv" / "bin" / "uv").write_text(UV.replace("VERSION", UV_VERSION))
        (root / ".uv" / "bin" / "uv").chmod(0o755)
        return cls(root)

    def start(self, **variables):
        own = ("PYTHON", "PYTHONPATH", "MAKEFLAGS", "MAKELEVEL", "MFLAGS")
        kept = {name: value for name, value in os.environ.items() if name not in own}
        variables = {"PYTHON": os.path.realpath(sys.executable), **variables}
        given = {name: value for name, value in variables.items() if value is not None}
        return subprocess.Popen(
            ["make", "setup"],
            cwd=self.root,
            env={**kept, "PATH": "/usr/bin:/bin", "UV_LOG": str(self.root / "log"), **given},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def setup(self, **variables):
        """Runs it and returns its exit code, and all that it said."""
        process = self.start(**variables)
        said = "".join(process.communicate(timeout=60))
        return process.returncode, said

    def asked(self):
        """What uv was asked for since the last call."""
        log = self.root / "log"
        lines = log.read_text().splitlines() if log.exists() else []
        log.unlink(missing_ok=True)
        return [line for line in lines if not line.startswith("--version")]

    def works(self):
        """Whether the environment has the packages of a lock and the command of this checkout."""
        command = [self.root / ".venv" / "bin" / "skewgate"]
        found = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        packages = self.root / ".venv" / "packages"
        return packages.exists() and pathlib.Path(found.strip()) == self.root.resolve()

    def change_the_locks(self):
        for path in (self.root / "requirements").glob("tfx*.txt"):
            path.write_text("tfx==2\n")

    def left(self):
        return sorted(path.name for path in self.root.glob(".venv*"))


@pytest.fixture
def checkout(tmp_path):
    made = Checkout.new(tmp_path / "a [b] c")
    code, said = made.setup()
    assert code == 0, said
    assert made.works()
    assert made.asked() == ["venv --quiet", "pip sync", "pip install"]
    return made


def test_what_is_ready_is_left_alone_with_the_interpreter_that_was_chosen(checkout):
    assert checkout.setup() == (0, "")
    assert checkout.setup(PYTHON=None) == (0, "")
    assert checkout.asked() == []


def test_an_environment_is_replaced_by_one_of_the_python_it_was_made_from(checkout):
    checkout.change_the_locks()
    code, said = checkout.setup(PYTHON=None)
    assert code == 0, said
    assert checkout.works()
    python = checkout.root / ".venv" / "bin" / "python"
    assert os.path.realpath(python) == os.path.realpath(sys.executable)


def test_a_checkout_that_was_moved_works_again_without_a_network(checkout):
    moved = Checkout(checkout.root.rename(checkout.root.with_name("d * e")))
    assert not moved.works()
    code, said = moved.setup(UV_FAILS="1")
    assert code == 0, said
    assert moved.works()
    assert moved.asked() == ["pip install"]
    assert moved.setup() == (0, "")


def test_a_copy_of_a_checkout_has_its_own_command_and_leaves_the_first_alone(checkout):
    folder = checkout.root.with_name("copy")
    copied = Checkout(shutil.copytree(checkout.root, folder, symlinks=True))
    assert copied.setup(UV_FAILS="1")[0] == 0
    assert copied.works()
    assert checkout.works()


def test_a_worktree_may_link_to_the_environment_of_another(checkout):
    other = Checkout.new(checkout.root.with_name("worktree"))
    (other.root / ".venv").symlink_to(checkout.root / ".venv")
    (other.root / "setup.py").write_text("# another\n")
    assert other.setup() == (0, "")
    assert checkout.works()


def test_a_changed_setup_py_needs_no_network(checkout):
    with (checkout.root / "setup.py").open("a") as stream:
        stream.write("# changed\n")
    assert checkout.setup(UV_FAILS="1")[0] == 0
    assert checkout.works()
    assert checkout.asked() == ["pip install"]


@pytest.mark.parametrize("fault", ["UV_FAILS", "UV_INSTALLS_NOTHING"])
def test_what_works_stays_until_it_can_be_replaced(checkout, fault):
    checkout.change_the_locks()
    code, said = checkout.setup(**{fault: "1"})
    assert code != 0
    assert ".venv is as it was." in said
    assert checkout.works()
    assert checkout.left() == [".venv"]
    assert checkout.setup()[0] == 0
    assert checkout.works()
    assert (checkout.root / ".venv" / "packages").read_text() == "tfx==2\n"
    assert checkout.left() == [".venv"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_run_that_is_stopped_leaves_what_works(checkout, number, tmp_path):
    checkout.change_the_locks()
    process = checkout.start(UV_HANGS=str(tmp_path / "hangs"))
    while not (tmp_path / "hangs").exists():
        assert process.poll() is None
        time.sleep(0.01)
    os.killpg(process.pid, number)
    process.communicate(timeout=60)
    assert checkout.works()
    assert checkout.setup()[0] == 0
    assert checkout.works()
    assert checkout.left() == [".venv"]


def test_a_run_that_is_stopped_between_its_renamings_is_finished_by_the_next(checkout):
    (checkout.root / ".venv").rename(checkout.root / ".venv.new")
    assert checkout.setup(UV_FAILS="1") == (0, "")
    assert checkout.works()


def test_an_environment_whose_interpreter_is_gone_is_made_again(checkout):
    python = checkout.root / ".venv" / "bin" / "python"
    python.unlink()
    python.symlink_to("/nowhere/python3")
    assert checkout.setup()[0] == 0
    assert checkout.works()
    assert checkout.asked() == ["venv --quiet", "pip sync", "pip install"]


def test_python_may_be_a_path_with_spaces_and_brackets(tmp_path):
    python = tmp_path / "my [own] python" / "python3"
    python.parent.mkdir()
    python.symlink_to(os.path.realpath(sys.executable))
    made = Checkout.new(tmp_path / "checkout")
    code, said = made.setup(PYTHON=str(python))
    assert code == 0, said
    assert (made.root / ".venv" / "bin" / "python").readlink() == python


@pytest.mark.parametrize("python", ["/no where/python3", "/bin/false"])
def test_a_python_that_does_not_run_is_named(tmp_path, python):
    made = Checkout.new(tmp_path / "checkout")
    code, said = made.setup(PYTHON=python)
    assert code != 0
    assert said.startswith(
        f"setup: PYTHON is '{python}', and no Python 3 runs under that name. Set it to"
    )
    assert made.left() == []


def test_packages_and_what_they_are_built_with_are_checked_against_the_hashes_of_the_lock(checkout):
    (words,) = (checkout.root / "log.arguments").read_text().splitlines()
    lock = words.split()[-1]
    assert lock.startswith("requirements/tfx")
    assert f"--require-hashes --build-constraints {lock} --require-build-hashes {lock}" in words


def test_a_uv_of_another_version_is_replaced_by_the_locked_one(checkout, tmp_path):
    checkout.change_the_locks()
    uv = checkout.root / ".uv" / "bin" / "uv"
    uv.write_text(UV.replace("VERSION", "0.0.1"))
    # Without a package index the locked one cannot be had, and the other is not taken for it.
    code, said = checkout.setup(PIP_INDEX_URL="http://127.0.0.1:9", PIP_RETRIES="0")
    assert code != 0
    assert "uv could not be installed" in said
    assert checkout.works()
    assert checkout.left() == [".venv"]
