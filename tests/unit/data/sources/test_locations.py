from __future__ import annotations

import pytest

from skewgate.core.errors import InputError
from skewgate.data.sources import locations
from skewgate.storage import s3


def make(folder, *names):
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("a\n1\n")
    return [str(folder / name) for name in names]


def put(base, *names):
    for name in names:
        with s3.open_object(f"{base}/{name}", "wb") as stream:
            stream.write(b"a\n1\n")
    return [f"{base}/{name}" for name in names]


def message(place):
    with pytest.raises(InputError) as caught:
        locations.find(place)
    return str(caught.value)


YEARS = ("y=2023/m=12/a.csv", "y=2024/m=01/b.csv", "y=2024/m=1/a.csv")


def test_a_folder_is_its_partitions_at_every_level(tmp_path):
    paths = make(tmp_path, *YEARS)
    assert locations.find(str(tmp_path)) == paths
    assert locations.find(f"{tmp_path}/y=2024") == paths[1:]


@pytest.mark.parametrize(
    "pattern", ["**/*.csv", "**", "y=*/m=*/*", "y=*", "*/*", "*", "y=20*/**/?.csv"]
)
def test_patterns_reach_into_partitions(tmp_path, pattern):
    paths = make(tmp_path, *YEARS)
    assert locations.find(f"{tmp_path}/{pattern}") == paths


def test_what_systems_leave_beside_data_is_passed_over(tmp_path):
    paths = make(tmp_path, "y=1/a.csv", "y=2/a.csv")
    make(
        tmp_path,
        "_SUCCESS",
        ".DS_Store",
        "y=1/_SUCCESS",
        "y=1/.a.csv.crc",
        "y=1/a.csv.crc",
        "y=2/.DS_Store",
        "y=2/_temporary/0/b.csv",
        "_temporary/y=3/c.csv",
        "y=1_$folder$",
        "Thumbs.db",
    )
    for place in (tmp_path, f"{tmp_path}/**/*", f"{tmp_path}/*/*"):
        assert locations.find(str(place)) == paths


def test_a_name_that_begins_with_an_underscore_may_be_that_of_a_partition(tmp_path):
    paths = make(tmp_path, "_part=1/a.csv")
    assert locations.find(str(tmp_path)) == paths


def test_files_beside_partitions_are_not_passed_over(tmp_path):
    make(tmp_path, "a.csv", "y=1/b.csv")
    assert message(str(tmp_path)) == (
        f"{tmp_path}: holds a.csv beside partitions such as y=1, which have columns that it has "
        f"not. Fix: move it, or name the partitions by a pattern such as {tmp_path}/*=*."
    )


def test_other_folders_beside_partitions_are_not_passed_over(tmp_path):
    make(tmp_path, "old/a.csv", "y=1/b.csv")
    assert f"{tmp_path}: holds old beside partitions such as y=1" in message(str(tmp_path))


def test_folders_alone_ask_for_a_pattern(tmp_path):
    make(tmp_path, "2023/a.csv", "2024/a.csv")
    assert message(str(tmp_path)) == (
        f"{tmp_path}: holds no files, only folders: 2023, 2024. Fix: name one of them, or the "
        f"files by a pattern such as {tmp_path}/**/*."
    )
    assert len(locations.find(f"{tmp_path}/**/*")) == 2


@pytest.mark.parametrize(
    ("log", "system"), [("_delta_log/0.json", "Delta Lake"), (".hoodie/a", "Apache Hudi")]
)
def test_a_table_whose_files_may_hold_deleted_rows_is_refused(tmp_path, log, system):
    make(tmp_path, "a.parquet", log)
    assert f"{tmp_path}: is a table of {system}, whose files may hold" in message(str(tmp_path))
    assert locations.find(f"{tmp_path}/*.parquet") == [f"{tmp_path}/a.parquet"]


@pytest.mark.parametrize(
    ("place", "root"),
    [
        ("data", "data"),
        ("data/", "data"),
        ("data/y=1", "data/y=1"),
        ("data/y=1/a.csv", "data/y=1"),
        ("data/y=*/m=1/*", "data"),
        ("data/**/a.csv", "data"),
        ("data/y=1/*.csv", "data/y=1"),
    ],
)
def test_the_folders_that_a_user_names_are_no_data(tmp_path, monkeypatch, place, root):
    monkeypatch.chdir(tmp_path)
    make(tmp_path, "data/y=1/a.csv")
    assert locations.root(place) == root


# Object stores.


def test_objects_are_found_like_files(s3_base):
    paths = put(s3_base, "y=1/m=1/a.csv", "y=1/m=2/a.csv", "y=2/m=1/b.csv")
    put(s3_base, "_SUCCESS", "y=1/_SUCCESS", "y=1/m=1/.crc")
    for place in (
        s3_base,
        f"{s3_base}/",
        f"{s3_base}/**/*.csv",
        f"{s3_base}/*/*/*",
        f"{s3_base}/*",
    ):
        assert locations.find(place) == paths
    assert locations.find(f"{s3_base}/y=1") == paths[:2]
    assert locations.find(paths[0]) == paths[:1]
    assert locations.root(f"{s3_base}/**/*.csv") == s3_base
    assert locations.root(f"{s3_base}/y=1") == f"{s3_base}/y=1"


def test_a_missing_object_or_bucket_is_one_sentence(s3_base):
    for place in (f"{s3_base}/none.csv", f"{s3_base}/none/*.csv", f"{s3_base}/**/none.csv"):
        assert message(place) == (
            f"{place}: no such object, folder or pattern. Fix: check the path."
        )
    elsewhere = s3_base.replace("//bucket", "//nobody") + "/a.csv"
    assert message(elsewhere) == (
        f"{elsewhere}: there is no bucket nobody. Fix: check its name and the server."
    )


def test_mounted_stores_are_folders(tmp_path, monkeypatch):
    [path] = make(tmp_path, "bucket/a.csv")
    monkeypatch.setenv("SKEWGATE_MOUNTS", f"gs://={tmp_path}")
    assert locations.find("gs://bucket/a.csv") == [path]
    assert locations.find("gs://bucket/*.csv") == [path]
