"""What Beam's arguments say of its workers."""

from __future__ import annotations

from collections.abc import Sequence

from apache_beam.options import pipeline_options


def is_local(beam_args: Sequence[str]) -> bool:
    """Says whether Beam would run in this process with one worker."""
    options = pipeline_options.PipelineOptions(list(beam_args))
    runner = options.view_as(pipeline_options.StandardOptions).runner or "DirectRunner"
    workers = options.view_as(pipeline_options.DirectOptions).direct_num_workers
    return runner.lower() in ("direct", "directrunner") and workers == 1
