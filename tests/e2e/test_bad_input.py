"""Bad input to `skewgate run`: one sentence, exit code 2, nothing half-written, no scar."""

from __future__ import annotations

import dataclasses
import pathlib
import shutil

import pytest

from skewgate.components.skew_statistics_gen import executor as statistics_gen
from skewgate.core.errors import InputError
from skewgate.pipeline import settings as settings_lib

CONTRACTS = settings_lib.TAXI.parent


@pytest.fixture
def refused(trained, skewgate):
    def check(arguments, *parts):
        outcome = skewgate("run", *arguments)
        assert outcome.code == 2, outcome.err
        assert outcome.err.startswith("skewgate: ")
        assert outcome.err.count("\n") == 1
        assert "Traceback" not in outcome.err
        for part in parts:
            assert part in outcome.err
        return outcome

    return check


@pytest.mark.parametrize(
    ("content", "parts"),
    [
        (b"", ["training.data: ", "rows.csv: is empty"]),
        (b"fare\n3.5\n", ["training.splits: needs 'trip_start_timestamp', which is not a column"]),
        (None, ["training.data: ", "rows.csv: no such file"]),
    ],
)
def test_data_that_cannot_be_are_refused_before_anything_runs(trained, refused, content, parts):
    path = trained.root / "data" / "rows.csv"
    path.unlink(missing_ok=True)
    if content is not None:
        path.write_bytes(content)
    logs = set((trained.root / "logs").iterdir())
    outcome = refused(
        ["training", "--config", trained.settings("bad", training={"data": str(path)})], *parts
    )
    assert outcome.out == ""
    assert set((trained.root / "logs").iterdir()) == logs


@pytest.mark.parametrize(
    ("content", "parts"),
    [
        (b"fare,trip_start_timestamp\n", ["rows.csv: has a header and no rows"]),
        (
            b"trip_start_timestamp,fare\n1388534400,3.5\n1388534401,many\n",
            ["rows.csv: line 3, column fare: expected FLOAT, found 'many'"],
        ),
        (b"trip_start_timestamp,company\n1388534400,Caf\xe9\n", ["line 2: expected UTF-8"]),
    ],
)
def test_bad_data(trained, refused, content, parts):
    path = trained.root / "data" / "rows.csv"
    path.unlink(missing_ok=True)
    if content is not None:
        path.write_bytes(content)
    before = set((trained.root / "artifacts").rglob("Split-*"))
    settings = trained.settings("bad", training={"data": str(path)})
    refused(["training", "--config", settings], *parts)
    assert set((trained.root / "artifacts").rglob("Split-*")) == before
    assert trained.states("training")["TabularExampleGen"] == "FAILED"


@pytest.mark.parametrize(
    ("contract", "old", "new", "parts"),
    [
        ("drift.yaml", "{ks: 0.1}", "{ks: 0.1", ["drift.yaml: line", "is not valid YAML"]),
        (
            "drift.yaml",
            "{ks: 0.1}",
            "{ks: -1}",
            ["defaults.numeric: ks must be a number in"],
        ),
        ("drift.yaml", "trip_miles:", "trip_mils:", ["trip_mils", "did you mean 'trip_miles'"]),
        ("drift.yaml", "policy:", "polcy:", ["polcy is not a known key", "did you mean 'policy'"]),
        ("schema.pbtxt", "type: INT", "type: WHOLE", ["schema.pbtxt: line 11", "TFMD Schema"]),
        ("eval_config.pbtxt", "class_name", "clas_name", ["eval_config.pbtxt: is not a tfma"]),
    ],
)
def test_malformed_contracts_of_monitoring(trained, refused, contract, old, new, parts):
    path = trained.root / contract
    text = (CONTRACTS / contract).read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    if contract == "schema.pbtxt":
        settings = trained.settings("contract", schema=str(path))
    else:
        key = {"drift.yaml": "drift", "eval_config.pbtxt": "eval_config"}[contract]
        settings = trained.settings("contract", monitoring={key: str(path)})
    refused(["monitoring", "--config", settings], *parts)


def test_unknown_settings_key(trained, refused):
    settings = trained.settings("key", training={"run_fnn": "x"})
    refused(["training", "--config", settings], "training.run_fnn is not a known key", "run_fn")


def test_monitoring_before_anything_was_pushed(tmp_path, trained, refused):
    settings = trained.settings("new", root=str(tmp_path / "fresh"))
    refused(["monitoring", "--config", settings], "no model has been pushed yet", "run training")


def _refuse(*_):
    raise InputError("statistics", "are not wanted yet")


def test_broken_examples_are_named_and_the_cure_in_the_message_works(
    workspace, tmp_path, refused, skewgate, monkeypatch
):
    own = dataclasses.replace(workspace, root=tmp_path)
    (tmp_path / "data").mkdir()
    rows = workspace.training_rows.sample(3000, random_state=5)
    rows.loc[rows.index[0], "fare"] = -1.0  # the data gate then ends the last run early
    data = {"data": own.write("rows.csv", rows)}
    settings = own.settings("broken", training=data)
    with monkeypatch.context() as patched:
        patched.setattr(statistics_gen.Executor, "Do", _refuse)
        assert skewgate("run", "training", "--config", settings).code == 2  # ingest is done
    (folder,) = (tmp_path / "artifacts/taxi-training/TabularExampleGen/examples").iterdir()
    (shard,) = (folder / "Split-eval").iterdir()
    shard.write_bytes(shard.read_bytes()[:-2000])
    outcome = refused(
        ["training", "--config", settings], f"{shard}: is not a readable gzip TFRecord"
    )
    assert own.states("training")["TabularExampleGen"] == "CACHED"
    assert own.states("training")["SkewStatisticsGen"] == "FAILED"
    assert f"delete the folder {folder} and run again" in outcome.err
    shutil.rmtree(folder)
    assert skewgate("run", "training", "--config", settings).code == 1
    assert own.states("training")["SkewStatisticsGen"] == "COMPLETE"
    assert own.states("training")["DataGate"] == "FAILED"


def test_usage_errors_exit_with_2(skewgate, capfd):
    with pytest.raises(SystemExit) as caught:
        skewgate("run", "nothing")
    assert caught.value.code == 2
    assert "invalid choice: 'nothing'" in capfd.readouterr().err


def test_the_root_must_be_a_folder_that_can_be_made(trained, refused, tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("")
    settings = trained.settings("blocked", root=str(pathlib.Path(blocked, "below")))
    refused(["training", "--config", settings], "cannot be made")
