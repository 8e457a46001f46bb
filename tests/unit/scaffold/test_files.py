"""The files as a whole: each is what its reader takes, whatever the names in the data."""

import ast
import os

import pytest

from skewgate.checks.drift.config import DriftConfig
from skewgate.checks.performance.config import PerformanceConfig
from skewgate.checks.skew.config import SkewConfig
from skewgate.core import yaml_model
from skewgate.pipeline import settings as settings_lib
from skewgate.scaffold import files
from skewgate.schema.reading import parse_schema
from tests.unit.scaffold.conftest import trips, with_times

HOSTILE = 'a: "b"\n{{ x }} """ \\ \u202e # größe'


def hostile():
    table = with_times(trips())
    names = [f"{HOSTILE}{number}" for number in range(table.num_columns)]
    return table.rename_columns(names), names[5]


@pytest.fixture(params=["plain", "hostile", "number", "text", "serving"])
def plan(request, planned):
    table = trips()
    if request.param == "hostile":
        return planned(*hostile())
    if request.param == "serving":
        return planned(table, "tip", table.drop(["tip"]))
    return planned(table, {"plain": "tip", "number": "fare", "text": "paid"}[request.param])


@pytest.fixture
def texts(plan, tmp_path):
    return files.render(plan, str(tmp_path / "mine"))


def test_contracts_are_read_by_their_models(texts, plan):
    drift = yaml_model.parse(DriftConfig, texts["drift.yaml"], "drift.yaml")
    assert drift.ignored == set(plan.drifting.ignored)
    assert drift == plan.drifting.config.model_copy(update={"policy": drift.policy})
    yaml_model.parse(SkewConfig, texts["skew.yaml"], "skew.yaml")
    for name in ("performance.yaml", "monitoring_performance.yaml"):
        yaml_model.parse(PerformanceConfig, texts[name], name)
    assert parse_schema(texts["schema.pbtxt"], "schema.pbtxt") == plan.schema


def test_the_pipeline_finds_its_data_from_where_it_lies(texts, plan, tmp_path):
    folder = tmp_path / "mine"
    folder.mkdir()
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    settings = settings_lib.load(folder / files.PIPELINE)
    assert os.path.samefile(settings.training.data, plan.training.place)
    serving = plan.training if plan.serving is None else plan.serving
    assert os.path.samefile(settings.monitoring.data, serving.place)
    assert settings.training.run_fn == "trainer.run_fn"
    assert settings.monitoring.split in settings.monitoring.splits.names()


def test_the_trainer_is_short_code_that_knows_the_names(texts, plan):
    tree = ast.parse(texts["trainer.py"])
    values = {
        node.targets[0].id if isinstance(node, ast.Assign) else node.target.id: node.value
        for node in tree.body
        if isinstance(node, ast.Assign | ast.AnnAssign)
    }
    assert ast.literal_eval(values["LABEL"]) == plan.label.name
    named = [
        name
        for kind in ("NUMBERS", "WHOLE_NUMBERS", "CATEGORIES", "TIMES")
        for name in ast.literal_eval(values[kind])
    ]
    assert sorted(named) == sorted(plan.features)
    assert ast.literal_eval(values["CLASSES"]) == list(plan.label.classes)
    assert len(texts["trainer.py"].splitlines()) <= 150 + len(named)


def test_lines_are_short_enough_to_read(texts, plan):
    if HOSTILE not in plan.label.name:
        for name in files.NAMES:
            longest = max(map(len, texts[name].splitlines()))
            assert longest <= (100 if name == "trainer.py" else 160), name


def test_uris_stay_as_they_are(plan, monkeypatch):
    assert files._path("s3://bucket/rows/*.csv", "mine") == "s3://bucket/rows/*.csv"
    assert files._path("rows/", "mine") == "../rows/"


def test_a_hash_names_all_buckets_for_monitoring_and_times_the_last_part_alone(planned, tmp_path):
    by_hash = files.render(planned(trips(), "tip"), str(tmp_path))[files.PIPELINE]
    assert by_hash.count("buckets: {train: 12, eval: 4, serving: 4}") == 2
    by_time = files.render(planned(with_times(trips()), "tip"), str(tmp_path))[files.PIPELINE]
    assert by_time.count("serving: [2016-01-14, 2016-01-18]") == 1
    assert by_time.count("train: [") == 1


def test_reading_options_are_kept(look, tmp_path):
    from skewgate.data.sources.reading_options import ReadingOptions
    from skewgate.scaffold import plan as plan_lib

    table = look(trips())
    options = ReadingOptions(null_values=["gone"])
    text = files.render(plan_lib.make(table, None, "tip", options), str(tmp_path))[files.PIPELINE]
    assert text.count("reading: {null_values: [gone]}") == 2
