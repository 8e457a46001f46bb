"""Checks a pipeline.yaml and all that a run or a compilation needs of it, before TFX is loaded.

What is not looked at: rows beyond the beginning of the data, objects in stores, whether TFMA can
make the metrics of an EvalConfig, and whether a trainer trains.
"""

from __future__ import annotations

import json
import os
import pathlib

from tensorflow_metadata.proto.v0 import schema_pb2

from skewgate.checks.labels.config import LabelConfig
from skewgate.checks.skew.config import SkewConfig
from skewgate.core import user_functions
from skewgate.core.errors import InputError
from skewgate.data.sources.reading_options import ReadingOptions
from skewgate.pipeline import scheduled_times
from skewgate.pipeline.checking import data, keys, names
from skewgate.pipeline.checking.contracts import Contracts
from skewgate.pipeline.checking.faults import Faults
from skewgate.pipeline.checking.keys import Draft
from skewgate.pipeline.settings import Monitoring, Settings, Training
from skewgate.storage import patterns

TRAINING, MONITORING = "training", "monitoring"


def of_keys(path: str) -> Settings:
    """Reads settings for whoever needs nothing of what they name.

    Raises:
        InputError: the file is missing or malformed in one place.
        FaultsError: it is malformed in several.
    """
    draft = keys.read(path)
    faults = Faults(path)
    faults.extend(draft.faults)
    faults.check()
    return _settings(draft, path)


def of_run(path: str, pipeline: str, scheduled_time: str = "") -> Settings:
    """Checks all that a run on this machine needs.

    Data that `prepare` makes are not looked at: see `of_data`.

    Args:
        path: of the settings.
        pipeline: "training" or "monitoring".
        scheduled_time: what the run was scheduled for; "" for now.

    Raises:
        InputError: one thing is wrong.
        FaultsError: several are.
    """
    return _Check(path, pipeline, remote=False).all(scheduled_time)


def of_compilation(path: str, pipeline: str) -> Settings:
    """Checks all that can be known here of a pipeline that runs elsewhere.

    Its data and the module of `run_fn` need not be here.

    Raises:
        InputError: one thing is wrong.
        FaultsError: several are.
    """
    return _Check(path, pipeline, remote=True).all("")


def of_data(path: str, settings: Settings, pipeline: str) -> None:
    """Checks that data are there, once `prepare` has run.

    Args:
        path: of the settings, for messages.
        settings: as read from there.
        pipeline: "training" or "monitoring".

    Raises:
        InputError: some data cannot be read.
        FaultsError: several cannot.
    """
    faults = Faults(path)
    section = getattr(settings, pipeline)
    with faults.collecting():
        data.check(section.data, path, f"{pipeline}.data", section.reading)
    labels = getattr(section, "labels", None)
    if labels is not None:
        with faults.collecting():
            data.check(labels.data, path, f"{pipeline}.labels.data", labels.reading)
    faults.check()


def _settings(draft: Draft, path: str) -> Settings:
    if draft.settings is None:
        raise InputError(path, "cannot be read", "correct its keys")
    return draft.settings


class _Check:
    """One look at the settings, for one pipeline."""

    def __init__(self, path: str, pipeline: str, *, remote: bool) -> None:
        self._path, self._pipeline, self._remote = path, pipeline, remote
        self._faults = Faults(path)
        self._draft = keys.read(path)
        self._faults.extend(self._draft.faults)
        self._contracts = Contracts(path, self._faults)

    def all(self, scheduled_time: str) -> Settings:
        """Returns the settings if nothing is wrong.

        Raises:
            InputError: one thing is.
            FaultsError: several are.
        """
        settings = self._draft.settings
        if settings is None:
            self._faults.check()
            return _settings(self._draft, self._path)
        self._check_whole(settings)
        schema = None
        if self._draft.knows("", "schema"):
            schema = self._contracts.schema(settings.schema_path)
        for name, section in ((TRAINING, settings.training), (MONITORING, settings.monitoring)):
            if section is not None:
                self._check_section(name, section, settings, schema)
        with self._faults.collecting():
            self._check_time(settings, scheduled_time)
        self._faults.check()
        return settings

    def _check_whole(self, settings: Settings) -> None:
        """Checks what belongs to neither section."""
        if getattr(settings, self._pipeline) is None and self._draft.knows(self._pipeline, ""):
            self._faults.add(
                InputError(
                    self._path,
                    f"has no section `{self._pipeline}`, which this pipeline needs",
                    "add it: docs/pipeline.md lists its keys",
                )
            )
        if self._remote:
            return
        if self._draft.knows("", "root"):
            with self._faults.collecting():
                patterns.check_folder(settings.root, f"{self._path}: root", "name another folder")
        if settings.prepare:
            with self._faults.collecting():
                user_functions.check(settings.prepare, self._path, "prepare")
        if self._pipeline == MONITORING and self._draft.knows("", "name"):
            self._check_state(settings)

    def _check_state(self, settings: Settings) -> None:
        """Makes sure that a model was pushed; whether its records are whole, the run finds out."""
        folder = pathlib.Path(settings.state_root, settings.pipeline_name(TRAINING))
        if not folder.is_dir() or not any(folder.iterdir()):
            fix = "run `skewgate run training` first"
            self._faults.add(InputError(settings.state_root, "no model has been pushed yet", fix))

    def _check_section(
        self,
        name: str,
        section: Training | Monitoring,
        settings: Settings,
        schema: schema_pb2.Schema | None,
    ) -> None:
        """Checks a section; of the one that does not run neither data nor code need be here."""
        runs = name == self._pipeline
        columns = self._columns(name, section, settings) if runs else None
        skew = None
        if self._draft.knows(name, "skew"):
            skew = self._contracts.skew(section.skew, f"{name}.skew")
        labels, label_columns = self._labels(section, settings, runs=runs)
        more = [*labels.labels, labels.windows.feature] if labels else []
        known = names.Known(schema, skew, columns, more) if schema is not None else None
        self._check_splits(name, section, settings, known)
        self._check_contracts(name, section, skew, known)
        if known is None or schema is None:
            return
        if runs:
            environment, given = section.schema_environment, settings.schema_path
            self._faults.extend(names.environment(self._path, name, environment, schema, given))
        if isinstance(section, Monitoring):
            self._faults.extend(names.late_labels(self._path, section.late_labels, known))
            if labels is not None and section.labels is not None:
                path = section.labels.config
                self._faults.extend(names.labels(path, labels, known, label_columns))

    def _columns(
        self, name: str, section: Training | Monitoring, settings: Settings
    ) -> frozenset[str] | None:
        """Returns the columns of the rows, as far as they are here and known."""
        if not (self._draft.knows(name, "data") and self._draft.knows(name, "reading")):
            return None
        return self._look(section.data, f"{name}.data", section.reading, settings)

    def _look(
        self, path: str, field: str, reading: ReadingOptions, settings: Settings
    ) -> frozenset[str] | None:
        if self._remote or (settings.prepare and not os.path.lexists(path)):
            return data.look(path, reading)
        with self._faults.collecting():
            return data.check(path, self._path, field, reading)
        return None

    def _labels(
        self, section: Training | Monitoring, settings: Settings, *, runs: bool
    ) -> tuple[LabelConfig | None, frozenset[str] | None]:
        """Returns labels.yaml and the columns of the files of labels, as far as they are known."""
        given = getattr(section, "labels", None)
        if given is None:
            return None, None
        columns = None
        if runs:
            field = f"{MONITORING}.labels.data"
            columns = self._look(given.data, field, given.reading, settings)
        return self._contracts.labels(given.config, f"{MONITORING}.labels.config"), columns

    def _check_splits(
        self,
        name: str,
        section: Training | Monitoring,
        settings: Settings,
        known: names.Known | None,
    ) -> None:
        if self._draft.knows(name, "splits"):
            self._faults.extend(names.splits(self._path, name, section.splits, known))
        fields = ("train_split", "eval_split") if isinstance(section, Training) else ("split",)
        wanted = [(field, section.splits, f"{name}.splits", name) for field in fields]
        if isinstance(section, Monitoring) and settings.training is not None:
            made = f"{TRAINING}.splits"
            wanted.append(("baseline_split", settings.training.splits, made, TRAINING))
        for field, splits, made, maker in wanted:
            if self._draft.knows(name, field) and self._draft.knows(maker, "splits"):
                value = getattr(section, field)
                found = names.split(self._path, f"{name}.{field}", value, splits, made)
                self._faults.extend(found)

    def _check_contracts(
        self,
        name: str,
        section: Training | Monitoring,
        skew: SkewConfig | None,
        known: names.Known | None,
    ) -> None:
        """Reads the contracts of a section, and checks the features that they name."""
        evaluation = performance = drift = None
        if self._draft.knows(name, "eval_config"):
            evaluation = self._contracts.eval_config(section.eval_config, f"{name}.eval_config")
        if self._draft.knows(name, "performance"):
            field = f"{name}.performance"
            performance = self._contracts.performance(section.performance, field)
        if isinstance(section, Monitoring) and self._draft.knows(name, "drift"):
            drift = self._contracts.drift(section.drift, f"{name}.drift")
        if isinstance(section, Training):
            self._check_trainer(section)
        if known is None:
            return
        monitors = isinstance(section, Monitoring)
        if evaluation is not None:
            given = section.eval_config
            self._faults.extend(names.evaluation(given, evaluation, known, monitors=monitors))
        if performance is not None and section.performance:
            self._faults.extend(names.performance(section.performance, performance, known))
        if skew is not None and section.skew and monitors:
            self._faults.extend(names.skew(section.skew, skew, known))
        if drift is not None and isinstance(section, Monitoring):
            self._faults.extend(names.drift(section.drift, drift, known))

    def _check_trainer(self, section: Training) -> None:
        """Checks what TFX's Trainer is given, where it runs."""
        with self._faults.collecting():
            try:
                json.dumps(section.custom_config)
            except TypeError as error:
                raise InputError(
                    f"{self._path}: training.custom_config",
                    f"may only hold text, numbers, lists and mappings ({error})",
                    "write a date as text, in quotes",
                ) from error
        if self._pipeline != TRAINING or not self._draft.knows(TRAINING, "run_fn"):
            return
        with self._faults.collecting():
            try:
                user_functions.check(section.run_fn, self._path, "training.run_fn")
            except user_functions.MissingModuleError:
                if not self._remote:  # the image has it
                    raise

    def _check_time(self, settings: Settings, scheduled_time: str) -> None:
        """Checks what a run was scheduled for against what its rows are split by."""
        section = getattr(settings, self._pipeline)
        if section is None or not self._draft.knows(self._pipeline, "splits"):
            return
        scheduled_times.end_of_window(section.splits, scheduled_time)
