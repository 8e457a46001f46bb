import json

import pytest

from skewgate.core.errors import InputError
from skewgate.data.ingest.counts import IngestCounts, parse_report
from skewgate.data.sources.rejected import Rejections
from tests import mutations


@pytest.fixture
def counts():
    made = IngestCounts(["all"], Rejections(), types={"fare": "double", "größe": "int64"})
    made.read["a.csv"] = 3
    return made


def test_a_report_is_read_as_it_was_written(counts):
    assert parse_report(counts.to_json().encode(), "x") == counts.report()


def test_a_report_of_an_earlier_version_has_no_seal_and_is_read(counts):
    assert parse_report(json.dumps(counts.report()).encode(), "x") == counts.report()


def test_no_change_of_one_bit_makes_another_report(counts):
    refused = 0
    for changed in mutations.flips(counts.to_json().encode()):
        try:
            found = parse_report(changed, "x")
        except InputError:
            refused += 1
        else:  # the key of the seal itself is another, or a blank between two keys
            assert counts.report().items() <= found.items()
    assert refused > 3_000


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (b"", "is not JSON"),
        (b"{", "is not JSON"),
        (b"\xff", "is not JSON"),
        (b"[" * 100_000, "is not JSON"),
        (b"[]", "is not a JSON object"),
        (b"{}", "does not say the types of the columns"),
        (b'{"types": {"fare": 1}}', "does not say the types of the columns"),
        (b'{"types": {"fare": "double"}, "checksum": "sha256:00"}', "its checksum does not match"),
    ],
    ids=["empty", "cut off", "bytes", "deep", "list", "no types", "no text", "changed"],
)
def test_what_is_no_report_is_named(text, problem):
    with pytest.raises(InputError, match=f"^ingest_report.json: {problem}.* Fix: delete the"):
        parse_report(text, "ingest_report.json")
