from __future__ import annotations

import pathlib

import numpy as np
import pandas as pd
import pytest

import skewgate
from skewgate.components.drift_evaluator import executor
from skewgate.components.drift_evaluator.component import DriftEvaluator
from skewgate.errors import InputError

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


def test_malformed_config_is_refused_when_the_pipeline_is_built(statistics_artifact):
    with pytest.raises(InputError, match=r"defaults.numeric: .*'kss' is not a numeric metric"):
        DriftEvaluator(statistics=None, config="defaults: {numeric: {kss: 0.1}}")
