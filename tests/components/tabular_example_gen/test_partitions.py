from __future__ import annotations

import pathlib

import pytest
from tfx.components.example_gen import utils

from skewgate.components.tabular_example_gen import driver

FILES = {
    "year=2023/month=12/a.csv": "fare\n1.5\n2.5\n",
    "year=2024/month=1/a.csv": "fare\n3.5\n",
    "year=2024/month=1/_SUCCESS": "",
}


def features(example):
    found = example.features.feature
    return {
        name: next(iter(found[name].int64_list.value), None)
        if name != "fare"
        else found[name].float_list.value[0]
        for name in sorted(found)
    }


@pytest.mark.parametrize("pattern", ["**/*.csv", "*", "year=*/*/*.csv", "*/month=*/*"])
def test_partitions_are_features(ingest, records, report, pattern):
    examples = ingest(FILES, pattern=pattern)
    assert [features(each) for each in records(examples)] == [
        {"fare": 1.5, "month": 12, "year": 2023},
        {"fare": 2.5, "month": 12, "year": 2023},
        {"fare": 3.5, "month": 1, "year": 2024},
    ]
    assert report(examples)["types"]["month"] == "int64"


def test_rows_are_split_by_a_partition(ingest, records):
    splits = {"by": "column", "column": "year", "values": {"train": ["2023"], "eval": ["2024"]}}
    examples = ingest(FILES, splits, pattern="**/*.csv")
    assert len(records(examples, "train")) == 2
    assert len(records(examples, "eval")) == 1


def test_types_that_widen_in_a_later_file_keep_the_partitions(ingest, records):
    files = {**FILES, "year=2025/month=x/a.csv": "fare\nfar\n"}
    examples = ingest(files, pattern="**/*.csv", types={"month": "BYTES"})
    found = [each.features.feature for each in records(examples)]
    assert [each["fare"].bytes_list.value[0] for each in found] == [b"1.5", b"2.5", b"3.5", b"far"]
    assert [each["month"].bytes_list.value[0] for each in found] == [b"12", b"12", b"1", b"x"]
    assert [each["year"].int64_list.value[0] for each in found] == [2023, 2023, 2024, 2025]


def test_the_cache_sees_a_file_in_a_partition_change(put):
    base = put(FILES)

    def fingerprint(pattern):
        properties = {
            "input_base": base,
            "input_config": f'{{"splits": [{{"name": "input", "pattern": "{pattern}"}}]}}',
        }
        resolved = driver.FileDriver(None).resolve_exec_properties(properties, None, None)
        return resolved[utils.FINGERPRINT_PROPERTY_NAME]

    before = [fingerprint(pattern) for pattern in ("**/*.csv", "*", "*/*/*.csv")]
    assert before[0] == before[1]
    assert "num_files:2," in before[0]
    assert before[0] == before[2]
    pathlib.Path(base, "year=2024/month=1/a.csv").write_text("fare\n3.5\n4.5\n")
    assert not {fingerprint(pattern) for pattern in ("**/*.csv", "*", "*/*/*.csv")} & {*before}
