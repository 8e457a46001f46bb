from __future__ import annotations

import json
import pathlib

import pytest

from skewgate.cli.main import main
from skewgate.core.errors import InputError
from skewgate.pipeline import common, deployments
from skewgate.pipeline import settings as settings_lib

TEXT = """
name: demo
root: {root}
schema: contracts/schema.pbtxt
training:
  data: "{{root}}/rows.csv"
  splits: {{by: all, name: train}}
  run_fn: some.module.run_fn
  eval_config: eval.pbtxt
monitoring:
  data: new.csv
  drift: drift.yaml
  eval_config: eval.pbtxt
"""


@pytest.fixture
def load(tmp_path):
    def run(text):
        path = tmp_path / "pipeline.yaml"
        path.write_text(text)
        return settings_lib.load(path)

    return run


def test_the_example_names_its_contracts():
    settings = settings_lib.load(settings_lib.TAXI)
    assert settings.name == "taxi"
    assert pathlib.Path(settings.schema_path).is_file()
    assert pathlib.Path(settings.monitoring.drift).is_file()


def test_contracts_are_found_beside_the_file_and_data_under_the_root(load, tmp_path):
    settings = load(TEXT.format(root=tmp_path / "run"))
    assert settings.schema_path == str(tmp_path / "contracts" / "schema.pbtxt")
    assert settings.training.data == str(tmp_path / "run" / "rows.csv")
    assert settings.monitoring.data == str(tmp_path / "new.csv")
    assert settings.monitoring.split == "serving"
    expected = tmp_path / "run" / "metadata" / "demo-training.sqlite"
    assert settings.metadata_path("training") == str(expected)


def test_two_names_and_two_pipelines_in_one_root_share_no_place(load, tmp_path):
    text = TEXT.format(root=tmp_path / "run")
    places: list[str] = []
    for name in ("demo", "demo-2", "demo-training"):
        settings = load(text.replace("name: demo", f"name: {name}"))
        for pipeline in ("training", "monitoring"):
            local = deployments.local(settings, pipeline)
            log = str(settings.log_path(pipeline, "id"))
            places += [local.artifact_root, local.metadata_path, log]
            places.append(settings.pipeline_name(pipeline))
    assert len(places) == 24
    assert not [p for p in places for q in places if p is not q and f"{q}/".startswith(f"{p}/")]


def test_skew_yaml_is_relative_to_the_file_and_may_be_left_out(load, tmp_path):
    text = TEXT.format(root=tmp_path / "run")
    settings = load(text.replace("  drift: drift.yaml", "  drift: drift.yaml\n  skew: skew.yaml"))
    assert settings.training.skew_text() == "{}"
    with pytest.raises(InputError, match=r"skew.yaml: no such file"):
        settings.monitoring.skew_text()
    (tmp_path / "skew.yaml").write_text("anomalies: {default: warn}\n")
    assert settings.monitoring.skew_text() == "anomalies: {default: warn}\n"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("name: demo", "name: Demo 1", r"pipeline.yaml: name: .* got 'Demo 1'"),
        ("  drift: drift.yaml\n", "", r"pipeline.yaml: monitoring.drift is required and missing"),
        ("run_fn:", "run_fun:", r"training.run_fun is not a known key"),
        ("by: all", "by: moon", r"pipeline.yaml: training.splits.* got "),
        ("schema:", "schema: [", r"pipeline.yaml: line \d+, column \d+: is not valid YAML"),
    ],
)
def test_a_malformed_file_is_one_sentence_with_the_place(load, old, new, message):
    with pytest.raises(InputError, match=message):
        load(TEXT.format(root="x").replace(old, new))


def test_without_a_file_that_is_named_the_one_of_the_working_directory_counts(
    tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    assert settings_lib.chosen("other.yaml") == "other.yaml"
    with pytest.raises(InputError) as raised:
        settings_lib.chosen(None)
    assert str(raised.value) == (
        "pipeline.yaml: is not in this folder, and no --config was given. "
        "Fix: give --config FILE, or write pipeline.yaml for your data: skewgate init DATA."
    )
    (tmp_path / "pipeline.yaml").write_text("")
    assert settings_lib.chosen(None) == "pipeline.yaml"


@pytest.mark.parametrize(
    "words", [["run", "training"], ["compile", "training", "--image", "i", "--out", "x.yaml"]]
)
def test_without_settings_a_command_says_what_to_do(words, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    words += ["--target", "kubeflow", "--pipeline-root", "gs://b"] if "compile" in words else []
    assert main(words) == 2
    assert capsys.readouterr().err.startswith("skewgate: pipeline.yaml: is not in this folder")
    assert list(tmp_path.iterdir()) == []


def test_a_missing_file_is_named():
    with pytest.raises(InputError, match=r"nowhere.yaml: no such file"):
        settings_lib.load("nowhere.yaml")


def test_a_function_that_is_not_there_is_named():
    with pytest.raises(InputError, match=r"settings: prepare: no function 'os.nothing'"):
        settings_lib.resolve("os.nothing", "prepare")


def test_a_function_that_everybody_may_write_is_not_called(tmp_path, monkeypatch):
    module = tmp_path / "open_data.py"
    module.write_text("raise AssertionError('it ran')\n")
    module.chmod(0o666)
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(InputError, match=r"open_data.py: can be written by everybody"):
        settings_lib.resolve("open_data.prepare", "prepare")


def test_performance_yaml_is_relative_to_the_file_and_may_be_left_out(load, tmp_path):
    text = TEXT.format(root=tmp_path / "run")
    settings = load(text.replace("  drift:", "  performance: performance.yaml\n  drift:"))
    assert settings.training.performance_text() == "{}"
    with pytest.raises(InputError, match=r"performance.yaml: no such file"):
        settings.monitoring.performance_text()
    (tmp_path / "performance.yaml").write_text("min_slice_rows: 5\n")
    assert settings.monitoring.performance_text() == "min_slice_rows: 5\n"


def test_labels_are_under_the_root_and_their_contract_beside_the_file(load, tmp_path):
    text = TEXT.format(root=tmp_path / "run")
    assert load(text).monitoring.labels is None
    labels = '  labels: {{data: "{root}/labels/", config: labels.yaml}}\n  drift:'
    found = load(text.replace("  drift:", labels.replace("{{", "{").replace("}}", "}")))
    assert found.monitoring.labels.data == str(tmp_path / "run" / "labels") + "/"
    assert found.monitoring.labels.config == str(tmp_path / "labels.yaml")
    with pytest.raises(InputError, match=r"monitoring.labels.config"):
        load(text.replace("  drift:", "  labels: {data: new.csv}\n  drift:"))


def test_types_and_a_limit_of_rejected_rows_may_be_given(load, tmp_path):
    text = TEXT.format(root=tmp_path / "run")
    training = load(text).training
    assert (training.types, training.max_rejected) == ({}, 0)
    added = "  types: {zip: BYTES}\n  max_rejected: 12\n  run_fn:"
    settings = load(text.replace("  run_fn:", added))
    assert settings.training.types == {"zip": "BYTES"}
    assert settings.training.max_rejected == 12
    assert settings.monitoring.max_rejected == 0
    with pytest.raises(InputError, match=r"training.types.zip: .* got 'TEXT'"):
        load(text.replace("  run_fn:", added.replace("BYTES", "TEXT")))
    with pytest.raises(InputError, match=r"training.max_rejected: .* got -1"):
        load(text.replace("  run_fn:", added.replace("12", "-1")))


def test_how_csv_is_written_may_be_said_of_rows_and_labels(load, tmp_path):
    text = TEXT.format(root=tmp_path / "run")
    assert load(text).training.reading.given() == {}
    added = '  reading: {delimiter: ";", null_values: ["NA", "-999"]}\n  '
    labels = "  labels: {data: l.csv, config: l.yaml, reading: {delimiter: tab}}\n  drift:"
    settings = load(text.replace("  run_fn:", f"{added}run_fn:").replace("  drift:", labels))
    assert settings.training.reading.given() == {"delimiter": ";", "null_values": ["NA", "-999"]}
    assert settings.monitoring.reading.given() == {}
    assert settings.monitoring.labels.reading.given() == {"delimiter": "\t"}
    for old, new, message in (
        ('";"', '";;"', r"training.reading.delimiter: must be one ASCII character.*got ';;'"),
        ('"NA"', "null", r"training.reading.null_values: must be a list of texts.*None"),
        ("delimiter", "separator", r"training.reading.separator is not a known key"),
    ):
        with pytest.raises(InputError, match=message):
            load(text.replace("  run_fn:", f"{added.replace(old, new)}run_fn:"))


def test_types_the_limit_and_the_reading_reach_the_component(load, tmp_path):
    (tmp_path / "contracts").mkdir()
    (tmp_path / "contracts" / "schema.pbtxt").write_text('feature { name: "zip" type: INT }')
    added = "  types: {zip: BYTES}\n  max_rejected: 12\n  reading: {decimal: ','}\n  run_fn:"
    settings = load(TEXT.format(root=tmp_path / "run").replace("  run_fn:", added))
    settings = settings.model_copy(update={"monitoring": None})
    place = deployments.local(settings, "training")
    _, examples, _ = common.ingest(settings, settings.training, place)
    assert json.loads(examples.exec_properties["types"]) == {"zip": "BYTES"}
    assert examples.exec_properties["max_rejected"] == 12
    assert json.loads(examples.exec_properties["reading"]) == {"decimal": ","}


@pytest.mark.parametrize("name", ["a [b] c", "a*", "what?"])
def test_a_root_that_tfx_reads_as_a_pattern_is_refused(load, tmp_path, name):
    settings = load(TEXT.format(root=tmp_path / name))
    with pytest.raises(
        InputError, match=r"root: must be a folder without .*Fix: name another folder"
    ):
        deployments.local(settings, "training")


def test_a_root_may_hold_spaces_and_letters_of_any_language(load, tmp_path):
    settings = load(TEXT.format(root=tmp_path / "größe 2 (neu) {a}, b;c"))
    assert deployments.local(settings, "training").state_root.startswith(settings.root)


def test_a_scheduled_time_that_chooses_no_window_is_refused(load, tmp_path):
    (tmp_path / "contracts").mkdir()
    (tmp_path / "contracts" / "schema.pbtxt").write_text('feature { name: "zip" type: INT }')
    settings = load(TEXT.format(root=tmp_path / "run")).model_copy(update={"monitoring": None})
    place = deployments.local(settings, "training", "2026-11-25T06:00:00Z")
    with pytest.raises(InputError, match=r"scheduled time: chooses a window, .* split by all"):
        common.ingest(settings, settings.training, place)


@pytest.mark.parametrize(
    ("data", "found"),
    [
        ("/data/rows.csv", ("/data", "rows.csv")),
        ("gs://bucket/data/", ("gs://bucket/data", "*")),
        ("/data/rows-{SPAN}.csv", ("/data", "rows-{SPAN}.csv")),
        ("/data/{YYYY}/{MM}/{DD}/rows.csv", ("/data", "{YYYY}/{MM}/{DD}/rows.csv")),
        ("/data/day-{SPAN:4}/", ("/data", "day-{SPAN:4}/*")),
        ("/data/v/{SPAN}/x-{VERSION}.csv", ("/data/v", "{SPAN}/x-{VERSION}.csv")),
        ("/data/*/rows.csv", ("/data/*", "rows.csv")),
        ("/da{ta/rows.csv", ("/da{ta", "rows.csv")),
    ],
)
def test_placeholders_of_tfx_are_part_of_the_pattern(data, found):
    assert settings_lib.input_pattern(data) == found
