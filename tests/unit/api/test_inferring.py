"""`skewgate.infer_schema` returns what `skewgate schema infer` writes, whatever holds the rows."""

import datetime

import pyarrow as pa
import pyarrow.parquet
import pytest

import skewgate
from skewgate.cli.main import main
from skewgate.core.errors import InputError
from skewgate.schema.reading import load_schema


@pytest.fixture
def table(risen):
    """Trips with what a schema treats by itself: times, codes, a constant, missing values."""
    rows = len(risen)
    start = datetime.datetime(2024, 5, 1)
    return (
        risen.append_column("zip", pa.array([60_600 + at % 5 for at in range(rows)]))
        .append_column("at", pa.array([start + datetime.timedelta(hours=at) for at in range(rows)]))
        .append_column("city", pa.array(["Chicago"] * rows))
        .append_column("tip", pa.array([None if at % 3 else at / 8 for at in range(rows)]))
    )


@pytest.fixture
def path(tmp_path, table):
    pa.parquet.write_table(table, tmp_path / "rows.parquet")
    return tmp_path / "rows.parquet"


def command(path, out, *options):
    assert main(["schema", "infer", str(path), "--out", str(out), "--quiet", *options]) == 0
    return out.read_bytes()


def below_the_first_line(text):
    """Leaves out where the rows are from, which is what holds them."""
    return text.partition("\n")[2]


def test_a_saved_schema_is_the_file_of_the_command(tmp_path, path):
    written = command(path, tmp_path / "command.pbtxt", "--label", "tip")
    found = skewgate.infer_schema(path, labels=["tip"])
    found.save(tmp_path / "python.pbtxt")
    assert (tmp_path / "python.pbtxt").read_bytes() == written
    assert str(found).encode() == written


@pytest.mark.parametrize("holder", ["pandas", "polars", "arrow", "stream", "duckdb"])
def test_every_holder_of_the_rows_gives_the_same_schema(holder, table, path, tmp_path):
    import duckdb
    import polars

    held = {
        "pandas": lambda: table.to_pandas(),
        "polars": lambda: polars.from_arrow(table),
        "arrow": lambda: table,
        "stream": lambda: table.to_reader(),
        "duckdb": lambda: duckdb.connect().read_parquet(str(path)),
    }[holder]()
    found = skewgate.infer_schema(held)
    written = command(path, tmp_path / "schema.pbtxt").decode()
    assert below_the_first_line(found.text) == below_the_first_line(written)
    assert found.text.startswith("# Inferred from 700 rows of data; not reviewed yet.\n")


def test_a_profile_gives_the_schema_of_its_rows_in_the_order_of_names(table, tmp_path):
    profile = skewgate.profile(table)
    rows = {feature.name: feature for feature in skewgate.infer_schema(table).proto.feature}
    found = skewgate.infer_schema(profile)
    assert {feature.name: feature for feature in found.proto.feature} == rows
    assert found.features == profile.features == sorted(rows)
    profile.save(tmp_path / "rows.pb")
    assert skewgate.infer_schema(tmp_path / "rows.pb").proto == found.proto


def test_a_schema_says_what_it_is(table):
    found = skewgate.infer_schema(table)
    assert repr(found) == "<skewgate.Schema: 7 features, 2 domains, from 700 rows>"
    assert found.features == ["fare", "miles", "paid", "zip", "at", "city", "tip"]
    assert ("city", "constant") in [(each.feature, each.kind) for each in found.suggestions]


def test_what_was_changed_in_review_is_saved_and_compared_by(tmp_path, baseline, risen):
    coded = [
        each.append_column("code", pa.array([at % 3 for at in range(len(each))]))
        for each in (baseline, risen)
    ]
    schema = skewgate.infer_schema(coded[0])
    assert "psi" not in metrics_of("code", skewgate.compare(*coded, schema=schema))
    (code,) = [feature for feature in schema.proto.feature if feature.name == "code"]
    code.int_domain.is_categorical = True
    assert "psi" in metrics_of("code", skewgate.compare(*coded, schema=schema))
    assert skewgate.profile(coded[0], schema=schema).distributions.slices[""]["code"].kind == (
        "categorical"
    )
    schema.save(tmp_path / "schema.pbtxt")
    assert load_schema(tmp_path / "schema.pbtxt") == schema.proto


def metrics_of(feature, report):
    return {each.metric for each in report.results if each.feature == feature}


def test_labels_are_not_expected_in_serving(table):
    found = skewgate.infer_schema(table, labels=["tip"], environments=["SERVING", "REPLAY"])
    assert found.proto.default_environment == ["SERVING", "REPLAY"]
    (tip,) = [feature for feature in found.proto.feature if feature.name == "tip"]
    assert tip.not_in_environment == ["SERVING"]


def test_csv_is_read_as_it_is_said_to_be_written(tmp_path):
    (tmp_path / "rows.csv").write_text("1;a\n2;b\n" * 5)
    found = skewgate.infer_schema(
        tmp_path / "rows.csv", reading={"delimiter": ";", "header": ["number", "letter"]}
    )
    assert found.features == ["number", "letter"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"data": 7}, "data: must be a path, a pandas or Polars"),
        ({"data": "nowhere.csv"}, "nowhere.csv"),
        ({"labels": ["tips"]}, "labels: 'tips' is not a feature; there are fare, miles, paid."),
        ({"labels": ["fare"], "environments": ["A"]}, "environments: has no SERVING"),
        ({"dataset": "eval"}, "dataset: chooses among statistics in a file"),
        ({"reading": {"delimeter": ";"}}, "reading: "),
        ({"data": pa.table({})}, "data: has no"),
        ({"data": pa.table({"x": pa.array([], pa.float64())})}, "data: has no rows"),
    ],
)
def test_what_cannot_be_used_is_one_sentence(arguments, said, risen):
    with pytest.raises(InputError) as error:
        skewgate.infer_schema(**{"data": risen, **arguments})
    assert said in str(error.value)


def test_a_column_of_several_types_has_no_schema():
    import pandas as pd

    with pytest.raises(InputError, match=r"data: column mixed: .*values of the types int, str"):
        skewgate.infer_schema(pd.DataFrame({"x": [1.0, 2.0], "mixed": [1, "a"]}))


def test_a_schema_that_cannot_be_written_is_one_sentence(tmp_path, risen):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match=r"schema\.pbtxt: cannot be written: "):
        skewgate.infer_schema(risen).save(tmp_path / "file" / "schema.pbtxt")
