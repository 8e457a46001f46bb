import decimal

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skewgate import decision
from skewgate.checks.drift import comparing
from skewgate.checks.drift.config import DriftConfig
from skewgate.core import results as results_lib
from skewgate.core import yaml_model
from skewgate.core.distributions import EmptyDistribution, OpaqueDistribution
from skewgate.core.errors import InputError
from skewgate.core.profile import Profile
from skewgate.core.results import BASELINE_CHECK, Status
from skewgate.profiling.accumulators.profile import ProfileAccumulator
from skewgate.statistics.reading import STOCK_RANK_ERROR, parse_profile
from skewgate.statistics.writing import to_statistics

PAY = {"Cash": 1_800, "Card": 1_200}


def config(text="{}"):
    return yaml_model.parse(DriftConfig, text, "drift.yaml")


def compare(
    baseline,
    current,
    config,
    *,
    rank_error_baseline=STOCK_RANK_ERROR,
    rank_error_current=STOCK_RANK_ERROR,
    where="drift.yaml",
):
    """Compares statistics."""
    sides = [
        parse_profile(statistics.SerializeToString(), "statistics", rank_error)
        for statistics, rank_error in (
            (baseline, rank_error_baseline),
            (current, rank_error_current),
        )
    ]
    return comparing.compare(*sides, config, where=where)


@pytest.fixture(scope="module")
def baseline(build):
    return build.statistics(
        build.dataset(
            build.numeric_feature("fare", np.arange(3_000), n_missing=30),
            build.categorical_feature("pay", PAY),
        )
    )


@pytest.fixture(scope="module")
def current(build):
    """Half as many rows of the same distributions."""
    return build.statistics(
        build.dataset(
            build.numeric_feature("fare", np.arange(0, 3_000, 2), n_missing=15),
            build.categorical_feature("pay", {"Cash": 900, "Card": 600}),
        )
    )


def by_check(results):
    return {(r.slice, r.feature, r.metric): r for r in results}


def test_more_of_the_same_passes(baseline, current):
    results = compare(baseline, current, config(), rank_error_baseline=0.001)
    assert {(r.feature, r.metric) for r in results} == {
        ("fare", "ks"),
        ("fare", "missing_rate"),
        ("pay", "psi"),
        ("pay", "missing_rate"),
    }
    assert {r.status for r in results} == {Status.PASS}


def test_a_changed_feature_fails_and_the_others_pass(build, baseline):
    moved = build.statistics(
        build.dataset(
            build.numeric_feature("fare", np.arange(1_000, 2_500), n_missing=15),
            build.categorical_feature("pay", {"Cash": 900, "Card": 600}),
        )
    )
    results = compare(baseline, moved, config())
    assert [(r.feature, r.metric) for r in results if r.status is not Status.PASS] == [
        ("fare", "ks")
    ]
    assert by_check(results)["", "fare", "ks"].status is Status.FAIL
    assert by_check(results)["", "fare", "ks"].value == pytest.approx(1 / 3, abs=0.01)


def test_sizes_belong_to_their_sides(baseline, current):
    results = by_check(compare(baseline, current, config()))
    assert (results["", "fare", "ks"].n_baseline, results["", "fare", "ks"].n_current) == (
        3_000,
        1_500,
    )
    # The share of missing values is over all rows.
    missing = results["", "fare", "missing_rate"]
    assert (missing.n_baseline, missing.n_current) == (3_030, 1_515)


def test_rank_errors_belong_to_their_sides(build):
    # An atom at 0 of the baseline, none of the current: the sketch errors widen differently.
    stats = [
        build.statistics(build.dataset(build.numeric_feature("fare", values)))
        for values in ([0] * 1_000 + list(range(1_000)), range(1_500))
    ]

    def width(*errors):
        [ks] = [
            r
            for r in compare(
                *stats, config(), rank_error_baseline=errors[0], rank_error_current=errors[1]
            )
            if r.metric == "ks"
        ]
        return ks.lower, ks.upper

    assert width(0.0, 0.0) == pytest.approx((0.5, 0.5), abs=0.005)
    # The largest distance is at 0, where the current CDF is known to be small.
    assert width(0.1, 0.0)[0] == pytest.approx(0.4, abs=0.005)
    assert width(0.1, 0.0) != width(0.0, 0.1)


def test_new_categories_are_those_of_the_current_side(build):
    stats = [
        build.statistics(build.dataset(build.categorical_feature("pay", counts)))
        for counts in ({"Cash": 700, "Card": 300}, {"Cash": 250, "Card": 100, "Crypto": 50})
    ]
    wanted = config("defaults: {categorical: {new_categories: 0.01}}")
    forward = by_check(compare(*stats, wanted))["", "pay", "new_categories"]
    backward = by_check(compare(*reversed(stats), wanted))["", "pay", "new_categories"]
    assert (forward.status, forward.value) == (Status.FAIL, 0.125)
    assert (backward.status, backward.value) == (Status.PASS, 0.0)


# Sides without data.


def test_missing_baseline_is_inconclusive_and_not_blessed(build, current):
    results = compare(build.statistics(build.dataset()), current, config())
    assert [(r.metric, r.status, r.reason) for r in results] == [
        (BASELINE_CHECK, Status.INCONCLUSIVE, "the baseline statistics hold no examples")
    ]
    assert not decision.decide(results, config().policy).blessed
    allowed = config("policy: {on_missing_baseline: allow}").policy
    assert decision.decide(results, allowed).blessed


def test_missing_current_data_are_not_a_missing_baseline(build, baseline):
    results = compare(baseline, build.statistics(build.dataset()), config())
    assert [(r.metric, r.status, r.reason) for r in results] == [
        ("rows", Status.INCONCLUSIVE, "the current data hold no examples")
    ]
    allowed = config("policy: {on_missing_baseline: allow}").policy
    assert not decision.decide(results, allowed).blessed


def test_few_rows_are_inconclusive(build):
    stats = [
        build.statistics(build.dataset(build.numeric_feature("fare", range(n)))) for n in (40, 25)
    ]
    results = compare(*stats, config(), rank_error_baseline=0, rank_error_current=0)
    assert {r.status for r in results} == {Status.INCONCLUSIVE}


def test_stock_statistics_are_too_coarse_for_a_fine_threshold(build):
    stats = [
        build.statistics(build.dataset(build.numeric_feature("fare", values, buckets=10)))
        for values in (np.arange(90_000), np.arange(0, 90_000, 2))
    ]
    ks = by_check(compare(*stats, config("defaults: {numeric: {ks: 0.02}}")))
    assert ks["", "fare", "ks"].status is Status.INCONCLUSIVE
    assert "finer statistics" in ks["", "fare", "ks"].reason


# Features that do not match.


@pytest.mark.parametrize(
    ("swap", "gone", "there"), [(0, "current", "baseline"), (1, "baseline", "current")]
)
def test_a_feature_that_one_side_lacks_fails(build, baseline, swap, gone, there):
    smaller = build.statistics(
        build.dataset(build.categorical_feature("pay", {"Cash": 900, "Card": 600}))
    )
    sides = [baseline, smaller][:: -1 if swap else 1]
    absent = by_check(compare(*sides, config()))["", "fare", "presence"]
    assert absent.status is Status.FAIL
    assert absent.reason == f"fare is missing from the {gone} data; only the {there} data have it"


def test_a_feature_that_changes_its_kind_fails(build, baseline):
    changed = build.statistics(
        build.dataset(
            build.categorical_feature("fare", {"12": 800, "n/a": 700}),
            build.categorical_feature("pay", {"Cash": 900, "Card": 600}),
        )
    )
    results = by_check(compare(baseline, changed, config()))
    assert results["", "fare", "kind"].status is Status.FAIL
    assert results["", "fare", "kind"].reason == (
        "fare is numeric (float) in the baseline and categorical (STRING) now; write it with one "
        "type, give its type in the schema, or ignore it in drift.yaml"
    )
    assert ("", "fare", "ks") not in results


def test_a_feature_that_became_empty_fails_by_its_missing_rate(build, baseline):
    emptied = build.statistics(
        build.dataset(
            build.numeric_feature("fare", [], n_missing=1_500),
            build.categorical_feature("pay", {"Cash": 900, "Card": 600}),
        )
    )
    results = by_check(compare(baseline, emptied, config()))
    assert results["", "fare", "missing_rate"].status is Status.FAIL
    assert results["", "fare", "ks"].status is Status.INCONCLUSIVE
    assert results["", "fare", "ks"].reason == "fare has no value in the current data"
    assert results["", "fare", "ks"].threshold == 0.1


def test_a_feature_empty_on_both_sides_has_nothing_to_drift(build):
    stats = [
        build.statistics(build.dataset(build.numeric_feature("fare", [], n_missing=n)))
        for n in (3_000, 2_000)
    ]
    results = compare(*stats, config())
    assert [(r.metric, r.status) for r in results] == [("missing_rate", Status.PASS)]


def test_a_metric_of_the_wrong_kind_is_inconclusive(baseline, current):
    results = by_check(compare(baseline, current, config("features: {pay: {ks: 0.1}}")))
    assert results["", "pay", "ks"].status is Status.INCONCLUSIVE
    assert results["", "pay", "ks"].reason == (
        "ks does not apply to the categorical feature pay; remove it from the config"
    )


def test_ignored_features_are_left_out(baseline, current):
    results = compare(baseline, current, config("features: {fare: {ignore: true}}"))
    assert {r.feature for r in results} == {"pay"}


def test_a_feature_that_nobody_has_is_refused_with_a_suggestion(baseline, current):
    with pytest.raises(InputError) as caught:
        compare(baseline, current, config("features: {fares: {ks: 0.2}}"), where="my.yaml")
    assert str(caught.value) == (
        "my.yaml: features.fares is in neither of the two data sets, which have fare, pay. "
        "Fix: did you mean 'fare'."
    )


def test_tables_without_a_common_feature_are_refused(build, baseline):
    other = build.statistics(build.dataset(build.numeric_feature("age", range(9))))
    with pytest.raises(InputError, match="have no feature in common: fare, pay against age"):
        compare(baseline, other, config())


def test_long_lists_of_features_are_cut(build, baseline):
    wide = build.statistics(
        build.dataset(*(build.numeric_feature(f"f{i:02}", [1, 2]) for i in range(25)))
    )
    with pytest.raises(InputError, match=r"f18, f19 and 5 more\. Fix"):
        compare(baseline, wide, config())


# Slices.


def sliced(build, *, scale, names):
    def features():
        return (
            build.numeric_feature("fare", np.linspace(0, 100, 600 * scale)),
            build.categorical_feature("pay", {"Cash": 400 * scale, "Card": 200 * scale}),
        )

    return build.statistics(
        build.dataset(*features(), name="All Examples"),
        *(build.dataset(*features(), name=name) for name in names),
    )


def test_slices_are_compared_only_if_asked_for(build):
    stats = [sliced(build, scale=scale, names=["pay_Cash", "pay_Card"]) for scale in (5, 3)]
    assert {r.slice for r in compare(*stats, config())} == {""}
    results = compare(*stats, config("slices: [[pay]]"))
    assert {r.slice for r in results} == {"", "pay_Cash", "pay_Card"}
    assert [r.slice for r in results] == sorted(r.slice for r in results)


def test_drift_in_one_slice_is_named(build):
    before = sliced(build, scale=5, names=["pay_Cash"])
    after = sliced(build, scale=3, names=["pay_Cash"])
    fare = after.datasets[1].features[0]
    fare.CopyFrom(build.numeric_feature("fare", np.linspace(40, 100, 1_800)))
    results = compare(before, after, config("slices: [[pay]]"))
    assert [(r.slice, r.feature, r.metric) for r in results if r.status is Status.FAIL] == [
        ("pay_Cash", "fare", "ks")
    ]


@pytest.mark.parametrize(("swap", "absent"), [(0, "current"), (1, "baseline")])
def test_a_slice_that_one_side_lacks_is_inconclusive(build, swap, absent):
    sides = [
        sliced(build, scale=5, names=["pay_Cash", "pay_Card"]),
        sliced(build, scale=3, names=["pay_Cash"]),
    ][:: -1 if swap else 1]
    results = {r.slice: r for r in compare(*sides, config("slices: [[pay]]"))}
    lone = results["pay_Card"]
    assert lone.metric == "slice"
    assert lone.status is Status.INCONCLUSIVE
    assert lone.reason == f"the {absent} statistics have no slice 'pay_Card' to compare with"


def test_slices_that_no_side_has_are_inconclusive(baseline, current):
    results = by_check(compare(baseline, current, config("slices: [[company]]")))
    lone = results["company", "", "slice"]
    assert lone.status is Status.INCONCLUSIVE
    assert lone.reason.startswith("the statistics hold no slices by company")


def test_slices_asked_for_twice_are_checked_once(build):
    stats = [sliced(build, scale=s, names=["pay_Cash", "pay_Cash_day_Mon"]) for s in (5, 3)]
    results = compare(*stats, config("slices: [[pay], [pay, day]]"))
    checks = [(r.slice, r.feature, r.metric) for r in results]
    assert len(checks) == len(set(checks))


# The whole comparison.


def test_correction_spans_all_features(build):
    # A lone difference of p = 0.02 is no failure among twenty features.
    def side(n, shift):
        return build.statistics(
            build.dataset(
                build.numeric_feature("moved", np.arange(n) + shift),
                *(build.numeric_feature(f"same{i:02}", np.arange(n)) for i in range(19)),
            )
        )

    text = "defaults: {numeric: {ks: 0.001}, missing_rate: null}\nsignificance: {correction: %s}"
    exact = {"rank_error_baseline": 0.0, "rank_error_current": 0.0}
    stats = side(400, 0), side(400, 46)
    corrected, alone = (
        by_check(compare(*stats, config(text % correction), **exact))["", "moved", "ks"]
        for correction in ("bh", "none")
    )
    assert 0.005 < alone.p_value < 0.05
    assert alone.status is Status.FAIL
    assert corrected.status is Status.INCONCLUSIVE
    assert corrected.p_adjusted == pytest.approx(20 * corrected.p_value)


def test_false_alarms_over_a_whole_table_are_rare(build):
    rng = np.random.default_rng(8)
    wanted = config(
        "defaults: {numeric: {ks: 0.0001}, categorical: {psi: 0.0001}, missing_rate: 0.0001}"
    )

    def side(n):
        return build.statistics(
            build.dataset(
                *(build.numeric_feature(f"x{i}", rng.normal(size=n)) for i in range(6)),
                *(
                    build.categorical_feature(
                        f"c{i}",
                        dict(
                            zip(
                                "abcd",
                                map(int, rng.multinomial(n, [0.4, 0.3, 0.2, 0.1])),
                                strict=True,
                            )
                        ),
                    )
                    for i in range(6)
                ),
            )
        )

    alarms = [
        any(r.status is Status.FAIL for r in compare(side(900), side(500), wanted))
        for _ in range(60)
    ]
    assert np.mean(alarms) <= 0.1


def test_inconclusive_result_stands_for_a_whole_comparison():
    result = results_lib.inconclusive("schema", "there is no schema")
    assert (result.feature, result.slice, result.metric) == ("", "", "schema")
    assert (result.status, result.reason) == (Status.INCONCLUSIVE, "there is no schema")


def test_slices_of_another_feature_alone_are_inconclusive(build):
    before, after = (sliced(build, scale=scale, names=["pay_code_7"]) for scale in (5, 3))
    for side in (before, after):
        feature = side.datasets[0].features.add()
        feature.CopyFrom(side.datasets[0].features[0])
        feature.path.step[:] = ["pay_code"]
    results = compare(before, after, config("slices: [[pay]]"))
    assert any(r.metric == "slice" and r.status is Status.INCONCLUSIVE for r in results)
    assert "pay_code_7" not in {r.slice for r in results}


# The same numbers in other types.

TYPES = [
    pa.int64(),
    pa.uint64(),
    pa.float32(),
    pa.float64(),
    pa.decimal128(38, 6),
    pa.decimal256(60, 0),
    pa.list_(pa.int32()),
]


def stored(values, kind):
    """Returns a profile of whole numbers that a column of some type holds."""
    if pa.types.is_float32(kind):
        array = pa.array(np.array(values, float).astype(np.float32))
    elif pa.types.is_list(kind):
        array = pa.array([[value] for value in values], pa.list_(pa.int64()))
    else:
        array = pa.array(
            [decimal.Decimal(v) for v in values] if pa.types.is_decimal(kind) else values, kind
        )
    accumulator = ProfileAccumulator()
    accumulator.add(pa.record_batch([array], ["x"]))
    return accumulator.profile()


@given(
    st.lists(st.integers(0, 2**53) | st.integers(0, 3), min_size=1, max_size=30),
    st.sampled_from(TYPES),
    st.sampled_from(TYPES),
)
@settings(max_examples=80, deadline=None)
def test_the_same_whole_numbers_never_differ(values, one, other):
    thresholds = config("defaults: {numeric: {ks: 0.1, psi: 0.2, wasserstein: 0.1}}")
    for result in comparing.compare(stored(values, one), stored(values, other), thresholds):
        assert result.status is not Status.FAIL
        assert result.lower == 0.0
        if result.metric in ("ks", "psi"):
            assert result.upper == 0.0


def test_a_decimal_is_what_a_float_is():
    cents = [decimal.Decimal(n).scaleb(-2) for n in range(1, 1_000)]
    accumulators = []
    for values, kind in ((cents, pa.decimal128(30, 6)), (list(map(float, cents)), pa.float64())):
        accumulators.append(ProfileAccumulator())
        accumulators[-1].add(pa.record_batch([pa.array(values, kind)], ["x"]))
    results = by_check(comparing.compare(*(a.profile() for a in accumulators), config()))
    assert (results["", "x", "ks"].value, results["", "x", "ks"].status) == (0.0, Status.PASS)
    assert results["", "x", "ks"].reason == "ks is 0, not above the threshold of 0.1"


def test_an_opaque_feature_is_open_where_the_other_side_has_no_value():
    sides = [
        Profile({"": {"x": side, "n": EmptyDistribution(3)}}, {"": 3})
        for side in (
            OpaqueDistribution(0, 3, "is odd", frozenset({"struct"})),
            EmptyDistribution(3),
        )
    ]
    for baseline, current, label in ((*sides, "baseline"), (*reversed(sides), "current")):
        results = by_check(comparing.compare(baseline, current, config()))
        assert results["", "x", "kind"].status is Status.INCONCLUSIVE
        assert results["", "x", "kind"].reason == (
            f"x is odd, in the {label} data; convert it to numbers or text, or ignore it in "
            "drift.yaml"
        )
        assert ("", "x", "missing_rate") not in results


def test_how_many_values_an_opaque_feature_has_is_not_compared():
    accumulators = []
    for values in ([[1, 2], [3]], [{"a": 1}, {"a": 2}]):
        accumulators.append(ProfileAccumulator())
        accumulators[-1].add(pa.record_batch([pa.array(values), pa.array([1, 2])], ["x", "n"]))
    results = by_check(comparing.compare(*(a.profile() for a in accumulators), config()))
    assert {(r.feature, r.metric) for r in results.values() if r.feature != "n"} == {("x", "kind")}
    assert results["", "x", "kind"].reason.startswith(
        "x is numeric (int64) in the baseline and struct<a: int64> now"
    )


def test_structs_in_rows_and_in_statistics_are_open_and_no_failure():
    accumulator = ProfileAccumulator()
    accumulator.add(pa.record_batch([pa.array([{"a": 1}] * 9), pa.array([1] * 9)], ["x", "n"]))
    rows = accumulator.profile()
    statistics = parse_profile(to_statistics(rows, 100).SerializeToString(), "statistics")
    for sides in ((rows, statistics), (statistics, rows)):
        result = by_check(comparing.compare(*sides, config()))["", "x", "kind"]
        assert result.status is Status.INCONCLUSIVE
        assert "has the type struct<a: int64>, which cannot be compared" in result.reason


def test_two_types_that_cannot_be_compared_are_both_named():
    profiles = []
    for values in ([[[1]], [[2]]], [{"a": 1}, {"a": 2}]):
        accumulator = ProfileAccumulator()
        accumulator.add(pa.record_batch([pa.array(values), pa.array([1, 2])], ["x", "n"]))
        profiles.append(accumulator.profile())
    result = by_check(comparing.compare(*profiles, config()))["", "x", "kind"]
    assert result.status is Status.INCONCLUSIVE
    assert result.reason.startswith(
        "x has the type list<item: list<item: int64>>, which cannot be compared, in the baseline "
        "data, and has the type struct<a: int64>, which cannot be compared, in the current data; "
    )
