"""Rows with a loss, of three features that make segments."""

import numpy as np
from hypothesis import strategies as st

from skewgate.checks.performance.segments import SegmentAccumulator

FEATURES = ["payment", "company", "hour"]
ROWS = st.lists(
    st.tuples(
        st.sampled_from(["Cash", "Card", None]),
        st.sampled_from(["A", "B", "C"]),
        st.integers(0, 3),
        st.floats(0, 16),
    ),
    min_size=1,
    max_size=40,
)


def columns(rows):
    frame = list(zip(*rows, strict=True))
    return dict(zip(FEATURES, map(list, frame[:3]), strict=True)), np.array(frame[3], float)


def counted(*batches, depth=2, features=FEATURES, **options):
    accumulator = SegmentAccumulator(features, depth, "log_loss", **options)
    for batch in batches:
        accumulator.add(*columns(batch))
    return accumulator


def lossy(n=4000, seed=3):
    """Cash loses more, and with company A far more; the hour has nothing to do with it."""
    rng = np.random.default_rng(seed)
    payment = rng.choice(["Cash", "Card", "Mobile"], n, p=[0.4, 0.5, 0.1])
    company = rng.choice(["A", "B", "C"], n, p=[0.2, 0.5, 0.3])
    cash = payment == "Cash"
    losses = rng.exponential(0.3, n) + 0.2 * cash + 0.8 * (cash & (company == "A"))
    data = {"payment": payment.tolist(), "company": company.tolist()}
    return {**data, "hour": rng.integers(0, 24, n)}, losses
