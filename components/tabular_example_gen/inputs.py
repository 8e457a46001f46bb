"""What TFX's file driver is told: which files, and of which span."""

from __future__ import annotations

import json

from tfx.components.example_gen import utils
from tfx.proto import example_gen_pb2

from skewgate.core.errors import InputError
from skewgate.storage import patterns


def input_config(pattern: str) -> str:
    """Returns the driver's `input_config` for the files of a pattern."""
    return json.dumps({"splits": [{"name": "input", "pattern": pattern}]})


def range_config(span: int) -> str:
    """Returns the driver's `range_config` that chooses a span."""
    chosen = {"start_span_number": span, "end_span_number": span}
    return json.dumps({"static_range": chosen})


def check_pattern(pattern: str) -> None:
    """Checks that a pattern stays below its folder and that TFX understands its placeholders.

    Raises:
        InputError: it does not.
    """
    patterns.check_pattern(pattern)
    _placeholders(pattern)


def parse_span(text: str, pattern: str) -> int | None:
    """Returns the span that a text asks for; None for the newest.

    Args:
        text: a whole number, or nothing.
        pattern: of the files.

    Raises:
        InputError: the text is no number, or the pattern has no place for that span.
    """
    span = patterns.parse_span(text)
    if span is None:
        return None
    has_span, has_date = _placeholders(pattern)
    if not (has_span or has_date):
        raise InputError(
            "span",
            f"is {span}, but the pattern {pattern!r} has neither {{SPAN}} nor a date",
            "give a pattern that has one, or no span",
        )
    try:
        utils.get_pattern_for_span_version(pattern, has_span, has_date, False, span, None)
    except (ValueError, OverflowError) as error:
        raise InputError(
            "span", f"{span} does not fit into the pattern {pattern!r} ({error})", "correct one"
        ) from error
    return span


def _placeholders(pattern: str) -> tuple[bool, bool]:
    """Says whether a pattern has a place for a span, and one for a date.

    Raises:
        InputError: TFX does not understand them.
    """
    split = example_gen_pb2.Input.Split(name="input", pattern=pattern)
    try:
        has_span, has_date, has_version = utils.verify_split_pattern_specs(split)
        # Looks at the width in {SPAN:3} and {VERSION:2} too.
        utils.get_pattern_for_span_version(pattern, has_span, has_date, has_version, 0, 0)
    except ValueError as error:
        raise InputError("pattern", f"is not one that TFX reads: {error}", "correct it") from error
    return bool(has_span), bool(has_date)
