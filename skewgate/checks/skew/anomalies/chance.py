"""Whether a share that a slice falls short of may be chance."""

from __future__ import annotations

from skewgate.checks.skew.anomalies.subjects import (
    Subject,
    domain_values,
    named_values,
    supported_images,
)
from skewgate.estimation import binomial

_OF_PRESENCE = (
    "FEATURE_TYPE_LOW_FRACTION_PRESENT",
    "FEATURE_TYPE_NOT_PRESENT",
    "SCHEMA_MISSING_COLUMN",
)


def may_be_chance(kind: str, subject: Subject, alpha: float) -> bool:
    """Says whether a slice whose true share is just what the schema asks for would often be worse.

    A share of 1 admits no exception, and what TFDV counts by weight is not a count of rows: they
    are never chance.

    Args:
        kind: TFDV's anomaly type.
        subject: the feature, in the slice.
        alpha: probability below which it is not chance.
    """
    bad, n, allowed = _shortfall(kind, subject)
    if not 0 < allowed < 1 or n < 1 or subject.weight:
        return False
    return binomial.p_at_least(min(bad, n), n, allowed) > alpha


def _shortfall(kind: str, subject: Subject) -> tuple[int, int, float]:
    """Returns how many of how many are bad, and the share that may be."""
    if kind in _OF_PRESENCE:
        allowed = 1.0 - subject.constraints.presence.min_fraction
        return subject.rows - subject.present, subject.rows, allowed
    if kind == "ENUM_TYPE_UNEXPECTED_STRING_VALUES":
        values = set(domain_values(subject)[1])
        counts = named_values(subject.statistics)
        off = sum(count for value, count in counts.items() if value not in values)
        mass = subject.constraints.distribution_constraints.min_domain_mass
        return round(off), round(subject.values), 1.0 - mass
    if kind == "LOW_SUPPORTED_IMAGE_FRACTION":
        known, total = supported_images(subject.statistics)
        share = subject.constraints.image_domain.minimum_supported_image_fraction
        return round(total - known), round(total), 1.0 - share
    return 0, 0, 0.0
