"""What the statistics show, in words, for each of TFDV's anomaly types."""

from __future__ import annotations

import re

from skewgate.checks.skew.anomalies.expected import LEVEL, Text, schema_type
from skewgate.checks.skew.anomalies.off_domain import (
    extent,
    maximum,
    minimum,
    nan,
    no_bool,
    no_integer,
    no_number,
    of_values,
    off_bool,
    off_domain,
)
from skewgate.checks.skew.anomalies.subjects import Subject, supported_images
from skewgate.core.wording import between, number, percent, plural, quote

_ROWS_AT_FAULT = re.compile(r"Found (\d+) examples? missing (\w+)")


def observed(kind: str, subject: Subject, description: str) -> str:
    """Says what the statistics show; in TFDV's words where they do not tell; never empty.

    Args:
        kind: TFDV's anomaly type.
        subject: the feature, or the data set.
        description: TFDV's own words.
    """
    text = _OBSERVED[kind](subject, description) if kind in _OBSERVED else ""
    return text or " ".join(description.split()).rstrip(".") or kind


def _invalid_utf8(subject: Subject, _: str) -> str:
    if subject.statistics is None:
        return ""
    count = subject.statistics.string_stats.invalid_utf8_count
    return f"{of_values(subject, count)} are not UTF-8"


def _present(subject: Subject, _: str) -> str:
    rows = f"{subject.rows:,}{plural('row', subject.rows)}"
    if subject.statistics is None:
        return f"no such column in {rows}"
    if not subject.present:
        return f"present in none of {rows}"
    share = percent(subject.present_share, subject.constraints.presence.min_fraction)
    if subject.weight:
        return f"present in {share} of the weight of {rows} ({subject.present:,} rows)"
    return f"present in {share} of {rows}"


def _present_count(subject: Subject, _: str) -> str:
    rows = f"{subject.present:,} of {subject.rows:,}{plural('row', subject.rows)}"
    if subject.weight:
        weight = subject.common.weighted_common_stats.num_non_missing
        return f"present in {rows}, which weigh {number(weight)}"
    return f"present in {rows}"


def _levels(subject: Subject) -> list[tuple[int, int, int]]:
    """Returns the least and the most values, and the number missing, of each nesting level."""
    levels = subject.common.presence_and_valency_stats or [subject.common]
    return [(int(e.min_num_values), int(e.max_num_values), int(e.num_missing)) for e in levels]


def _level(subject: Subject, description: str) -> tuple[int, int, int]:
    found = LEVEL.search(description)
    return _levels(subject)[int(found.group(1)) if found else 0]


def _few_values(subject: Subject, description: str) -> str:
    least = _level(subject, description)[0]
    return f"a row with {least}{plural('value', least)}"


def _many_values(subject: Subject, description: str) -> str:
    most = _level(subject, description)[1]
    return f"a row with {most:,}{plural('value', most)}"


def _nesting(subject: Subject, _: str) -> str:
    levels = len(_levels(subject))
    return f"values nested {levels}{plural('level', levels)} deep"


def _shape(subject: Subject, _: str) -> str:
    texts = [
        between(low, high, "value") + (f", and none in {missing:,} cases" if missing else "")
        for low, high, missing in _levels(subject)
    ]
    if len(texts) == 1:
        return texts[0]
    return "; ".join(f"{text} at nesting level {i}" for i, text in enumerate(texts))


def _unique(subject: Subject, _: str) -> str:
    if subject.statistics is None:
        return ""
    count = int(subject.statistics.string_stats.unique)
    return f"{count:,}{plural('different value', count)}"


def _image_share(subject: Subject, _: str) -> str:
    known, total = supported_images(subject.statistics)
    if not total:
        return ""
    least = subject.constraints.image_domain.minimum_supported_image_fraction
    share = percent(known / total, least)
    return f"{number(known)} of {number(total)} values ({share})"


def _image_bytes(subject: Subject, _: str) -> str:
    if subject.statistics is None:
        return ""
    return f"an image of {int(subject.statistics.bytes_stats.max_num_bytes_int):,} bytes"


def _new(subject: Subject, _: str) -> str:
    return f"a column of type {subject.data_type} in {subject.present:,} of {subject.rows:,} rows"


def _type(subject: Subject, _: str) -> str:
    return f"type {subject.data_type}"


def _semantic(subject: Subject, _: str) -> str:
    custom = subject.statistics.custom_stats if subject.statistics is not None else ()
    found = [stat.str for stat in custom if stat.name == "domain_info"]
    return f"values that look like {found[0]}" if found else ""


def _no_domain(subject: Subject, _: str) -> str:
    return "no string_domain of that name" if subject.constraints.domain else ""


def _rows(subject: Subject, _: str) -> str:
    return f"{subject.rows:,}{plural('row', subject.rows)}"


def _missing(subject: Subject, description: str) -> str:
    found = _ROWS_AT_FAULT.search(description)
    if not found:
        return ""
    tail = description.partition("feature: ")[2]
    what = f"its {found.group(2)}" + (f" {quote(tail)}" if tail else "")
    return f"{int(found.group(1)):,} of {subject.rows:,} rows lack {what}"


def _types(subject: Subject, description: str) -> str:
    if description.startswith("Integer had"):
        return ""
    if subject.data_type == "BYTES":
        return "data of type BYTES, which TFDV does not read as strings"
    return f"{schema_type(subject)} in the schema, {subject.data_type} in the data"


def _not_counted(subject: Subject, _: str) -> str:
    return f"no count of them, as the data are of type {subject.data_type}"


def _twice(subject: Subject, _: str) -> str:
    return f"several that are named {quote(subject.name)}"


def _lengths(subject: Subject, description: str) -> str:
    """Words for the least and the greatest of `length of indices or weights - length of value`."""
    feature = re.search(r"index feature: (.*) and value column", description)
    what = quote(feature.group(1)) if feature else "the weights"
    return ", ".join(
        f"{what} up to {abs(int(n))} {'longer' if int(n) > 0 else 'shorter'} than the values"
        for n in re.findall(r"length_diff = (-?\d+)", description)
        if int(n)
    )


def _no_type(subject: Subject, _: str) -> str:
    return f"no type in the schema, and {subject.data_type} in the data"


_OBSERVED: dict[str, Text] = {
    "BOOL_TYPE_BIG_INT": maximum,
    "BOOL_TYPE_SMALL_INT": minimum,
    "BOOL_TYPE_UNEXPECTED_FLOAT": no_bool,
    "BOOL_TYPE_UNEXPECTED_STRING": off_bool,
    "ENUM_TYPE_INVALID_UTF8": _invalid_utf8,
    "ENUM_TYPE_UNEXPECTED_STRING_VALUES": off_domain,
    "FEATURE_TYPE_HIGH_NUMBER_VALUES": _many_values,
    "FEATURE_TYPE_LOW_NUMBER_VALUES": _few_values,
    "FEATURE_TYPE_LOW_FRACTION_PRESENT": _present,
    "FEATURE_TYPE_LOW_NUMBER_PRESENT": _present_count,
    "FEATURE_TYPE_NOT_PRESENT": _present,
    "SCHEMA_MISSING_COLUMN": _present,
    "FEATURE_TYPE_HIGH_UNIQUE": _unique,
    "FEATURE_TYPE_LOW_UNIQUE": _unique,
    "FLOAT_TYPE_BIG_FLOAT": maximum,
    "FLOAT_TYPE_SMALL_FLOAT": minimum,
    "FLOAT_TYPE_HAS_NAN": nan,
    "FLOAT_TYPE_HAS_INF": extent,
    "FLOAT_TYPE_STRING_NOT_FLOAT": no_number,
    "INT_TYPE_NOT_INT_STRING": no_integer,
    "INT_TYPE_BIG_INT": maximum,
    "INT_TYPE_SMALL_INT": minimum,
    "LOW_SUPPORTED_IMAGE_FRACTION": _image_share,
    "MAX_IMAGE_BYTE_SIZE_EXCEEDED": _image_bytes,
    "SCHEMA_NEW_COLUMN": _new,
    "SEMANTIC_DOMAIN_UPDATE": _semantic,
    "UNEXPECTED_DATA_TYPE": _type,
    "INVALID_DOMAIN_SPECIFICATION": _no_domain,
    "FEATURE_MISSING_TYPE": _no_type,
    "VALUE_NESTEDNESS_MISMATCH": _nesting,
    "INVALID_FEATURE_SHAPE": _shape,
    "DATASET_LOW_NUM_EXAMPLES": _rows,
    "DATASET_HIGH_NUM_EXAMPLES": _rows,
    "SPARSE_FEATURE_MISSING_VALUE": _missing,
    "SPARSE_FEATURE_MISSING_INDEX": _missing,
    "WEIGHTED_FEATURE_MISSING_VALUE": _missing,
    "WEIGHTED_FEATURE_MISSING_WEIGHT": _missing,
    "DOMAIN_INVALID_FOR_TYPE": _types,
    "FEATURE_TYPE_NO_UNIQUE": _not_counted,
    "SPARSE_FEATURE_NAME_COLLISION": _twice,
    "WEIGHTED_FEATURE_NAME_COLLISION": _twice,
    "SPARSE_FEATURE_LENGTH_MISMATCH": _lengths,
    "WEIGHTED_FEATURE_LENGTH_MISMATCH": _lengths,
}
