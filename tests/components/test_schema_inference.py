"""The schema that is inferred without TFDV is that of TFDV, to the byte."""

from __future__ import annotations

import functools

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pytest
import tensorflow_data_validation as tfdv
from google.protobuf import text_format
from hypothesis import assume, given
from hypothesis import strategies as st
from tensorflow_data_validation.statistics import stats_impl
from tensorflow_metadata.proto.v0 import schema_pb2, statistics_pb2

from skewgate.cli.main import main
from skewgate.core.errors import InputError
from skewgate.data.ingest.to_features import to_features
from skewgate.pipeline.diabetes import data as diabetes
from skewgate.pipeline.taxi import data as taxi
from skewgate.profiling.accumulators.options import ProfileOptions
from skewgate.profiling.accumulators.profile import ProfileAccumulator
from skewgate.schema.inference.domains import DOMAIN_STAT, FALSE, TRUE
from skewgate.schema.inference.infer import infer
from skewgate.statistics.messages import read_statistics
from skewgate.statistics.writing import to_statistics
from tests import real_data
from tests.laws.cases import law

KINDS = statistics_pb2.FeatureNameStatistics


def check(statistics):
    """Compares what is inferred with TFDV, which may change what it is given."""
    schema = infer(statistics)
    copy = statistics_pb2.DatasetFeatureStatisticsList()
    copy.CopyFrom(statistics)
    theirs = tfdv.infer_schema(copy, infer_feature_shape=False)
    assert text_format.MessageToString(schema) == text_format.MessageToString(theirs)
    assert schema.SerializeToString(deterministic=True) == theirs.SerializeToString(
        deterministic=True
    )
    return schema


def of_tfdv(batch, **options):
    return stats_impl.generate_statistics_in_memory(batch, tfdv.StatsOptions(**options))


# Data.


@functools.cache
def rows_of(place):
    """Returns the rows of a data set; None if they are no table."""
    try:
        return real_data.table_of(place)
    except InputError:
        return None


@pytest.mark.parametrize("place", real_data.places(), ids=real_data.short)
def test_of_real_data_profiled_here(place, tmp_path, capsys):
    out = tmp_path / "statistics.pb"
    if place.endswith(".pb"):  # are statistics already, of TFDV
        assert len(check(read_statistics(place)).feature) > 10
        return
    code = main(["profile", place, "--out", str(out), "--quiet"])
    assert code in (0, 2), capsys.readouterr().err
    if code == 2:
        assert rows_of(place) is None
    else:
        assert check(read_statistics(out)).feature


@pytest.mark.parametrize("place", real_data.places(), ids=real_data.short)
def test_of_real_data_profiled_by_tfdv(place):
    rows = None if place.endswith(".pb") else rows_of(place)
    if rows is not None:
        [batch] = rows.to_batches()
        assert check(of_tfdv(to_features(batch, place))).feature


@pytest.mark.parametrize("name", ["taxi", "diabetes"])
def test_of_the_examples(name, tmp_path):
    path = tmp_path / "rows.csv"
    if name == "taxi":
        rows = pa.csv.read_csv(taxi.source())
    else:
        diabetes.prepare(str(tmp_path))
        rows = pa.csv.read_csv(tmp_path / "data" / "training.csv")
    pa.csv.write_csv(rows, path)
    out = str(tmp_path / "statistics.pb")
    assert main(["profile", str(path), "--out", out, "--quiet"]) == 0
    [batch] = rows.combine_chunks().to_batches()
    ours, theirs = check(read_statistics(out)), check(of_tfdv(to_features(batch, name)))
    assert {f.name for f in ours.feature} == {f.name for f in theirs.feature}
    assert len(ours.string_domain) == len(theirs.string_domain)


# Kinds of columns, of which TFDV makes the statistics.

BINARIES = pa.list_(pa.binary())
LISTS = pa.list_(pa.list_(pa.int64()))
STRUCTS = pa.list_(
    pa.struct(
        [
            pa.field("fare", pa.list_(pa.float32())),
            pa.field("it's", pa.list_(pa.struct([pa.field("a.b", pa.list_(pa.string()))]))),
        ]
    )
)
COLUMNS = {
    "nested lists": pa.array([[[1, 2], [3]], [[4]], None], LISTS),
    "nested lists of one length": pa.array([[[1, 2]], [[3, 4]], [[5, 6]]], LISTS),
    "structs": pa.array(
        [[{"fare": [1.5], "it's": [{"a.b": ["x", "y"]}]}], [{"fare": [2.5], "it's": None}], None],
        STRUCTS,
    ),
    "lists": pa.array([[1.0, 2.0], [], [3.0]], pa.list_(pa.float32())),
    "gone": pa.array([None, None, None], pa.list_(pa.float32())),
    "null": pa.nulls(3),
    "bytes": pa.array([[b"\xff"], [b"\xfe"], [b"a"]], BINARIES),
    "flag": pa.array([[0], [1], [1]], pa.list_(pa.int64())),
    "yes": pa.array([["true"], ["false"], None], pa.list_(pa.string())),
    "zip": pa.array([["60601"], [" 60602 "], ["-7"]], pa.list_(pa.string())),
    "decimals": pa.array([["1.5"], ["2.5"], ["3.5"]], pa.list_(pa.string())),
    "": pa.array([["a"], ["b"], ["a"]], pa.list_(pa.string())),
    "'quoted' (name).": pa.array([["a"], ["b"], ["a"]], pa.list_(pa.string())),
}


def batch(names=COLUMNS):
    return pa.RecordBatch.from_arrays([COLUMNS[name] for name in names], list(names))


def test_of_every_kind_of_column():
    schema = check(of_tfdv(batch()))
    assert {feature.name for feature in schema.feature} == {*COLUMNS}
    [structs] = [feature for feature in schema.feature if feature.name == "structs"]
    assert [f.name for f in structs.struct_domain.feature] == ["fare", "it's"]
    names = {domain.name for domain in schema.string_domain}
    assert {"''", "'''quoted'' (name).'", "structs.'it''s'.'a.b'"} <= names


def test_of_weighted_rows():
    weights = pa.array([[0.25], [0.5], [0.125]], pa.list_(pa.float32()))
    rows = pa.RecordBatch.from_arrays(
        [weights, COLUMNS["yes"], COLUMNS["flag"], COLUMNS["lists"]], ["w", "yes", "flag", "lists"]
    )
    schema = check(of_tfdv(rows, weight_feature="w"))
    assert [feature.presence.min_count for feature in schema.feature] == [0, 0, 0, 0]


def test_of_categorical_numbers_and_sparse_and_weighted_features():
    declared = text_format.Parse(
        """
        feature { name: "flag" type: INT int_domain { is_categorical: true } }
        feature { name: "lists" type: FLOAT }
        sparse_feature {
          name: "tags" value_feature { name: "lists" } index_feature { name: "flag" }
        }
        weighted_feature {
          name: "weighed" feature { step: "lists" } weight_feature { step: "flag" }
        }
        """,
        schema_pb2.Schema(),
    )
    statistics = of_tfdv(batch(["flag", "lists"]), schema=declared)
    assert len(statistics.datasets[0].features) == 4
    schema = check(statistics)
    assert [feature.name for feature in schema.feature] == ["flag", "lists"]
    assert schema.feature[0].domain == "flag"


def test_of_domains_that_tfdv_finds_in_the_rows():
    rng = np.random.default_rng(1)
    columns = {
        "day": [f"2026-11-{1 + n % 28:02}" for n in range(600)],
        "text": [" ".join(rng.choice(["the", "fox", "runs", "over"], 12)) for _ in range(600)],
        "picture": [b"\x89PNG\r\n\x1a\n" + bytes([n % 256]) for n in range(600)],
    }
    rows = pa.RecordBatch.from_arrays(
        [pa.array([[each] for each in values], BINARIES) for values in columns.values()],
        list(columns),
    )
    schema = check(of_tfdv(rows, enable_semantic_domain_stats=True))
    assert {feature.name: feature.WhichOneof("domain_info") for feature in schema.feature} == {
        "day": "time_domain",
        "text": "natural_language_domain",
        "picture": "image_domain",
    }


def test_of_slices():
    accumulator = ProfileAccumulator(ProfileOptions(slice_by=[["paid"]]))
    paid = pa.array(["Cash", "Card", "Cash"])
    accumulator.add(pa.RecordBatch.from_arrays([paid, pa.array([1, 2, 3])], ["paid", "hour"]))
    statistics = to_statistics(accumulator.profile(), 100)
    assert len(statistics.datasets) == 3
    assert [domain.value for domain in check(statistics).string_domain] == [["Card", "Cash"]]


# Statistics of any kind.

LABELS = st.one_of(
    st.sampled_from(sorted(TRUE | FALSE)),
    st.sampled_from(["7", " 7", "+7\n", "-0", "007", "9223372036854775807", "-9223372036854775808",
                     "9223372036854775808", "0" * 5000 + "1", "9" * 5000, "+", " ", "1 2", "1_0",
                     "٣", "\u00a01", "1.0", "1e3", "nan", "a", "é", "a'b", "\x00"]),
)  # fmt: skip
STEPS = st.sampled_from(["a", "b", "ab", "", "a.b", "it's", "(x)", "(x", "x)", "(x).y"])
COUNTS = st.integers(0, 3)
LEVELS = st.sampled_from([[], [(1, 1)], [(1, 1), (2, 2)], [(0, 0), (1, 3)], [(2**32 - 1, 2**33)]])
DOMAINS = st.sampled_from(
    ["", "mid_domain {}", "url_domain {}", "time_domain { string_format: '%Y' }", "nonsense",
     "natural_language_domain { vocabulary: 'v' }", "image_domain { max_image_byte_size: 7 }",
     "int_domain { min: 1 } # low", "mid_domain {} url_domain {}", "presence { min_count: 1 }",
     "name: 'x'", "mid_domain {} in_environment: 'A'", "domain: 'other'",
     "mid_domain {} mid_domain {}"]
)  # fmt: skip


@st.composite
def features(draw):
    feature = KINDS(type=draw(st.integers(0, 5)))
    stats = draw(st.sampled_from(["num_stats", "string_stats", "bytes_stats", "struct_stats", ""]))
    feature.custom_stats.add(name="other", num=1)
    for _ in range(draw(st.sampled_from([0, 0, 0, 1, 2]))):
        feature.custom_stats.add(name=DOMAIN_STAT, str=draw(DOMAINS))
    if draw(st.integers(0, 9)) == 0:
        feature.validation_derived_source.deriver_name = "deriver"
    if not stats:
        return feature
    common = getattr(feature, stats).common_stats
    common.num_non_missing, common.num_missing = draw(COUNTS), draw(COUNTS)
    common.min_num_values, common.max_num_values = draw(COUNTS), draw(COUNTS)
    levels = draw(LEVELS)
    for least, most in levels:
        common.presence_and_valency_stats.add(min_num_values=least, max_num_values=most)
    if draw(st.integers(0, 3)):
        weighted = common.weighted_common_stats
        weighted.num_non_missing, weighted.num_missing = draw(COUNTS) / 2, draw(COUNTS) / 2
        for _ in levels[draw(st.integers(0, 5)) == 5 :]:
            common.weighted_presence_and_valency_stats.add()
    if stats == "num_stats":
        bounds = st.sampled_from([-1.0, 0.0, 0.5, 1.0, 2.0, float("nan")])
        feature.num_stats.min, feature.num_stats.max = draw(bounds), draw(bounds)
    if stats == "string_stats":
        strings = feature.string_stats
        strings.invalid_utf8_count = draw(st.sampled_from([0, 0, 0, 1]))
        for side in (strings, strings.weighted_string_stats):
            many = draw(st.sampled_from([0, 0, 0, 99, 100, 101]))
            for label in draw(st.lists(LABELS, max_size=4)) + [f"value {n}" for n in range(many)]:
                side.rank_histogram.buckets.add(label=label, sample_count=2)
    return feature


def listed(data, field):
    dataset = statistics_pb2.DatasetFeatureStatistics(
        num_examples=data.draw(COUNTS), weighted_num_examples=data.draw(COUNTS)
    )
    while len(dataset.features) < 7 and data.draw(st.integers(0, 6)):
        feature = data.draw(features())
        known = [field(each) for each in dataset.features if each.WhichOneof("stats")]
        parents = st.sampled_from([(), *(each for each in known if feature.WhichOneof("stats"))])
        yield dataset, feature, data.draw(parents), data.draw(STEPS)


def inferred(dataset):
    statistics = statistics_pb2.DatasetFeatureStatisticsList(datasets=[dataset])
    try:
        infer(statistics)
    except InputError:  # on which TFDV ends the process
        assume(False)
    check(statistics)


@law(150)
@given(st.data())
def test_of_statistics_by_path(data):
    dataset = statistics_pb2.DatasetFeatureStatistics()
    for dataset, feature, parent, step in listed(data, lambda each: tuple(each.path.step)):
        feature.path.step.extend([*parent, data.draw(st.sampled_from([step, "é", "日"]))])
        if all(each.path != feature.path for each in dataset.features):
            dataset.features.append(feature)
    inferred(dataset)


@law(150)
@given(st.data())
def test_of_statistics_by_name_as_they_once_were(data):
    dataset = statistics_pb2.DatasetFeatureStatistics()
    for dataset, feature, parent, step in listed(data, lambda each: each.name):
        feature.name = f"{parent}{data.draw(st.sampled_from('./'))}{step}" if parent else step
        if all(each.name != feature.name for each in dataset.features):
            dataset.features.append(feature)
    inferred(dataset)


CELLS = st.sampled_from(
    [
        st.one_of(st.none(), st.integers(-(2**63), 2**63 - 1)),
        st.integers(0, 1),
        st.one_of(st.none(), st.floats(width=32, allow_infinity=False)),
        st.one_of(st.none(), st.sampled_from(["a", "b", "7", "true", "0", ""])),
        st.integers(0, 200).map(str),
        st.one_of(st.none(), st.lists(st.integers(0, 9), max_size=3)),
        st.lists(st.sampled_from(["a", "b"]), min_size=2, max_size=2),
        st.none(),
    ]
)


@law(60)
@given(st.data())
def test_of_any_rows_profiled_here_and_by_tfdv(data):
    rows = data.draw(st.integers(1, 12))
    columns = {
        name: pa.array(data.draw(st.lists(data.draw(CELLS), min_size=rows, max_size=rows)))
        for name in data.draw(st.lists(st.text(min_size=1, max_size=3), max_size=4, unique=True))
    }
    assume(columns)
    batch = pa.RecordBatch.from_arrays(list(columns.values()), list(columns))
    accumulator = ProfileAccumulator(ProfileOptions())
    accumulator.add(batch)
    check(to_statistics(accumulator.profile(), 100))
    check(of_tfdv(to_features(batch, "rows")))
