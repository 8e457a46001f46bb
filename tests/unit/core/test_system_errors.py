"""What the machine refuses is one sentence that says what to do."""

import errno
import os

import pytest

from skewgate.core.system_errors import refusal, unreachable


@pytest.mark.parametrize(
    ("number", "problem"),
    [
        (errno.ENOSPC, "the disk is full"),
        (errno.EROFS, "is on a file system that is read-only"),
        (errno.EACCES, "this user may not do that"),
        (errno.EMFILE, "too many files are open"),
        (errno.ENAMETOOLONG, "the name is too long"),
        (errno.ELOOP, "is a link that leads back to itself"),
        (errno.ESTALE, "its server does not know it any more"),
        (errno.EIO, "the disk, or the network to it, failed"),
    ],
)
def test_an_error_of_the_system_names_the_path(number, problem):
    told = str(refusal(OSError(number, os.strerror(number), "/data/rows.csv")))
    assert told.startswith(f"/data/rows.csv: {problem}. Fix: ")


def test_a_message_of_arrow_names_the_file():
    error = OSError(errno.EACCES, "Failed to open '/data/a.parquet'. Detail: denied")
    assert "Failed to open '/data/a.parquet'" in str(refusal(error))


@pytest.mark.parametrize(
    ("name", "told"),
    [
        (
            "tfx.orchestration",
            "tfx: is not installed, and this command needs it. Fix: ",
        ),
        ("kfp", "kfp: is not installed, and this command needs it. Fix: "),
        ("google.cloud.aiplatform_v1", "pip install 'google-cloud-aiplatform'"),
    ],
)
def test_a_package_that_is_missing_is_named_with_its_cure(name, told):
    assert told in str(refusal(ModuleNotFoundError(f"No module named {name!r}", name=name)))


def test_no_memory_and_no_threads_are_said():
    assert str(refusal(MemoryError("Unable to allocate 8 GiB"))).startswith(
        "memory: is used up (Unable to allocate 8 GiB)"
    )
    assert "no more threads" in str(refusal(RuntimeError("can't start new thread")))


@pytest.mark.parametrize(
    "error",
    [
        KeyError("fare"),
        ValueError("x"),
        RuntimeError("x"),
        OSError("without a number"),
        OSError(errno.EACCES, os.strerror(errno.EACCES)),
        ModuleNotFoundError("No module named 'own'", name="own"),
    ],
)
def test_a_fault_of_this_program_or_of_the_users_own_is_none_of_these(error):
    assert refusal(error) is None


def test_a_path_that_cannot_be_looked_at_is_not_absent(tmp_path):
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    assert "leads back to itself" in str(unreachable(loop))
    assert unreachable(tmp_path) is None
    assert unreachable(tmp_path / "absent") is None
    assert unreachable("zero\0byte") is None
