"""Reads the contracts that pipeline.yaml names, each by its model, and keeps what could be read."""

from __future__ import annotations

import os
from typing import Any, TypeVar

from tensorflow_metadata.proto.v0 import schema_pb2

from skewgate.checks.drift.config import DriftConfig
from skewgate.checks.labels.config import LabelConfig
from skewgate.checks.performance import eval_configs
from skewgate.checks.performance.config import PerformanceConfig
from skewgate.checks.skew.config import SkewConfig
from skewgate.core import yaml_model, yaml_text
from skewgate.core.errors import InputError
from skewgate.core.yaml_model import StrictModel
from skewgate.pipeline.checking.faults import Faults
from skewgate.schema.reading import parse_schema

Model = TypeVar("Model", bound=StrictModel)


class Contracts:
    """The contracts that settings name; None stands for one that cannot be read.

    What is wrong with a contract is told once, however often it is named.
    """

    def __init__(self, where: str, faults: Faults) -> None:
        """Reads nothing yet.

        Args:
            where: the settings, for messages.
            faults: takes up what is wrong.
        """
        self._where, self._faults = where, faults

    def schema(self, path: str) -> schema_pb2.Schema | None:
        """Returns schema.pbtxt."""
        text = self._text(path, "schema")
        with self._faults.collecting():
            return None if text is None else parse_schema(text, path)
        return None

    def drift(self, path: str, field: str) -> DriftConfig | None:
        """Returns drift.yaml."""
        return self._model(DriftConfig, path, field)

    def skew(self, path: str | None, field: str) -> SkewConfig | None:
        """Returns skew.yaml, with its defaults if none is named."""
        return self._model(SkewConfig, path, field) if path else SkewConfig()

    def performance(self, path: str | None, field: str) -> PerformanceConfig | None:
        """Returns performance.yaml, with its defaults if none is named."""
        return self._model(PerformanceConfig, path, field) if path else PerformanceConfig()

    def labels(self, path: str, field: str) -> LabelConfig | None:
        """Returns labels.yaml."""
        return self._model(LabelConfig, path, field)

    def eval_config(self, path: str, field: str) -> Any | None:
        """Returns eval_config.pbtxt; None too where no TFMA is installed, which describes it."""
        text = self._text(path, field)
        message_class = eval_configs.message_class()
        if text is None or message_class is None:
            return None
        with self._faults.collecting():
            config = eval_configs.parse(text, message_class(), path)
            self._faults.extend(eval_configs.faults(config, path))
            self._faults.extend(eval_configs.threshold_faults(config, path))
            return config
        return None

    def _text(self, path: str, field: str) -> str | None:
        with self._faults.collecting():
            if not os.path.lexists(path):
                raise InputError(
                    f"{self._where}: {field}",
                    f"names {path}, which does not exist",
                    "correct the path, or write the file: docs/concepts.md describes it",
                )
            return yaml_model.read_text(path)
        return None

    def _model(self, model: type[Model], path: str, field: str) -> Model | None:
        text = self._text(path, field)
        if text is None:
            return None
        with self._faults.collecting():
            content = yaml_text.load(text, path)
            if not isinstance(content, dict):
                return yaml_model.parse(model, text, path)  # which says what is wrong
            faults = yaml_model.all_faults(model, content, path)
            self._faults.extend(faults)
            return None if faults else model.model_validate(content)
        return None
