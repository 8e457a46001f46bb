"""Statistics made in this process equal those that TFDV makes on Beam of the same files."""

from __future__ import annotations

import json
import math
import pathlib

import apache_beam as beam
import numpy as np
import pytest
import tensorflow as tf
import tensorflow_data_validation as tfdv
from apache_beam.options.pipeline_options import PipelineOptions
from google.protobuf import json_format, text_format
from tensorflow_metadata.proto.v0 import schema_pb2
from tfx.types import artifact_utils, standard_artifacts
from tfx_bsl.public.proto import slicing_spec_pb2

from skewgate.components.skew_statistics_gen import executor, in_process, on_beam
from skewgate.components.skew_statistics_gen import options as options_lib
from skewgate.components.support import artifact_io
from skewgate.core.errors import InputError
from skewgate.pipeline.settings import LOCAL_BEAM
from skewgate.statistics import messages
from skewgate.statistics.generating.features import StatisticsOptions

# TFDV takes the variance of infinite numbers by numpy, which warns in its own name.
pytestmark = pytest.mark.filterwarnings(
    r"ignore:invalid value encountered in:RuntimeWarning:numpy\._?core\._methods"
)
# TFX 1.21 computes the edges of equal widths in single precision, and counts from these.
SINGLE = 2e-5 if np.lib.NumpyVersion(np.__version__) >= "2.0.0" else 1e-9

SCHEMA = """
feature { name: "hour" type: INT int_domain { is_categorical: true } }
feature { name: "flag" type: INT bool_domain {} }
feature { name: "fare" type: INT int_domain { is_categorical: true } }
feature { name: "absent" type: BYTES }
"""


def rows(count, seed=7):
    """Returns rows with every kind of feature; None is a feature of no kind."""
    generator = np.random.default_rng(seed)
    made = []
    for number, fare in enumerate(generator.gamma(2.0, 5.0, count).astype(np.float32).tolist()):
        row = {
            "fare": [fare],
            "constant": [2.5],
            "zeros": [float(number % 3)],
            "hour": [int(generator.integers(0, 24))],
            "flag": [number % 2],
            "large": [int(generator.integers(-(2**62), 2**62))],
            "company": [f"Företag {int(fare) % 9}".encode()],
            "bytes": [b"\xff\xfe" if number % 10 == 0 else f"ok {number % 3}".encode()],
            "long": [b"x" * (2000 if number % 50 == 0 else number % 4)],
            "key": [f"key-{number * 7919}".encode()],
            "stops": list(range(number % 5)),
            "tags": [f"tag {n}".encode() for n in range(number % 3)],
            "empty": [],
            "odd": None,
        }
        if number % 4 == 0:
            row["sometimes"] = [math.nan if number % 8 == 0 else fare]
        if number % 6 == 0:
            row["nothing"] = [math.nan]
        if number >= count // 2:
            row["late"] = [number]
        if number % 7 == 3:
            row["infinite"] = [math.inf]
        made.append(row)
    return made


def encode(row):
    features = {}
    for name, values in row.items():
        if values is None:
            features[name] = tf.train.Feature()
        elif values and isinstance(values[0], bytes):
            features[name] = tf.train.Feature(bytes_list=tf.train.BytesList(value=values))
        elif values and isinstance(values[0], int):
            features[name] = tf.train.Feature(int64_list=tf.train.Int64List(value=values))
        elif name == "stops":
            features[name] = tf.train.Feature(int64_list=tf.train.Int64List())
        elif name == "tags":
            features[name] = tf.train.Feature(bytes_list=tf.train.BytesList())
        else:
            features[name] = tf.train.Feature(float_list=tf.train.FloatList(value=values))
    return tf.train.Example(features=tf.train.Features(feature=features)).SerializeToString()


@pytest.fixture
def write(tmp_path):
    def make(records, shards=1, name="examples", counted=True):
        artifact = standard_artifacts.Examples()
        artifact.uri = str(tmp_path / name)
        artifact.split_names = artifact_utils.encode_split_names(["train"])
        folder = pathlib.Path(artifact_utils.get_split_uri([artifact], "train"))
        folder.mkdir(parents=True)
        bounds = np.linspace(0, len(records), shards + 1).astype(int)
        for shard in range(shards):
            path = folder / f"data_tfrecord-{shard:05d}-of-{shards:05d}.gz"
            with tf.io.TFRecordWriter(str(path), "GZIP") as writer:
                for record in records[bounds[shard] : bounds[shard + 1]]:
                    writer.write(record)
        if counted:
            artifact.set_int_custom_property("rows_train", len(records))
        return artifact

    return make


@pytest.fixture
def profile(output, beam_context):
    def run(examples, options, schema=None):
        statistics = output(standard_artifacts.ExampleStatistics, "statistics")
        inputs = {"examples": [examples], **({"schema": [schema]} if schema else {})}
        parameters = {"stats_options_json": options.to_json(), "exclude_splits": "[]"}
        executor.Executor(beam_context).Do(inputs, {"statistics": [statistics]}, parameters)
        return artifact_io.read_statistics(statistics, "train")

    return run


@pytest.fixture
def only_here(monkeypatch):
    """Fails a test that falls back to Beam."""

    def refuse(*arguments):
        raise AssertionError("statistics were not made in this process")

    monkeypatch.setattr(on_beam, "profile_splits", refuse)


@pytest.fixture
def by_tfdv(tmp_path):
    profile_splits = on_beam.profile_splits

    def run(examples, options, slices=()):
        path = str(tmp_path / "tfdv.pb")
        with beam.Pipeline(options=PipelineOptions([*LOCAL_BEAM])) as pipeline:
            profile_splits(pipeline, examples, {"train": path}, options, slices)
        return tfdv.load_stats_binary(path)

    return run


def features_of(dataset):
    return {feature.path.step[0]: feature for feature in dataset.features}


def kind_of(feature):
    return getattr(feature, feature.WhichOneof("stats"))


def table(histogram):
    return np.array([(b.low_value, b.high_value, b.sample_count) for b in histogram.buckets])


def histograms_of(feature):
    stats = kind_of(feature)
    found = [stats.common_stats.num_values_histogram]
    return found + (list(stats.histograms) if feature.WhichOneof("stats") == "num_stats" else [])


def without_sketches(feature):
    """Returns a feature without what comes from sketches, the two moments, and a slice's key."""
    exact = type(feature)()
    exact.CopyFrom(feature)
    for place, stat in reversed(list(enumerate(exact.custom_stats))):
        if stat.name == messages.SLICE_STAT:
            del exact.custom_stats[place]
    kind_of(exact).common_stats.ClearField("num_values_histogram")
    if exact.HasField("num_stats"):
        for name in ("histograms", "median", "mean", "std_dev"):
            exact.num_stats.ClearField(name)
    return exact


def assert_equal(ours, theirs):
    """Compares statistics of so few rows that the sketches of both are exact."""
    by_name = {dataset.name: dataset for dataset in theirs.datasets}
    assert [d.name for d in ours.datasets] == sorted(by_name)
    for dataset in ours.datasets:
        other = by_name[dataset.name]
        assert dataset.num_examples == other.num_examples
        mine, stock = features_of(dataset), features_of(other)
        # TFDV leaves out of a slice what no batch with rows of the slice has.
        others = [mine[name] for name in mine.keys() - stock.keys()]
        assert not stock.keys() - mine.keys()
        assert dataset.name not in ("", "All Examples") or not others
        assert not any(kind_of(feature).common_stats.num_non_missing for feature in others)
        for name in mine.keys() & stock.keys():
            feature = mine[name]
            where = f"{dataset.name} {name}"
            assert without_sketches(feature) == without_sketches(stock[name]), where
            for left, right in zip(histograms_of(feature), histograms_of(stock[name]), strict=True):
                assert (left.type, left.num_nan) == (right.type, right.num_nan), where
                np.testing.assert_allclose(
                    table(left), table(right), rtol=SINGLE, atol=SINGLE, err_msg=where
                )
            if feature.HasField("num_stats"):
                for field in ("mean", "std_dev", "median"):
                    left, right = (
                        getattr(side.num_stats, field) for side in (feature, stock[name])
                    )
                    assert left == pytest.approx(right, rel=1e-9, nan_ok=True), where


def sliced(*lists, **options):
    specs = [slicing_spec_pb2.SlicingSpec(feature_keys=names) for names in lists]
    config = slicing_spec_pb2.SlicingConfig(slicing_specs=specs)
    return tfdv.StatsOptions(slicing_config=config, **options)


def test_every_kind_of_feature_is_described_as_by_tfdv(write, profile, by_tfdv, only_here):
    examples = write([encode(row) for row in rows(400)])
    options = tfdv.StatsOptions()
    ours = profile(examples, options)
    assert_equal(ours, by_tfdv(examples, options))
    (dataset,) = ours.datasets
    assert {name for name, f in features_of(dataset).items() if f.HasField("string_stats")} == {
        "company", "bytes", "long", "key", "tags", "odd",
    }  # fmt: skip


def test_the_schema_says_which_integers_are_categories(
    write, profile, by_tfdv, only_here, schema_artifact
):
    examples = write([encode(row) for row in rows(400)])
    options = tfdv.StatsOptions(schema=text_format.Parse(SCHEMA, schema_pb2.Schema()))
    ours = profile(examples, tfdv.StatsOptions(), schema_artifact(SCHEMA))
    assert_equal(ours, by_tfdv(examples, options))
    found = features_of(ours.datasets[0])
    assert found["hour"].string_stats.unique == 24
    assert found["flag"].string_stats.unique == 2
    assert found["fare"].HasField("num_stats")  # the schema is wrong about its type


def test_every_option_that_is_known_counts(write, profile, by_tfdv, only_here):
    examples = write([encode(row) for row in rows(400)])
    options = tfdv.StatsOptions(
        num_top_values=3,
        num_rank_histogram_buckets=5,
        frequency_threshold=2,
        num_values_histogram_buckets=7,
        num_histogram_buckets=13,
        num_quantiles_histogram_buckets=25,
        epsilon=0.005,
        desired_batch_size=100,
        feature_allowlist=["fare", "key", "stops", "company", "not there"],
    )
    ours = profile(examples, options)
    assert_equal(ours, by_tfdv(examples, options))
    assert sorted(features_of(ours.datasets[0])) == ["company", "fare", "key", "stops"]


@pytest.mark.parametrize(
    ("lists", "names"),
    [
        ([["flag"], ["company"]], {"flag_1", "company_Företag 4"}),
        ([["flag", "company"]], {"company_Företag 4_flag_1"}),
        ([["tags"], ["stops", "flag"], ["not there"]], {"tags_tag 1", "flag_0_stops_3"}),
    ],
    ids=["one-feature", "two-features", "several-values"],
)
def test_slices_are_those_of_tfdv(write, profile, by_tfdv, only_here, lists, names):
    examples = write([encode(row) for row in rows(150)])
    options = sliced(*lists)
    ours = profile(examples, options)
    assert_equal(ours, by_tfdv(examples, options))
    assert {"All Examples", *names} <= {dataset.name for dataset in ours.datasets}


def test_no_rows_give_one_empty_data_set(write, profile, by_tfdv, only_here):
    examples = write([])
    ours = profile(examples, tfdv.StatsOptions())
    assert ours == by_tfdv(examples, tfdv.StatsOptions())
    assert len(ours.datasets) == 1


def test_large_data_are_described_within_the_error_of_the_sketch(
    write, profile, by_tfdv, only_here
):
    generator = np.random.default_rng(11)
    fares = np.sort(generator.gamma(2.0, 5.0, 23_000).astype(np.float32))
    keys = generator.integers(0, 20_000, len(fares))
    order = generator.permutation(len(fares))
    records = [
        encode({"fare": [float(fares[i])], "key": [b"key %d" % keys[i]], "code": [int(keys[i])]})
        for i in order
    ]
    examples = write(records, shards=3)
    options = tfdv.StatsOptions(num_quantiles_histogram_buckets=50, epsilon=0.005)
    (ours,), (theirs,) = (run(examples, options).datasets for run in (profile, by_tfdv))
    mine, stock = features_of(ours), features_of(theirs)
    for name in ("fare", "key", "code"):
        assert without_sketches(mine[name]) == without_sketches(stock[name])
    for field in ("mean", "std_dev"):
        ratio = getattr(mine["fare"].num_stats, field) / getattr(stock["fare"].num_stats, field)
        assert ratio == pytest.approx(1, abs=1e-12)
    widths, quantiles = (table(histogram) for histogram in mine["fare"].num_stats.histograms)
    edges = np.append(quantiles[:1, 0], quantiles[:, 1])
    ranks = np.searchsorted(fares, edges, side="right") / len(fares)
    assert np.max(np.abs(ranks - np.linspace(0, 1, 51))) <= 0.005 + 1 / len(fares)
    stock_widths = table(stock["fare"].num_stats.histograms[0])
    shares = np.cumsum(widths[:, 2]) / len(fares)
    # Both are within the error of the sketch, and one in 5,000 fine quantiles, of the truth.
    assert np.max(np.abs(shares - np.cumsum(stock_widths[:, 2]) / len(fares))) <= 2 * 0.0052


def test_neither_threads_nor_files_change_a_bit(write, monkeypatch):
    monkeypatch.setattr(in_process, "CHUNK_ROWS", 300)
    records = [encode(row) for row in rows(2_000)]
    made = {}
    for shards, threads in ((1, 1), (1, 5), (2, 2), (7, 5)):
        examples = write(records, shards, name=f"{shards}-{threads}")
        folder = pathlib.Path(artifact_utils.get_split_uri([examples], "train"))
        paths = sorted(map(str, folder.iterdir()))
        options = StatisticsOptions(slices=(("hour",),), epsilon=0.001)
        found = in_process.profile_splits({"train": paths}, options, threads)["train"]
        assert found.rows == 2_000
        made[shards, threads] = found.statistics.SerializeToString(deterministic=True)
    assert len(set(made.values())) == 1


@pytest.mark.parametrize(
    "options",
    [
        {"weight_feature": "fare"},
        {"per_feature_weight_override": {tfdv.FeaturePath(["hour"]): "fare"}},
        {"sample_rate": 0.5},
        {"label_feature": "fare"},
        {"use_sketch_based_topk_uniques": True},
        {"enable_semantic_domain_stats": True},
        {"experimental_num_feature_partitions": 2},
        {"experimental_result_partitions": 2},
        {"add_default_generators": False},
        {"slicing_config": '{"slicing_specs": [{"feature_values": {"hour": "3"}}]}'},
        {"slicing_config": '{"slicing_specs": [{"slice_keys_sql": "SELECT STRUCT(hour)"}]}'},
        {"slicing_config": '{"slicing_specs": [{}]}'},
        {"schema": 'feature { name: "a" type: BYTES image_domain {} }'},
        {"schema": 'feature { name: "a" type: BYTES natural_language_domain {} }'},
        {"schema": 'weighted_feature { name: "a" }'},
        {"schema": 'sparse_feature { name: "a" }'},
    ],
    ids=str,
)
def test_what_is_not_known_is_left_to_tfdv(options):
    made = dict(options)
    if "slicing_config" in options:
        config = slicing_spec_pb2.SlicingConfig()
        made["slicing_config"] = json_format.Parse(options["slicing_config"], config)
    if "schema" in options:
        made["schema"] = text_format.Parse(options["schema"], schema_pb2.Schema())
    assert options_lib.known_options(tfdv.StatsOptions(**made)) is None


def test_options_of_a_later_tfdv_are_not_known():
    options = tfdv.StatsOptions()
    assert options_lib.known_options(options) is not None
    options.another = 1
    assert options_lib.known_options(options) is None


def test_weights_are_left_to_tfdv(write, profile, by_tfdv):
    examples = write([encode({"fare": [float(n)], "hour": [n % 4]}) for n in range(40)])
    options = tfdv.StatsOptions(weight_feature="fare")
    ours = profile(examples, options)
    assert ours == by_tfdv(examples, options)
    (dataset,) = ours.datasets
    assert dataset.weighted_num_examples == sum(range(40))


def test_slices_by_floats_are_left_to_tfdv(write, profile, by_tfdv):
    examples = write([encode({"fare": [float(n % 3)], "hour": [n % 4]}) for n in range(40)])
    options = sliced(["fare"])
    ours = profile(examples, options)
    assert ours == by_tfdv(examples, options)
    names = {"All Examples", "fare_0.0", "fare_1.0", "fare_2.0"}
    assert {dataset.name for dataset in ours.datasets} == names


def test_a_stream_that_ends_early_fails_on_beam_too(write, profile):
    examples = write([encode({"fare": [float(n)]}) for n in range(40)], counted=False)
    (path,) = pathlib.Path(artifact_utils.get_split_uri([examples], "train")).iterdir()
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(InputError, match=r"00000-of-00001.gz: is not a readable gzip TFRecord"):
        profile(examples, tfdv.StatsOptions(weight_feature="fare"))


@pytest.mark.parametrize("first", [1_500, 1_000, 10_000])
def test_a_feature_of_two_types_fails(write, profile, first):
    records = [encode({"fare": [float(n)] if n < first else [n]}) for n in range(first + 500)]
    words = r"split train:? holds (values of diff|.*type.*\"fare\"|.*fare has values of two types)"
    with pytest.raises(InputError, match=words):
        profile(write(records), tfdv.StatsOptions())


def test_a_record_that_is_no_example_fails_and_names_the_file(write, profile, output):
    records = [encode({"fare": [1.0]})] * 5 + [b"no example"]
    with pytest.raises(InputError, match=r"00000-of-00001.gz: is not .* broken after record 5"):
        profile(write(records), tfdv.StatsOptions())


def test_slices_of_one_name_are_told_apart_here_and_on_beam(write, by_tfdv):
    values = [(b"1_b_x", b"y"), (b"1", b"x"), (b"1", b"x"), (b"", b"\n"), (b"\xff", b"_")]
    examples = write([encode({"a": [a], "b": [b]}) for a, b in values] + [encode({"a": [b"1"]})])
    there = by_tfdv(examples, tfdv.StatsOptions(), [["a"], ["a", "b"]])
    found = {messages.slice_key(each): (each.name, each.num_examples) for each in there.datasets}
    assert found == {
        "": ("All Examples", 6),
        "a=1_b_x": ("a='1_b_x'", 1),
        "a=1&b=x": ("a='1', b='x'", 2),
        "a=1": ("a_1", 3),
        "a=": ("a_", 1),
        "a=%FF": ("a_\\xff", 1),
        "a=1_b_x&b=y": ("a_1_b_x_b_y", 1),
        "a=&b=%0A": ("a__b_\n", 1),
        "a=%FF&b=_": ("a_\\xff_b__", 1),
    }
    paths = list(map(str, pathlib.Path(examples.uri).glob("*/*.gz")))
    by_a = StatisticsOptions(slices=(("a",),))
    here = in_process.profile_splits({"train": paths}, by_a, 1)["train"].statistics
    assert {messages.slice_key(each): each.num_examples for each in here.datasets} == {
        "": 6, "a=1_b_x": 1, "a=1": 3, "a=": 1, "a=%FF": 1,
    }  # fmt: skip


def test_the_same_slices_given_twice_are_made_once():
    given = {"slices": json.dumps([["b", "a"], ["a"], ["a", "b", "a"], ["a"]])}
    assert options_lib.slice_features(given) == [["a", "b"], ["a"]]
    assert options_lib.slice_features({**given, "stats_options_json": "{}"}) == []
    twice = options_lib.known_options(sliced(["a"], ["b", "a"], ["a"], ["a", "b"]))
    assert twice.slices == (("a",), ("a", "b"))


def test_rows_and_shards_are_counted(write, output, beam_context):
    examples = write([encode(row) for row in rows(50)], shards=3)
    statistics = output(standard_artifacts.ExampleStatistics, "statistics")
    parameters = {"exclude_splits": "[]", "slices": json.dumps([]), "resolution": 20}
    executor.Executor(beam_context).Do(
        {"examples": [examples]}, {"statistics": [statistics]}, parameters
    )
    assert statistics.get_int_custom_property("rows_train") == 50
    assert statistics.get_int_custom_property("shards_train") == 3
