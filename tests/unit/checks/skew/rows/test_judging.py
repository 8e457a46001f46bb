from __future__ import annotations

import dataclasses
import json

import pyarrow as pa
import pytest

from skewgate import decision
from skewgate.checks.skew.config import RowRule, RowRules, SkewPolicy
from skewgate.checks.skew.rows.judging import details, judge
from skewgate.core.errors import InputError
from skewgate.core.results import Status
from skewgate.decision.policy import Significance
from tests.row_comparison import compare_batches

SIGNIFICANCE = Significance()


def rows(n, start=0, **columns):
    data = {"id": list(range(start, start + n)), **columns}
    arrays = [v if isinstance(v, pa.Array) else pa.array(v) for v in data.values()]
    return pa.RecordBatch.from_arrays(arrays, list(data))


def judged(training, serving, rules, significance=SIGNIFICANCE):
    counted = compare_batches([training], [serving], rules)
    return {(r.feature, r.slice): r for r in judge(counted, rules, significance)}


def test_a_feature_that_differs_fails_with_counts_by_kind_and_the_right_side():
    fare = [float(i) for i in range(1_000)]
    served = [None if i < 4 else 2 * x + 1 if i < 134 else x for i, x in enumerate(fare)]
    training, serving = rows(1_000, fare=fare), rows(1_100, fare=[*served, *range(100)])
    found = judged(training, serving, RowRules(keys=["id"]))
    result = found["fare", ""]
    assert result.status is Status.FAIL
    assert result.reason.startswith("fare differs in 134 of 1,000 matched rows (0.134)")
    assert result.reason.endswith(": 130 different, 4 missing in serving")
    assert (result.metric, result.value, result.threshold) == ("rows", 0.134, 0.01)
    assert (result.n_baseline, result.n_current) == (1_000, 1_000)
    swapped = judged(serving, training, RowRules(keys=["id"]))["fare", ""]
    assert swapped.reason.endswith(": 130 different, 4 missing in training")
    assert found["", ""].status is Status.PASS
    assert (found["", ""].n_baseline, found["", ""].n_current) == (1_000, 1_100)
    assert "serving: 1,100 rows, 100 without partner" in found["", ""].reason


def test_a_unit_error_in_one_slice_is_found_there_by_name():
    towns = ["Credit Card" if i % 20 == 0 else "Cash" for i in range(8_000)]
    miles = [i % 30 + 1.0 for i in range(8_000)]
    km = [m * 1.609344 if t == "Credit Card" else m for m, t in zip(miles, towns, strict=True)]
    rules = RowRules(keys=["id"], threshold=0.1, slices=[["payment_type"]])
    found = judged(
        rows(8_000, trip_miles=miles, payment_type=towns),
        rows(8_000, trip_miles=km, payment_type=towns),
        rules,
    )
    failed = [key for key, result in found.items() if result.status is Status.FAIL]
    assert failed == [("trip_miles", "payment_type_Credit Card")]
    assert "in the slice payment_type_Credit Card in 400 of 400" in found[failed[0]].reason
    assert found["trip_miles", ""].status is Status.PASS
    assert found["payment_type", "payment_type_Cash"].status is Status.PASS


def test_too_few_rows_are_inconclusive_and_a_threshold_of_zero_needs_none():
    side = rows(20, fare=[1.0] * 20)
    assert judged(side, side, RowRules(keys=["id"]))["fare", ""].status is Status.INCONCLUSIVE
    strict = RowRules(keys=["id"], threshold=0)
    assert judged(side, side, strict)["fare", ""].status is Status.PASS
    one = rows(20, fare=[1.0] * 19 + [2.0])
    assert judged(side, one, strict)["fare", ""].status is Status.FAIL


def test_p_values_are_corrected_over_all_features_and_slices():
    n = 2_000
    columns = {f"x{i}": [0] * n for i in range(30)}
    changed = {**columns, "x0": [1] * 29 + [0] * (n - 29)}
    sides = rows(n, **columns), rows(n, **changed)
    rules = RowRules(keys=["id"])
    assert judged(*sides, rules)["x0", ""].status is Status.INCONCLUSIVE
    plain = Significance(correction="none")
    assert judged(*sides, rules, plain)["x0", ""].status is Status.FAIL


def test_nothing_matched_is_inconclusive_and_says_what_was_seen():
    training, serving = rows(30, fare=[1.0] * 30), rows(20, start=100, fare=[1.0] * 20)
    (result,) = judged(training, serving, RowRules(keys=["id"], min_matched=0)).values()
    assert result.status is Status.INCONCLUSIVE
    assert result.metric == "matching"
    assert "training: 30 rows, 30 without partner; serving: 20 rows, 20 without" in result.reason


def test_keys_of_two_kinds_are_named_where_nothing_matches():
    serving = pa.RecordBatch.from_arrays([pa.array(["01", "02"])], ["id"])
    (result,) = judged(rows(3), serving, RowRules(keys=["id"])).values()
    assert "id (training has numbers, serving text)" in result.reason


def test_keys_that_one_side_has_as_text_match_the_integers_that_they_say():
    serving = pa.RecordBatch.from_arrays([pa.array(["1", "A1", "2"])], ["id"])
    result = judged(rows(3), serving, RowRules(keys=["id"], min_matched=0.5))["", ""]
    assert result.reason.startswith("2 rows were matched by id")


def test_few_matches_are_inconclusive():
    training = rows(100, fare=[1.0] * 100)
    serving = pa.RecordBatch.from_arrays(
        [pa.array([*range(30), *range(1_000, 1_020), 60, 60, None]), pa.array([1.0] * 53)],
        ["id", "fare"],
    )
    result = judged(training, serving, RowRules(keys=["id"], min_matched=0.6))["", ""]
    assert result.status is Status.INCONCLUSIVE
    assert result.value == pytest.approx(30 / 53)
    assert "30 rows were matched by id, 56.6% of the smaller side, where 60.0%" in result.reason
    assert "2 with a key that occurs more than once, 1 without key" in result.reason
    assert "training: 100 rows, 69 without partner, 1 with a key that occurs more" in result.reason
    enough = judged(training, serving, RowRules(keys=["id"], min_matched=0.5))["", ""]
    assert enough.status is Status.PASS


def test_a_side_without_rows_is_inconclusive_and_never_blessed():
    rules = RowRules(keys=["id"], slices=[["town"]], features={"fare": RowRule(threshold=0.1)})
    counted = compare_batches([rows(5, fare=[1.0] * 5)], [], rules)
    (result,) = judge(counted, rules, SIGNIFICANCE)
    assert result.status is Status.INCONCLUSIVE
    assert "there are no serving rows" in result.reason
    assert not decision.decide([result], SkewPolicy()).blessed


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        ({"keys": ["idd"]}, r"rows\.keys: idd: has no value in the training rows .*mean 'id'"),
        ({"keys": ["label"]}, r"rows\.keys: label: has no value in the serving rows"),
        ({"slices": [["town"]]}, r"rows\.slices: town: is not a feature of the serving rows"),
        (
            {"features": {"fair": {"threshold": 0.1}}},
            r"rows\.features: fair: is not a feature of either side \(did you mean 'fare'\?\); "
            r"there are fare, id, label, town",
        ),
    ],
)
def test_names_that_are_not_there_are_refused(rules, message):
    training = rows(3, fare=[1, 2, 3], label=[1, 1, 1], town=["a"] * 3)
    serving = rows(3, fare=[1, 2, 3])
    with pytest.raises(InputError, match=message):
        judged(training, serving, RowRules(**{"keys": ["id"], **rules}))


def test_an_ignored_feature_need_not_be_there():
    side = rows(400, fare=[1.0] * 400)
    rules = RowRules(keys=["id"], features={"gone": RowRule(ignore=True)})
    assert set(judged(side, side, rules)) == {("", ""), ("fare", "")}


def test_text_against_numbers_is_said_so():
    training, serving = rows(500, zip=["1"] * 500), rows(500, zip=[1] * 500)
    result = judged(training, serving, RowRules(keys=["id"]))["zip", ""]
    assert result.status is Status.FAIL
    assert result.reason.endswith("500 different (training has text, serving numbers)")


def test_a_column_empty_on_both_sides_does_not_differ():
    side = rows(500, note=pa.nulls(500, pa.string()))
    result = judged(side, side, RowRules(keys=["id"]))["note", ""]
    assert (result.status, result.value) == (Status.PASS, 0.0)


def test_details_are_plain_bounded_and_name_the_sides():
    n = 300
    training = rows(n, pay=["Cash"] * n, fare=[1.0] * n)
    serving = rows(n + 5, pay=["Card"] * 200 + ["Cash"] * 105, fare=[1.0] * (n + 5))
    rules = RowRules(keys=["id"], samples=2)
    shown = details(compare_batches([training], [serving], rules), rules)
    assert json.loads(json.dumps(shown, allow_nan=False)) == shown
    assert shown["matched"] == n
    assert (shown["training"]["rows"], shown["serving"]["rows"]) == (n, n + 5)
    assert (shown["training"]["unmatched"], shown["serving"]["unmatched"]) == (0, 5)
    assert set(shown["features"]) == {"pay"}
    pay = shown["features"]["pay"]
    assert pay["kinds"] == {"missing in training": 0, "missing in serving": 0, "different": 200}
    assert pay["pairs"] == [{"training": "Cash", "serving": "Card", "count": 200}]
    assert pay["different_and_in_no_pair_listed"] == 0
    assert len(pay["samples"]) == 2
    assert {s["training"] for s in pay["samples"]} == {"Cash"}
    assert all(0 <= s["key"]["id"] < 200 for s in pay["samples"])


def test_results_survive_report_json():
    side = rows(400, fare=[1.0] * 400)
    for result in judged(side, side, RowRules(keys=["id"])).values():
        assert dataclasses.asdict(type(result).from_json(result.to_json())) == dataclasses.asdict(
            result
        )


FEW, MANY = pa.array(["few", "many"]), pa.array([2.5, 4.0])


def mixed(first, second):
    """Makes rows of two files, in which a feature may have different types."""
    return [rows(2, tip=first, fare=[1, 2]), rows(2, start=2, tip=second, fare=[3, 4])]


def judged_files(training, serving):
    rules = RowRules(keys=["id"], threshold=0.5, slices=[["fare"]])
    counted = compare_batches(training, serving, rules)
    found = [(r.feature, r.slice, r.status, r.reason) for r in judge(counted, rules, SIGNIFICANCE)]
    assert "tip" not in details(counted, rules)["features"]
    others = {each[:3] for each in found if each[0] != "tip"}
    return found, others


@pytest.mark.parametrize("order", [1, -1])
def test_a_feature_of_text_and_numbers_on_one_side_fails_alone(order):
    found, others = judged_files(mixed(FEW, MANY)[::order], mixed(FEW, FEW))
    tips = [each for each in found if each[0] == "tip"]
    assert [name for _, name, _, _ in tips] == ["", "fare_1", "fare_2", "fare_3", "fare_4"]
    assert {(status, reason) for _, _, status, reason in tips} == {
        (
            Status.FAIL,
            "tip is numbers in some rows and text in others in the training data and text in the "
            "serving data; write it with one type, or make skew.yaml ignore it",
        )
    }
    _, clean = judged_files(mixed(MANY, MANY), mixed(MANY, MANY))
    assert others == {each for each in clean if each[0] != "tip"}


def test_a_feature_of_text_and_numbers_on_both_sides_is_no_difference_and_no_pass():
    found, _ = judged_files(mixed(FEW, MANY), mixed(MANY, FEW))
    assert {status for feature, _, status, _ in found if feature == "tip"} == {Status.INCONCLUSIVE}


def test_a_key_of_text_and_numbers_is_refused():
    files = [rows(2), pa.RecordBatch.from_arrays([pa.array(["a"])], ["id"])]
    with pytest.raises(InputError, match="column id: is text in one part of the data"):
        compare_batches(files, files, RowRules(keys=["id"]))
