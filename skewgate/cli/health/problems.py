"""What is wrong with an installation, as a sentence with what to do."""

from __future__ import annotations

import dataclasses

from skewgate.core.errors import InputError


@dataclasses.dataclass(frozen=True)
class Problem:
    """Something that does not work, or will not.

    Attributes:
        where: the package or the place.
        problem: what was found.
        fix: what to do.
    """

    where: str
    problem: str
    fix: str

    def __str__(self) -> str:
        return str(InputError(self.where, self.problem, self.fix))

    def to_json(self) -> dict[str, str]:
        """Returns plain values."""
        return dataclasses.asdict(self)
