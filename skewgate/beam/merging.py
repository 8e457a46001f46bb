"""Joins what was counted of different rows with Beam."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import apache_beam as beam


class MergeFn(beam.CombineFn):  # type: ignore[misc, unused-ignore]
    """Joins accumulators of one class by their method `merge`, in any order.

    What is combined are accumulators themselves: each row was counted before.
    """

    def __init__(self, make: Callable[[], Any]) -> None:
        """Takes what makes an accumulator that has seen nothing."""
        super().__init__()
        self._make = make

    def create_accumulator(self) -> Any:
        """Returns an accumulator that has seen nothing."""
        return self._make()

    def add_input(self, accumulator: Any, element: Any) -> Any:
        """Takes what another one counted."""
        accumulator.merge(element)
        return accumulator

    def merge_accumulators(self, accumulators: Iterable[Any]) -> Any:
        """Joins accumulators to a new one."""
        merged = self.create_accumulator()
        for accumulator in accumulators:
            merged.merge(accumulator)
        return merged

    def extract_output(self, accumulator: Any) -> Any:
        """Returns the accumulator."""
        return accumulator
