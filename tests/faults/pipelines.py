"""Whole pipelines on taxi rows, by a server that has loaded TFX."""

from __future__ import annotations

import pathlib


def build(corpus: pathlib.Path, kinds: set[str]) -> None:
    """Builds what jobs with pipelines need."""
