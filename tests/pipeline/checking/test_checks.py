"""What is wrong with a pipeline.yaml is told before anything runs, all of it at once."""

from __future__ import annotations

import json
import pathlib
import subprocess
import sys

import pytest

from skewgate.core.errors import FaultsError, InputError, SkewgateError
from skewgate.pipeline import settings as settings_lib
from skewgate.pipeline.checking import checks

HEAVY = ("apache_beam", "ml_metadata", "tensorflow", "tensorflow_model_analysis", "tfx")


def said(project, pipeline="training", how=checks.of_run):
    """Returns the faults without the path of the file that they are in."""
    with pytest.raises(SkewgateError) as raised:
        how(project.path, pipeline)
    error = raised.value
    assert error.exit_code == 2
    faults = error.faults if isinstance(error, FaultsError) else [error]
    return [str(fault).replace(f"{project.folder}/", "") for fault in faults]


@pytest.mark.parametrize("pipeline", ["training", "monitoring"])
def test_settings_in_which_nothing_is_wrong_are_as_they_are_read(project, pipeline):
    expected = settings_lib.load(project.path)
    assert checks.of_run(project.path, pipeline) == expected
    assert checks.of_compilation(project.path, pipeline) == expected
    assert checks.of_keys(project.path) == expected


def test_the_example_passes():
    path = str(settings_lib.TAXI)
    assert checks.of_run(path, "training") == settings_lib.load(path)
    assert checks.of_compilation(path, "monitoring") == settings_lib.load(path)


def test_all_faults_are_told_at_once_each_in_a_line_of_its_own(project):
    project.change("name: demo", "name: Demo")
    project.change("  run_fn: my_trainer.run_fn", "  run_fn: my_trainer.run\n  trainsteps: 3")
    project.change("eval: [b]", "evl: [b]")
    project.change("skew: skew.yaml", "skew: skw.yaml")
    project.change("data: rows.csv", "data: no/rows.csv")
    project.change("ks: 0.1}}", "ks: 7}}\nslces: []", "drift.yaml")
    project.change('label_key: "tip"', 'label_key: "tipp"', "eval.pbtxt")
    project.change('default_environment: "TRAINING"', "", "schema.pbtxt")
    found = said(project)
    starts = [
        "pipeline.yaml: training.trainsteps is not a known key; the keys known here are custom_",
        "pipeline.yaml: name: String should match pattern",
        "pipeline.yaml: training.data: no/rows.csv: no such file, folder or pattern. Fix: check",
        "pipeline.yaml: training.skew: names skw.yaml, which does not exist. Fix: correct the",
        "pipeline.yaml: training.eval_split: is 'eval', but training.splits has the splits train ",
        "pipeline.yaml: training.run_fn: my_trainer.run: my_trainer.py has no function run; its ",
        "eval.pbtxt: label_key: names 'tipp', which is not a feature of the schema; there are",
        "pipeline.yaml: training.schema_environment: is TRAINING, and schema.pbtxt has no environ",
        "drift.yaml: features.fare: ks must be a number in (0, 1], got 7. Fix: correct the value.",
        "drift.yaml: slces is not a known key; the keys known here are defaults, features, ",
    ]
    missing = [start for start in starts if not any(each.startswith(start[:60]) for each in found)]
    assert (missing, len(found)) == ([], len(starts)), "\n".join(found)
    assert all("\n" not in each and ". Fix: " in each for each in found)


def test_of_several_faults_the_message_says_how_many_and_that_nothing_was_run(project):
    project.change("data: rows.csv", "data: rws.csv")
    project.change("my_trainer.run_fn", "your_trainer.run_fn")
    with pytest.raises(FaultsError) as raised:
        checks.of_run(project.path, "training")
    first, *lines = str(raised.value).splitlines()
    assert first == f"{project.path}: 2 faults, and nothing was run:"
    assert [line[:2] for line in lines] == ["  ", "  "]


def test_one_fault_is_one_sentence(project):
    project.change("data: rows.csv", "data: rws.csv")
    with pytest.raises(InputError, match=r"^[^\n]*training.data: [^\n]*rws.csv: no such file"):
        checks.of_run(project.path, "training")


def test_a_refused_pipeline_loads_neither_tfx_nor_tensorflow_nor_beam(project):
    project.change("data: rows.csv", "data: rws.csv")
    project.change('label_key: "tip"', 'label_key: "tipp"', "eval.pbtxt")
    code = (
        "import sys\n"
        "from skewgate.cli.main import main\n"
        f"codes = [main([*words, '--config', {project.path!r}]) for words in (\n"
        "    ['run', 'training'], ['run', 'monitoring'], ['compile', 'training', '--target',\n"
        "    'kubeflow', '--image', 'i:1', '--pipeline-root', 'gs://b', '--out', 'a.yaml'])]\n"
        f"print(codes, [name for name in {HEAVY!r} if name in sys.modules])\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code],
        cwd=project.folder,
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": str(pathlib.Path(checks.__file__).parents[3]), "PATH": ""},
    )
    assert ended.stdout == "[2, 2, 2] []\n"
    assert ended.stderr.count("skewgate: ") == 3
    assert not (project.folder / "a.yaml").exists()
    assert not (project.folder / "root" / "logs").exists()


def test_clean_asks_for_keys_alone(project):
    for name in ("rows.csv", "drift.yaml", "my_trainer.py"):
        (project.folder / name).unlink()
    assert checks.of_keys(project.path).name == "demo"
    project.change("name: demo", "name: Demo\nversion: 2")
    with pytest.raises(FaultsError, match=r"2 faults"):
        checks.of_keys(project.path)


def test_what_is_compiled_runs_elsewhere_where_data_and_trainer_are(project):
    for name in ("rows.csv", "my_trainer.py"):
        (project.folder / name).unlink()
    project.change("data: rows.csv", "data: s3://bucket/rows.csv")
    assert checks.of_compilation(project.path, "training").name == "demo"
    project.change("run_fn: my_trainer.run_fn", "run_fn: run_fn")
    assert said(project, how=checks.of_compilation) == [
        "pipeline.yaml: training.run_fn: must be the dotted path of a function, got 'run_fn'. "
        "Fix: write such as trainer.run_fn, for run_fn in trainer.py beside the settings."
    ]


def test_data_that_a_function_makes_are_looked_for_once_it_has_run(project):
    project.change("schema:", "prepare: my_trainer.make\nschema:")
    project.change("pass", "pass\ndef make(root): pass", "my_trainer.py")
    (project.folder / "rows.csv").unlink()
    settings = checks.of_run(project.path, "training")
    with pytest.raises(InputError, match=r"training.data: .*rows.csv: no such file"):
        checks.of_data(project.path, settings, "training")
    (project.folder / "rows.csv").write_text("part\na\n")
    checks.of_data(project.path, settings, "training")


def test_a_pipeline_without_its_section_is_refused(project):
    text = pathlib.Path(project.path).read_text()
    project.write(text[: text.index("monitoring:")])
    assert said(project, "monitoring") == [
        "pipeline.yaml: has no section `monitoring`, which this pipeline needs. "
        "Fix: add it: docs/pipeline.md lists its keys."
    ]


def test_a_section_that_is_no_mapping_does_not_hide_other_faults(project):
    text = pathlib.Path(project.path).read_text()
    project.write(text[: text.index("monitoring:")] + "monitoring: 3\n")
    project.change("data: rows.csv", "data: rws.csv")
    first, second = said(project)
    assert first.startswith("pipeline.yaml: monitoring: input should be ")
    assert second.startswith("pipeline.yaml: training.data: rws.csv: no such file")


def test_monitoring_needs_a_model_that_was_pushed(project):
    (folder,) = (project.folder / "root" / "state" / "demo-training").iterdir()
    folder.rmdir()
    assert said(project, "monitoring") == [
        "root/state: no model has been pushed yet. Fix: run `skewgate run training` first."
    ]


def test_of_the_section_that_does_not_run_neither_data_nor_code_need_be_here(project):
    (project.folder / "new.csv").unlink()
    project.change("SERVING", "LATER", "schema.pbtxt")
    checks.of_run(project.path, "training")
    project.change("LATER", "SERVING", "schema.pbtxt")
    (project.folder / "new.csv").write_text("part,fare\na,1.5\n")
    (project.folder / "my_trainer.py").unlink()
    checks.of_run(project.path, "monitoring")


def test_a_date_in_custom_config_is_refused_for_tfx_cannot_pass_it_on(project):
    project.change("  skew:", "  custom_config: {since: 2020-01-01}\n  skew:")
    (fault,) = said(project)
    assert fault.startswith("pipeline.yaml: training.custom_config: may only hold text, numbers, ")


def test_a_scheduled_time_needs_windows(project):
    with pytest.raises(InputError, match=r"scheduled time: chooses a window, .* split by column"):
        checks.of_run(project.path, "training", "2026-11-25T06:00:00Z")
    windows = "{by: window, column: fare, every: 1d}"
    project.change("  drift: drift.yaml", f"  drift: drift.yaml\n  splits: {windows}")
    checks.of_run(project.path, "monitoring", "2026-11-25T06:00:00Z")
    with pytest.raises(InputError, match="yesterday"):
        checks.of_run(project.path, "monitoring", "yesterday")


def test_labels_in_files_of_their_own_are_checked_like_rows(project):
    labels = "labels: {data: labels.csv, config: labels.yaml}"
    project.change("  drift: drift.yaml", f"  drift: drift.yaml\n  {labels}")
    contract = {"key": ["id"], "labels": ["tip"], "prediction_time": "when", "horizon": "1d"}
    (project.folder / "labels.yaml").write_text(json.dumps(contract))
    (project.folder / "labels.csv").write_text("id,tips\n1,0\n")
    assert [fault.partition(", which")[0] for fault in said(project, "monitoring")] == [
        "labels.yaml: key: names 'id'",
        "labels.yaml: prediction_time: names 'when'",
        "labels.yaml: labels: names 'tip'",
    ]
    (project.folder / "labels.csv").unlink()
    assert (
        "pipeline.yaml: monitoring.labels.data: labels.csv: no such file"
        in said(project, "monitoring")[0]
    )
