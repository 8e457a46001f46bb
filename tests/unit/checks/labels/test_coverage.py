from __future__ import annotations

import json
import pickle

import pytest

from skewgate import decision
from skewgate.checks.labels import coverage
from skewgate.checks.labels.config import LabelConfig
from skewgate.checks.labels.counts import LABELS, PREDICTIONS, JoinedShard, LabelCounts, Totals
from skewgate.core.errors import InputError
from skewgate.core.results import Status
from skewgate.decision import CoverageCheck, judge_coverage

DAY = 86_400
MARCH = 1_456_790_400  # 2016-03-01T00:00Z


def config(**more):
    base = {"key": ["id"], "labels": ["tip"], "prediction_time": "start", "horizon": "36h"}
    return LabelConfig(**{**base, **more})


def counts(**fields):
    return LabelCounts(**fields)


@pytest.mark.parametrize(
    ("labelled", "predicted", "threshold", "status"),
    [
        (4, 5, 0.8, Status.PASS),
        (799_999, 1_000_000, 0.8, Status.INCONCLUSIVE),
        (7, 10, 0.7, Status.PASS),
        (1, 1, 1.0, Status.PASS),
        (0, 3, 0.01, Status.INCONCLUSIVE),
    ],
)
def test_exactly_the_threshold_is_enough(labelled, predicted, threshold, status):
    (result,) = judge_coverage([CoverageCheck("window:a", labelled, predicted, threshold)])
    assert result.status is status
    assert result.value == labelled / predicted
    assert (result.metric, result.threshold, result.n_current) == ("coverage", threshold, predicted)


def test_too_few_labels_never_fail_and_say_whether_more_may_come():
    found = judge_coverage(
        [
            CoverageCheck("window:a", 1, 1_000, 0.5),
            CoverageCheck("window:b", 2, 1_000, 0.5, open_until="2016-03-05T00:00Z"),
            CoverageCheck("window:c", 900, 1_000, 0.5, open_until="2016-03-06T00:00Z"),
        ]
    )
    assert [result.cause for result in found] == ["low_coverage", "open_window", None]
    assert found[1].reason == (
        "2 of 1,000 predictions have their label (0.002), below the threshold of 0.5, and labels "
        "may come until 2016-03-05T00:00Z"
    )
    assert found[2].status is Status.PASS


def test_no_window_at_all_is_inconclusive():
    results = coverage.judge(counts(), config())
    assert [result.status for result in results] == [Status.INCONCLUSIVE]
    assert not decision.decide(results, config().policy).blessed
    assert coverage.details(counts(), config())["as_of"] is None


def test_a_window_is_open_until_its_end_and_the_horizon_are_over():
    found = counts(windows={MARCH + DAY: (10, 2), MARCH: (8, 1)}, last_time=MARCH + 2 * DAY)
    for as_of, causes in (
        (None, ["open_window", "open_window"]),
        (MARCH + DAY + 36 * 3_600 - 1, ["open_window", "open_window"]),
        (MARCH + DAY + 36 * 3_600, ["low_coverage", "open_window"]),
        ("2016-03-05", ["low_coverage", "low_coverage"]),
    ):
        results = coverage.judge(found, config(as_of=as_of))
        assert [result.slice for result in results] == ["window:2016-03-01", "window:2016-03-02"]
        assert [result.cause for result in results] == causes
        listed = coverage.details(found, config(as_of=as_of))["windows"]
        assert [each["open"] for each in listed] == [cause == "open_window" for cause in causes]


def test_rows_without_a_time_are_no_silent_loss():
    few = counts(
        totals=Totals(predictions=1_000, predictions_without_time=1),
        windows={MARCH: (999, 999)},
        last_time=MARCH,
    )
    many = counts(
        totals=Totals(predictions=1_000, predictions_without_time=201),
        windows={MARCH: (799, 799)},
        last_time=MARCH,
    )
    assert coverage.judge(few, config())[1].status is Status.PASS
    doubt = coverage.judge(many, config())[1]
    assert (doubt.feature, doubt.status, doubt.cause) == ("start", Status.INCONCLUSIVE, None)
    assert doubt.reason == "201 of 1,000 prediction rows have no start and lie in no window"


def part(start):
    return LabelCounts(
        totals=Totals(predictions=start + 1, joined=start, late=2),
        windows={start: (start + 2, 1), 100: (3, 2)},
        last_time=start if start else None,
        types={
            PREDICTIONS: {"id": frozenset({"int64"} if start else ())},
            LABELS: {f"feature {start}": frozenset({"bytes"})},
        },
        shards=[JoinedShard(start, f"shard {start}", start)],
        error=InputError("file", f"error {start}") if start > 1 else None,
    )


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (3, 1, 0, 2), (2, 3, 1, 0)])
def test_counts_are_the_same_in_whatever_order_and_groups_they_are_merged(order):
    first, second = LabelCounts(), LabelCounts()
    for place, number in enumerate(order):
        (first if place % 2 else second).merge(part(number))
    first.merge(second)
    assert first.totals == Totals(predictions=10, joined=6, late=8)
    assert first.windows == {0: (2, 1), 1: (3, 1), 2: (4, 1), 3: (5, 1), 100: (12, 8)}
    assert first.last_time == 3
    assert first.types[PREDICTIONS] == {"id": {"int64"}}
    assert len(first.types[LABELS]) == 4
    assert sorted(shard.number for shard in first.shards) == [0, 1, 2, 3]
    assert str(first.error) == "file: error 2."


def test_counts_go_through_a_pickle_and_their_details_through_json():
    found = pickle.loads(pickle.dumps(part(3)))
    assert found.windows == part(3).windows
    json.dumps(coverage.details(found, config()), allow_nan=False)


@pytest.mark.parametrize(
    ("predictions", "labels", "message"),
    [
        ({"start": {"int64"}}, {"id": set(), "tip": set()}, "predictions: no row has the feature"),
        ({"id": set()}, {"id": set(), "tip": set()}, "no row has the feature 'start'"),
        ({"id": set(), "start": set()}, {}, "the features are none"),
        (
            {"id": {"int64", "float"}, "start": set()},
            {"id": {"bytes"}, "tip": set()},
            "key id: is float and int64 in the predictions and bytes in the labels",
        ),
        (
            {"id": set(), "start": set()},
            {"id": set(), "tip": {"bytes", "int64"}},
            "labels: tip: is bytes in some rows and int64 in others. Fix: write it with one type.",
        ),
    ],
)
def test_sides_that_cannot_be_joined_are_an_error(predictions, labels, message):
    types = {
        side: {name: frozenset(kinds) for name, kinds in found.items()}
        for side, found in {PREDICTIONS: predictions, LABELS: labels}.items()
    }
    with pytest.raises(InputError) as error:
        coverage.check(counts(totals=Totals(predictions=1, labels=1), types=types), config())
    assert message in str(error.value)
    coverage.check(counts(totals=Totals(), types={PREDICTIONS: {}, LABELS: {}}), config())
