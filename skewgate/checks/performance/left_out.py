"""What a report says of rows that no metric could count."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

from skewgate.checks.performance.usable_rows import Part, Problem
from skewgate.core.errors import InputError
from skewgate.core.results import MetricResult, Status
from skewgate.core.wording import listed, many

_FIXES = {
    Problem.MISSING: "name the feature, or the output of the model, that holds it",
    Problem.SEVERAL: "give one value per row, or one for each value of the prediction",
    Problem.TEXT: "name a feature of numbers; binary metrics want labels of 0 and 1",
    Problem.NEGATIVE: "give weights of 0 or more",
    Problem.NOT_BINARY: "give labels of 0 and 1, or ask for metrics of classes or numbers",
    Problem.NOT_A_CLASS: "number the classes from 0 in the order of the predicted ones",
    Problem.NOT_A_PROBABILITY: "let the model end with a sigmoid, or ask for other metrics",
}


@dataclasses.dataclass(frozen=True)
class Fault:
    """Something that a row may lack.

    Attributes:
        part: label, prediction or weight.
        problem: what is wrong with it.
        key: what holds it, in words: "label_key 'tip'".
        owner: the model and the output, where there are several; "" else.
        metrics: names of those that cannot count such a row.
        is_baseline: whether it is of a baseline model.
    """

    part: Part
    problem: Problem
    key: str
    owner: str
    metrics: tuple[str, ...]
    is_baseline: bool = False

    @property
    def check(self) -> str:
        """The name of the check: the part, with model and output where there are several."""
        return f"{self.part.value} ({self.owner})" if self.owner else self.part.value

    @property
    def is_failure(self) -> bool:
        """Whether it is a failure of the model, and not a doubt about it."""
        no_number = self.part is Part.PREDICTION and self.problem is Problem.NOT_FINITE
        return no_number and not self.is_baseline


@dataclasses.dataclass(frozen=True)
class LeftOut:
    """The rows that were left out.

    Attributes:
        faults: all that was looked for.
        counts: slice to fault, as its place in `faults`, to the number of rows.
        rows: slice to the number of all its rows, those left out among them, where it is known.
        total: the number of rows left out, whatever slices there are.
        examples: fault to what was found in one row.
    """

    faults: Sequence[Fault] = ()
    counts: Mapping[str, Mapping[int, int]] = dataclasses.field(default_factory=dict)
    rows: Mapping[str, int] = dataclasses.field(default_factory=dict)
    total: Mapping[int, int] = dataclasses.field(default_factory=dict)
    examples: Mapping[int, str] = dataclasses.field(default_factory=dict)

    def check_contract(self, rows: int) -> None:
        """Makes sure that the contract fits the rows.

        Args:
            rows: how many there are in all.

        Raises:
            InputError: all rows have one fault that comes from the contract.
        """
        for index, count in self.total.items():
            fault = self.faults[index]
            if count == rows and fault.problem.of_contract:
                raise InputError(
                    "eval_config.pbtxt",
                    f"asks for {listed(fault.metrics)} by {fault.key}, which {fault.problem.value} "
                    f"in all of {many(rows, 'row')}{self._such_as(index)}",
                    _FIXES[fault.problem],
                )

    def results(self) -> list[MetricResult]:
        """Returns one result for each slice and part of which rows were left out.

        *fail*: the model predicts no number. *inconclusive*: anything else.
        """
        results = []
        for place, counts in sorted(self.counts.items()):
            by_check: dict[str, list[int]] = {}
            for index in sorted(counts):
                by_check.setdefault(self.faults[index].check, []).append(index)
            for check, indices in by_check.items():
                faults = [self.faults[index] for index in indices]
                failed = any(fault.is_failure for fault in faults)
                metrics = listed(sorted({name for fault in faults for name in fault.metrics}))
                count = sum(counts[index] for index in indices)
                reason = "; ".join(
                    f"{self.faults[index].key} {self.faults[index].problem.value} in "
                    f"{self._among(counts[index], place)}{self._such_as(index)}"
                    for index in indices
                )
                results.append(
                    MetricResult(
                        "",
                        place,
                        check,
                        Status.FAIL if failed else Status.INCONCLUSIVE,
                        f"{reason}; these rows were left out of {metrics}",
                        value=count / self.rows[place] if place in self.rows else None,
                        threshold=0.0,
                        n_current=self.rows.get(place),
                    )
                )
        return results

    def why(self) -> dict[str, str]:
        """Returns for each slice without which rows its metrics are, and why."""
        return {
            place: f"without {self._among(sum(counts.values()), place)}: "
            + " and ".join(
                f"{self.faults[index].key} {self.faults[index].problem.value}"
                for index in sorted(counts)
            )
            for place, counts in self.counts.items()
        }

    def _among(self, count: int, place: str) -> str:
        if place not in self.rows:
            return many(count, "row")
        return f"{count:,} of {many(self.rows[place], 'row')}"

    def _such_as(self, index: int) -> str:
        problem = self.faults[index].problem
        told = index not in self.examples or problem is Problem.MISSING
        return "" if told else f" (such as {self.examples[index]})"
