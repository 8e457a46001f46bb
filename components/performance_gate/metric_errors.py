"""Says in one sentence which metric could not be computed, and at which row.

Beam hands an error of a worker over as the text of its traceback, so that the text must tell.
"""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from tensorflow_model_analysis.metrics import metric_types

from skewgate.components.performance_gate.completion import ALL_CELLS
from skewgate.core.errors import InputError
from skewgate.core.wording import listed

_MARK = "skewgate: a metric could not be computed: "
_MARKED = re.compile(re.escape(_MARK) + r"(\[.*\])\.\.")
_ERROR = re.compile(r"^[\w.]*(?:Error|Exception): (.*)$", re.MULTILINE)
_OF_TFMA = ("to_label_prediction_example_weight(", "fails to update with inputs")
"""What stands behind the first error in what TFMA's own evaluator says."""
_LONGEST = 160


class MetricError(RuntimeError):
    """A metric could not be computed; the message is for `naming_metrics`.

    Args:
        name: of the metric.
        error: what was raised.
        row: the inputs of the row at which it was, as TFMA has them, or None.
    """

    def __init__(self, name: str, error: BaseException, row: Any = None) -> None:
        reason = _shortened(error.__cause__ or error)
        found = [name, f"{type(error.__cause__ or error).__name__}: {reason}", _shown(row)]
        super().__init__(f"{_MARK}{json.dumps(found)}..")

    def __reduce__(self) -> tuple[type, tuple[str]]:
        """Lets Beam's worker processes hand the error over."""
        return RuntimeError, (str(self),)


@contextlib.contextmanager
def naming_metrics() -> Iterator[None]:
    """Turns a MetricError of any worker, and errors of TFMA's own evaluator, into an InputError."""
    try:
        yield
    except Exception as error:
        text = str(error)
        marked, of_tfma = _MARKED.search(text), _ERROR.search(text)
        if of_tfma and max(map(text.rfind, _OF_TFMA)) < of_tfma.end():
            of_tfma = None
        if marked:
            name, reason, row = json.loads(marked[1])
        elif of_tfma:
            name, reason, row = "metrics", of_tfma[1][:_LONGEST], ""
        else:
            raise
        raise InputError(
            "eval_config.pbtxt",
            f"asks for {name}, which TFMA could not compute{row} ({reason.rstrip('.')})",
            "give labels and predictions in the form that it takes, or ask for another metric",
        ) from error


def _shortened(value: Any) -> str:
    lines = str(value).strip().splitlines() or [""]
    return lines[0] if len(lines[0]) <= _LONGEST else lines[0][: _LONGEST - 3] + "..."


def _shown(row: Any) -> str:
    """Returns the label and the prediction of a row in words; "" without a row."""
    if isinstance(row, list):
        row = row[0] if len(row) == 1 else None
    if not isinstance(row, metric_types.StandardMetricInputs):
        return ""
    label, said = (" ".join(str(value).split())[:_LONGEST] for value in (row.label, row.prediction))
    return f" of a row with the label {label} and the prediction {said}"


def names_of(computations: Sequence[Any], derived: Sequence[Any] = ()) -> list[str]:
    """Returns what to call each of TFMA's computations in an error.

    Args:
        computations: called by their metrics, or by those that are made of them.
        derived: computations that are made of others.
    """
    names = []
    for computation in computations:
        public = _public(computation.keys)
        if not public:
            places = {(k.model_name, k.output_name, k.sub_key) for k in computation.keys}
            keys = [key for each in derived for key in each.keys]
            public = _public(
                key for key in keys if (key.model_name, key.output_name, key.sub_key) in places
            )
        names.append(listed(public, nothing="metrics"))
    return names


def _public(keys: Iterable[Any]) -> list[str]:
    """Returns the names of metrics that were asked for: without private ones and cells."""
    names = {key.name for key in keys if not key.name.startswith("_")}
    return sorted(name for name in names if name.rpartition(".")[2] not in ALL_CELLS.split())
