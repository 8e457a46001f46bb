"""Takes up faults, so that all of them can be told together."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator

from skewgate.core.errors import FaultsError, InputError


class Faults:
    """What was found wrong so far.

    Attributes:
        found: each fault once, in the order in which they were found.
    """

    def __init__(self, where: str) -> None:
        """Starts without a fault.

        Args:
            where: what is looked at, for the message.
        """
        self._where = where
        self.found: list[InputError] = []

    def add(self, fault: InputError) -> None:
        """Takes up a fault, unless it is known."""
        if str(fault) not in map(str, self.found):
            self.found.append(fault)

    def extend(self, faults: Iterable[InputError]) -> None:
        """Takes up several."""
        for fault in faults:
            self.add(fault)

    @contextlib.contextmanager
    def collecting(self) -> Iterator[None]:
        """Takes up the fault that the body raises, and goes on behind it."""
        try:
            yield
        except InputError as fault:
            self.add(fault)

    def check(self) -> None:
        """Raises what was found.

        Raises:
            InputError: there is one fault.
            FaultsError: there are several.
        """
        if len(self.found) == 1:
            raise self.found[0]
        if self.found:
            raise FaultsError(self._where, self.found)
