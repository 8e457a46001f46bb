"""Columns whose values hardly ever repeat: nothing can be told of them, and that is said."""

from __future__ import annotations

import pyarrow as pa
import pytest

from skewgate.checks.drift import evaluate
from skewgate.checks.drift.config import DriftConfig
from skewgate.core.results import Status
from skewgate.profiling.accumulators.options import ProfileOptions
from skewgate.profiling.accumulators.profile import ProfileAccumulator

OF_CATEGORIES = {"psi": 0.2, "jsd": 0.1, "hellinger": 0.1, "linf": 0.1, "new_categories": 0.1}
IDENTIFIER = (
    "; nearly every value is different, as in an identifier: ignore it in drift.yaml "
    "(features: {key: {ignore: true}})"
)


def profile(slice_by=(), **columns):
    accumulator = ProfileAccumulator(ProfileOptions(slice_by=slice_by))
    accumulator.add(pa.RecordBatch.from_pydict(columns))
    return accumulator.profile()


def keys(letter, count):
    return [f"{letter}-{i:05}" for i in range(count)]


def compare(before, now, thresholds=None, **fields):
    config = DriftConfig.model_validate(
        {"defaults": {"categorical": thresholds or {"psi": 0.2}}, **fields}
    )
    slices = config.slices
    return evaluate(profile(slices, **before), profile(slices, **now), config)


def verdicts(found, feature="key"):
    return {
        result.metric: result.status.value
        for result in found.results
        if result.feature == feature and result.metric != "missing_rate"
    }


def statuses(before, now, thresholds=None):
    return verdicts(compare({"key": before}, {"key": now}, thresholds))


def test_3000_other_texts_are_inconclusive_by_psi_and_named_as_an_identifier():
    found = compare({"key": keys("b", 3_000)}, {"key": keys("c", 3_000)})
    assert found.decision.status is Status.INCONCLUSIVE
    assert not found.decision.blessed
    [psi] = [result for result in found.results if result.metric == "psi"]
    assert psi.reason.startswith(
        "psi is 2.2, 0 more than expected by chance, but its values repeat so rarely that even "
        "entirely different ones would be at most 0 above chance, and the threshold is 0.2"
    )
    assert psi.reason.endswith(IDENTIFIER)
    assert (psi.value, psi.p_value) == (pytest.approx(2.1972, abs=1e-4), 1.0)
    [suggestion] = found.report({}, {}).details["suggestions"]
    assert (suggestion["feature"], suggestion["kind"]) == ("key", "identifier")


@pytest.mark.parametrize("sizes", [(300, 300), (600, 60), (60, 600), (3_000, 8)], ids=str)
def test_no_metric_passes_identifiers(sizes):
    before, now = (keys(letter, n) for letter, n in zip("bc", sizes, strict=True))
    found = compare({"key": before}, {"key": now}, OF_CATEGORIES)
    assert verdicts(found) == dict.fromkeys(OF_CATEGORIES, "inconclusive")
    of_key = [r for r in found.results if r.metric in OF_CATEGORIES]
    assert all(result.reason.endswith(IDENTIFIER) for result in of_key)


@pytest.mark.parametrize(
    "change",
    [
        lambda values: [*values[:-9], *["unknown"] * 9],
        lambda values: [*values[:-9], *values[:9]],
        lambda values: [[value, f"{value}!"] for value in values],
        lambda values: [value.encode() for value in values],
        lambda values: pa.array(values, pa.large_string()),
        lambda values: [*values, None, None],
    ],
    ids=["a mark of missing", "some twice", "lists", "bytes", "large", "missing"],
)
def test_identifiers_are_known_in_every_form(change):
    found = compare({"key": change(keys("b", 400))}, {"key": change(keys("c", 400))})
    [psi] = [r for r in found.results if (r.feature, r.metric) == ("key", "psi")]
    assert psi.status is Status.INCONCLUSIVE
    assert psi.reason.endswith(IDENTIFIER)
    kinds = [each["kind"] for each in found.report({}, {}).details["suggestions"]]
    assert "identifier" in kinds


def test_identifiers_of_which_some_are_the_same_are_none_the_better():
    assert statuses(keys("b", 600), [*keys("b", 300), *keys("c", 300)], OF_CATEGORIES) == (
        dict.fromkeys(OF_CATEGORIES, "inconclusive")
    )


def test_the_very_same_identifiers_pass():
    assert statuses(keys("b", 3_000), keys("b", 3_000)[::-1]) == {"psi": "pass"}


@pytest.mark.parametrize("swap", [False, True])
def test_values_that_repeat_on_one_side_only_fail(swap):
    sides = keys("b", 600), [f"c{i % 5}" for i in range(600)]
    assert statuses(*(sides[::-1] if swap else sides)) == {"psi": "fail"}


def test_what_half_of_the_values_are_is_judged():
    common = [f"shop {i % 4}" for i in range(1_000)]
    moved = [f"shop {i % 4 + 2}" for i in range(1_000)]
    before, now = keys("b", 1_000), keys("c", 1_000)
    assert statuses([*common, *before], [*common, *now]) == {"psi": "pass"}
    assert statuses([*common, *before], [*moved, *now]) == {"psi": "fail"}


def test_identifiers_are_inconclusive_in_every_slice():
    paid = ["Cash", "Card"] * 300
    sides = [{"paid": paid, "key": keys(letter, 600)} for letter in "bc"]
    found = compare(*sides, slices=[["paid"]])
    of_key = {r.slice: r for r in found.results if (r.feature, r.metric) == ("key", "psi")}
    assert len(of_key) == 3
    assert {result.status for result in of_key.values()} == {Status.INCONCLUSIVE}
    assert all(result.reason.endswith(IDENTIFIER) for result in of_key.values())
    assert {r.status for r in found.results if r.feature == "paid"} == {Status.PASS}


def test_an_identifier_weakens_no_other_check():
    paid = [["Cash"] * 150 + ["Card"] * 150, ["Cash"] * 40 + ["Card"] * 260]
    alone = compare({"paid": paid[0]}, {"paid": paid[1]}, OF_CATEGORIES)
    beside = compare(
        {"paid": paid[0], "key": keys("b", 300)},
        {"paid": paid[1], "key": keys("c", 300)},
        {**OF_CATEGORIES},
        features={"key": {"missing_rate": None}},
    )
    assert [r for r in beside.results if r.feature == "paid"] == list(alone.results)


def test_an_identifier_that_is_ignored_stops_nothing():
    sides = {"key": keys("b", 300)}, {"key": keys("c", 300)}
    paid = ["Cash", "Card", "Card"] * 100
    for side in sides:
        side["paid"] = paid
    found = compare(*sides, features={"key": {"ignore": True}})
    assert found.decision.status is Status.PASS
