"""The chain from files to verdict on rows that have nothing in common with taxi trips.

They are the 442 patients of scikit-learn's diabetes data, with the contracts in schemas/diabetes.
"""

from __future__ import annotations

import io
import json
import pathlib
import shutil

import pyarrow as pa
import pyarrow.csv
import pytest
import tensorflow_data_validation as tfdv
import yaml
from tensorflow_data_validation.statistics import stats_impl
from tfx.dsl.components.base import base_beam_executor
from tfx.types import standard_artifacts

import skewgate
from skewgate import schemas
from skewgate.cli.main import main
from skewgate.components.schema_skew_validator import executor as validator
from skewgate.components.skew_statistics_gen import executor as statistics_gen
from skewgate.components.tabular_example_gen import executor as example_gen
from skewgate.core.errors import InputError
from skewgate.data import sources
from skewgate.data.ingest.to_features import to_features
from skewgate.pipeline.diabetes import data
from skewgate.pipeline.settings import LOCAL_BEAM
from skewgate.pipeline.taxi import data as taxi_data
from skewgate.schema.reading import load_schema

CONTRACTS = pathlib.Path(schemas.__file__).parent / "diabetes"
CONFIG = (CONTRACTS / "skew.yaml").read_text()
WITHOUT_ROWS = yaml.safe_dump({k: v for k, v in yaml.safe_load(CONFIG).items() if k != "rows"})


def artifact(kind, folder):
    made = kind()
    made.uri = str(folder)
    folder.mkdir(parents=True)
    return made


@pytest.fixture(scope="module")
def schema(tmp_path_factory):
    made = artifact(standard_artifacts.Schema, tmp_path_factory.mktemp("contract") / "schema")
    shutil.copy(CONTRACTS / "schema.pbtxt", made.uri)
    return made


@pytest.fixture(scope="module")
def ingest(tmp_path_factory, schema):
    """Returns a function that makes examples of a table, and statistics of them."""

    def ingest(table, *, declared=True):
        folder = tmp_path_factory.mktemp("rows")
        pa.csv.write_csv(table, folder / "rows.csv")
        examples = artifact(standard_artifacts.Examples, folder / "examples")
        example_gen.Executor().Do(
            {"schema": [schema]} if declared else {},
            {"examples": [examples]},
            {
                "input_base": str(folder),
                "input_config": json.dumps({"splits": [{"name": "rows", "pattern": "*.csv"}]}),
                "splits": json.dumps({"by": "all"}),
            },
        )
        statistics = artifact(standard_artifacts.ExampleStatistics, folder / "statistics")
        statistics_gen.Executor(context(folder)).Do(
            {"examples": [examples]},
            {"statistics": [statistics]},
            {"exclude_splits": "[]", "slices": "[]", "resolution": 200},
        )
        return examples, statistics

    return ingest


def context(folder):
    return base_beam_executor.BaseBeamExecutor.Context(
        beam_pipeline_args=[*LOCAL_BEAM],
        tmp_dir=str(folder / "tmp"),
        unique_id="1",
    )


@pytest.fixture
def judge(tmp_path, schema, read_json):
    """Returns a function that judges what was ingested, and returns the report."""

    def judge(side, baseline=None, *, environment="SERVING", rows=False):
        inputs = {"schema": [schema], "statistics": [side[1]]}
        if baseline is not None:
            inputs["baseline_statistics"] = [baseline[1]]
        if rows:
            inputs["examples"], inputs["baseline_examples"] = [side[0]], [baseline[0]]
        report = artifact(skewgate.SkewReport, tmp_path / environment / "report")
        anomalies = artifact(standard_artifacts.ExampleAnomalies, tmp_path / environment / "found")
        validator.Executor(context(tmp_path)).Do(
            inputs,
            {"skew_report": [report], "anomalies": [anomalies]},
            {
                "config": CONFIG if rows else WITHOUT_ROWS,
                "environment": environment,
                "exclude_splits": "[]",
                "late_labels": "[]",
            },
        )
        return read_json(report)

    return judge


@pytest.fixture(scope="module")
def training():
    return data.patients()


@pytest.fixture(scope="module")
def serving(training):
    asked = pa.array([n % data.SERVING_EVERY == 0 for n in training[data.KEY].to_pylist()])
    return training.filter(asked).drop([data.LABEL])


@pytest.fixture(scope="module")
def trained(ingest, training):
    return ingest(training)


def changed(table, column, change):
    """Returns the table with one column changed by a function of its values."""
    values = pa.array(change(table[column].to_pylist()))
    return table.set_column(table.column_names.index(column), column, values)


def by_status(report, status):
    return {(r["feature"], r["metric"]) for r in report["results"] if r["status"] == status}


def reasons(report):
    return [r["reason"] for r in report["results"] if r["status"] != "pass"]


def test_the_rows_are_those_of_the_study(training, serving):
    assert (training.num_rows, serving.num_rows) == (442, 147)
    assert training.column_names == [data.KEY, *data.FEATURES, data.LABEL]
    assert {column.null_count for column in training.columns} == {0}
    assert training.slice(0, 1).to_pylist() == [
        {
            "patient": 1,
            "age": 59,
            "sex": "2",
            "bmi": 32.1,
            "blood_pressure": 101.0,
            "cholesterol": 157.0,
            "ldl": 93.2,
            "hdl": 38.0,
            "cholesterol_ratio": 4.0,
            "log_triglycerides": 4.8598,
            "glucose": 87.0,
            "progression": 151,
        }
    ]


def test_files_are_prepared_once(training, tmp_path):
    data.prepare(str(tmp_path))
    files = {name: tmp_path / "data" / f"{name}.csv" for name in ("training", "serving")}
    read = {name: pa.csv.read_csv(io.BytesIO(path.read_bytes())) for name, path in files.items()}
    assert read["training"].num_rows == training.num_rows
    assert read["serving"].column_names == training.column_names[:-1]
    files["training"].write_text("mine")
    data.prepare(str(tmp_path))
    assert files["training"].read_text() == "mine"


def test_clean_rows_pass_and_every_comparator_is_evaluated(judge, ingest, serving, trained):
    report = judge(ingest(serving), trained)
    assert (reasons(report), report["status"]) == ([], "pass")
    compared = {r["feature"] for r in report["results"] if r["metric"].startswith("skew:")}
    assert compared == set(data.FEATURES)


def test_rows_with_the_label_pass_in_training_and_warn_in_serving(judge, trained):
    report = judge(trained, environment="TRAINING")
    assert (reasons(report), report["status"]) == ([], "pass")
    report = judge(trained, environment="SERVING")
    assert report["blessed"]
    (warning,) = [r for r in report["results"] if r["status"] != "pass"]
    assert (warning["feature"], warning["severity"]) == ("progression", "warning")
    assert warning["metric"] == "schema:SCHEMA_NEW_COLUMN"


PLANTED = {
    "sex": (lambda values: ["3", *values[1:]], "ENUM_TYPE_UNEXPECTED_STRING_VALUES"),
    "glucose": (lambda values: [v / 18.02 for v in values], "FLOAT_TYPE_SMALL_FLOAT"),
    "cholesterol": (lambda values: [v * 38.67 for v in values], "FLOAT_TYPE_BIG_FLOAT"),
    "bmi": (lambda values: [None, *values[1:]], "FEATURE_TYPE_LOW_FRACTION_PRESENT"),
    "age": (lambda values: [v - 40 for v in values], "INT_TYPE_SMALL_INT"),
}
"""A new category, two other units, a gap and a wrong origin."""


def test_each_planted_failure_is_caught_with_its_feature(judge, ingest, serving):
    planted = serving.drop(["hdl"])
    for column, (change, _) in PLANTED.items():
        planted = changed(planted, column, change)
    assert by_status(judge(ingest(planted)), "fail") == {
        ("hdl", "schema:SCHEMA_MISSING_COLUMN"),
        *((column, f"schema:{kind}") for column, (_, kind) in PLANTED.items()),
    }


def test_a_wrong_type_is_caught_where_no_schema_was_at_hand_to_refuse_it(judge, ingest, serving):
    text = changed(serving, "glucose", lambda values: ["high" if v > 90 else "low" for v in values])
    failed = by_status(judge(ingest(text, declared=False)), "fail")
    assert ("glucose", "schema:UNEXPECTED_DATA_TYPE") in failed
    with pytest.raises(InputError, match=r"line 2, column glucose: expected FLOAT, found 'low'"):
        ingest(text)


def test_a_shift_within_the_bounds_is_caught_by_its_comparator(judge, ingest, serving, trained):
    shifted = changed(serving, "glucose", lambda values: [v + 25 for v in values])
    failed = by_status(judge(ingest(shifted), trained), "fail")
    assert failed == {("glucose", "skew:jsd")}


def test_rows_are_joined_by_patient_within_the_tolerance_of_each_feature(
    judge, ingest, serving, trained
):
    # Serving rounds the weights otherwise, which is forgiven, and has one blood value of another
    # day, which is not: the contract lets no glucose differ.
    served = changed(serving, "bmi", lambda values: [v + 0.04 for v in values])
    served = changed(served, "glucose", lambda values: [values[0] + 9, *values[1:]])
    served = changed(served, "ldl", lambda values: [values[0] + 9, *values[1:]])
    report = judge(ingest(served), trained, rows=True)
    rows = {r["feature"]: r for r in report["results"] if r["metric"] == "rows"}
    assert {name for name, r in rows.items() if r["status"] == "fail"} == {"glucose"}
    assert rows.keys() == set(data.FEATURES)
    assert rows["bmi"]["value"] == 0
    assert rows["ldl"]["value"] == pytest.approx(1 / 147)


@pytest.mark.parametrize("rows", ["taxi", "diabetes"])
def test_tfdv_infers_the_same_from_our_statistics_as_from_its_own(rows, training, tmp_path):
    path = tmp_path / "rows.csv"
    if rows == "taxi":
        shutil.copy(taxi_data.source(), path)
    else:
        pa.csv.write_csv(training, path)
    inferred = tmp_path / "inferred.pbtxt"
    assert main(["schema", "infer", str(path), "--out", str(inferred), "--quiet"]) == 0
    [batch] = sources.open_file(str(path), sources.infer([str(path)])).batches()
    own = stats_impl.generate_statistics_in_memory(to_features(batch, "rows"))
    theirs = tfdv.infer_schema(own, infer_feature_shape=False)
    ours = load_schema(inferred)
    assert {f.name: f for f in ours.feature} == {f.name: f for f in theirs.feature}
    assert {d.name: d for d in ours.string_domain} == {d.name: d for d in theirs.string_domain}


def test_the_contract_is_what_the_rows_say(training, tmp_path):
    """`skewgate schema update` finds no anomaly in either file."""
    data.prepare(str(tmp_path))
    for name in ("training", "serving"):
        arguments = [str(CONTRACTS / "schema.pbtxt"), str(tmp_path / "data" / f"{name}.csv")]
        command = ["schema", "update", *arguments, "--environment", name.upper(), "--quiet"]
        assert main(command) == 0
