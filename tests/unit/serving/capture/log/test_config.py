"""What capture.yaml takes, and what it refuses in which words."""

from __future__ import annotations

import pytest

from skewgate.core import yaml_model
from skewgate.core.errors import InputError
from skewgate.serving.capture.log.config import CaptureConfig, Limit


def parse(text):
    return yaml_model.parse(CaptureConfig, text, "capture.yaml")


def test_a_format_is_enough():
    config = parse("format: kserve")
    assert (config.key.id, config.key.index, config.time.column) == ("request_id", "row", "time")
    assert config.max_rejected == Limit(0)
    assert str(config.windows.every) == "1d"


@pytest.mark.parametrize(
    ("text", "allowed"), [("7", 7), ("1%", 10), ("0.25%", 2), ("100%", 1000), ("0", 0)]
)
def test_max_rejected_is_a_number_or_a_share(text, allowed):
    limit = parse(f"format: kserve\nmax_rejected: {text}").max_rejected
    assert limit.allowed(1000) == allowed
    assert str(limit) == text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{}", "format is required and missing"),
        ("format: kafka", "Input should be 'jsonl', 'kserve'"),
        ("format: kserve\nmax_rejected: some", "a number of events or a share such as 1%"),
        ("format: kserve\nmax_rejected: true", "a number of events or a share such as 1%"),
        ("format: kserve\nmax_rejected: 101%", "a number of events or a share such as 1%"),
        ("format: kserve\nsample: 0", "greater than 0"),
        ("format: kserve\nfields: {id: x}", "fields only works with format: jsonl"),
        ("format: jsonl\nkey: {id: time}", "must be different columns, got 'time'"),
        (
            "format: jsonl\nfeatures: {row: int}",
            "'row' is both a feature and a column of key or time",
        ),
        ("format: jsonl\ncolumns: {drop: [row]}", "'row' is a column of key or time"),
        ("format: jsonl\ncolumns: {drop: [a], hash: [a]}", "one of drop, hash and generalise"),
        ("format: jsonl\ncolumns: {drop: [request_id]}", "may be hashed but must stay"),
        ("format: jsonl\ncolumns: {generalise: {a: {}}}", "either step (for numbers) or letters"),
        ("format: jsonl\nhorizn: 1h", "did you mean 'horizon'"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_a_sentence(text, words):
    with pytest.raises(InputError) as refused:
        parse(text)
    assert words.lower() in str(refused.value).lower()
