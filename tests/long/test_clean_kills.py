"""`skewgate clean` is killed before each thing that it removes, down to single files."""

from __future__ import annotations

from tests.pipeline.retention import kills, worlds


def test_a_kill_at_any_call_leaves_nothing_that_misleads_and_the_next_time_completes(tmp_path):
    assert kills.everywhere(worlds.four_runs(tmp_path), inside=True, stride=1) > 100
