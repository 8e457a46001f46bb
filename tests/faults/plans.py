"""All jobs of a campaign. The same seed and share give the same jobs."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tests.faults import concurrency, environments, full_disk, inputs, kills, pipelines, specs
from tests.faults.jobs import Job

KINDS: dict[str, Callable[[float, int], list[Job]]] = {
    each.KIND: each.plan for each in (inputs, environments, full_disk, kills, concurrency)
}


def plan(kinds: Sequence[str], share: float, seed: int) -> list[Job]:
    """Returns the jobs of some kinds.

    Args:
        kinds: names of KINDS.
        share: of the whole campaign, stratified: each kind and each command has its part.
        seed: of all that is left to chance.
    """
    found = [job for kind in kinds for job in KINDS[kind](share, seed)]
    of_pipelines = [
        *pipelines.kills(_some(12, share)),
        *pipelines.cleaning(_some(8, share)),
        *specs.kills(_some(6, share)),
        *pipelines.full_disks(_some(5, share)),
        *pipelines.concurrent(),
        *pipelines.spoilt_state(_some(12, share)),
    ]
    return found + [job for job in of_pipelines if job.kind in kinds]


def _some(count: int, share: float) -> int:
    return max(1, round(count * share))
