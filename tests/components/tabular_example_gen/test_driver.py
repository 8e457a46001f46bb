"""The driver knows files by what they hold, and the executor by what the driver saw."""

from __future__ import annotations

import json
import os
import pathlib

import pytest
from tfx.components.example_gen import utils
from tfx.orchestration.portable import data_types
from tfx.types import standard_artifacts

from skewgate.components.tabular_example_gen import driver, executor, fingerprints
from skewgate.components.tabular_example_gen.component import TabularExampleGen
from skewgate.core.errors import InputError
from skewgate.storage import content


@pytest.fixture
def drive(tmp_path):
    """Runs the driver as LocalDagRunner does, and returns what it added to the parameters."""

    def run(base, pattern="*.csv"):
        examples = standard_artifacts.Examples()
        examples.uri = str(tmp_path / "root" / "TabularExampleGen" / "examples" / "1")
        given = data_types.ExecutionInfo(
            exec_properties=dict(TabularExampleGen(base, pattern).exec_properties),
            output_dict={"examples": [examples]},
        )
        found = driver.FileDriver(None).run(given).exec_properties
        return {name: getattr(each, each.WhichOneof("value")) for name, each in found.items()}

    return run


def fingerprint(found):
    return found[utils.FINGERPRINT_PROPERTY_NAME]


def put_in_place(path, text):
    """Replaces a file by another of equal size and time, as `rsync -t` and restores do."""
    before = os.stat(path)
    other = pathlib.Path(f"{path}.part")
    other.write_text(text)
    os.utime(other, ns=(before.st_atime_ns, before.st_mtime_ns))
    other.replace(path)
    assert os.stat(path)[6:9:2] == before[6:9:2]


@pytest.mark.parametrize(
    ("name", "pattern"), [("a.csv", "*.csv"), ("year=2024/a.csv", "**/*.csv"), ("deep/a.csv", "*")]
)
def test_a_file_of_equal_size_and_time_is_another(put, drive, name, pattern):
    base = put({name: "fare\n1\n"})
    first = fingerprint(drive(base, pattern))
    assert fingerprint(drive(base, pattern)) == first
    put_in_place(os.path.join(base, name), "fare\n2\n")
    assert fingerprint(drive(base, pattern)) != first


def test_a_file_that_was_only_touched_is_the_same(put, drive):
    base = put({"a.csv": "fare\n1\n"})
    first = fingerprint(drive(base))
    os.utime(os.path.join(base, "a.csv"), (1, 1))
    assert fingerprint(drive(base)) == first


def test_a_file_that_went_to_another_partition_is_another(put, drive):
    base = put({"year=2024/a.csv": "fare\n1\n", "year=2025/b.csv": "fare\n1\n"})
    first = fingerprint(drive(base, "**/*.csv"))
    os.rename(os.path.join(base, "year=2024"), os.path.join(base, "year=2023"))
    assert fingerprint(drive(base, "**/*.csv")) != first


def test_what_is_known_of_files_is_kept_beside_the_outputs(put, drive, tmp_path, monkeypatch):
    base = put({"a.csv": "fare\n1\n", "b.csv": "fare\n2\n"})
    now = content.time.time_ns()
    monkeypatch.setattr(content.time, "time_ns", lambda: now + 3_600_000_000_000)
    first = fingerprint(drive(base))
    kept = tmp_path / "root" / "TabularExampleGen" / "content.json"
    assert sorted(json.loads(kept.read_text())) == [f"{base}/a.csv", f"{base}/b.csv"]
    monkeypatch.setattr(content, "digest", lambda path: pytest.fail(f"{path} was read again"))
    assert fingerprint(drive(base)) == first
    kept.write_text("{")
    monkeypatch.undo()
    assert fingerprint(drive(base)) == first


def test_of_files_that_are_not_there_nothing_is_known(put, drive):
    base = put({"a.csv": "fare\n1\n"})
    assert fingerprint(drive(base, "b*.csv")) != fingerprint(drive(base, "b*.csv"))


CHANGES = {
    "another of equal size and time": lambda path: put_in_place(path, "fare\n2\n"),
    "one more": lambda path: path.with_name("b.csv").write_text("fare\n2\n"),
    "none left": lambda path: path.unlink(),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_files_that_change_before_they_were_read_are_refused(put, drive, tmp_path, change):
    """The cache would give their rows for what the driver saw."""
    base = put({"a.csv": "fare\n1\n"})
    found = drive(base)
    executor.check_unchanged(f"{base}/*.csv", found)
    change(pathlib.Path(base, "a.csv"))
    with pytest.raises(InputError, match=r"\*\.csv: (changed while it was read|no such file)"):
        executor.check_unchanged(f"{base}/*.csv", found)


def test_the_executor_makes_sure_before_it_publishes(put, drive, ingest, monkeypatch):
    monkeypatch.setattr(
        fingerprints, "check", lambda told, paths, pattern, kept: pytest.fail(told[:25])
    )
    with pytest.raises(pytest.fail.Exception, match="split:input,num_files:1,c"):
        ingest({"a.csv": "fare\n1\n"})
