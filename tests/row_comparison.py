"""Rows of two sides compared in memory, for tests of counts and verdicts."""

from __future__ import annotations

from collections.abc import Iterable

import pyarrow as pa

from skewgate.checks.skew.config import RowRules
from skewgate.checks.skew.rows.accumulator import RowAccumulator
from skewgate.checks.skew.rows.parts import make_part


def compare_batches(
    training: Iterable[pa.RecordBatch],
    serving: Iterable[pa.RecordBatch],
    rules: RowRules,
    features: Iterable[str] | None = None,
) -> RowAccumulator:
    """Joins and compares rows that fit into memory.

    Args:
        training, serving: the rows of the two sides.
        rules: how they are joined and compared.
        features: the features to compare; all without it.

    Raises:
        InputError: a column cannot be compared, or a slice cannot be made.
    """
    result = RowAccumulator(rules.samples)
    here, seen_here = make_part(list(training), rules, features)
    there, seen_there = make_part(list(serving), rules, features)
    result.training.merge(seen_here)
    result.serving.merge(seen_there)
    result.compare(here, there, rules)
    return result
