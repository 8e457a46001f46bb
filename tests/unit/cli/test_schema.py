"""`skewgate schema`; TFDV itself is imported once for all of these tests."""

import json
import pathlib
import sys

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest
from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import schema_pb2, statistics_pb2

from skewgate.core.installed import missing
from skewgate.data.tf_example.tfrecord import frame
from skewgate.schema.reading import load_schema
from tests.encoding import encode_sequence

needs_tfdv = pytest.mark.needs("tensorflow_data_validation")

SCHEMA = """\
# What a trip is.
default_environment: "TRAINING"
default_environment: "SERVING"

feature {
  name: "fare"  # in dollars
  type: FLOAT
  presence { min_fraction: 1.0 min_count: 1 }
  value_count { min: 1 max: 1 }
  float_domain { min: 0 }
}
feature {
  name: "paid"
  type: BYTES
  presence { min_fraction: 1.0 }
  domain: "paid"
}
feature {
  name: "back"
  type: BYTES
  domain: "paid"
}
feature { name: "zip" type: BYTES }
feature {
  name: "label"
  type: INT
  presence { min_fraction: 1.0 }
  not_in_environment: "SERVING"  # comes later
}
string_domain {
  name: "paid"
  value: "Cash"  # since 2013
  value: "Card"
}
"""


TIMES = "  time_domain { integer_format: UNIX_SECONDS }\n"


def table(rows=200, **changes):
    columns = {
        "fare": [5.0 + i % 9 for i in range(rows)],  # whole numbers, as CSV has them
        "paid": ["Cash", "Card"] * (rows // 2),
        "back": ["Card", "Cash"] * (rows // 2),
        "zip": [60600 + i % 7 for i in range(rows)],
        "label": [i % 2 for i in range(rows)],
    }
    columns = {**columns, **changes}
    return pa.table({name: column for name, column in columns.items() if column is not None})


@pytest.fixture
def put(tmp_path):
    """Returns a function that writes a CSV file and a schema, and returns their paths."""

    def put(schema=SCHEMA, rows=200, **changes):
        data, written = tmp_path / "trips.csv", tmp_path / "schema.pbtxt"
        pa.csv.write_csv(table(rows, **changes), data)
        written.write_text(schema)
        return written, data

    return put


# Infer.


@needs_tfdv
def test_a_schema_is_inferred_in_the_order_of_the_data_with_its_environments(run, put, tmp_path):
    _, data = put()
    out = tmp_path / "new" / "inferred.pbtxt"
    result = run("schema", "infer", data, "--out", out, "--label", "label")
    assert result.code == 0
    assert result.out == f"{out}: 5 features, 2 domains, from 200 rows\n"
    assert out.read_text().startswith(
        f"# Inferred from 200 rows of {data}; not reviewed yet.\n"
        'default_environment: "TRAINING"\ndefault_environment: "SERVING"\n\n'
        'feature {\n  name: "fare"\n  type: INT\n'
        "  presence { min_fraction: 1.0 min_count: 1 }\n  value_count { min: 1 max: 1 }\n}\n"
    )
    schema = load_schema(out)
    assert [feature.name for feature in schema.feature] == ["fare", "paid", "back", "zip", "label"]
    assert list(schema.feature[-1].not_in_environment) == ["SERVING"]
    result = run("schema", "update", out, data, "--environment", "TRAINING")
    assert result.code == 0
    assert "loading TensorFlow Data Validation, which can take 20 s" in result.err


def test_without_labels_a_schema_has_the_environments_that_are_named(run, put, tmp_path):
    _, data = put()
    out = tmp_path / "inferred.pbtxt"
    for options, expected in (((), []), (("--environments", "A,B"), ["A", "B"])):
        assert run("schema", "infer", data, "--out", out, *options, "--force").code == 0
        assert list(load_schema(out).default_environment) == expected


def test_every_kind_of_data_gives_the_same_schema(cli, run, tmp_path):
    trips = cli.trips(900, 1)
    texts = {}
    for kind in cli.formats:
        out = tmp_path / f"{kind}.pbtxt"
        place = cli.write(trips, tmp_path / kind, kind)
        assert run("schema", "infer", place, "--out", out, "--quiet").code == 0
        text = out.read_text()
        # Records of tf.Example alone do not tell times from other integers.
        assert (TIMES in text) == (kind != "tfrecord")
        texts[kind] = sorted(text.replace(TIMES, "").split("\n\n")[1:])
    assert len(texts["parquet"]) == 7
    assert all(texts[kind] == texts["parquet"] for kind in cli.formats)


@pytest.mark.parametrize("seed", [1, 2])
def test_tfdv_infers_the_same_from_its_own_statistics(cli, run, tmp_path, seed):
    import tensorflow_data_validation as tfdv
    from tensorflow_data_validation.statistics import stats_impl

    from skewgate.data.ingest.to_features import to_features

    trips = cli.trips(700 + seed, seed)
    trips = trips.append_column("flag", pa.array(["true", "false", None] * 234)[: trips.num_rows])
    [batch] = trips.combine_chunks().to_batches()
    own = stats_impl.generate_statistics_in_memory(to_features(batch, "trips"))
    theirs = tfdv.infer_schema(own, infer_feature_shape=False)
    out = tmp_path / "ours.pbtxt"
    place = cli.write(trips, tmp_path)
    assert run("schema", "infer", place, "--out", out, "--quiet").code == 0
    ours = load_schema(out)
    for feature in ours.feature:
        feature.ClearField("time_domain")
    assert by_name(ours) == by_name(theirs)


def by_name(schema):
    """Returns every feature and domain of a schema as text, whatever their order."""
    return {
        (type(item).__name__, item.name): text_format.MessageToString(item)
        for item in (*schema.feature, *schema.string_domain)
    }


# Diff.


def test_two_schemas_are_compared_by_feature(run, put, tmp_path):
    old, _ = put()
    new = tmp_path / "new.pbtxt"
    new.write_text(SCHEMA.replace("min: 0 }", "min: -3.5 }"))
    result = run("schema", "diff", old, new)
    assert (result.code, result.out) == (1, "fare: float_domain min 0 -> -3.5\n")
    assert run("schema", "diff", old, old).out == "no difference\n"
    assert run("schema", "diff", old, old).code == 0


def test_differences_are_given_as_json(run, put, tmp_path):
    old, _ = put()
    new = tmp_path / "new.pbtxt"
    new.write_text(SCHEMA.replace('  value: "Card"\n', '  value: "Card"\n  value: "Coin"\n'))
    result = run("schema", "diff", old, new, "--json")
    assert result.code == 1
    assert json.loads(result.out) == {
        "schema": str(old),
        "other": str(new),
        "differences": [
            {
                "feature": "paid, back",
                "field": "domain.'paid'",
                "change": "gains",
                "before": None,
                "after": ["Coin"],
                "text": "domain 'paid' gains 'Coin'",
            }
        ],
        "unresolved": [],
        "unchecked": [],
    }


@needs_tfdv
def test_a_unified_difference_is_a_patch_that_makes_the_other_schema(run, put, tmp_path):
    old, data = put(paid=["Cash", "Coin"] * 100, fare=[-2.5, *[7.25] * 199])
    result = run("schema", "diff", old, data, "--environment", "TRAINING", "--unified")
    assert result.code == 1
    assert "-  float_domain { min: 0 }\n+  float_domain { min: -2.5 }\n" in result.out
    patched = tmp_path / "patched.pbtxt"
    patched.write_text(apply_patch(SCHEMA, result.out))
    assert run("schema", "diff", patched, data, "--environment", "TRAINING").code == 0
    assert "# in dollars" in patched.read_text()


def apply_patch(text, patch):
    """Applies a unified difference, and checks every line that it says it found."""
    old, new, place = text.splitlines(keepends=True), [], 0
    for line in patch.splitlines(keepends=True)[2:]:
        if line.startswith("@@"):
            start = int(line.split()[1].split(",")[0].removeprefix("-")) - 1
            new += old[place:start]
            place = start
            continue
        if line[0] in " -":
            assert old[place] == line[1:]
            place += 1
        if line[0] in " +":
            new.append(line[1:])
    return "".join(new + old[place:])


@needs_tfdv
def test_data_show_what_a_schema_that_accepts_them_would_change(run, put):
    old, data = put(paid=["Cash", "Coin"] * 100, tip=[1.5] * 200)
    result = run("schema", "diff", old, data, "--quiet")
    assert result.out.splitlines() == [
        "tip: new feature (FLOAT, present in every row)",
        "paid, back: domain 'paid' gains 'Coin'",
    ]
    assert old.read_text() == SCHEMA


# Update.


@needs_tfdv
def test_data_as_the_schema_says_have_no_anomaly(run, put):
    # The fares are whole numbers and the codes are digits: what the schema says decides.
    old, data = put()
    result = run("schema", "update", old, data, "--environment", "TRAINING", "--quiet")
    assert (result.code, result.out) == (
        0,
        f"{data} is as {old} says in environment TRAINING\n",
    )


@needs_tfdv
def test_anomalies_are_numbered_with_the_change_of_each_and_nothing_is_changed(run, put):
    old, data = put(paid=["Cash", "Coin"] * 100, fare=[-2.5, *[7.25] * 199])
    result = run("schema", "update", old, data, "--environment", "TRAINING", "--quiet")
    assert result.code == 1
    lines = result.out.splitlines()
    assert lines[0] == f"{data}: 2 anomalies in environment TRAINING"
    assert lines[1].startswith("  1. fare:FLOAT_TYPE_SMALL_FLOAT: ")
    assert lines[2] == "     accepting it: fare: float_domain min 0 -> -2.5"
    assert lines[3].startswith("  2. paid:ENUM_TYPE_UNEXPECTED_STRING_VALUES: ")
    assert lines[4] == "     accepting it: paid, back: domain 'paid' gains 'Coin'"
    assert lines[5].startswith("Nothing was changed. Accept with --accept fare, ")
    assert old.read_text() == SCHEMA


@needs_tfdv
def test_only_what_is_accepted_changes_and_every_other_byte_stays(run, put):
    old, data = put(
        paid=["Cash", "Coin"] * 100,
        back=["Cash", "Check"] * 100,
        fare=[-2.5, *[7.25] * 199],
    )
    command = ("schema", "update", old, data, "--environment", "TRAINING", "--quiet")
    result = run(*command, "--accept", "paid:ENUM_TYPE_UNEXPECTED_STRING_VALUES")
    assert result.code == 1
    card = '  value: "Card"\n'
    assert old.read_text() == SCHEMA.replace(card, card + '  value: "Coin"\n')
    left = "fare:FLOAT_TYPE_SMALL_FLOAT, back:ENUM_TYPE_UNEXPECTED_STRING_VALUES"
    assert result.out.endswith(f"Left: 2 anomalies: {left}\n")
    assert run(*command, "--accept", "fare", "--accept", "back").code == 0
    assert old.read_text() == SCHEMA.replace(
        card, card + '  value: "Coin"\n  value: "Check"\n'
    ).replace("min: 0 }", "min: -2.5 }")


@needs_tfdv
def test_one_anomaly_of_a_feature_is_accepted_without_the_other(run, put):
    old, data = put(fare=[None] * 20 + [-2.5] * 180)
    command = ("schema", "update", old, data, "--environment", "TRAINING", "--quiet")
    assert run(*command, "--accept", "fare:FEATURE_TYPE_LOW_FRACTION_PRESENT").code == 1
    assert old.read_text() == SCHEMA.replace(
        "min_fraction: 1.0 min_count: 1", "min_fraction: 0.9 min_count: 1"
    )


EMPTY = pa.nulls(200, pa.int64())
CASES = {
    "a new column": ({"tip": [1.5] * 200}, "SCHEMA_NEW_COLUMN", ["tip: new feature"]),
    "a new category column": (
        {"kind": ["a", "b"] * 100},
        "SCHEMA_NEW_COLUMN",
        ["kind: new feature (BYTES, present in every row, one of 'a', 'b')"],
    ),
    "a column gone": (
        {"fare": None},
        "SCHEMA_MISSING_COLUMN",
        ["fare: not_in_environment gains 'TRAINING'"],
    ),
    "a column without values": (
        {"label": EMPTY},
        "FEATURE_TYPE_NOT_PRESENT",
        ["label: not_in_environment gains 'TRAINING'"],
    ),
    "text for numbers": (
        {"fare": ["much", "little"] * 100},
        "UNEXPECTED_DATA_TYPE",
        ["fare: type FLOAT -> BYTES", "fare: domain none -> \"fare\"", "fare: float_domain {"],
    ),
    "fractions for counts": (
        {"label": [0.5, 1.0] * 100},
        "UNEXPECTED_DATA_TYPE",
        ["label: type INT -> FLOAT"],
    ),
}  # fmt: skip


@needs_tfdv
@pytest.mark.parametrize("case", CASES)
def test_accepted_anomalies_are_gone(run, put, case):
    changes, kind, expected = CASES[case]
    (name,) = changes
    old, data = put(**changes)
    command = ("schema", "update", old, data, "--environment", "TRAINING", "--quiet")
    result = run(*command, "--accept", f"{name}:{kind}")
    assert result.code == 0
    for words in expected:
        assert f"\n     {words}" in result.out.split("now says:")[1]
    assert run(*command).code == 0
    assert "# in dollars" in old.read_text()


@needs_tfdv
def test_a_column_that_is_gone_without_an_environment_is_deprecated(run, put):
    old, data = put(fare=None)
    assert run("schema", "update", old, data, "--all", "--quiet").code == 0
    assert "  lifecycle_stage: DEPRECATED\n" in old.read_text()


@needs_tfdv
def test_a_label_that_comes_in_serving_is_declared_to_be_there(run, put):
    old, data = put()
    command = ("schema", "update", old, data, "--environment", "SERVING", "--quiet")
    result = run(*command, "--accept", "label")
    assert result.code == 0
    assert "A comment was removed with the line it stood at: # comes later" in result.out
    assert old.read_text() == SCHEMA.replace('  not_in_environment: "SERVING"  # comes later\n', "")


@needs_tfdv
def test_a_bound_on_the_number_of_rows_is_accepted(run, put):
    old, data = put(SCHEMA + "dataset_constraints { min_examples_count: 1000 }\n")
    command = ("schema", "update", old, data, "--environment", "TRAINING", "--quiet")
    result = run(*command, "--accept", "@dataset:DATASET_LOW_NUM_EXAMPLES")
    assert result.code == 0
    assert old.read_text().endswith("dataset_constraints { min_examples_count: 200 }\n")


@needs_tfdv
def test_several_values_change_the_value_count(run, put, tmp_path):
    old, _ = put()
    rows = table().set_column(0, "fare", pa.array([[2.5, 3.5], [1.5]] * 100))
    data = tmp_path / "trips.parquet"
    pa.parquet.write_table(rows, data)
    command = ("schema", "update", old, data, "--environment", "TRAINING", "--quiet")
    result = run(*command, "--accept", "fare:FEATURE_TYPE_HIGH_NUMBER_VALUES")
    assert result.code == 0
    assert old.read_text() == SCHEMA.replace("{ min: 1 max: 1 }", "{ min: 1 max: 2 }")


@needs_tfdv
def test_all_is_accepted_into_another_file(run, put, tmp_path):
    old, data = put(paid=["Cash", "Coin"] * 100, tip=[1.5] * 200)
    out = tmp_path / "out.pbtxt"
    command = ("schema", "update", old, data, "--environment", "TRAINING", "--all", "--out", out)
    assert run(*command).code == 0
    assert old.read_text() == SCHEMA
    assert [feature.name for feature in load_schema(out).feature][-1] == "tip"
    assert run(*command).code == 2
    assert run(*command, "--force").code == 0


@needs_tfdv
def test_what_no_schema_can_accept_is_an_error_and_nothing_is_written(run, refused, put):
    # A number of values that are unique is no property of floats.
    schema = SCHEMA.replace("float_domain { min: 0 }", "unique_constraints { min: 1 max: 5 }")
    old, data = put(schema, rows=200)
    listed = run("schema", "update", old, data, "--environment", "TRAINING", "--quiet")
    if "no change of the schema is known" in listed.out:
        said = refused("schema", "update", old, data, "--environment", "TRAINING", "--all")
        assert "cannot be made to accept" in said
        assert old.read_text() == schema
    else:
        assert "unique_constraints" in listed.out


@needs_tfdv
def test_random_changes_are_accepted_and_the_text_says_so(run, put):
    rng = np.random.default_rng(5)
    changes = {
        "fare": lambda: (rng.normal(3, 4, 200)).tolist(),
        "paid": lambda: rng.choice(["Cash", "Card", "Coin", 'it\'s "#"'], 200).tolist(),
        "back": lambda: None,
        "zip": lambda: rng.choice(["a", "b"], 200).tolist(),
        "label": lambda: (rng.integers(0, 9, 200) / 2).tolist(),
        "extra": lambda: rng.integers(0, 9, 200).tolist(),
    }
    for _ in range(6):
        chosen = rng.choice(list(changes), 3, replace=False)
        old, data = put(**{name: changes[name]() for name in chosen})
        command = ("schema", "update", old, data, "--environment", "TRAINING", "--quiet")
        assert run(*command, "--all").code == 0
        assert run(*command).code == 0
        assert old.read_text().startswith("# What a trip is.\n")


# Bad input.


def test_existing_files_stay(refused, put):
    old, data = put()
    assert refused("schema", "infer", data, "--out", old) == (
        f"{old}: exists already. Fix: give another --out, or --force to replace it."
    )
    assert old.read_text() == SCHEMA


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("diff", "none.pbtxt", "{data}"), "none.pbtxt: no such file. Fix: check the path."),
        pytest.param(("diff", "{schema}", "none.csv"),
                     "none.csv: no such file, folder or pattern.", marks=needs_tfdv),
        (("diff", "{data}", "{schema}"), "trips.csv: line 1: is not a TFMD Schema in text format"),
        pytest.param(("update", "{schema}", "{data}", "--environment", "PROD"),
                     "schema.pbtxt: has no environment PROD; it has SERVING, TRAINING.",
                     marks=needs_tfdv),
        pytest.param(
            ("update", "{schema}", "{data}", "--environment", "TRAINING", "--accept", "far"),
            "--accept far: is not an anomaly of {data}; there are none.", marks=needs_tfdv),
        (("diff", "{schema}", "{schema}", "--environment", "TRAINING"),
         "--environment: is of data, and both sides are schemas."),
        (("infer", "{data}", "--out", "new.pbtxt", "--label", "lable"),
         "labels: 'lable' is not a feature; there are fare, paid, back, zip, label."),
        (("infer", "{data}", "--out", "new.pbtxt", "--label", "label", "--environments", "A,B"),
         "environments: has no SERVING, in which labels are not expected: A, B."),
    ],
)  # fmt: skip
def test_bad_input_is_one_sentence(refused, put, arguments, words):
    schema, data = put()
    given = [part.format(schema=schema, data=data) for part in arguments]
    assert words.format(data=data) in refused("schema", *given)
    assert not pathlib.Path("new.pbtxt").exists()


@pytest.mark.parametrize("command", ["diff", "update"])
def test_where_tfdv_is_not_installed_it_is_named(refused, put, monkeypatch, command):
    schema, data = put()
    monkeypatch.setitem(sys.modules, "tensorflow_data_validation", None)
    assert refused("schema", command, schema, data) == str(missing("tensorflow_data_validation"))


@needs_tfdv
def test_an_unknown_anomaly_lists_those_there_are(refused, put):
    old, data = put(fare=[-2.5, *[7.25] * 199])
    said = refused("schema", "update", old, data, "--environment", "TRAINING", "--accept", "paid")
    assert "--accept paid: is not an anomaly of" in said
    assert "there are fare:FLOAT_TYPE_SMALL_FLOAT." in said


@needs_tfdv
def test_statistics_without_features_are_refused(refused, put, tmp_path):
    old, _ = put()
    empty = statistics_pb2.DatasetFeatureStatisticsList()
    empty.datasets.add(num_examples=7)
    for name, content in (
        ("s.pb", empty.SerializeToString()),
        ("s.pbtxt", text_format.MessageToString(empty).encode()),
    ):
        (tmp_path / name).write_bytes(content)
        said = refused("schema", "diff", old, tmp_path / name)
        assert said == f"{tmp_path / name}: has no features. Fix: give data with columns."


def test_a_text_that_is_neither_schema_nor_statistics_is_refused(refused, put, tmp_path):
    old, _ = put()
    broken = tmp_path / "broken.pbtxt"
    broken.write_text("feature {\n  nam: 1\n}\n")
    assert "broken.pbtxt: line 2: is not a TFMD Schema" in refused("schema", "diff", old, broken)
    broken.write_bytes(b"\xff\xfe")
    assert "is not a TFMD Schema in text format" in refused("schema", "diff", old, broken)
    broken.write_text(text_format.MessageToString(schema_pb2.Schema()))
    assert "declares no feature" in refused("schema", "diff", broken, old)


# Times, and what is hardly worth comparing.


@needs_tfdv
def test_times_are_declared_and_columns_to_ignore_are_suggested(cli, run, tmp_path):
    rows = cli.trips(300, 1).append_column("row", pa.array(range(300)))
    data, out = cli.write(rows, tmp_path / "data"), str(tmp_path / "schema.pbtxt")
    result = run("schema", "infer", data, "--out", out, "--quiet")
    assert result.code == 0
    [started] = [each for each in load_schema(out).feature if each.name == "started"]
    assert started.time_domain.integer_format == schema_pb2.TimeDomain.UNIX_SECONDS
    assert "  started holds times, 2016-01-01 " in result.out
    assert "  row numbers the rows, 0 to 299" in result.out
    assert "features: {row: {ignore: true}, started: {ignore: true}}" in result.out
    header = pathlib.Path(out).read_text().splitlines()[1]
    assert header.startswith("# You may want to ignore, in drift.yaml: features: {row")
    assert run("schema", "update", out, data, "--quiet").code == 0
    result = run("drift", data, data, "--schema", out, "--quiet")
    assert result.code == 3  # too few rows to be sure
    assert "started" in result.out


# Whole numbers that stand as floats.

WHOLE = 'feature { name: "n" type: INT } feature { name: "x" type: FLOAT }'


@needs_tfdv
@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_whole_floats_are_integers_as_drift_reads_them(cli, run, put, tmp_path, kind):
    rows = pa.table({"n": [1.0, None, 7.0] * 500, "x": [0.5, 1.5, 2.5] * 500})
    data = cli.write(rows, tmp_path / "whole", kind)
    if kind == "csv":  # which Arrow writes as 1
        pathlib.Path(data).write_text("n,x\n" + "1.0,0.5\n,1.5\n7.0,2.5\n" * 500)
    (tmp_path / "schema.pbtxt").write_text(WHOLE)
    schema = str(tmp_path / "schema.pbtxt")
    assert run("schema", "update", schema, data, "--quiet").code == 0
    assert run("drift", data, data, "--schema", schema, "--quiet").code == 0


@needs_tfdv
@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_fractions_are_no_integers_wherever_they_stand(cli, run, tmp_path, kind):
    values = [1.0] * 40_000
    values[20_123] = 1.5
    data = cli.write(pa.table({"n": values, "x": values}), tmp_path / "odd", kind)
    schema = tmp_path / "schema.pbtxt"
    schema.write_text(WHOLE)
    result = run("schema", "update", str(schema), data, "--quiet")
    assert result.code == 1
    assert "n:UNEXPECTED_DATA_TYPE" in result.out
    result = run("drift", data, data, "--schema", str(schema), "--quiet")
    assert result.code in (1, 2)
    assert "expected INT, found" in result.out + result.err


@needs_tfdv
def test_options_of_csv_hold_when_a_file_is_read_again(run, tmp_path):
    values = [f"{at}.0" for at in range(300_000)]  # of which not all are kept
    values[20_123] = "1.5"
    (tmp_path / "odd.csv").write_text("".join(f"{each},0.5\n" for each in values))
    (tmp_path / "schema.pbtxt").write_text(WHOLE)
    paths = (str(tmp_path / "schema.pbtxt"), str(tmp_path / "odd.csv"))
    result = run("schema", "update", *paths, "--header", "n,x", "--quiet")
    assert result.code == 1
    assert result.out.splitlines()[0].endswith("odd.csv: 1 anomaly")
    assert "n:UNEXPECTED_DATA_TYPE" in result.out


# What TFDV does not check.

SPARSE = """\
feature { name: "fare" type: FLOAT }
feature { name: "value" type: INT }
feature { name: "row" type: INT }
feature { name: "weight" type: FLOAT }
sparse_feature { name: "tags" value_feature { name: "value" } index_feature { name: "row" } }
weighted_feature {
  name: "weighed" feature { step: "value" } weight_feature { step: "weight" }
}
"""


def sparse(tmp_path, rows, weights, schema=SPARSE):
    """Writes a schema and rows with two values each."""
    data = tmp_path / "sparse.parquet"
    values = [[1, 2]] * len(rows)
    columns = {"fare": [4.5] * len(rows), "value": values, "row": rows, "weight": weights}
    pa.parquet.write_table(pa.table(columns), data)
    path = tmp_path / "sparse.pbtxt"
    path.write_text(schema)
    return path, data


@needs_tfdv
def test_sparse_and_weighted_features_are_checked(run, tmp_path):
    schema, data = sparse(tmp_path, [[0, 3], [1, 4]], [[0.5, 0.5], [0.5, 1.5]])
    result = run("schema", "update", schema, data, "--quiet")
    assert (result.code, result.out) == (0, f"{data} is as {schema} says\n")
    schema, data = sparse(tmp_path, [[0, 3], [1]], [[0.5, 0.5], None])
    result = run("schema", "update", schema, data, "--quiet")
    assert result.code == 1
    assert "tags:SPARSE_FEATURE_LENGTH_MISMATCH: " in result.out
    assert "weighed:WEIGHTED_FEATURE_MISSING_WEIGHT: " in result.out


@needs_tfdv
def test_what_statistics_do_not_tell_is_said_and_inconclusive(run, tmp_path):
    schema, data = sparse(tmp_path, [[0, 3], [1]], [[0.5, 0.5], None])
    assert run("profile", data, "--out", tmp_path / "a.pb", "--quiet").code == 0
    result = run("schema", "update", schema, tmp_path / "a.pb", "--quiet")
    assert result.code == 3
    reason = "the statistics have no entry of it; generate them with the schema"
    assert result.out.splitlines() == [
        f"{tmp_path / 'a.pb'} is as {schema} says as far as it was checked",
        "2 not checked:",
        f"     tags: {reason}",
        f"     weighed: {reason}",
    ]
    result = run("schema", "diff", schema, tmp_path / "a.pb", "--json", "--quiet")
    assert result.code == 3
    assert json.loads(result.out)["unchecked"] == [f"tags: {reason}", f"weighed: {reason}"]


@needs_tfdv
def test_tensors_and_groups_are_not_checked(run, tmp_path):
    schema, data = sparse(
        tmp_path,
        [[0, 3], [1, 4]],
        [[0.5, 0.5], [0.5, 1.5]],
        SPARSE.replace('"fare" type: FLOAT', '"fare" type: FLOAT group_presence { required: true }')
        + """
        tensor_representation_group {
          key: "" value {
            tensor_representation {
              key: "values" value { dense_tensor { column_name: "value" shape {} } }
            }
            tensor_representation {
              key: "rows" value { varlen_sparse_tensor { column_name: "row" } }
            }
          }
        }
        """,
    )
    result = run("schema", "update", schema, data, "--quiet")
    assert result.code == 3
    assert result.out.splitlines()[1:] == [
        "2 not checked:",
        "     fare: TFDV does not validate group_presence; use presence",
        "     values: TFDV does not check the dense_tensor that is made of it",
    ]


@needs_tfdv
def test_what_tfdv_takes_on_trust_is_not_checked(run, tmp_path):
    schema = tmp_path / "schema.pbtxt"
    schema.write_text(
        """
        feature { name: "page" type: BYTES url_domain {} }
        feature { name: "none" type: BYTES url_domain {} }
        feature { name: "trip" type: STRUCT struct_domain { feature { name: "fare" type: FLOAT } } }
        """
    )
    statistics = statistics_pb2.DatasetFeatureStatisticsList()
    dataset = statistics.datasets.add(num_examples=2)
    for name, kind, field in (
        ("page", "STRING", "string_stats"),
        ("trip", "STRUCT", "struct_stats"),
    ):
        feature = dataset.features.add(type=kind)
        feature.path.step.append(name)
        common = getattr(feature, field).common_stats
        common.num_non_missing = common.tot_num_values = 2
        common.min_num_values = common.max_num_values = 1
    data = tmp_path / "a.pb"
    data.write_bytes(statistics.SerializeToString())
    result = run("schema", "update", schema, data, "--quiet")
    assert result.code == 3
    assert result.out.splitlines()[1:] == [
        "2 not checked:",
        "     page: TFDV does not check values against url_domain",
        "     trip: the statistics say nothing about the features inside it",
    ]


@needs_tfdv
def test_anomalies_count_more_than_what_is_not_checked(run, tmp_path):
    schema, data = sparse(
        tmp_path,
        [[0, 3], [1, 4]],
        [[0.5, 0.5], [0.5, 1.5]],
        SPARSE.replace('"fare" type: FLOAT', '"fare" type: FLOAT group_presence { required: true }')
        + "dataset_constraints { max_examples_count: 1 }",
    )
    result = run("schema", "update", schema, data, "--quiet")
    assert result.code == 1
    assert "@dataset:DATASET_HIGH_NUM_EXAMPLES" in result.out  # TFDV wants a minimum beside it
    assert "1 not checked:" in result.out
    result = run("schema", "update", schema, data, "--all", "--quiet")
    assert result.code == 3


@needs_tfdv
def test_feature_lists_are_refused(refused, tmp_path):
    schema, _ = sparse(tmp_path, [[0, 3]], [[0.5, 0.5]])
    data = tmp_path / "a.tfrecord"
    data.write_bytes(frame([encode_sequence(b"", {"events": [[1.5]]})]))
    for command in (["infer", data, "--out", tmp_path / "new.pbtxt"], ["update", schema, data]):
        assert refused("schema", *command).startswith(
            f"{data}: ##SEQUENCE##.events: is a feature list of tf.SequenceExample, of which a "
        )
