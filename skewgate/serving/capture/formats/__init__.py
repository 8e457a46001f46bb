"""The registry of formats: one file a format."""

from __future__ import annotations

from collections.abc import Mapping

from skewgate.serving.capture.formats.base import Format
from skewgate.serving.capture.formats.cloud_events import KServe, Seldon
from skewgate.serving.capture.formats.jsonl import JsonLines

FORMATS: Mapping[str, type[Format]] = {each.name: each for each in (JsonLines, KServe, Seldon)}
"""By the name that capture.yaml has for it; `config.FormatName` lists the same names."""
