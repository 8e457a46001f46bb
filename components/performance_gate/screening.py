"""Takes rows that no metric can count out of an evaluation, and counts them slice by slice."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import apache_beam as beam
import numpy as np
import tensorflow_model_analysis as tfma
from tensorflow_model_analysis.proto import config_pb2
from tensorflow_model_analysis.slicer import slicer_lib
from tensorflow_model_analysis.utils import util

from skewgate.checks.performance.left_out import Fault
from skewgate.checks.performance.usable_rows import Cells, Needs, Part, absent, faulty
from skewgate.components.performance_gate import requirements
from skewgate.components.performance_gate.measured import SliceKey
from skewgate.components.performance_gate.saved_models import USUAL_OUTPUTS
from skewgate.components.support.handover import Handover

FAULT = "_skewgate_fault"
"""Key of the extracts: for each row 0, or 1 + the place of its fault in the plan."""
_EXAMPLES = "examples"
_WEIGHTS = "example_weights"
_VOCABULARIES = (("all_classes",), ("scores", "classes"))
"""Outputs of a model that say which text is which class."""


@dataclasses.dataclass(frozen=True)
class Target:
    """One output of one model.

    Attributes:
        model, output: names, "" where there is one.
        needs: of its metrics.
        keys: what holds its parts.
        first: place of its first fault in the plan.
    """

    model: str
    output: str
    needs: Needs
    keys: requirements.Keys
    first: int


@dataclasses.dataclass(frozen=True)
class Plan:
    """What is looked for in each row.

    Attributes:
        targets: the outputs.
        faults: all that a row may lack, in the order in which it is looked for.
    """

    targets: tuple[Target, ...]
    faults: tuple[Fault, ...]


def make_plan(
    config: config_pb2.EvalConfig, asked: config_pb2.EvalConfig, *, is_logged: bool
) -> Plan:
    """Returns what to look for.

    Args:
        config: completed.
        asked: as the user wrote it.
        is_logged: whether the rows hold the predictions.
    """
    baselines = {spec.name for spec in config.model_specs if spec.is_baseline}
    several = len(config.model_specs) > 1
    targets: list[Target] = []
    faults: list[Fault] = []
    for (model, output), needs in requirements.needs_by_output(config, asked).items():
        keys = requirements.keys_of(config, model, output, is_logged=is_logged)
        targets.append(Target(model if several else "", output, needs, keys, len(faults)))
        plain = model in ("", tfma.CANDIDATE_KEY)
        owner = ", ".join(part for part in ("" if plain else model, output) if part)
        faults += [
            Fault(part, problem, keys.names[part.value], owner, metrics, model in baselines)
            for part, problem, metrics in needs.faults()
        ]
    return Plan(tuple(targets), tuple(faults))


def mark(extracts: dict[str, Any]) -> dict[str, Any]:
    """Gives the rows of a batch their fault, which is none yet."""
    rows = extracts[tfma.ARROW_RECORD_BATCH_KEY].num_rows
    return {**extracts, FAULT: np.zeros(rows, np.int64)}


class Screen(beam.DoFn):  # type: ignore[misc, unused-ignore]
    """Marks the rows of a batch that have a fault; also yields an example of each fault."""

    def __init__(self, plan: Plan) -> None:
        """Takes what to look for."""
        super().__init__()
        self._plan = plan

    def process(self, extracts: dict[str, Any]) -> Iterator[Any]:
        """Takes one batch of TFMA's extracts, with labels and predictions."""
        codes, examples = screened(self._plan, extracts)
        for index, example in examples.items():
            yield beam.pvalue.TaggedOutput(_EXAMPLES, (index, example))
        if codes.any():
            yield {**extracts, FAULT: codes}
        else:
            yield {key: value for key, value in extracts.items() if key != FAULT}


def screen(extracts: beam.PCollection, plan: Plan) -> tuple[beam.PCollection, beam.PCollection]:
    """Returns batches whose rows are marked, and an example of each fault in each batch."""
    marked = extracts | "Screen" >> beam.ParDo(Screen(plan)).with_outputs(_EXAMPLES, main="rows")
    return marked["rows"], marked[_EXAMPLES]


def screened(plan: Plan, extracts: dict[str, Any]) -> tuple[Any, dict[int, str]]:
    """Returns the fault of each row, shape (n,), and an example of each fault.

    The first fault of a row counts.
    """
    size = len(extracts[FAULT])
    codes = np.zeros(size, np.int64)
    examples: dict[int, str] = {}
    for target in plan.targets:
        said = _part(extracts.get(tfma.PREDICTIONS_KEY), target)
        has_vocabulary = isinstance(said, Mapping) and any(
            all(name in said for name in names) for names in _VOCABULARIES
        )
        found = {
            Part.PREDICTION: cells(_chosen(said, (target.keys.prediction, *USUAL_OUTPUTS)), size),
            Part.LABEL: cells(
                _chosen(_part(extracts.get(tfma.LABELS_KEY), target), (target.keys.label,)), size
            ),
            Part.WEIGHT: cells(_part(extracts.get(_WEIGHTS), target), size),
        }
        looked_for = faulty(
            target.needs,
            found[Part.LABEL],
            found[Part.PREDICTION],
            found[Part.WEIGHT],
            has_vocabulary=has_vocabulary,
        )
        for index, (part, _, wrong) in enumerate(looked_for, start=target.first):
            fresh = np.flatnonzero(wrong & (codes == 0))
            if len(fresh):
                codes[fresh] = index + 1
                examples[index] = found[part].example(int(fresh[0]))
    return codes, examples


def _part(values: Any, target: Target) -> Any:
    """Returns the values of one output of one model, as TFMA looks for them."""
    if isinstance(values, Mapping) and target.model in values:
        values = values[target.model]
    if isinstance(values, Mapping) and target.output:
        return util.get_by_keys(values, [target.output], optional=True)
    return values


def _chosen(values: Any, keys: Iterable[str]) -> Any:
    """Returns the values under the first key that is there; None if none is."""
    if not isinstance(values, Mapping):
        return values
    return next((values[key] for key in keys if key in values), None)


def cells(values: Any, size: int) -> Cells:
    """Returns the values of a batch, in whatever form TFMA keeps them.

    Args:
        values: an array, a sparse or a ragged tensor, or None.
        size: the number of rows.
    """
    if values is None or isinstance(values, Mapping):
        return absent(size)
    if hasattr(values, "nested_row_splits"):
        ends = np.asarray(values.nested_row_splits[0])
        for inner in values.nested_row_splits[1:]:
            ends = np.asarray(inner)[ends]
        rows = np.repeat(np.arange(size), np.diff(ends))
        return Cells(np.asarray(values.values), rows, size, len(values.nested_row_splits) == 1)
    if hasattr(values, "dense_shape"):
        rows = np.asarray(values.indices, np.int64)[:, 0]
        return Cells(np.asarray(values.values), rows, size, len(values.dense_shape) == 2)
    array = np.asarray(values)
    if array.dtype == object and not all(isinstance(each, bytes | str) for each in array.flat):
        lists = [[] if row is None else np.ravel(row).tolist() for row in array]
        rows = np.repeat(np.arange(size), [len(row) for row in lists])
        return Cells(np.array([each for row in lists for each in row]), rows, size)
    width = array.size // size if size else 0
    return Cells(array.reshape(-1), np.repeat(np.arange(size), width), size, array.ndim <= 2)


class _Route(beam.DoFn):  # type: ignore[misc, unused-ignore]
    """Yields the rows without a fault, and apart from them the others with theirs."""

    def process(self, extracts: dict[str, Any]) -> Iterator[Any]:
        fault = extracts.get(FAULT)
        if fault is None:
            yield extracts
            return
        code = int(np.ravel(fault)[0])
        rest = {key: value for key, value in extracts.items() if key != FAULT}
        if code == 0:
            yield rest
        else:
            yield beam.pvalue.TaggedOutput(FAULT, (code - 1, rest))


class Router(beam.PTransform):  # type: ignore[misc, unused-ignore]
    """Rows with their slices to those without a fault; writes how many others there are.

    `read` reads that.
    """

    def __init__(self, handover: Handover) -> None:
        """Takes the file."""
        super().__init__()
        self._handover = handover

    def expand(self, inputs: tuple[beam.PCollection, beam.PCollection]) -> beam.PCollection:
        """Adds the steps to the pipeline.

        Args:
            inputs: the rows, and the examples of faults, as `screen` returns them.
        """
        extracts, examples = inputs
        routed = extracts | "Route" >> beam.ParDo(_Route()).with_outputs(FAULT, main="usable")
        total = routed[FAULT] | "OfAll" >> beam.Map(lambda each: (None, each[0]))
        by_slice = (
            routed[FAULT]
            | "Keep" >> beam.Map(lambda each: {**each[1], FAULT: each[0]})
            | "FanoutSlices" >> slicer_lib.FanoutSlices()
            | "OfSlice" >> beam.MapTuple(lambda key, row: (key, row[FAULT]))
        )
        counted = (
            (total, by_slice)
            | "Together" >> beam.Flatten()
            | "Count" >> beam.combiners.Count.PerElement()
        )
        named = (
            examples
            | "OneEach" >> beam.CombinePerKey(min)
            | "AsExample" >> beam.MapTuple(lambda index, text: ((_EXAMPLES, index), text))
        )
        _ = (
            (counted, named)
            | "All" >> beam.Flatten()
            | "List" >> beam.combiners.ToList()
            | "Write" >> beam.Map(self._handover.write)
        )
        return routed["usable"]


@dataclasses.dataclass(frozen=True)
class Counted:
    """How many rows have which fault, as its place in the plan.

    Attributes:
        total: of all rows.
        by_slice: of each slice.
        examples: fault to what was found in one row.
    """

    total: dict[int, int] = dataclasses.field(default_factory=dict)
    by_slice: dict[SliceKey, dict[int, int]] = dataclasses.field(default_factory=dict)
    examples: dict[int, str] = dataclasses.field(default_factory=dict)


def read(handover: Handover) -> Counted:
    """Reads what `Router` wrote."""
    found = Counted()
    for (place, index), value in handover.read():
        if place is None:
            found.total[index] = value
        elif place == _EXAMPLES:
            found.examples[index] = value
        else:
            # As in the evaluation, whose slices went through a file.
            key = slicer_lib.deserialize_slice_key(slicer_lib.serialize_slice_key(place))
            found.by_slice.setdefault(key, {})[index] = value
    return found
