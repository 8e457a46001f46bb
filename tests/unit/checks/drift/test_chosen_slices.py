"""Which slices are compared: all that the values of the columns make, and each by itself."""

import numpy as np
import pyarrow as pa
import pytest

from skewgate.checks.drift import chosen_slices, comparing
from skewgate.checks.drift.config import DriftConfig
from skewgate.core.profile import Profile
from skewgate.core.results import Status
from skewgate.profiling.accumulators.options import ProfileOptions
from skewgate.profiling.accumulators.profile import ProfileAccumulator
from skewgate.statistics.reading import parse_profile
from skewgate.statistics.writing import to_statistics

ROWS = 3_000


def profile(lists, **columns):
    accumulator = ProfileAccumulator(ProfileOptions(slice_by=lists))
    arrays = [v if isinstance(v, pa.Array) else pa.array(v) for v in columns.values()]
    accumulator.add(pa.RecordBatch.from_arrays(arrays, list(columns)))
    return accumulator.profile()


def sides(lists, moved, **columns):
    """Two sides of one distribution, but for the rows `moved`, which lie 3 sigma higher."""
    rng = np.random.default_rng(5)
    before, now = rng.normal(size=(2, ROWS))
    return (
        profile(lists, x=before, **columns),
        profile(lists, x=now + 3 * np.asarray(moved), **columns),
    )


def kept(found):
    return found


def written(found):
    """What is read of the statistics of a profile."""
    return parse_profile(to_statistics(found, 4096).SerializeToString(), "s.pb")


def stock(found):
    """What is read of the same statistics without what says which columns make a slice."""
    statistics = to_statistics(found, 4096)
    for dataset in statistics.datasets:
        for feature in dataset.features:
            for at, stat in reversed(list(enumerate(feature.custom_stats))):
                if stat.name == "skewgate.slice":
                    del feature.custom_stats[at]
    return parse_profile(statistics.SerializeToString(), "s.pb")


def judged(pair, lists):
    results = comparing.compare(*pair, DriftConfig(slices=lists))
    found = {(r.slice, r.feature, r.metric): r for r in results}
    assert len(found) == len(results)
    return found


def failed(found):
    return {key for key, result in found.items() if result.status is Status.FAIL}


ODD = ["", "_", "1_b_x", "a\nb", "b", "x", " ", "All Examples", "?a", "a=1&b=x"]


@pytest.mark.parametrize("make", [kept, written, stock])
@pytest.mark.parametrize("value", ODD)
def test_a_shift_in_a_slice_is_found_whatever_its_value_is_called(make, value):
    company = np.where(np.arange(ROWS) % 20 == 0, value, "other")
    pair = sides([["company"]], company == value, company=company)
    found = judged(map(make, pair), [["company"]])
    assert failed(found) == {(f"company_{value}", "x", "ks")}
    assert {key[0] for key in found} == {"", f"company_{value}", "company_other"}


@pytest.mark.parametrize("make", [kept, written])
def test_a_shift_in_rows_with_no_text_in_several_columns_is_found(make):
    empty = np.arange(ROWS) % 20 == 0
    columns = {name: np.where(empty, "", "other") for name in ("a", "b")}
    found = judged(map(make, sides([["a", "b"]], empty, **columns)), [["b", "a"]])
    assert failed(found) == {("a__b_", "x", "ks")}


@pytest.mark.parametrize("make", [kept, written])
def test_slices_that_share_a_name_are_two(make):
    lists = [["a"], ["a", "b"]]
    one = np.arange(ROWS) % 3 == 0
    a, b = np.where(one, "1_b_x", "1"), np.where(one, "y", "x")
    found = judged(map(make, sides(lists, one, a=a, b=b)), lists)
    assert ("a='1_b_x'", "x", "ks") in failed(found)
    assert found["a='1', b='x'", "x", "ks"].status is Status.PASS
    assert found["a='1', b='x'", "x", "ks"].n_baseline == np.count_nonzero(~one)


def test_a_name_that_tfdv_gave_to_two_slices_never_passes():
    lists = [["a"], ["a", "b"]]
    one = np.arange(ROWS) % 3 == 0
    a, b = np.where(one, "1_b_x", "1"), np.where(one, "y", "x")
    pair = [
        Profile(
            {key: each.slices[old] for key, old in (("", ""), ("?a_1_b_x", "a=1&b=x"))},
            {"": ROWS, "?a_1_b_x": each.rows["a=1&b=x"]},
        )
        for each in sides(lists, ~one, a=a, b=b)
    ]
    found = judged(pair, lists)
    assert found["a_1_b_x", "", "name"].status is Status.INCONCLUSIVE
    assert "can be the name of several slices" in found["a_1_b_x", "", "name"].reason
    assert ("a_1_b_x", "x", "ks") in failed(found)


@pytest.mark.parametrize(
    ("name", "lists", "key"),
    [
        ("pay_Cash", [["pay"]], "pay=Cash"),
        ("pay_code_7", [["pay"]], "pay_code=7"),  # no row has the pay "code_7"
        ("pay_code_7", [["pay_code"]], "pay_code=7"),
        ("area_8_pay_Cash", [["area", "pay"], ["area"]], "area=8&pay=Cash"),
        ("area_8.0", [["area"]], "area=8"),
        ("area_7", [["area"]], "?area_7"),  # no row has this area
        ("town_Bern", [["town"]], "town=Bern"),  # nobody knows the towns
        ("pay_", [["pay"]], "pay="),
    ],
)
def test_names_of_tfdv_are_read_by_the_values_that_occur(name, lists, key):
    overall = profile(
        [], pay=["Cash", "Card", ""], pay_code=[7, 8, 9], area=[8.0, 32.0, None]
    ).slices[""]
    known = Profile({"": overall, f"?{name}": overall}, {"": 3, f"?{name}": 1})
    found = chosen_slices.resolved(known, lists)
    assert list(found.slices) == list(found.rows) == ["", key]


def test_slices_by_columns_without_a_value_are_inconclusive():
    pair = [profile([["a"]], a=pa.nulls(9, pa.string()), x=np.arange(9.0)) for _ in range(2)]
    found = judged(pair, [["a"], ["a", "a"]])
    assert found["a", "", "slice"].status is Status.INCONCLUSIVE
    assert found["a", "", "slice"].reason == (
        "no row has a value of a, by which drift.yaml asks for slices"
    )


def test_each_list_of_columns_without_a_slice_has_a_result_of_its_own():
    pair = [profile([], a=["x"] * 9, b=["y"] * 9) for _ in range(2)]
    found = judged(pair, [["a"], ["a", "b"], ["b", "a"]])
    asked = [key for key in found if key[2] == "slice"]
    assert sorted(asked) == [("a", "", "slice"), ("a, b", "", "slice")]
