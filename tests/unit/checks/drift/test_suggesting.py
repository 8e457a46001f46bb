from __future__ import annotations

import datetime

import numpy as np
import pyarrow as pa
import pytest

from skewgate.checks.drift import evaluate
from skewgate.checks.drift.config import DriftConfig
from skewgate.checks.drift.suggesting import suggest, suggest_for_one
from skewgate.core.distributions import CategoricalDistribution
from skewgate.core.profile import Profile
from skewgate.core.results import Status
from skewgate.profiling.accumulators.profile import ProfileAccumulator
from skewgate.statistics import writing
from skewgate.statistics.reading import parse_profile

JANUARY = datetime.datetime(2016, 1, 1)


def profile(**columns):
    accumulator = ProfileAccumulator()
    accumulator.add(pa.RecordBatch.from_pydict(columns))
    return accumulator.profile()


def times(start, count, step=datetime.timedelta(hours=1)):
    return [JANUARY + datetime.timedelta(days=start) + at * step for at in range(count)]


def kinds(baseline, current, ignored=()):
    found = suggest(profile(x=baseline), profile(x=current), ignored)
    return [each.kind for each in found]


def reason(baseline, current):
    [found] = suggest(profile(x=baseline), profile(x=current))
    return found.reason


def test_times_that_moved_on_are_named_with_both_windows():
    assert reason(times(0, 25), times(31, 25)) == (
        "holds times of 2016-01-01 00:00:00 to 2016-01-02 00:00:00 in the baseline and of "
        "2016-02-01 00:00:00 to 2016-02-02 00:00:00 now, after them; it moves with time, so it "
        "always differs"
    )


@pytest.mark.parametrize(
    "convert",
    [
        lambda found: pa.array(found, pa.timestamp("ns")),
        lambda found: pa.array(found, pa.timestamp("ms", "UTC")),
        lambda found: pa.array([each.date() for each in found]),
        lambda found: [each.date().isoformat() for each in found],
        lambda found: [each.isoformat() for each in found],
        lambda found: [int(each.timestamp()) for each in found],
        lambda found: [int(each.timestamp()) * 1000 for each in found],
    ],
    ids=["ns", "zoned", "dates", "iso_dates", "iso_times", "seconds", "milliseconds"],
)
def test_times_are_known_in_every_form(convert):
    before, now = (convert(times(start, 400)) for start in (0, 31))
    assert kinds(before, now) == ["moved_on"]
    assert kinds(now, before) == ["moved_on"]
    assert "moved_on" not in kinds(before, before)


def test_windows_may_share_their_edge():
    assert kinds(times(0, 400), times(16, 400)) == ["moved_on"]


def test_times_that_overlap_did_not_move_on():
    assert kinds(times(0, 400), times(8, 400)) == []
    assert kinds(times(0, 400), times(2, 100)) == []


@pytest.mark.parametrize("kind", [pa.time32("s"), pa.duration("s")])
def test_times_of_day_and_durations_do_not_move_on(kind):
    before, now = (pa.array(range(start, start + 900, 3), kind) for start in (0, 1000))
    assert kinds(before, now) == []


@pytest.mark.parametrize(
    ("name", "before", "now", "found"),
    [
        ("year", [2023] * 30, [2024] * 30, ["moved_on"]),
        ("pickup_month", [1, 2, 3] * 9, [4, 5, 6] * 9, ["moved_on"]),
        ("month", [4, 5] * 9, [1, 2] * 9, ["moved_on"]),
        ("month", [1, 2, 3] * 9, [3, 4, 5] * 9, []),
        ("birthday", [1, 2] * 9, [4, 5] * 9, []),
        ("dt", [20240101, 20240131] * 9, [20240201] * 9, ["moved_on"]),
        ("x", [20240101, 20240131] * 9, [20240201, 20240203] * 9, ["moved_on"]),
        ("x", [20240101, 20240199] * 9, [20240201, 20240203] * 9, []),
        ("month", [1.5, 2.0] * 9, [4.0, 5.0] * 9, []),
    ],
)
def test_parts_of_dates_move_on_too(name, before, now, found):
    sides = profile(**{name: before}), profile(**{name: now})
    assert [each.kind for each in suggest(*sides)] == found


def test_numbers_that_rose_did_not_move_on():
    assert kinds([1.5, 2.5, 7.0], [8.5, 9.5, 11.0]) == []


@pytest.mark.parametrize("value", [7, 0.5, "Cash", True])
def test_one_value_on_both_sides_is_constant(value):
    assert kinds([value] * 40, [value] * 30) == ["constant"]
    assert kinds([value] * 40, [None] * 40) == []


def test_another_value_on_each_side_is_no_constant():
    assert kinds([7] * 40, [8] * 40) == []
    assert kinds(["a"] * 40, ["b"] * 40) == []


def test_nothing_on_both_sides_is_constant():
    assert kinds(pa.nulls(9, pa.float64()), pa.nulls(9)) == ["constant"]


@pytest.mark.parametrize("rows", [20, 1000, 40_000])
@pytest.mark.parametrize("shuffled", [False, True])
def test_an_index_is_known(rows, shuffled):
    rng = np.random.default_rng(rows)
    before, now = np.arange(rows), np.arange(rows, 2 * rows)
    if shuffled:
        rng.shuffle(before)
    assert kinds(before, now) == ["index"]
    assert kinds(before.astype(float), now) == ["index"]
    gaps = np.sort(rng.choice(int(rows * 1.05), rows, replace=False))
    assert kinds(gaps + 1, now) == ["index"]


@pytest.mark.parametrize("rows", [200, 4000, 40_000])
def test_random_numbers_are_no_index(rows):
    rng = np.random.default_rng(rows)
    assert kinds(rng.integers(0, rows, rows), rng.integers(0, rows, rows)) == []
    assert kinds(np.arange(rows) % (rows // 2), np.arange(rows)) == []
    assert kinds(np.arange(rows) * 2, np.arange(rows)) == []
    assert kinds(np.arange(rows) + 0.5, np.arange(rows) + 0.5) == []


def test_few_numbers_are_no_index():
    assert kinds(range(12), range(12)) == []


def test_an_index_is_known_by_statistics_too():
    sides = []
    for start in (0, 30_000):
        statistics = writing.to_statistics(profile(x=np.arange(start, start + 30_000)), 1000)
        sides.append(parse_profile(statistics.SerializeToString(), "s.pb"))
    assert [each.kind for each in suggest(*sides)] == ["index"]


def test_identifiers_are_texts_of_which_each_row_has_its_own():
    assert kinds([f"u{n}" for n in range(90)], [f"v{n}" for n in range(80)]) == ["identifier"]
    assert kinds([f"u{n % 30}" for n in range(90)], [f"v{n}" for n in range(80)]) == []
    assert kinds([f"u{n}" for n in range(40)], [f"v{n}" for n in range(40)]) == []
    assert kinds([f"u{n}" for n in range(90)], [f"v{n}" for n in range(3)]) == ["identifier"]
    marked = [[*(f"{side}{n}" for n in range(90)), *["none"] * 4] for side in "uv"]
    assert kinds(*marked) == ["identifier"]


def test_values_without_a_name_may_repeat_as_often_as_those_that_have_one():
    def keys(count, other):
        counts = {f"u{n}": float(count) for n in range(20)}
        side = CategoricalDistribution(counts, other, round(20 * count + other))
        return Profile({"": {"x": side}}, {"": side.n})

    assert [each.kind for each in suggest(keys(1, 980.0), keys(2, 960.0))] == ["identifier"]
    assert suggest(keys(1, 980.0), keys(9, 9_000.0)) == []


def test_lists_of_identifiers_are_named_by_their_places():
    sides = [[[f"{side}{n}", f"{side}{n}!"] for n in range(60)] for side in "uv"]
    assert reason(*sides) == "has a different value in nearly every place of both sides"


def test_lists_are_not_judged():
    assert kinds([[1, 1]] * 9, [[1, 1]] * 9) == []


def test_what_is_ignored_already_is_not_suggested():
    assert kinds([7] * 40, [7] * 40, {"x"}) == []


def test_one_data_set_tells_as_much():
    found = suggest_for_one(
        profile(
            at=times(0, 60),
            row=range(60),
            one=["a"] * 60,
            none=pa.nulls(60),
            key=[f"u{n}" for n in range(60)],
            fare=[n % 7 * 1.5 for n in range(60)],
        )
    )
    assert {each.feature: each.kind for each in found} == {
        "at": "moved_on",
        "row": "index",
        "one": "constant",
        "none": "constant",
        "key": "identifier",
    }


def test_a_suggestion_changes_no_verdict():
    sides = [profile(at=times(start, 400), fare=[1.5, 2.5] * 200) for start in (0, 31)]
    found = evaluate(*sides, DriftConfig())
    assert found.decision.status is Status.FAIL
    report = found.report({}, {})
    assert [each["feature"] for each in report.details["suggestions"]] == ["at"]
    ignoring = DriftConfig.model_validate({"features": {"at": {"ignore": True}}})
    assert "suggestions" not in evaluate(*sides, ignoring).report({}, {}).details


def test_reasons_of_failures_name_times():
    sides = [profile(at=times(start, 400)) for start in (0, 31)]
    [failure] = evaluate(*sides, DriftConfig()).decision.failures
    assert "2016-01-17 15:00:00" in failure.reason
    assert "e+09" not in failure.reason
