"""Chooses metrics and thresholds for a label: what a model must be better than, and how surely."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

from skewgate.core.wording import percent, quote
from skewgate.scaffold.labels import Kind, Label
from skewgate.scaffold.plan import Plan
from skewgate.scaffold.splitting import EVAL, SERVING

_MOST_SHARE = 0.7
"""Of a class, beyond which being right says little: who always answers it is right most often."""
_ROWS_OF_A_CHANGE = 1_000
"""Rows that a change of some points takes to be told from chance."""
_FEW_ROWS, _FEW_OF_A_CLASS = 30, 5
_USUAL_SLICE = 30


@dataclasses.dataclass(frozen=True)
class Metric:
    """A metric and what it must reach.

    Attributes:
        name: of its class.
        side: "lower" or "upper", of the bound.
        bound: that the metric must reach; None to show it alone.
        why: this bound, as a sentence.
        change: by how much it may be worse than before; None if nobody asks.
        change_why: as a sentence.
    """

    name: str
    side: str = "lower"
    bound: float | None = None
    why: str = ""
    change: float | None = None
    change_why: str = ""


def for_training(plan: Plan) -> dict[str, Any]:
    """Returns what stands in the template of eval_config.pbtxt."""
    rows = plan.rows_of(EVAL)
    return {
        "title": "Is the model good enough, and not worse than the one before it?",
        "label": plan.label.name,
        "metrics": _metrics(
            plan.label,
            rows,
            max(0.02, 2 / math.sqrt(max(rows, 1))),
            "How much a new model may lose against the last blessed one, on the same rows.",
        ),
    }


def for_monitoring(plan: Plan) -> dict[str, Any]:
    """Returns what stands in the template of monitoring_eval_config.pbtxt."""
    rows = min(plan.rows_of(EVAL), plan.rows_of(SERVING))
    return {
        "title": "Is the pushed model still good enough, and as good as when it was pushed?",
        "label": plan.label.name,
        "metrics": _metrics(
            plan.label,
            rows,
            max(0.1, 5 / math.sqrt(max(rows, 1))),
            "Against the evaluation of the training run, which saw other rows.",
        ),
    }


def _metrics(label: Label, rows: int, change: float, change_why: str) -> list[Metric]:
    """Returns the metrics of a label; the first has a bound."""
    first, *others = _bounded(label)
    if rows >= _ROWS_OF_A_CHANGE:
        allowed = round(change, 3) * (-1 if first.side == "lower" else 1)
        first = dataclasses.replace(first, change=allowed, change_why=change_why)
    else:
        why = f"{first.why} About {rows:,} rows cannot tell a change of a few points from chance."
        first = dataclasses.replace(first, why=why)
    return [first, *others]


def _bounded(label: Label) -> list[Metric]:
    if label.kind is Kind.NUMBER:
        why = "0 is what always predicting the mean gives. Raise it to what you need."
        return [Metric("R2Score", bound=0.0, why=why), Metric("MeanAbsoluteError")]
    if label.kind is Kind.BINARY:
        why = "0.5 is what guessing gives, however rare a class is. Raise it to what you need."
        return [Metric("AUC", bound=0.5, why=why), Metric("BinaryAccuracy")]
    name, share = label.largest
    if share <= _MOST_SHARE:
        right = f"Always predicting {quote(name)} is right for {percent(share)} of the rows."
        why = f"{right} Raise it to what you need."
        bound = math.ceil(share * 1000) / 1000
        return [Metric("SparseCategoricalAccuracy", bound=bound, why=why)]
    why = (
        f"What always predicting the class shares gives. {quote(name)} is {percent(share)} "
        "of the rows, so accuracy says little."
    )
    bound = math.floor(label.entropy * 1000) / 1000
    return [
        Metric("SparseCategoricalCrossentropy", "upper", bound, why),
        Metric("SparseCategoricalAccuracy"),
    ]


def policy_of_training(plan: Plan) -> dict[str, Any]:
    """Returns what stands in the template of performance.yaml."""
    return {
        "title": "How sure must the gate on performance be before a model is pushed?",
        "baseline": "for the first model, which has none before it, absolute thresholds still hold",
        **_policy(plan, plan.rows_of(EVAL)),
    }


def policy_of_monitoring(plan: Plan) -> dict[str, Any]:
    """Returns what stands in the template of monitoring_performance.yaml."""
    found = {
        "title": "How sure must the gate on performance be while the model serves?",
        "baseline": "without an evaluation to compare with, only the absolute thresholds hold",
        **_policy(plan, plan.rows_of(SERVING)),
    }
    if not plan.serving_has_labels:
        found["warn_labels"] = ""
        found["undecided"] = (
            f"The serving data have no {plan.label.name}, so nothing can be said about "
            "performance. Once labels are joined (docs/late-labels.md), remove these two lines."
        )
    return found


def _policy(plan: Plan, rows: int) -> dict[str, Any]:
    label = plan.label
    undecided = ""
    if rows < _FEW_ROWS:
        undecided = (
            f"About {rows} rows may be too few to tell a useful model from a useless one. Remove "
            "these two lines once there are more."
        )
    elif label.kind is not Kind.NUMBER:
        name, count = label.smallest
        expected = count * rows / max(label.rows, 1)
        if label.kind is Kind.BINARY and expected < _FEW_OF_A_CLASS:
            undecided = (
                f"About {expected:.0f} rows of class {quote(name)} may be too few to tell a "
                "useful model from a useless one. Remove these two lines once there are more."
            )
    least = min(_USUAL_SLICE, max(2, rows // 2))
    warn = ""
    if label.missing:
        warn = (
            f"{label.missing:,} of {label.missing + label.rows:,} rows have no label. They are "
            "left out and counted in the report, and block nothing."
        )
    return {
        "undecided": undecided,
        "min_slice_rows": least,
        "small": least < _USUAL_SLICE,
        "rows": rows,
        "warn_labels": warn,
    }
