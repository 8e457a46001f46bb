"""What four runs left, of which the limits let one stay."""

from __future__ import annotations

import pytest

from tests.pipeline.retention import worlds


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    return worlds.four_runs(tmp_path_factory.mktemp("world"))


@pytest.fixture
def world(built):
    built.restore()
    built.limit(runs=1)
    return built
