"""What LocalDagRunner takes from its cache: only what would come out the same again."""

from __future__ import annotations

import importlib
import os
import pathlib
import sys
import textwrap
import time

import pytest
from tfx.components.trainer.component import Trainer
from tfx.dsl.components.base import base_component
from tfx.orchestration import metadata, pipeline
from tfx.orchestration.local import local_dag_runner
from tfx.proto import trainer_pb2

import skewgate
from skewgate.components.model_pusher.component import ModelPusher
from skewgate.components.skew_statistics_gen.component import SkewStatisticsGen
from skewgate.components.state_recorder.component import StateRecorder
from skewgate.components.support import cache_key
from skewgate.components.tabular_example_gen import driver
from skewgate.components.tabular_example_gen.component import TabularExampleGen
from skewgate.core import source_code
from skewgate.pipeline import factories
from skewgate.pipeline import settings as settings_lib
from skewgate.pipeline.settings import LOCAL_BEAM
from tests.last_run import last_run

NODES = ("TabularExampleGen", "SkewStatisticsGen", "Trainer", "ModelPusher", "StateRecorder")
READ, PROFILED, TRAINED, PUSHED, RECORDED = NODES
TRAINER = """
import os
from my_project import model

def run_fn(fn_args):
    os.makedirs(fn_args.serving_model_dir)
    with open(os.path.join(fn_args.serving_model_dir, "saved_model.pb"), "w") as stream:
        stream.write(model.weights())
"""
MODEL = """
def weights():
    from my_project.deeper import constants
    return f"weights {constants.WEIGHT}"
"""


class Project:
    """A folder with a user's package, rows, and the pipeline that trains on them."""

    def __init__(self, root: pathlib.Path) -> None:
        self.root = root
        self.rows = root / "data" / "rows.csv"
        self.rows.parent.mkdir()
        self.rows.write_text("fare\n1.5\n2.5\n")
        self.package = root / "code" / "my_project"
        self.write("__init__.py", "")
        self.write("trainer.py", TRAINER)
        self.write("model.py", MODEL)
        self.write("unused.py", "A = 1")
        self.write("deeper/__init__.py", "")
        self.write("deeper/constants.py", "WEIGHT = 1")

    def write(self, name: str, text: str) -> None:
        path = self.package / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text))

    def run(self) -> set[str]:
        """Runs the pipeline and returns the nodes that did not come from the cache."""
        examples = TabularExampleGen(str(self.rows.parent), "*.csv")
        channel = examples.outputs["examples"]
        statistics = SkewStatisticsGen(channel)
        trainer = Trainer(
            run_fn="my_project.trainer.run_fn",
            examples=channel,
            train_args=trainer_pb2.TrainArgs(splits=["all"], num_steps=1),
            eval_args=trainer_pb2.EvalArgs(splits=["all"], num_steps=1),
        )
        trainer.driver_class = cache_key.CodeDriver
        model = trainer.outputs["model"]
        pusher = ModelPusher(model=model, serving_root=str(self.root / "serving"))
        recorder = StateRecorder(
            state_root=str(self.root / "state"),
            pipeline="taxi-training",
            statistics=statistics.outputs["statistics"],
            examples=channel,
            model=model,
            pushed_model=pusher.outputs["pushed_model"],
        )
        path = str(self.root / "metadata.sqlite")
        made = pipeline.Pipeline(
            pipeline_name="training",
            pipeline_root=str(self.root / "artifacts"),
            components=[examples, statistics, trainer, pusher, recorder],
            enable_cache=True,
            metadata_connection_config=metadata.sqlite_metadata_connection_config(path),
            beam_pipeline_args=[*LOCAL_BEAM],
        )
        while (self.root / "serving" / str(int(time.time()))).exists():
            time.sleep(0.05)  # versions are seconds
        local_dag_runner.LocalDagRunner().run(made)
        states = {each.node: each.state for each in last_run(path)}
        assert set(states) == {*NODES}
        return {node for node, state in states.items() if state == "COMPLETE"}

    def served(self) -> list[str]:
        """Returns what the pushed models hold, the oldest first."""
        return [each.read_text() for each in sorted(self.root.glob("serving/*/saved_model.pb"))]

    def recorded(self) -> int:
        return len(list(self.root.glob("state/taxi-training/*/record.json")))


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """The project after a first run."""
    found = Project(tmp_path_factory.mktemp("project"))
    sys.path.insert(0, str(found.package.parent))
    assert found.run() == {*NODES}
    assert (found.served(), found.recorded()) == (["weights 1"], 1)
    yield found
    sys.path.remove(str(found.package.parent))


def replace_as_a_restore_does(path: pathlib.Path, text: str) -> None:
    """Puts other content in place of a file, of the same size and time of modification."""
    before = path.stat()
    copy = path.with_name("restored")
    copy.write_text(text)
    os.utime(copy, ns=(before.st_atime_ns, before.st_mtime_ns))
    copy.replace(path)
    assert (path.stat().st_size, path.stat().st_mtime_ns) == (before.st_size, before.st_mtime_ns)


def test_an_unchanged_run_pushes_and_records_nothing_new(project):
    served, recorded = project.served(), project.recorded()
    project.rows.touch()  # of what is in the file this says nothing
    project.write("unused.py", "A = 2")
    assert project.run() == {PUSHED, RECORDED}
    assert (project.served(), project.recorded()) == (served, recorded)


def test_a_model_or_a_record_that_was_deleted_comes_back(project):
    for folder in ("serving", "state"):
        (project.root / folder).rename(project.root / f"old_{folder}")
    assert project.run() == {PUSHED, RECORDED}
    assert (len(project.served()), project.recorded()) == (1, 1)


def test_a_changed_module_that_run_fn_imports_is_trained_again(project):
    project.write("deeper/constants.py", "WEIGHT = 2")
    recorded = project.recorded()
    assert project.run() == {TRAINED, PUSHED, RECORDED}
    assert project.served()[-1] == "weights 2"
    assert project.recorded() == recorded + 1


def test_a_file_of_equal_size_and_time_with_other_rows_is_read_again(project):
    replace_as_a_restore_does(project.rows, "fare\n1.5\n9.5\n")
    assert {READ, PROFILED, TRAINED} <= project.run()


def test_another_skewgate_takes_nothing_over(project, monkeypatch):
    monkeypatch.setattr(skewgate, "__version__", "0.2.0")
    assert {READ, PROFILED, TRAINED} <= project.run()


def test_every_component_has_its_code_in_the_key():
    drivers = {name: getattr(found, "DRIVER_CLASS", None) for name, found in components()}
    effects = {name for name, each in drivers.items() if each is cache_key.EffectDriver}
    assert effects == {"ModelPusher", "StateRecorder"}
    assert drivers.pop("TabularExampleGen") is driver.FileDriver
    assert {each for name, each in drivers.items() if name not in effects} == {cache_key.CodeDriver}


def components():
    """Yields name and class of each component of skewgate."""
    root = pathlib.Path(skewgate.__file__).parent / "components"
    for path in sorted(root.glob("*/component.py")):
        module = importlib.import_module(f"skewgate.components.{path.parent.name}.component")
        for name, found in vars(module).items():
            is_ours = isinstance(found, type) and found.__module__ == module.__name__
            if is_ours and issubclass(found, base_component.BaseComponent):
                yield name, found


def test_the_trainer_of_the_training_pipeline_has_the_code_of_run_fn_in_the_key(tmp_path):
    settings = settings_lib.load(settings_lib.TAXI).model_copy(update={"root": str(tmp_path)})
    made = factories.create("training", settings)
    (trainer,) = (node for node in made.components if node.id == "Trainer")
    assert trainer.driver_class is cache_key.CodeDriver


@pytest.mark.parametrize(
    "text",
    [
        'metrics_specs { metrics { class_name: "Mine" module: "users_metric" } }',
        '{"metricsSpecs": [{"metrics": [{"className": "Mine", "module": "users_metric"}]}]}',
    ],
)
def test_the_module_of_a_metric_of_the_user_is_in_the_key(tmp_path, monkeypatch, text):
    monkeypatch.syspath_prepend(str(tmp_path))
    told = []
    for value in (1, 2):
        (tmp_path / "users_metric.py").write_text(f"VALUE = {value}\n")
        told.append(cache_key.code({"eval_config": text}))
    assert told[0] != told[1]
    tfma = 'metrics { class_name: "AUC" module: "tensorflow_model_analysis.metrics" }'
    for known in ({"eval_config": tfma}, {"eval_config": ""}, {}):
        assert cache_key.code(known) == source_code.own()


def test_metrics_of_other_packages_are_in_the_key(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(cache_key, "_plugins", lambda: ["plugged_metric"])
    told = []
    for value in (1, 2):
        (tmp_path / "plugged_metric.py").write_text(f"VALUE = {value}\n")
        told.append(cache_key.code({}))
    assert told[0] != told[1]
