from __future__ import annotations

import gzip
import json
import pathlib

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_data_validation as tfdv
from tfx.components.example_validator import executor as validator_executor
from tfx.components.schema_gen import executor as schema_executor
from tfx.components.statistics_gen import executor as stock_executor
from tfx.dsl.components.base import base_beam_executor
from tfx.types import artifact_utils, standard_artifacts

from skewgate.components.skew_statistics_gen import executor
from skewgate.components.skew_statistics_gen.component import SkewStatisticsGen
from skewgate.components.support import artifact_io
from skewgate.core import sealing
from skewgate.core.errors import InputError
from skewgate.core.profile import name_value_counts
from skewgate.statistics import messages
from skewgate.statistics import reading as statistics_lib

PARAMETERS = {"exclude_splits": "[]", "slices": "[]", "resolution": 100}


def example(fare, payment, stops=()):
    feature = {"fare": tf.train.Feature(float_list=tf.train.FloatList(value=[fare]))}
    if stops:
        feature["stops"] = tf.train.Feature(int64_list=tf.train.Int64List(value=stops))
    if payment is not None:
        feature["payment"] = tf.train.Feature(
            bytes_list=tf.train.BytesList(value=[payment.encode()])
        )
    return tf.train.Example(features=tf.train.Features(feature=feature)).SerializeToString()


@pytest.fixture
def examples(output):
    artifact = output(standard_artifacts.Examples, "examples")
    artifact.split_names = artifact_utils.encode_split_names(["train", "eval"])
    generator = np.random.default_rng(3)
    for split, rows in (("train", 700), ("eval", 250)):
        folder = pathlib.Path(artifact_utils.get_split_uri([artifact], split))
        folder.mkdir(parents=True)
        with tf.io.TFRecordWriter(str(folder / "data.gz"), "GZIP") as writer:
            for row, fare in enumerate(generator.gamma(2.0, 5.0, rows)):
                payment = ["Cash", "Card", None][int(fare) % 3]
                writer.write(example(fare, payment, range(row % 40)))
        artifact.set_int_custom_property(f"rows_{split}", rows)
    return artifact


@pytest.fixture
def profile(output, beam_context):
    def run(examples, **parameters):
        statistics = output(standard_artifacts.ExampleStatistics, "statistics")
        executor.Executor(beam_context).Do(
            {"examples": [examples]}, {"statistics": [statistics]}, {**PARAMETERS, **parameters}
        )
        return statistics

    return run


def common(statistics, split):
    (dataset,) = artifact_io.read_statistics(statistics, split).datasets
    found = {}
    for feature in dataset.features:
        stats = feature.num_stats if feature.HasField("num_stats") else feature.string_stats
        found[feature.path.step[0]] = stats.common_stats
        stats.common_stats.ClearField("num_values_histogram")  # finer, as the quantiles are
    return found


def test_statistics_equal_those_of_stock_statistics_gen(examples, profile, output, beam_context):
    ours = profile(examples)
    stock = output(standard_artifacts.ExampleStatistics, "stock")
    stock_executor.Executor(beam_context).Do(
        {"examples": [examples]}, {"statistics": [stock]}, {"exclude_splits": "[]"}
    )
    assert ours.split_names == stock.split_names
    for split in ("train", "eval"):
        assert common(ours, split) == common(stock, split)


def distributions(statistics, rank_error):
    """Reads what the statistics of a split tell of all rows."""
    path = artifact_io.statistics_path(statistics, "train")
    content = artifact_io.read_bytes(path)
    found = statistics_lib.parse_profile(content, path, rank_error)
    return found.with_value_counts(name_value_counts(found))[""]


def test_quantiles_are_as_fine_as_the_resolution_and_say_their_error(examples, profile):
    statistics = profile(examples)
    error = artifact_io.rank_error(statistics)
    assert error == 0.0025
    fare = distributions(statistics, error)["fare"]
    assert len(fare.edges) > 90
    assert fare.n == 700


def test_the_file_itself_says_how_exact_it_is(examples, profile, output):
    statistics = profile(examples)
    (dataset,) = artifact_io.read_statistics(statistics, "train").datasets
    told = {
        feature.path.step[0]: {stat.name: stat.num for stat in feature.custom_stats}
        for feature in dataset.features
    }
    error = {statistics_lib.SKETCH_ERROR_STAT: 0.0025}
    assert told == {"fare": error, "stops": error, "payment": {}}
    for reader in (0.01, 0.5):  # what is told counts, not what the reader takes where it is not
        sides = distributions(statistics, reader)
        assert {sides[name].rank_error for name in ("fare", "stops", "num_values(stops)")} == {
            0.0025
        }
    lengths = sides["num_values(stops)"]
    assert len(lengths.edges) == 39
    assert np.max(lengths.right_upper - lengths.right_lower) <= 2 * 0.0025 + 1e-9
    single = next(f for f in dataset.features if f.path.step[0] == "fare").num_stats.common_stats
    (bucket,) = single.num_values_histogram.buckets
    assert (bucket.low_value, bucket.high_value, bucket.sample_count) == (1, 1, 700)


def test_tfdv_and_stock_components_take_the_statistics(examples, profile, output):
    statistics = profile(examples, slices=json.dumps([["payment"]]))
    (path,) = pathlib.Path(artifact_utils.get_split_uri([statistics], "train")).iterdir()
    assert path.name == "FeatureStats.pb"
    assert sealing.is_sealed(path.read_bytes())
    loaded = tfdv.load_stats_binary(str(path))
    assert tfdv.DatasetListView(loaded).get_default_slice().proto().num_examples == 700
    schema = output(standard_artifacts.Schema, "schema")
    schema_executor.Executor().Do(
        {"statistics": [statistics]},
        {"schema": [schema]},
        {"infer_feature_shape": 0, "exclude_splits": "[]"},
    )
    anomalies = output(standard_artifacts.ExampleAnomalies, "anomalies")
    validator_executor.Executor().Do(
        {"statistics": [statistics], "schema": [schema]},
        {"anomalies": [anomalies]},
        {"exclude_splits": "[]"},
    )
    names = {feature.name for feature in artifact_io.read_schema([schema]).feature}
    assert names == {"fare", "payment", "stops"}
    assert anomalies.get_json_value_custom_property("blessed") == {"train": 1, "eval": 1}


def test_slices_are_profiled_beside_the_whole(examples, profile):
    statistics = profile(examples, slices=json.dumps([["payment"]]))
    datasets = artifact_io.read_statistics(statistics, "train").datasets
    sizes = {messages.slice_name(d): d.num_examples for d in datasets}
    assert sizes[""] == 700
    assert set(sizes) == {"", "payment_Cash", "payment_Card"}
    assert sizes["payment_Cash"] + sizes["payment_Card"] < 700


def test_excluded_splits_are_left_out(examples, profile):
    statistics = profile(examples, exclude_splits='["eval"]')
    assert artifact_utils.decode_split_names(statistics.split_names) == ["train"]
    with pytest.raises(InputError, match="of which none is left to profile"):
        profile(examples, exclude_splits='["eval", "train"]')


def test_lost_rows_fail_the_run(examples, profile):
    examples.set_int_custom_property("rows_eval", 251)
    with pytest.raises(InputError, match=r"split eval of .* has 251 rows, but 250 were read"):
        profile(examples)


def test_a_broken_gzip_tfrecord_names_the_file_and_the_record(examples, profile):
    path = pathlib.Path(artifact_utils.get_split_uri([examples], "eval"), "data.gz")
    whole = gzip.decompress(path.read_bytes())
    path.write_bytes(gzip.compress(whole[: len(whole) // 2]))
    expected = r"Split-eval/data.gz: is not a readable gzip TFRecord .*broken after record \d+"
    with pytest.raises(InputError, match=expected):
        profile(examples)
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(InputError, match=r"Split-eval/data.gz: is not a readable gzip TFRecord"):
        profile(examples)


def test_arguments_are_checked_when_the_pipeline_is_built():
    with pytest.raises(ValueError, match="resolution must be at least 10, got 5"):
        SkewStatisticsGen(examples=None, resolution=5)
    with pytest.raises(ValueError, match="not both"):
        SkewStatisticsGen(examples=None, stats_options_json="{}", slices=[["payment"]])


@pytest.mark.parametrize("mode", ["multi_threading", "multi_processing"])
def test_several_workers_profile_the_rows_that_one_process_profiles(
    examples, profile, output, tmp_path, mode
):
    """An upstream report says that records are lost with several processes: they are counted."""
    arguments = [
        "--runner=DirectRunner",
        "--direct_num_workers=2",
        f"--direct_running_mode={mode}",
        "--sdk_container_image=none",
    ]
    context = base_beam_executor.BaseBeamExecutor.Context(
        beam_pipeline_args=arguments, tmp_dir=str(tmp_path / "tmp"), unique_id="2"
    )
    by_workers = output(standard_artifacts.ExampleStatistics, "by_workers")
    executor.Executor(context).Do(
        {"examples": [examples]}, {"statistics": [by_workers]}, PARAMETERS
    )
    here = profile(examples)
    for split, rows in (("train", 700), ("eval", 250)):
        assert by_workers.get_int_custom_property(f"rows_{split}") == rows
        assert common(by_workers, split) == common(here, split)
        path = artifact_io.statistics_path(by_workers, split)
        assert sealing.is_sealed(artifact_io.read_bytes(path))


def test_integers_that_the_schema_calls_times_are_noted(
    examples, output, beam_context, schema_artifact
):
    schema = schema_artifact(
        'feature { name: "fare" type: FLOAT } feature { name: "payment" type: BYTES }'
        'feature { name: "stops" type: INT time_domain { integer_format: UNIX_DAYS } }'
    )
    statistics = output(standard_artifacts.ExampleStatistics, "statistics")
    inputs = {"examples": [examples], "schema": [schema]}
    executor.Executor(beam_context).Do(inputs, {"statistics": [statistics]}, PARAMETERS)
    sides = distributions(statistics, 0.01)
    assert {name: sides[name].logical for name in ("fare", "stops")} == {
        "fare": "",
        "stops": "date[d]",
    }
