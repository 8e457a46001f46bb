"""What the schema asks for, in words, for each of TFDV's anomaly types."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

from tensorflow_metadata.proto.v0 import schema_pb2

from skewgate.checks.skew.anomalies.subjects import Subject, domain_values, supported_images
from skewgate.core.wording import SHOWN, between, number, percent, plural, quote, quoted

Text = Callable[[Subject, str], str]

LEVEL = re.compile(r"nestedness level (\d+)")


def expected(kind: str, subject: Subject, description: str) -> str:
    """Says what the schema asks for where TFDV found an anomaly; never empty.

    Args:
        kind: TFDV's anomaly type.
        subject: the feature, or the data set.
        description: TFDV's own words.
    """
    text = _EXPECTED[kind](subject, description) if kind in _EXPECTED else ""
    return text or f"no {kind}"


def schema_type(subject: Subject) -> str:
    """Returns the type that the schema gives a feature, such as "BYTES"."""
    return str(schema_pb2.FeatureType.Name(subject.constraints.type))


def _end(message: Any, field: str) -> Any:
    return getattr(message, field) if message.HasField(field) else None


def _two_values(subject: Subject, _: str) -> str:
    if subject.data_type not in ("STRING", "BYTES"):
        return "0 or 1 (bool_domain)"
    names = [
        _end(subject.constraints.bool_domain, field) for field in ("true_value", "false_value")
    ]
    known = " or ".join(quote(name) for name in names if name is not None)
    return f"{known} (bool_domain)" if known else "a value that bool_domain names (it names none)"


def _domain_member(subject: Subject, _: str) -> str:
    name, values = domain_values(subject)
    label = f"domain {name}" if name else "string_domain"
    if not values:
        text = f"no value at all ({label} is empty)"
    elif len(values) > SHOWN:
        text = f"one of the {len(values):,} values of {label}, such as {quoted(values[:SHOWN])}"
    else:
        text = f"one of {quoted(values)} ({label})"
    constraints = subject.constraints.distribution_constraints
    mass = (
        constraints.min_domain_mass
        if subject.constraints.HasField("distribution_constraints")
        else 1
    )
    return f"{text} in at least {percent(mass)} of the values" if mass < 1 else text


def _presence(subject: Subject, _: str) -> str:
    presence = subject.constraints.presence
    if presence.min_fraction >= 1:
        return "a value in every row"
    if presence.min_fraction > 0:
        least = percent(presence.min_fraction, subject.present_share)
        return f"a value in at least {least} of the rows"
    return f"a value in {between(presence.min_count, None, 'row')}"


def _presence_count(subject: Subject, _: str) -> str:
    return f"a value in {between(subject.constraints.presence.min_count, None, 'row')}"


def _value_count(subject: Subject, description: str) -> str:
    level = LEVEL.search(description)
    count, suffix = subject.constraints.value_count, ""
    if level:
        count = subject.constraints.value_counts.value_count[int(level.group(1))]
        suffix = f" at nesting level {level.group(1)}"
    return between(_end(count, "min"), _end(count, "max"), "value") + suffix


def _unique(subject: Subject, _: str) -> str:
    limits = subject.constraints.unique_constraints
    return between(_end(limits, "min"), _end(limits, "max"), "different value")


def _no_unique(subject: Subject, description: str) -> str:
    return f"{_unique(subject, description)} of a feature whose values are categories"


def _bounds(field: str) -> Text:
    def text(subject: Subject, _: str) -> str:
        domain = getattr(subject.constraints, field)
        return between(_end(domain, "min"), _end(domain, "max"), others=subject.extremes)

    return text


def _image_share(subject: Subject, _: str) -> str:
    share = subject.constraints.image_domain.minimum_supported_image_fraction
    known, total = supported_images(subject.statistics)
    least = percent(share, known / total) if total else percent(share)
    return f"an image in a format that TensorFlow reads in at least {least} of the values"


def _image_bytes(subject: Subject, _: str) -> str:
    return f"images of at most {subject.constraints.image_domain.max_image_byte_size:,} bytes"


def _undeclared(subject: Subject, _: str) -> str:
    if not subject.in_environment:
        return f"no such feature in environment {subject.environment}"
    return "no such feature, as the schema does not declare it"


def _type(subject: Subject, _: str) -> str:
    return f"type {schema_type(subject)}"


def _domain_suits(subject: Subject, _: str) -> str:
    return f"a type that suits {subject.constraints.WhichOneof('domain_info') or 'its domain'}"


def _domain_exists(subject: Subject, _: str) -> str:
    name = subject.constraints.domain
    return f"a string_domain named {name!r} in the schema" if name else "a valid domain"


def _nesting(subject: Subject, _: str) -> str:
    levels = len(subject.constraints.value_counts.value_count) or 1
    return f"values nested {levels}{plural('level', levels)} deep"


def _shape(subject: Subject, _: str) -> str:
    sizes = [int(dim.size) for dim in subject.constraints.shape.dim]
    count = math.prod(sizes)
    return f"shape {sizes} in every row, that is {between(count, count, 'value')}"


def _rows(subject: Subject, _: str) -> str:
    limits = subject.schema.dataset_constraints
    return between(_end(limits, "min_examples_count"), _end(limits, "max_examples_count"), "row")


def _sparse(subject: Subject, _: str) -> str:
    if subject.sparse is None:
        return ""
    indices = quoted([str(index.name) for index in subject.sparse.index_feature])
    value = str(subject.sparse.value_feature.name)
    return f"in every row as many values of {quote(value)} as of {indices}"


def _weighted(subject: Subject, _: str) -> str:
    if subject.weighted is None:
        return ""
    value, weight = (
        quote(".".join(path.step))
        for path in (subject.weighted.feature, subject.weighted.weight_feature)
    )
    return f"in every row as many values of {value} as of the weights {weight}"


def _coverage(field: str, text: str, shown: Callable[[float], str]) -> Text:
    def words(subject: Subject, _: str) -> str:
        return text.format(
            shown(getattr(subject.constraints.natural_language_domain.coverage, field))
        )

    return words


def _token(field: str, text: str, shown: Callable[[float], str]) -> Text:
    """Gives the limit of the token that TFDV's description names."""

    def words(subject: Subject, description: str) -> str:
        for limits in subject.constraints.natural_language_domain.token_constraints:
            token = str(getattr(limits, limits.WhichOneof("value") or "string_value"))
            if limits.HasField(field) and f"alue: {token} " in description:
                return f"{quote(token)} {text.format(shown(getattr(limits, field)))}"
        return ""

    return words


def _always(text: str) -> Text:
    return lambda subject, description: text


_EXPECTED: dict[str, Text] = {
    "BOOL_TYPE_BIG_INT": _two_values,
    "BOOL_TYPE_SMALL_INT": _two_values,
    "BOOL_TYPE_UNEXPECTED_FLOAT": _two_values,
    "BOOL_TYPE_UNEXPECTED_STRING": _two_values,
    "ENUM_TYPE_INVALID_UTF8": _always("strings in UTF-8"),
    "ENUM_TYPE_UNEXPECTED_STRING_VALUES": _domain_member,
    "FEATURE_TYPE_HIGH_NUMBER_VALUES": _value_count,
    "FEATURE_TYPE_LOW_NUMBER_VALUES": _value_count,
    "FEATURE_TYPE_LOW_FRACTION_PRESENT": _presence,
    "FEATURE_TYPE_LOW_NUMBER_PRESENT": _presence_count,
    "FEATURE_TYPE_NOT_PRESENT": _presence,
    "SCHEMA_MISSING_COLUMN": _presence,
    "FEATURE_TYPE_HIGH_UNIQUE": _unique,
    "FEATURE_TYPE_LOW_UNIQUE": _unique,
    "FEATURE_TYPE_NO_UNIQUE": _no_unique,
    "FLOAT_TYPE_BIG_FLOAT": _bounds("float_domain"),
    "FLOAT_TYPE_SMALL_FLOAT": _bounds("float_domain"),
    "FLOAT_TYPE_STRING_NOT_FLOAT": _always("strings that are floats (float_domain)"),
    "FLOAT_TYPE_HAS_NAN": _always("no NaN (disallow_nan)"),
    "FLOAT_TYPE_HAS_INF": _always("no infinite value (disallow_inf)"),
    "INT_TYPE_BIG_INT": _bounds("int_domain"),
    "INT_TYPE_SMALL_INT": _bounds("int_domain"),
    "INT_TYPE_NOT_INT_STRING": _always("strings that are integers (int_domain)"),
    "LOW_SUPPORTED_IMAGE_FRACTION": _image_share,
    "MAX_IMAGE_BYTE_SIZE_EXCEEDED": _image_bytes,
    "SCHEMA_NEW_COLUMN": _undeclared,
    "SEMANTIC_DOMAIN_UPDATE": _always("a domain declared in the schema"),
    "UNEXPECTED_DATA_TYPE": _type,
    "DOMAIN_INVALID_FOR_TYPE": _domain_suits,
    "INVALID_DOMAIN_SPECIFICATION": _domain_exists,
    "INVALID_SCHEMA_SPECIFICATION": _always("constraints that can hold"),
    "FEATURE_MISSING_NAME": _always("a name of the feature in the schema"),
    "FEATURE_MISSING_TYPE": _always("a type of the feature in the schema"),
    "VALUE_NESTEDNESS_MISMATCH": _nesting,
    "INVALID_FEATURE_SHAPE": _shape,
    "DATASET_LOW_NUM_EXAMPLES": _rows,
    "DATASET_HIGH_NUM_EXAMPLES": _rows,
    "SPARSE_FEATURE_MISSING_VALUE": _sparse,
    "SPARSE_FEATURE_MISSING_INDEX": _sparse,
    "SPARSE_FEATURE_LENGTH_MISMATCH": _sparse,
    "SPARSE_FEATURE_NAME_COLLISION": _always("a name that no other feature of the schema has"),
    "WEIGHTED_FEATURE_MISSING_VALUE": _weighted,
    "WEIGHTED_FEATURE_MISSING_WEIGHT": _weighted,
    "WEIGHTED_FEATURE_LENGTH_MISMATCH": _weighted,
    "WEIGHTED_FEATURE_NAME_COLLISION": _always("a name that no other feature of the schema has"),
    "FEATURE_COVERAGE_TOO_LOW": _coverage(
        "min_coverage", "at least {} of the tokens in the vocabulary", percent
    ),
    "FEATURE_COVERAGE_TOO_SHORT_AVG_TOKEN_LENGTH": _coverage(
        "min_avg_token_length", "tokens of at least {} characters on average", number
    ),
    "SEQUENCE_VALUE_TOO_SMALL_FRACTION": _token(
        "min_fraction_of_sequences", "in at least {} of the sequences", percent
    ),
    "SEQUENCE_VALUE_TOO_LARGE_FRACTION": _token(
        "max_fraction_of_sequences", "in at most {} of the sequences", percent
    ),
    "SEQUENCE_VALUE_TOO_FEW_OCCURRENCES": _token(
        "min_per_sequence", "at least {} times in a sequence", number
    ),
    "SEQUENCE_VALUE_TOO_MANY_OCCURRENCES": _token(
        "max_per_sequence", "at most {} times in a sequence", number
    ),
    "STATS_NOT_AVAILABLE": _always("statistics that show whether natural_language_domain holds"),
    "DERIVED_FEATURE_BAD_LIFECYCLE": _always("lifecycle_stage VALIDATION_DERIVED or DISABLED"),
    "DERIVED_FEATURE_INVALID_SOURCE": _always("validation_derived_source in the schema"),
}
