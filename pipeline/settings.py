"""The settings of a pipeline run: one YAML file, read once."""

from __future__ import annotations

import importlib
import os
import pathlib
import re
from typing import Any, Literal

import pydantic

from skewgate.checks.drift.config import DriftConfig
from skewgate.core import fresh_imports, source_code, yaml_model
from skewgate.core.errors import InputError
from skewgate.core.yaml_model import StrictModel
from skewgate.data.ingest.splits import AllRows, Splits
from skewgate.data.sources.reading_options import RECOGNISED, ReadingOptions
from skewgate.pipeline.limits import Retention

_PLACEHOLDER = re.compile(r"\{(?:SPAN|VERSION|YYYY|MM|DD)\b")
TAXI = pathlib.Path(__file__).parent.parent / "schemas" / "taxi" / "pipeline.yaml"
"""The settings of the example."""
NAME = "pipeline.yaml"
"""The file that commands take where none is given."""

LOCAL_BEAM = (
    "--runner=DirectRunner",
    "--direct_num_workers=1",
    # Not used by workers of this machine; without it TFX packs itself up for each Beam node.
    "--sdk_container_image=none",
)


class _Section(StrictModel):
    """What both pipelines have.

    Attributes:
        data: file, glob or folder to read, or its URI.
        splits: how its rows are split.
        types: types of columns, INT, FLOAT or BYTES; they count more than those of the schema.
        max_rejected: rows that may be left out because they cannot be read.
        reading: how CSV files are written; what is not given is recognised.
        eval_config: path of a tfma.EvalConfig in text format.
        skew: path of skew.yaml; without it every anomaly blocks and no rows are compared.
        performance: path of performance.yaml; without it its defaults hold.
        schema_environment: environment of the schema to validate in.
    """

    data: str
    splits: Splits
    types: dict[str, Literal["INT", "FLOAT", "BYTES"]] = {}
    max_rejected: pydantic.NonNegativeInt = 0
    reading: ReadingOptions = RECOGNISED
    eval_config: str
    skew: str | None = None
    performance: str | None = None
    schema_environment: str

    def skew_text(self) -> str:
        """Returns the text of skew.yaml, or one that asks for nothing special.

        Raises:
            InputError: the file is missing or not UTF-8.
        """
        return yaml_model.read_text(self.skew) if self.skew else "{}"

    def performance_text(self) -> str:
        """Returns the text of performance.yaml, or one that asks for nothing special.

        Raises:
            InputError: the file is missing or not UTF-8.
        """
        return yaml_model.read_text(self.performance) if self.performance else "{}"


class Training(_Section):
    """The training pipeline; see `_Section` for what is shared.

    Attributes:
        run_fn: dotted path of the function that TFX Trainer calls.
        train_steps, eval_steps: passed on to it.
        custom_config: passed on to it.
        train_split, eval_split: splits to train on and to evaluate on.
    """

    run_fn: str
    train_steps: pydantic.PositiveInt = 1000
    eval_steps: pydantic.PositiveInt = 100
    custom_config: dict[str, Any] = {}
    train_split: str = "train"
    eval_split: str = "eval"
    schema_environment: str = "TRAINING"


class Labels(StrictModel):
    """Labels that come later than the rows, in files of their own.

    Attributes:
        data: file, glob or folder to read.
        config: path of labels.yaml.
        reading: how CSV files are written; what is not given is recognised.
    """

    data: str
    config: str
    reading: ReadingOptions = RECOGNISED


class Monitoring(_Section):
    """The monitoring pipeline; see `_Section` for what is shared.

    Attributes:
        drift: path of drift.yaml.
        late_labels: features that have not arrived yet for some rows.
        labels: where the labels are, if they are not in the rows.
        split: the split that is monitored.
        baseline_split: split of the training statistics to compare with.
    """

    drift: str
    late_labels: list[str] = []
    labels: Labels | None = None
    splits: Splits = AllRows(name="serving")
    split: str = "serving"
    baseline_split: str = "train"
    schema_environment: str = "SERVING"


class Settings(StrictModel):
    """The whole file.

    Attributes:
        name: names the pipelines and what they push.
        root: folder for everything that runs write; relative to the working directory.
        prepare: dotted path of a function of `root` that makes the data, if they must be made.
        schema_path: path of schema.pbtxt.
        beam_args: options of the Beam pipelines.
        retention: how much of what runs leave stays; without it nothing is ever removed.
        training: how the training pipeline runs; needed by `skewgate run training`.
        monitoring: how the monitoring pipeline runs; needed by `skewgate run monitoring`.
    """

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    version: int = pydantic.Field(default=1, ge=1, le=1)
    name: str = pydantic.Field(pattern=r"^[a-z][a-z0-9-]{0,40}$")
    root: str = ".skewgate"
    prepare: str | None = None
    schema_path: str = pydantic.Field(alias="schema")
    beam_args: list[str] = [*LOCAL_BEAM]
    retention: Retention | None = None
    training: Training | None = None
    monitoring: Monitoring | None = None

    @property
    def serving_path(self) -> str:
        """The folder of the folders that pushed models go to, one for each name."""
        return str(pathlib.Path(self.root) / "serving")

    @property
    def state_root(self) -> str:
        """Where runs keep what later runs look up, in a folder for each name and pipeline."""
        return str(pathlib.Path(self.root) / "state")

    def pipeline_name(self, pipeline: str) -> str:
        """The name of a pipeline, such as "taxi-training": nothing is shared by two of them.

        Other settings may have the same root, and both pipelines may run at the same time.
        """
        return f"{self.name}-{pipeline}"

    def metadata_path(self, pipeline: str) -> str:
        """The SQLite file of a pipeline's ML Metadata, which one run at a time can write."""
        return str(pathlib.Path(self.root) / "metadata" / f"{self.pipeline_name(pipeline)}.sqlite")

    def artifact_root(self, pipeline: str) -> str:
        """Where a pipeline's artifacts go."""
        return str(pathlib.Path(self.root) / "artifacts" / self.pipeline_name(pipeline))

    def log_path(self, pipeline: str, run_id: str) -> pathlib.Path:
        """The log of a run."""
        return pathlib.Path(self.root) / "logs" / f"{self.pipeline_name(pipeline)}-{run_id}.log"

    def slice_features(self) -> list[list[str]]:
        """The slices that drift.yaml compares, so that all statistics hold them."""
        if self.monitoring is None:
            return []
        return yaml_model.load(DriftConfig, self.monitoring.drift).slices

    def prepare_data(self) -> None:
        """Calls the `prepare` function, if there is one."""
        if self.prepare:
            resolve(self.prepare, "prepare")(self.root)


def input_pattern(data: str) -> tuple[str, str]:
    """Splits a path into a folder and a glob below it; a folder means every file in it.

    TFX's placeholders are part of the glob, in whichever folder of the path they stand.
    """
    if data.endswith("/") or os.path.isdir(data):
        data = f"{data.rstrip('/')}/*"
    folder, slash, _ = _PLACEHOLDER.split(data, maxsplit=1)[0].rpartition("/")
    return folder, data[len(folder) + len(slash) :]


def resolve(path: str, field: str) -> Any:
    """Imports a function by its dotted path.

    Raises:
        InputError: there is no such function, or everybody may write the module that it is in.
    """
    module, _, name = path.rpartition(".")
    fresh_imports.check(source_code.Search([module] if module else []))
    try:
        return getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise InputError(
            f"settings: {field}", f"no function {path!r} ({error})", "give its dotted path"
        ) from error


def chosen(given: str | None) -> str:
    """Returns the file that a command reads its settings from.

    Args:
        given: what `--config` names; without it the pipeline.yaml of the working directory counts.

    Raises:
        InputError: there is none.
    """
    if given:
        return given
    if not os.path.lexists(NAME):
        raise InputError(
            NAME,
            "is not in this folder, and no --config was given",
            f"give --config FILE, or write {NAME} for your data: skewgate init DATA",
        )
    return NAME


def load(path: str | pathlib.Path) -> Settings:
    """Reads settings; paths become absolute, `{root}` is filled in.

    Raises:
        InputError: the file is missing or malformed.
    """
    return placed(yaml_model.load(Settings, path), path)


def placed(settings: Settings, path: str | pathlib.Path) -> Settings:
    """Returns settings whose paths are absolute and whose `{root}` is filled in.

    Args:
        settings: as they are written.
        path: of their file, from which contracts and data are named.
    """
    base = pathlib.Path(os.path.realpath(path)).parent
    root = os.path.realpath(settings.root)

    def contract(name: str) -> str:
        return os.path.realpath(base / name)

    def data(name: str) -> str:
        filled = name.replace("{root}", root)
        if "://" in filled:
            return filled
        return str(base / filled) + ("/" if filled.endswith("/") else "")

    changes: dict[str, Any] = {"root": root, "schema_path": contract(settings.schema_path)}
    for section in (settings.training, settings.monitoring):
        if section is None:
            continue
        paths: dict[str, Any] = {
            "data": data(section.data),
            "eval_config": contract(section.eval_config),
        }
        for key in ("skew", "performance"):
            if getattr(section, key):
                paths[key] = contract(getattr(section, key))
        if isinstance(section, Monitoring):
            paths["drift"] = contract(section.drift)
            if section.labels:
                paths["labels"] = section.labels.model_copy(
                    update={
                        "data": data(section.labels.data),
                        "config": contract(section.labels.config),
                    }
                )
        key = "monitoring" if isinstance(section, Monitoring) else "training"
        changes[key] = section.model_copy(update=paths)
    return settings.model_copy(update=changes)
