"""How many cases a law is tried with: few in `make test`, many in `make laws`."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, settings

_CASES = os.environ.get("SKEWGATE_LAW_CASES")


def law(cases: int) -> Callable[[Any], Any]:
    """Returns the settings of a law, to decorate a test whose arguments are `given`.

    Args:
        cases: for `make test`, where they are the same in every run. `make laws` tries 20,000 that
            are new in every run.
    """
    return settings(
        max_examples=int(_CASES or cases),
        derandomize=_CASES is None,
        database=None,
        deadline=None,
        print_blob=True,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
