"""What rows that were left out do to the verdicts on the others."""

from __future__ import annotations

import pytest
from tensorflow_model_analysis.metrics import metric_types

from skewgate import decision
from skewgate.checks.performance.config import PerformanceConfig
from skewgate.checks.performance.label_coverage import Coverage
from skewgate.checks.performance.left_out import Fault
from skewgate.checks.performance.usable_rows import Part, Problem
from skewgate.components.performance_gate import completion, configuration, judging
from skewgate.components.performance_gate.screening import Counted, Plan
from skewgate.core.results import Status

CONFIG = """
model_specs { label_key: "label" prediction_key: "p" }
slicing_specs {}
slicing_specs { feature_keys: "payment" }
cross_slicing_specs { baseline_spec {} slicing_specs { feature_keys: "payment" } }
metrics_specs { metrics { class_name: "AUC"
  threshold { value_threshold { lower_bound { value: 0.7 } upper_bound { value: 0.999 } } }
  cross_slice_thresholds {
    cross_slicing_specs { baseline_spec {} slicing_specs { feature_keys: "payment" } }
    threshold { value_threshold { upper_bound { value: 0.2 } } } } } }
"""
AUC = metric_types.MetricKey("auc")
CASH, CARD, BARTER = ((("payment", name),) for name in ("Cash", "Card", "Barter"))
PLAN = Plan(
    (),
    (
        Fault(Part.PREDICTION, Problem.MISSING, "prediction_key 'p'", "", ("auc",)),
        Fault(Part.LABEL, Problem.NOT_FINITE, "label_key 'label'", "", ("auc",)),
        Fault(Part.PREDICTION, Problem.NOT_FINITE, "prediction_key 'p'", "", ("auc",)),
    ),
)
LEFT_OUT = Counted(
    total={0: 3, 1: 1}, by_slice={(): {0: 3, 1: 1}, CASH: {0: 2}, BARTER: {0: 1, 1: 1}}
)


@pytest.fixture
def judge(measurements):
    """Judges an AUC of 0.9 on all data, on Cash and on Card, and of their differences."""

    def judge(counted, config=None):
        parsed = configuration.parse_eval_config(CONFIG)
        completed = completion.complete(parsed, has_baseline=False)
        found = measurements(
            completed,
            {key: (500, {AUC: (0.9, 0.01, 19)}) for key in ((), CASH, CARD)}
            | {((), key): (500, {AUC: (0.01, 0.01, 19)}) for key in (CASH, CARD)},
        )
        left_out = judging.account(parsed, PLAN, counted, found)
        policy = PerformanceConfig.model_validate(config or {})
        results, _ = judging.judge(parsed, completed, found, None, policy, Coverage(), left_out)
        return {(r.slice, r.metric): r for r in results}, decision.decide(results, policy.policy)

    return judge


def test_without_rows_left_out_all_pass_with_one_result_for_floor_and_ceiling(judge):
    results, made = judge(Counted())
    assert {place: r.status for place, r in results.items()} == dict.fromkeys(
        [
            *(("", "auc"), ("payment:Cash", "auc"), ("payment:Card", "auc")),
            ("all data against payment:Cash", "auc"),
            ("all data against payment:Card", "auc"),
        ],
        Status.PASS,
    )
    assert made.blessed
    assert len(made.results) == len(results)


def test_nothing_passes_where_rows_were_left_out_and_the_rest_is_judged(judge):
    results, made = judge(LEFT_OUT)
    passed = {place for place, r in results.items() if r.status is Status.PASS}
    assert passed == {("payment:Card", "auc")}
    assert results["payment:Cash", "auc"].reason.endswith(
        "but without 2 of 502 rows: prediction_key 'p' is missing"
    )
    against = results["all data against payment:Barter", "auc"]
    assert against.status is Status.INCONCLUSIVE
    assert results["payment:Barter", "auc"].reason == (
        "auc could not be computed with an interval on 0 rows"
    )
    assert results["", "prediction"].value == pytest.approx(3 / 504)
    assert not made.blessed


def test_what_only_warns_lets_the_other_rows_pass(judge):
    warned = {"warn": [{"metric": "prediction"}, {"metric": "label"}, {"slice": "*payment:Barter"}]}
    results, made = judge(LEFT_OUT, warned)
    assert results["", "auc"].status is results["payment:Cash", "auc"].status is Status.PASS
    assert results["payment:Cash", "prediction"].severity == "warning"
    assert made.blessed
    results, made = judge(LEFT_OUT, {"warn": [{"metric": "prediction"}]})
    assert results["", "auc"].status is Status.INCONCLUSIVE  # for a label too is missing
    assert results["payment:Cash", "auc"].status is Status.PASS
    assert not made.blessed


def test_a_policy_that_allows_doubts_still_blocks_a_model_without_numbers(judge):
    allowed = {"policy": {"on_inconclusive": "allow"}}
    assert judge(LEFT_OUT, allowed)[1].blessed
    made = judge(Counted(total={2: 1}, by_slice={(): {2: 1}}), allowed)[1]
    assert (made.status, made.blessed) == (Status.FAIL, False)
