import pytest

from skewgate.cli.health import machine

GOOD = {"open_files": 1024, "temporary_bytes": 10 << 30, "temporary_folder": "/tmp"}


def test_the_machine_is_known():
    found = machine.facts()
    assert found["cores"] >= 1
    assert found["system"]
    assert found["temporary_bytes"] > 0


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({}, []),
        ({"open_files": -1}, []),
        ({"open_files": 64}, ["open files: are limited to 64 a process. Fix: ulimit -n 1024."]),
        (
            {"temporary_bytes": 5_000_000},
            [
                "/tmp: has 5 MB left for temporary files. "
                "Fix: set TMPDIR to a folder with a few GB, or make room."
            ],
        ),
        (
            {"temporary_bytes": None, "temporary_folder": None},
            ["temporary files: have no folder. Fix: set TMPDIR to one that exists."],
        ),
    ],
)
def test_what_is_too_little_is_told(change, said):
    assert [str(each) for each in machine.problems({**GOOD, **change})] == said


def test_credentials_are_told_by_where_they_come_from(monkeypatch, tmp_path):
    for name in (*machine._OF_AMAZON, *machine._OF_GOOGLE, "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert machine.credentials() == {"s3": "", "gs": ""}
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws" / "credentials").write_text("[default]\n")
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", "/secret/key.json")
    found = machine.credentials()
    assert found == {
        "s3": str(tmp_path / ".aws" / "credentials"),
        "gs": "GOOGLE_APPLICATION_CREDENTIALS",
    }


@pytest.mark.parametrize(("tfx", "tested"), [("1.16.0", True), ("1.21.1", True), ("1.19.0", False)])
def test_two_versions_of_tfx_are_tested(tfx, tested):
    assert machine.is_tested(tfx) == tested
