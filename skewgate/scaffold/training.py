"""What the trainer is told of the data: names of features by kind, classes, how long to train."""

from __future__ import annotations

from typing import Any

from skewgate.scaffold.columns import Role
from skewgate.scaffold.labels import Kind
from skewgate.scaffold.plan import Plan

BATCH_SIZE = 64
_EPOCHS = 60
_LEAST_STEPS, _MOST_STEPS = 400, 3_000


def steps(rows: int) -> int:
    """Returns how many batches to train on: long enough for few rows, bounded for many.

    >>> steps(200), steps(2_000), steps(1_000_000)
    (400, 1880, 3000)
    """
    wanted = round(_EPOCHS * rows / BATCH_SIZE / 10) * 10
    return min(max(wanted, _LEAST_STEPS), _MOST_STEPS)


def values(plan: Plan) -> dict[str, Any]:
    """Returns what stands in the template of trainer.py."""
    label = plan.label
    features = plan.features.values()
    activation, loss = _HEADS[label.kind]
    as_text = label.feature_type == "BYTES"
    return {
        "label": label.name,
        "kind": label.kind.value,
        "classes": list(label.classes),
        "classes_why": _classes_why(plan),
        "numbers": [f.name for f in features if f.role is Role.NUMBER and not f.whole],
        "whole": [f.name for f in features if f.role is Role.NUMBER and f.whole],
        "categories": [f.name for f in features if f.role is Role.CATEGORY],
        "times": [f.name for f in features if f.role is Role.TIME],
        "batch_size": BATCH_SIZE,
        "as_text": as_text,
        "label_type": {"INT": "int64", "FLOAT": "float32", "BYTES": "string"}[label.feature_type],
        "label_missing": {"INT": "MISSING", "FLOAT": "np.nan", "BYTES": '""'}[label.feature_type],
        "outputs": len(label.classes) if label.kind is Kind.CLASSES else 1,
        "activation": activation,
        "loss": loss,
    }


_HEADS = {
    Kind.BINARY: ("sigmoid", "binary_crossentropy"),
    Kind.CLASSES: ("softmax", "sparse_categorical_crossentropy"),
    Kind.NUMBER: (None, "mse"),
}
"""What the last layer does, and what is minimised."""


def _classes_why(plan: Plan) -> str:
    if plan.label.kind is Kind.NUMBER:
        return "a number is predicted"
    if plan.label.kind is Kind.BINARY:
        return "the probability of the second is predicted"
    return "in the order of the predicted probabilities"
