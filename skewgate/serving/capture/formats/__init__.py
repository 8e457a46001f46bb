"""The registry of formats: one file a format."""

from __future__ import annotations

from collections.abc import Mapping

from skewgate.serving.capture.formats.azureml import AzureMl
from skewgate.serving.capture.formats.base import Format
from skewgate.serving.capture.formats.cloud_events import KServe, Seldon
from skewgate.serving.capture.formats.jsonl import JsonLines
from skewgate.serving.capture.formats.kserve_blobs import KServeBlobs
from skewgate.serving.capture.formats.prediction_log import PredictionLog
from skewgate.serving.capture.formats.sagemaker import SageMaker
from skewgate.serving.capture.formats.vertex import Vertex

_ALL = (JsonLines, KServe, KServeBlobs, Seldon, SageMaker, AzureMl, Vertex, PredictionLog)
FORMATS: Mapping[str, type[Format]] = {each.name: each for each in _ALL}
"""By the name that capture.yaml has for it; `config.FormatName` lists the same names."""
