"""Profiles as plain values, which are equal where the profiles are."""

from __future__ import annotations

import dataclasses
import math

import numpy as np

from skewgate.core.distributions import n_rows


def told(side):
    """Returns what a distribution says as plain values, of which NaN is equal to NaN."""

    def plain(value):
        if isinstance(value, np.ndarray):
            return [plain(each) for each in value.tolist()]
        return "nan" if isinstance(value, float) and math.isnan(value) else value

    # A zero has one sign, which `==` does not see.
    return type(side).__name__, {
        field.name: plain(getattr(side, field.name))
        for field in dataclasses.fields(side)
        if field.compare
    }


def described(profile):
    """Returns all that a profile says, but for columns that no row has."""
    never = {
        name
        for name, side in profile.slices[""].items()
        if side.n_missing == n_rows(side) and not side.n_empty
    }
    return {
        "rows": profile.rows,
        "slices": {
            key: {name: told(side) for name, side in features.items() if name not in never}
            for key, features in profile.slices.items()
        },
        "counts": {
            key: {name: told(side) for name, side in counts.items()}
            for key, counts in profile.value_counts.items()
        },
    }
