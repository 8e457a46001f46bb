from __future__ import annotations

import dataclasses
import gzip
import pathlib
from typing import Any

import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
import tensorflow_data_validation as tfdv
import yaml
from scipy import stats
from tensorflow_metadata.proto.v0 import schema_pb2, statistics_pb2
from tfx.components.statistics_gen import executor as stock_executor
from tfx.dsl.components.base import base_beam_executor
from tfx.types import artifact_utils, standard_artifacts
from tfx_bsl.public.proto import slicing_spec_pb2

import skewgate
from skewgate import metrics
from skewgate.components.drift_evaluator import executor, rereading, sides
from skewgate.components.drift_evaluator.component import DriftEvaluator
from skewgate.components.support import artifact_io
from skewgate.core import sealing
from skewgate.core.distributions import CategoricalDistribution
from skewgate.core.errors import InputError
from skewgate.pipeline.settings import LOCAL_BEAM
from tests.components.states import Runs

CONFIG = "defaults: {numeric: {ks: 0.1}, categorical: {linf: 0.1}}"


def frame(rows: int, seed: int, shift: float = 0.0, cash: float = 0.7) -> pd.DataFrame:
    generator = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "fare": generator.gamma(2.0, 5.0, rows) + shift,
            "payment": generator.choice(["Cash", "Card"], rows, p=[cash, 1 - cash]),
        }
    )


@pytest.fixture
def evaluate(output):
    def run(current, baseline, config=CONFIG, **parameters):
        report = output(skewgate.DriftReport, "drift_report")
        inputs = {"statistics": [current]}
        if baseline is not None:
            inputs["baseline_statistics"] = [baseline]
        executor.Executor().Do(inputs, {"drift_report": [report]}, {"config": config, **parameters})
        return report

    return run


def failed(content):
    return {r["feature"] for r in content["results"] if r["status"] == "fail"}


def test_missing_baseline_is_inconclusive_and_not_blessed(statistics_artifact, evaluate, read_json):
    report = evaluate(statistics_artifact("now", serving=frame(900, 1)), None)
    assert report.get_int_custom_property("blessed") == 0
    assert report.get_string_custom_property("status") == "inconclusive"
    assert read_json(report)["results"][0]["metric"] == "baseline"


def test_missing_baseline_is_blessed_only_if_the_policy_allows_it(statistics_artifact, evaluate):
    config = CONFIG + "\npolicy: {on_missing_baseline: allow}"
    report = evaluate(statistics_artifact("now", serving=frame(900, 1)), None, config)
    assert report.get_int_custom_property("blessed") == 1
    assert report.get_string_custom_property("status") == "inconclusive"


def test_planted_drift_is_caught_and_gone_when_removed(statistics_artifact, evaluate, read_json):
    baseline = statistics_artifact("base", "0.001", train=frame(4000, 1))
    drifted = statistics_artifact("bad", "0.001", serving=frame(1500, 2, shift=4.0, cash=0.4))
    report = evaluate(drifted, baseline)
    assert report.get_int_custom_property("blessed") == 0
    assert report.get_int_custom_property("failed") == 2
    assert failed(read_json(report)) == {"fare", "payment"}
    same = statistics_artifact("good", "0.001", serving=frame(1500, 3))
    report = evaluate(same, baseline)
    assert report.get_string_custom_property("status") == "pass"
    assert report.get_int_custom_property("blessed") == 1


def test_sides_keep_their_names(statistics_artifact, evaluate, read_json):
    baseline = statistics_artifact("base", train=frame(4000, 1))
    current = statistics_artifact("now", serving=frame(1500, 2))
    content = read_json(evaluate(current, baseline))
    assert content["baseline"] == {"uri": baseline.uri, "split": "train", "rows": 4000}
    assert content["current"] == {"uri": current.uri, "split": "serving", "rows": 1500}
    assert {(r["n_baseline"], r["n_current"]) for r in content["results"]} == {(4000, 1500)}


def test_a_category_new_in_current_is_not_the_same_as_one_gone(
    statistics_artifact, evaluate, read_json
):
    config = "defaults: {numeric: {}, categorical: {new_categories: 0.01}}"
    with_new = frame(1500, 2)
    with_new.loc[:299, "payment"] = "Bitcoin"
    old, new = frame(4000, 1), with_new
    arrived = evaluate(
        statistics_artifact("a", serving=new), statistics_artifact("b", train=old), config
    )
    assert failed(read_json(arrived)) == {"payment"}
    gone = evaluate(
        statistics_artifact("c", serving=old), statistics_artifact("d", train=new), config
    )
    assert failed(read_json(gone)) == set()


def test_report_keeps_both_distributions_the_worst_first(statistics_artifact, evaluate, read_json):
    baseline = statistics_artifact("base", "0.001", train=frame(4000, 1))
    current = statistics_artifact("now", "0.001", serving=frame(1500, 2, shift=4.0))
    content = read_json(evaluate(current, baseline))
    fare, payment = content["details"]["distributions"]["shown"]
    assert (fare["feature"], fare["kind"], fare["n"]) == ("fare", "numeric", [4000, 1500])
    assert (payment["feature"], payment["kind"]) == ("payment", "categorical")
    before, now = fare["gap"]["cdf"]
    [ks] = [r["value"] for r in content["results"] if r["metric"] == "ks"]
    assert before - now == pytest.approx(ks, abs=0.002)
    assert fare["median"][0] + 2 < fare["median"][1]


def test_without_a_baseline_there_are_no_distributions(statistics_artifact, evaluate, read_json):
    assert "details" not in read_json(evaluate(statistics_artifact("now", a=frame(900, 1)), None))


def test_report_has_three_files(statistics_artifact, evaluate):
    report = evaluate(statistics_artifact("now", serving=frame(900, 1)), None)
    names = {path.name for path in pathlib.Path(report.uri).iterdir()}
    assert names == {"report.json", "report.html", "metrics.prom"}


def test_several_splits_and_none_chosen_is_an_error(statistics_artifact, evaluate):
    current = statistics_artifact("now", train=frame(900, 1), eval=frame(400, 2))
    with pytest.raises(InputError, match=r"splits train, eval and none was chosen"):
        evaluate(current, None)
    assert evaluate(current, None, split="eval").get_int_custom_property("blessed") == 0


def test_broken_statistics_name_the_file(statistics_artifact, evaluate):
    current = statistics_artifact("now", serving=frame(900, 1))
    path = pathlib.Path(current.uri, "Split-serving", "FeatureStats.pb")
    path.write_bytes(b"no such message")
    with pytest.raises(InputError, match=r"FeatureStats.pb: is not a TFDV statistics file"):
        evaluate(current, current)


def test_a_baseline_that_was_damaged_in_the_state_gives_no_verdict(
    statistics_artifact, evaluate, tmp_path
):
    """A bit of it is another: TFDV's file would be read without complaint, and that is told."""
    runs = Runs(tmp_path)
    current = statistics_artifact("now", "0.001", serving=frame(1500, 3))
    folder = runs.record({"statistics": statistics_artifact("base", serving=frame(4000, 1))})
    baseline = runs.find()["previous_statistics"]
    assert evaluate(current, baseline).get_string_custom_property("status") == "pass"
    path = pathlib.Path(folder, "statistics", "Split-serving", "FeatureStats.pb")
    path.write_bytes(path.read_bytes().replace(b"Cash", b"Cask"))
    with pytest.raises(InputError, match=r"FeatureStats.pb: its checksum does not match"):
        evaluate(current, baseline)
    path.write_bytes(path.read_bytes()[sealing.SIZE :])
    assert evaluate(current, baseline).get_string_custom_property("status") == "fail"


def test_malformed_config_is_refused_when_the_pipeline_is_built(statistics_artifact):
    with pytest.raises(InputError, match=r"defaults.numeric: .*'kss' is not a numeric metric"):
        DriftEvaluator(statistics=None, config="defaults: {numeric: {kss: 0.1}}")


# Reading again: stock StatisticsGen with its 10 quantile buckets and few ranks, and examples.

SLICES = "\nslices: [[payment]]"
RANKS = 5
AREA_SCHEMA = """
feature { name: "area" type: INT int_domain { is_categorical: true } }
feature { name: "payment" type: BYTES }
"""


def rides(rows: int, seed: int, shift: float) -> pd.DataFrame:
    """Makes rows with lists, gaps, many categories and integers that are categories."""
    generator = np.random.default_rng(seed)
    payment = generator.choice(["Cash", "Card", "Dispute"], rows, p=[0.6, 0.38, 0.02])
    companies = [f"company{i}" for i in range(60)]
    weights = np.r_[[0.3 - shift / 10, 0.1, 0.1, 0.1, 0.1], np.full(55, 0.3 / 55)]
    fare = (generator.gamma(2.0, 5.0, rows) + shift * (payment == "Cash")).astype(np.float32)
    return pd.DataFrame(
        {
            "fare": np.where(generator.random(rows) < 0.1, None, fare),
            "tip": np.where(generator.random(rows) < 0.1, np.nan, fare / 5),
            "payment": payment,
            "company": generator.choice(companies, rows, p=weights / weights.sum()),
            "area": generator.choice(np.arange(60) - 20, rows, p=weights / weights.sum()),
            "stops": [
                generator.integers(0, 100 - int(shift * 10), size)
                for size in generator.integers(1, 20 + int(shift * 2), rows)
            ],
        }
    )


def record(row):
    features = {}
    for name, value in row.items():
        values = list(value) if isinstance(value, np.ndarray) else [value]
        if value is None:
            continue
        if isinstance(values[0], str):
            kind = {"bytes_list": tf.train.BytesList(value=[v.encode() for v in values])}
        elif isinstance(values[0], float):
            kind = {"float_list": tf.train.FloatList(value=values)}
        else:
            kind = {"int64_list": tf.train.Int64List(value=values)}
        features[name] = tf.train.Feature(**kind)
    return tf.train.Example(features=tf.train.Features(feature=features)).SerializeToString()


def examples_artifact(folder, frame, split):
    artifact = standard_artifacts.Examples()
    artifact.uri = str(folder)
    artifact.split_names = artifact_utils.encode_split_names([split, "other"])
    path = pathlib.Path(artifact_utils.get_split_uri([artifact], split))
    path.mkdir(parents=True)
    with tf.io.TFRecordWriter(str(path / "data.gz"), "GZIP") as writer:
        for row in frame.to_dict("records"):
            writer.write(record(row))
    return artifact


def make_context(folder, make_pipeline=None):
    return base_beam_executor.BaseBeamExecutor.Context(
        beam_pipeline_args=[*LOCAL_BEAM],
        tmp_dir=str(folder / "tmp"),
        unique_id="1",
        make_beam_pipeline_fn=make_pipeline,
    )


@dataclasses.dataclass(frozen=True)
class RideSide:
    frame: pd.DataFrame
    examples: Any
    coarse: Any  # of stock StatisticsGen
    fine: Any  # of 2,000 buckets, for the fare alone


def fine_statistics(uri, frame, split):
    statistics = standard_artifacts.ExampleStatistics()
    statistics.uri = str(uri)
    statistics.split_names = artifact_utils.encode_split_names([split])
    statistics.set_string_custom_property("rank_error", "0.0001")
    options = tfdv.StatsOptions(num_quantiles_histogram_buckets=2000, epsilon=0.0001)
    computed = tfdv.generate_statistics_from_dataframe(
        frame[["fare"]].astype({"fare": np.float32}).dropna().reset_index(drop=True), options
    )
    (feature,) = computed.datasets[0].features
    missing = len(frame) - computed.datasets[0].num_examples
    feature.num_stats.common_stats.num_missing += missing
    computed.datasets[0].num_examples = len(frame)
    folder = pathlib.Path(artifact_utils.get_split_uri([statistics], split))
    folder.mkdir(parents=True)
    (folder / "FeatureStats.pb").write_bytes(computed.SerializeToString())
    return statistics


@pytest.fixture(scope="module")
def rides_sides(tmp_path_factory):
    """Returns baseline and current: rows, examples, coarse and fine statistics."""
    root = tmp_path_factory.mktemp("rides")
    schema = standard_artifacts.Schema()
    schema.uri = str(root / "schema")
    pathlib.Path(schema.uri).mkdir()
    pathlib.Path(schema.uri, "schema.pbtxt").write_text(AREA_SCHEMA)
    slicing = slicing_spec_pb2.SlicingConfig(
        slicing_specs=[slicing_spec_pb2.SlicingSpec(feature_keys=["payment"])]
    )
    options = tfdv.StatsOptions(num_rank_histogram_buckets=RANKS, slicing_config=slicing)
    sides = []
    for split, rows, shift in (("train", 4000, 0.0), ("serving", 3000, 1.0)):
        frame = rides(rows, rows, shift)
        examples = examples_artifact(root / split / "examples", frame, split)
        coarse = standard_artifacts.ExampleStatistics()
        coarse.uri = str(root / split / "coarse")
        stock_executor.Executor(make_context(root)).Do(
            {"examples": [examples], "schema": [schema]},
            {"statistics": [coarse]},
            {"stats_options_json": options.to_json(), "exclude_splits": '["other"]'},
        )
        fine = fine_statistics(root / split / "fine", frame, split)
        sides.append(RideSide(frame, examples, coarse, fine))
    return sides


@pytest.fixture
def settle(output, read_json, tmp_path):
    def run(baseline, current, config, *, examples=None, baseline_examples=None, pipeline=None):
        report = output(skewgate.DriftReport, "drift_report")
        inputs = {"statistics": [current], "baseline_statistics": [baseline]}
        if examples is not None:
            inputs["examples"] = [examples]
        if baseline_examples is not None:
            inputs["baseline_examples"] = [baseline_examples]
        executor.Executor(make_context(tmp_path, pipeline)).Do(
            inputs, {"drift_report": [report]}, {"config": config}
        )
        assert not list(tmp_path.glob("tmp/**/*.pickle"))
        return read_json(report)

    return run


def only(feature, metric, threshold):
    """Makes a config that checks one metric of one feature."""
    rest = {"numeric": {}, "categorical": {}, "missing_rate": None}
    return yaml.safe_dump({"defaults": rest, "features": {feature: {metric: float(threshold)}}})


def by_slice(content, feature):
    return {r["slice"]: r for r in content["results"] if r["feature"] == feature}


def present(frame, name):
    return np.array([v for v in frame[name] if v is not None and v == v], dtype=np.float64)


def assert_settled(settle, sides, feature, metric, exact, gap=0.004):
    """Plants the threshold on either side of the exact value; statistics alone cannot tell."""
    base, now = sides
    for threshold, verdict in ((exact - gap, "fail"), (exact + gap, "pass")):
        config = only(feature, metric, threshold)
        alone = by_slice(settle(base.coarse, now.coarse, config), feature)[""]
        assert alone["status"] == "inconclusive"
        assert alone["lower"] < threshold < alone["upper"]
        content = settle(
            base.coarse,
            now.coarse,
            config,
            examples=now.examples,
            baseline_examples=base.examples,
        )
        result = by_slice(content, feature)[""]
        assert result["status"] == verdict, result["reason"]
        assert result["lower"] - 1e-9 <= exact <= result["upper"] + 1e-9
        column = feature.removeprefix("num_values(").removesuffix(")")
        assert content["baseline"]["settled"] == content["current"]["settled"] == [column]
    return content


def test_examples_settle_what_ten_buckets_leave_open(settle, rides_sides):
    base, now = (present(side.frame, "fare") for side in rides_sides)
    exact = stats.ks_2samp(base, now).statistic
    content = assert_settled(settle, rides_sides, "fare", "ks", exact)
    (result,) = content["results"]
    assert (result["n_baseline"], result["n_current"]) == (len(base), len(now))
    assert result["upper"] - result["lower"] < 1e-6
    [shown] = [e for e in content["details"]["distributions"]["shown"] if e["feature"] == "fare"]
    before, now = shown["gap"]["cdf"]
    assert abs(before - now) == pytest.approx(exact, abs=2e-4)  # of what was read again
    assert (content["baseline"]["rows"], content["current"]["rows"]) == (4000, 3000)


def test_values_of_lists_and_their_number_are_settled(settle, rides_sides):
    values = [np.concatenate(list(side.frame["stops"])) for side in rides_sides]
    assert_settled(settle, rides_sides, "stops", "ks", stats.ks_2samp(*values).statistic)
    lengths = [[len(stops) for stops in side.frame["stops"]] for side in rides_sides]
    exact = stats.ks_2samp(*lengths).statistic
    assert_settled(settle, rides_sides, "num_values(stops)", "ks", exact)


def test_categories_beyond_the_ranks_are_settled(settle, rides_sides):
    base, now = rides_sides
    whole = []
    for side in rides_sides:
        counts = {name: float(n) for name, n in side.frame["company"].value_counts().items()}
        whole.append(CategoricalDistribution(counts, 0.0, len(side.frame)))
    psi = metrics.REGISTRY["psi"].measure(*whole, 0.05)
    exact = psi.value - psi.null_value
    planted = [
        ("company", "psi", 0.9 * exact, "fail"),
        ("company", "psi", 1.1 * exact, "pass"),
        ("area", "new_categories", 0.05, "pass"),  # integers that the schema makes categories
    ]
    for feature, metric, threshold, verdict in planted:
        config = only(feature, metric, threshold)
        (alone,) = settle(base.coarse, now.coarse, config)["results"]
        assert alone["status"] == "inconclusive"
        examples = {"examples": now.examples, "baseline_examples": base.examples}
        (result,) = settle(base.coarse, now.coarse, config, **examples)["results"]
        assert result["status"] == verdict, result["reason"]
        assert result["lower"] == pytest.approx(result["upper"])
        if metric == "psi":
            assert result["value"] == pytest.approx(psi.value)


def test_slices_are_settled(settle, rides_sides):
    base, now = rides_sides
    cash = [present(side.frame[side.frame["payment"] == "Cash"], "fare") for side in rides_sides]
    exact = stats.ks_2samp(*cash).statistic
    config = only("fare", "ks", exact - 0.01) + SLICES
    alone = by_slice(settle(base.coarse, now.coarse, config), "fare")
    assert {result["status"] for result in alone.values()} == {"inconclusive"}
    content = settle(
        base.coarse, now.coarse, config, examples=now.examples, baseline_examples=base.examples
    )
    results = by_slice(content, "fare")
    assert set(results) == {"", "payment_Cash", "payment_Card", "payment_Dispute"}
    assert results["payment_Cash"]["status"] == "fail"
    assert results["payment_Cash"]["value"] == pytest.approx(exact, abs=1e-9)
    assert results["payment_Card"]["status"] == "pass"
    assert results["payment_Dispute"]["status"] == "inconclusive"  # too few rows, now as before
    assert results["payment_Dispute"]["upper"] - results["payment_Dispute"]["lower"] < 1e-6


@pytest.mark.parametrize("side", ["current", "baseline"])
def test_one_side_is_settled_if_only_its_examples_are_connected(settle, rides_sides, side):
    base, now = rides_sides
    exact = stats.ks_2samp(present(base.frame, "fare"), present(now.frame, "fare")).statistic
    config = only("fare", "ks", exact - 0.01)
    statistics = (base.fine, now.coarse) if side == "current" else (base.coarse, now.fine)
    assert by_slice(settle(*statistics, config), "fare")[""]["status"] == "inconclusive"
    examples = {"examples": now.examples} if side == "current" else {}
    if side == "baseline":
        examples = {"baseline_examples": base.examples}
    content = settle(*statistics, config, **examples)
    result = by_slice(content, "fare")[""]
    assert result["status"] == "fail"
    assert (result["n_baseline"], result["n_current"]) == (
        len(present(base.frame, "fare")),
        len(present(now.frame, "fare")),
    )
    other = "baseline" if side == "current" else "current"
    assert content[side]["settled"] == ["fare"]
    assert "settled" not in content[other]


def test_nothing_in_doubt_starts_no_pipeline(settle, rides_sides):
    base, now = rides_sides

    def refuse():
        raise AssertionError("a pipeline was started")

    content = settle(
        base.fine,
        now.fine,
        only("fare", "ks", 0.5),
        examples=now.examples,
        baseline_examples=base.examples,
        pipeline=refuse,
    )
    assert content["status"] == "pass"
    assert content["current"]["settled"] == content["baseline"]["settled"] == []


def test_examples_of_other_rows_are_refused(settle, rides_sides, tmp_path):
    base, now = rides_sides
    config = only("fare", "ks", 0.06)
    fewer = examples_artifact(tmp_path / "fewer", now.frame.iloc[1:], "serving")
    expected = r"split serving of the current examples at .*fewer: has 2999 rows, .* describe 3000"
    with pytest.raises(InputError, match=expected):
        settle(base.coarse, now.coarse, config, examples=fewer)
    fewer.set_int_custom_property("rows_serving", 3000)
    with pytest.raises(InputError, match="has 3000 rows, but 2999 were read"):
        settle(base.coarse, now.coarse, config, examples=fewer)
    other = examples_artifact(tmp_path / "other", rides(3000, 1, 1.0), "serving")
    with pytest.raises(InputError, match=r"has \d+ values of fare in \d+ rows, but the statistics"):
        settle(base.coarse, now.coarse, config, examples=other)
    with pytest.raises(InputError, match="has no split 'train'; its splits are serving, other"):
        settle(base.coarse, now.coarse, config, baseline_examples=other)


def test_a_slice_that_the_examples_make_otherwise_stays_in_doubt(settle, rides_sides, tmp_path):
    base, now = rides_sides
    other = standard_artifacts.ExampleStatistics()
    other.copy_from(now.coarse)
    other.uri = str(tmp_path / "other")
    folder = pathlib.Path(artifact_utils.get_split_uri([other], "serving"))
    folder.mkdir(parents=True)
    statistics = artifact_io.read_statistics(now.coarse, "serving")
    for dataset in statistics.datasets:
        if dataset.name == "payment_Card":
            dataset.num_examples += 1
    (folder / "FeatureStats.pb").write_bytes(statistics.SerializeToString())
    settled = settle(
        base.coarse,
        other,
        only("fare", "ks", 0.05) + SLICES,
        examples=now.examples,
        baseline_examples=base.examples,
    )
    widths = {name: r["upper"] - r["lower"] for name, r in by_slice(settled, "fare").items()}
    assert widths["payment_Card"] > 0.01
    assert max(widths[""], widths["payment_Cash"]) < 1e-6
    assert settled["current"]["settled"] == []


def test_features_that_cannot_be_read_alike_are_left_in_doubt(rides_sides, tmp_path):
    base, _ = rides_sides
    kinds = statistics_pb2.FeatureNameStatistics
    statistics = statistics_pb2.DatasetFeatureStatisticsList()
    dataset = statistics.datasets.add(name="All Examples", num_examples=9)
    for path, kind, stats_field in (
        (["number"], kinds.FLOAT, "num_stats"),
        (["code"], kinds.INT, "string_stats"),
        (["text"], kinds.STRING, "string_stats"),
        (["grade"], kinds.FLOAT, "string_stats"),
        (["image"], kinds.STRING, "bytes_stats"),
        (["outer", "inner"], kinds.INT, "num_stats"),
    ):
        feature = dataset.features.add(type=kind)
        feature.path.step.extend(path)
        getattr(feature, stats_field).common_stats.num_non_missing = 9
    statistics.datasets.add(name="city_1", num_examples=9)
    artifact = standard_artifacts.ExampleStatistics()
    artifact.uri = str(tmp_path)
    artifact.split_names = base.coarse.split_names
    folder = pathlib.Path(artifact_utils.get_split_uri([artifact], "train"))
    folder.mkdir(parents=True)
    (folder / "FeatureStats.pb").write_bytes(statistics.SerializeToString())
    side = sides.load("baseline", artifact, "train", [base.examples])
    schema = schema_pb2.Schema(feature=[schema_pb2.Feature(name="city", type=schema_pb2.INT)])
    doubts = frozenset({"number", "code", "text", "grade", "image", "outer.inner", "inner"})
    slices = [["city"], ["number"], ["unknown"]]
    plan = rereading.make_plan(side, doubts, slices, schema)
    assert plan.features == {"number", "code", "text"}
    assert plan.options.categorical == {"code", "text"}
    assert plan.options.slice_by == (("city",),)
    assert {f.name: schema_pb2.FeatureType.Name(f.type) for f in plan.schema.feature} == {
        "number": "FLOAT",
        "code": "INT",
        "text": "BYTES",
        "city": "INT",
    }
    assert rereading.make_plan(side, frozenset({"image"}), [], None) is None
    without = sides.load("baseline", artifact, "train", [])
    assert rereading.make_plan(without, doubts, [], None) is None


def test_a_broken_file_of_the_examples_is_named(settle, rides_sides, tmp_path):
    base, now = rides_sides
    broken = examples_artifact(tmp_path / "broken", now.frame, "serving")
    path = pathlib.Path(artifact_utils.get_split_uri([broken], "serving"), "data.gz")
    whole = gzip.decompress(path.read_bytes())
    path.write_bytes(gzip.compress(whole[: len(whole) // 2]))
    expected = r"Split-serving/data.gz: is not a readable gzip TFRecord .*broken after record \d+"
    with pytest.raises(InputError, match=expected):
        settle(base.coarse, now.coarse, only("fare", "ks", 0.06), examples=broken)


def test_baseline_examples_need_their_statistics():
    with pytest.raises(ValueError, match="together with their baseline_statistics"):
        DriftEvaluator(statistics=None, config=CONFIG, baseline_examples=object())
