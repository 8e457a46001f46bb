"""Real files, real Beam, and TFDV's DetectFeatureSkew as the oracle."""

from __future__ import annotations

import gzip
import json
import math
import os
import pathlib

import apache_beam as beam
import numpy as np
import pytest
import tensorflow as tf
from google.protobuf import text_format
from tensorflow_data_validation.skew import feature_skew_detector
from tensorflow_data_validation.skew.protos import feature_skew_results_pb2
from tensorflow_metadata.proto.v0 import schema_pb2
from tfx.types import artifact_utils, standard_artifacts

from skewgate.checks.skew.config import RowRule, RowRules
from skewgate.checks.skew.rows.comparing import KINDS
from skewgate.components.schema_skew_validator import row_level
from skewgate.core.errors import InputError
from skewgate.core.results import Status
from skewgate.decision.policy import Significance

KILOMETRES = 1.609344
EXACT = RowRules(keys=["trip_id"], relative=0.0, samples=2)


def example(row):
    """Encodes a row; None leaves a feature out, an empty list keeps it without a value."""
    message = tf.train.Example()
    for name, value in row.items():
        if value is None:
            continue
        values = value if isinstance(value, list) else [value]
        feature = message.features.feature[name]
        if not values:
            (feature.float_list if name == "tips" else feature.bytes_list).SetInParent()
        elif isinstance(values[0], str | bytes):
            feature.bytes_list.value.extend(v.encode() if isinstance(v, str) else v for v in values)
        elif isinstance(values[0], float):
            feature.float_list.value.extend(values)
        else:
            feature.int64_list.value.extend(values)
    return message.SerializeToString()


@pytest.fixture
def examples(tmp_path):
    def make(name, rows, counted=True, shards=2):
        artifact = standard_artifacts.Examples()
        artifact.uri = str(tmp_path / name)
        artifact.split_names = artifact_utils.encode_split_names([name])
        if counted:
            artifact.set_int_custom_property(f"rows_{name}", len(rows))
        folder = pathlib.Path(artifact_utils.get_split_uri([artifact], name))
        folder.mkdir(parents=True)
        for shard in range(shards):
            with tf.io.TFRecordWriter(str(folder / f"data-{shard}.gz"), "GZIP") as writer:
                for row in rows[shard::shards]:
                    writer.write(example(row))
        return artifact

    return make


@pytest.fixture
def compare(tmp_path):
    def run(training, serving, rules, **options):
        folder = tmp_path / "rows"
        try:
            results, details = row_level.compare(
                training,
                *artifact_utils.decode_split_names(training.split_names),
                serving,
                *artifact_utils.decode_split_names(serving.split_names),
                rules,
                Significance(),
                lambda: beam.Pipeline(argv=["--runner=DirectRunner"]),
                str(folder),
                **options,
            )
        finally:
            assert not folder.exists()
        json.dumps(details, allow_nan=False)
        return {(r.feature, r.slice): r for r in results}, details

    return run


def trips(numbers, seed=0):
    """Makes rows that depend on their number alone, in an order of their own."""
    rows = [
        {
            "trip_id": f"trip-{n}",
            "trip_miles": float(np.float32(n % 37 + 0.3)),
            "trip_seconds": 1_700_000_000 + n,
            "payment_type": ["Cash", "Credit Card", "Mobile"][n % 3],
            "tags": ["a", "b"][: n % 3] or None,
            "tips": None if n % 5 == 0 else float(n % 4),
        }
        for n in numbers
    ]
    order = np.random.default_rng(seed).permutation(len(rows))
    return [rows[place] for place in order]


def skewed(rows):
    """Changes serving rows in every way that is counted, in different numbers."""
    changed = []
    for row in rows:
        n = int(row["trip_id"].split("-")[1])
        row = dict(row)
        if n % 7 == 0:
            row["trip_miles"] = float(np.float32(row["trip_miles"] * KILOMETRES))
        if n % 11 == 0:
            row["payment_type"] = b"\xff\xfe" if n % 2 else "Card"
        if n % 13 == 0:
            row["tags"] = ["b", "a"]
        if n % 17 == 0:
            row["tips"] = 9.0
        if n % 19 == 0:
            row["tips"] = None
        if n % 23 == 0:
            row["tips"] = []
        if n % 29 == 0:
            row["trip_seconds"] = n
        if n % 31 == 0:
            row["extra"] = 1
        changed.append(row)
    return changed


def by_tfdv(tmp_path, training, serving, keys):
    """Runs DetectFeatureSkew on the same rows; returns counts of each feature and match counts."""
    prefix = str(tmp_path / "tfdv" / "out")
    os.makedirs(os.path.dirname(prefix))
    with beam.Pipeline(argv=["--runner=DirectRunner"]) as pipeline:
        sides = [
            pipeline
            | f"Make[{number}]" >> beam.Create([example(row) for row in rows])
            | f"Parse[{number}]" >> beam.Map(tf.train.Example.FromString)
            for number, rows in enumerate((training, serving))
        ]
        found = tuple(sides) | feature_skew_detector.DetectFeatureSkewImpl(
            identifier_features=keys, sample_size=0, float_round_ndigits=None
        )
        for key, sink, name in (
            (feature_skew_detector.SKEW_RESULTS_KEY, feature_skew_detector.skew_results_sink, "s"),
            (feature_skew_detector.MATCH_STATS_KEY, feature_skew_detector.match_stats_sink, "m"),
        ):
            _ = found[key] | f"Write[{name}]" >> sink(f"{prefix}-{name}")
    counts = {
        each.feature_name: [each.test_only, each.base_only, each.mismatch_count]
        for each in feature_skew_detector.skew_results_iterator(f"{prefix}-s")
    }
    (match,) = feature_skew_detector.match_stats_iterator(f"{prefix}-m")
    assert isinstance(match, feature_skew_results_pb2.MatchStats)
    return counts, match


def test_counts_are_those_of_tfdv_and_sides_are_not_swapped(examples, compare, tmp_path):
    training = trips(range(600))
    serving = skewed(trips(range(150, 550), seed=1))
    training += [dict(training[5]), {"trip_id": None, "tips": 1.0}]
    serving += [dict(serving[8])] * 2 + [{"trip_id": [], "tips": 1.0}] * 3 + trips(range(700, 709))
    wanted, match = by_tfdv(tmp_path, training, serving, ["trip_id"])
    found, details = compare(examples("train", training), examples("serve", serving), EXACT)
    kinds = {
        name: [shown["kinds"][kind] for kind in KINDS]
        for name, shown in details["features"].items()
    }
    assert kinds == {name: counts for name, counts in wanted.items() if any(counts)}
    assert kinds["extra"][0] > 0
    assert kinds["tips"][0] != kinds["tips"][1]
    assert kinds["extra"][1:] == [0, 0]
    assert {name for name, _ in found} == {"", *wanted}
    here, there = details["training"], details["serving"]
    # TFDV counts keys that are missing on a side, duplicated ones too, and pairs of duplicates.
    assert here["without_key"] == match.base_missing_id_count == 1
    assert there["without_key"] == match.test_missing_id_count == 3
    assert here["rows"] == match.base_with_id_count + match.base_missing_id_count
    assert there["rows"] == match.test_with_id_count + match.test_missing_id_count
    assert (here["duplicated"], there["duplicated"]) == (2, 3)
    assert match.duplicate_id_count == 2
    for feature, counts in wanted.items():
        assert found[feature, ""].value == pytest.approx(sum(counts) / details["matched"])


def test_a_unit_error_in_one_slice_is_found_with_its_name(examples, compare):
    training = trips(range(1_300))
    serving = [dict(row) for row in trips(range(1_200), seed=1)]
    for row in serving:
        if row["payment_type"] == "Credit Card":
            row["trip_miles"] *= KILOMETRES
    rules = RowRules(keys=["trip_id"], threshold=0.4, slices=[["payment_type"]])
    found, details = compare(examples("train", training), examples("serve", serving), rules)
    failed = [key for key, result in found.items() if result.status is Status.FAIL]
    assert failed == [("trip_miles", "payment_type_Credit Card")]
    result = found[failed[0]]
    assert "differs in the slice payment_type_Credit Card in 400 of 400 matched" in result.reason
    assert result.reason.endswith(": 400 different")
    assert found["trip_miles", ""].status is Status.PASS
    assert found["", ""].status is Status.PASS
    assert (found["", ""].n_baseline, found["", ""].n_current) == (1_300, 1_200)
    assert {name for _, name in found} == {"", *(f"payment_type_{p}" for p in (
        "Cash", "Credit Card", "Mobile"))}  # fmt: skip
    (sample, *_) = details["features"]["trip_miles"]["samples"]
    assert sample["serving"] == pytest.approx(sample["training"] * KILOMETRES, rel=1e-5)
    number = int(sample["key"]["trip_id"].split("-")[1])
    assert sample["training"] == pytest.approx(number % 37 + 0.3)


def test_float32_noise_is_no_difference_and_a_second_is(examples, compare):
    training, serving = trips(range(500)), [dict(row) for row in trips(range(450), seed=1)]
    for row in serving:
        row["trip_miles"] = float(np.nextafter(np.float32(row["trip_miles"]), np.float32(math.inf)))
        row["trip_seconds"] += 1
    sides = examples("train", training), examples("serve", serving)
    found, _ = compare(*sides, RowRules(keys=["trip_id"]))
    assert found["trip_miles", ""].value == 0
    assert found["trip_miles", ""].status is Status.PASS
    assert found["trip_seconds", ""].value == 1
    rules = RowRules(
        keys=["trip_id"], relative=0.0, features={"trip_seconds": RowRule(absolute=1.0)}
    )
    found, _ = compare(*sides, rules)
    assert found["trip_miles", ""].status is Status.FAIL
    assert found["trip_seconds", ""].status is Status.PASS


def test_with_a_schema_only_its_features_in_the_environment_are_compared(examples, compare):
    schema = text_format.Parse(
        """
        default_environment: "TRAINING" default_environment: "SERVING"
        feature { name: "trip_miles" type: FLOAT }
        feature { name: "trip_seconds" type: INT }
        feature { name: "label" type: INT not_in_environment: "SERVING" }
        """,
        schema_pb2.Schema(),
    )
    training = [{**row, "label": 1} for row in trips(range(400))]
    serving = [{**row, "request": "r"} for row in trips(range(390), seed=1)]
    rules = RowRules(keys=["trip_id"], slices=[["payment_type"]])
    sides = examples("train", training), examples("serve", serving)
    found, _ = compare(*sides, rules, schema=schema, environment="SERVING")
    assert {name for name, _ in found} == {"", "trip_miles", "trip_seconds", "payment_type"}
    assert {result.status for (_, name), result in found.items() if not name} == {Status.PASS}
    found, _ = compare(*sides, rules, schema=schema)
    assert found["label", ""].reason.endswith(": 390 missing in serving")
    found, _ = compare(*sides, rules)
    assert found["request", ""].reason.endswith(": 390 missing in training")


def test_several_keys_and_a_feature_of_a_few_rows(examples, compare):
    training = [{"day": n // 50, "number": float(n % 50), "rare": None} for n in range(500)]
    serving = [dict(row) for row in training[20:]]
    serving[3]["rare"] = "x"
    found, details = compare(
        examples("train", training),
        examples("serve", serving),
        RowRules(keys=["day", "number"], threshold=0.0),
    )
    assert details["matched"] == 480
    assert found["rare", ""].status is Status.FAIL
    (sample,) = details["features"]["rare"]["samples"]
    assert sample == {
        "key": {"day": 0, "number": 23.0},
        "training": None,
        "serving": "x",
        "kind": "missing in training",
    }


@pytest.mark.parametrize("counted", [True, False])
def test_a_truncated_file_is_named(examples, compare, counted):
    training = examples("train", trips(range(400)))
    serving = examples("serve", trips(range(300)), counted=counted)
    path = pathlib.Path(artifact_utils.get_split_uri([serving], "serve"), "data-1.gz")
    path.write_bytes(path.read_bytes()[:-400])
    with pytest.raises(InputError, match=r"Split-serve/data-1\.gz: is not a readable gzip"):
        compare(training, serving, EXACT)


def test_rows_lost_at_the_end_of_a_whole_gzip_file_are_noticed(examples, compare):
    training, serving = examples("train", trips(range(400))), examples("serve", trips(range(300)))
    path = pathlib.Path(artifact_utils.get_split_uri([serving], "serve"), "data-0.gz")
    whole = gzip.decompress(path.read_bytes())
    length = int.from_bytes(whole[:8], "little") + 16
    path.write_bytes(gzip.compress(whole[length:]))
    with pytest.raises(InputError, match="has 300 rows, but 299 were read"):
        compare(training, serving, EXACT)


def test_a_feature_of_two_types_in_one_file_is_named(examples, compare):
    serving = trips(range(30))
    serving[7]["trip_seconds"] = 1.5
    expected = r"serving examples at .*: hold trip_seconds as int64_list .* as float_list in others"
    with pytest.raises(InputError, match=expected):
        compare(examples("train", trips(range(40))), examples("serve", serving), EXACT)


def test_a_feature_of_another_type_in_training_differs(examples, compare):
    serving = [{**row, "payment_type": 5} for row in trips(range(300))]
    found, _ = compare(examples("train", trips(range(310))), examples("serve", serving), EXACT)
    assert found["payment_type", ""].reason.endswith(
        "300 different (training has text, serving numbers)"
    )


def test_what_cannot_be_compared_is_one_sentence(examples, compare):
    sides = examples("train", trips(range(40))), examples("serve", trips(range(30)))
    with pytest.raises(InputError, match=r"rows\.keys: trip_idd: has no value .*mean 'trip_id'"):
        compare(*sides, RowRules(keys=["trip_idd"]))
    with pytest.raises(InputError, match="slices: trip_miles: has the type"):
        compare(*sides, RowRules(keys=["trip_id"], slices=[["trip_miles"]]))
