from __future__ import annotations

import importlib.util
import os
import stat

import pytest

from skewgate.core import ownership
from skewgate.core.errors import InputError


@pytest.fixture
def path(tmp_path):
    folder = tmp_path / "folder"
    folder.mkdir(mode=0o755)
    file = folder / "file.py"
    file.write_text("")
    file.chmod(0o644)
    return file


def test_what_only_this_user_may_write_is_private(path):
    ownership.check_private(str(path))
    ownership.check_code(str(path))


@pytest.mark.parametrize("others", [0o020, 0o002])
@pytest.mark.parametrize("of", ["file", "folder"])
def test_what_others_may_write_is_not_private(path, others, of):
    wide = path if of == "file" else path.parent
    wide.chmod(wide.stat().st_mode | others)
    with pytest.raises(
        InputError, match=r"can be written by others \(mode \d+\), and what is"
    ) as e:
        ownership.check_private(str(path))
    assert e.value.where == str(wide)


def test_what_is_ours_can_be_taken_from_others(path):
    for each, mode, kept in ((path.parent, 0o2777, 0o2755), (path, 0o666, 0o644)):
        each.chmod(mode)
        ownership.keep_private(str(each))
        assert stat.S_IMODE(each.stat().st_mode) == kept
    ownership.check_private(str(path))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give files to others")
@pytest.mark.parametrize("of", ["file", "folder"])
def test_what_another_user_owns_is_not_private(path, of):
    given = path if of == "file" else path.parent
    os.chown(given, 12345, -1)
    with pytest.raises(InputError, match=r"is owned by another user \(12345\)"):
        ownership.check_private(str(path))


@pytest.mark.parametrize("of", ["file", "folder", "folder of its bytecode", "bytecode"])
def test_code_that_everybody_may_write_is_refused(path, of):
    kept = (
        path.parent / "__pycache__" / os.path.basename(importlib.util.cache_from_source("file.py"))
    )
    kept.parent.mkdir(mode=0o755)
    kept.write_bytes(b"")
    kept.chmod(0o644)
    wide = {
        **{"file": path, "folder": path.parent},
        **{"folder of its bytecode": kept.parent, "bytecode": kept},
    }[of]
    wide.chmod(wide.stat().st_mode | 0o002)
    with pytest.raises(
        InputError, match=r"can be written by everybody, and file.py would run"
    ) as e:
        ownership.check_code(str(path))
    assert e.value.where == str(wide)


def test_a_project_may_be_shared_by_a_group(path):
    path.chmod(0o664)
    path.parent.chmod(0o775)
    ownership.check_code(str(path))


def test_a_module_that_is_not_there_is_left_to_who_imports_it(tmp_path):
    ownership.check_code(str(tmp_path / "no" / "module.py"))
