"""Law: whatever contract and data ask for has exactly one result."""

from __future__ import annotations

import itertools

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from skewgate.checks.drift import comparing
from skewgate.checks.drift.config import DriftConfig
from skewgate.core.distributions import n_rows
from skewgate.core.results import Status
from skewgate.core.slices import key_of, names_of
from skewgate.profiling.accumulators.options import ProfileOptions
from skewgate.profiling.accumulators.profile import ProfileAccumulator
from skewgate.statistics.reading import parse_profile
from skewgate.statistics.writing import to_statistics
from tests.laws.cases import law

TEXTS = [None, "", "_", "1", "2", "1_b_x", "x", "\n", "b", "a_1", "é", " "]
KINDS = {
    "x": pa.float64(),
    "a": pa.string(),
    "b": pa.list_(pa.string()),
    "a_1": pa.int64(),
    "num_values(b)": pa.int64(),
}
VALUES = {
    "x": st.sampled_from([None, 1.0, 2.5, float("nan")]),
    "a": st.sampled_from(TEXTS),
    "b": st.none() | st.lists(st.sampled_from(TEXTS), max_size=2),
    "a_1": st.sampled_from([None, 1, 2]),
    "num_values(b)": st.sampled_from([None, 3]),
}
MAKERS = ["a", "b", "a_1"]


@st.composite
def sides(draw):
    """Rows of a side, in which `x` and what counts nothing may not be there."""
    names = [*MAKERS, *draw(st.sets(st.sampled_from(["x", "num_values(b)"])))]
    count = draw(st.integers(1, 12))
    return {name: draw(st.lists(VALUES[name], min_size=count, max_size=count)) for name in names}


LISTS = st.lists(st.lists(st.sampled_from(MAKERS), min_size=1, max_size=3), min_size=1, max_size=3)
RULES = st.dictionaries(
    st.sampled_from(["a", "b", "a_1"]),
    st.sampled_from([{"ignore": True}, {"ks": None, "psi": None}, {"jsd": 0.1}]),
    max_size=2,
)


def profile(rows, lists, *, by_file):
    accumulator = ProfileAccumulator(ProfileOptions(slice_by=lists))
    arrays = [pa.array(cells, KINDS[name]) for name, cells in rows.items()]
    accumulator.add(pa.RecordBatch.from_arrays(arrays, list(rows)))
    found = accumulator.profile()
    if not by_file:
        return found
    return parse_profile(to_statistics(found, 4096).SerializeToString(), "s.pb")


def slices(rows, columns):
    """Returns the keys of the slices that rows make, by a plain loop."""
    found = set()
    for cells in zip(*(rows[column] for column in columns), strict=True):
        choices = [
            {str(value) for value in given if value is not None}
            for given in (cell if isinstance(cell, list) else [cell] for cell in cells)
        ]
        found |= {
            key_of(dict(zip(columns, values, strict=True)))
            for values in itertools.product(*choices)
        }
    return found


@law(cases=15)
@given(
    baseline=sides(),
    current=sides(),
    lists=LISTS,
    rules=RULES,
    files=st.tuples(st.booleans(), st.booleans()),
)
def test_every_slice_feature_and_metric_of_a_comparison_has_one_result(
    baseline, current, lists, rules, files
):
    config = DriftConfig(slices=lists, features=rules)
    both = (baseline, current)
    profiles = [
        profile(side, lists, by_file=by_file) for side, by_file in zip(both, files, strict=True)
    ]
    results = comparing.compare(*profiles, config)
    checks = [(r.slice, r.feature, r.metric) for r in results]
    assert len(checks) == len(set(checks))

    lists = {tuple(sorted(set(columns))) for columns in lists}
    made = [{""}.union(*(slices(side, columns) for columns in lists)) for side in both]
    names = names_of(made[0] | made[1])
    assert len(set(names.values())) == len(names)
    for key in made[0] ^ made[1]:
        [result] = [r for r in results if r.slice == names[key]]
        assert (result.metric, result.status) == ("slice", Status.INCONCLUSIVE)
    for columns in lists:
        if not any(slices(side, columns) for side in both):
            assert (", ".join(columns), "", "slice") in checks
    compared = (baseline.keys() | current.keys()) - config.ignored
    for key, feature in itertools.product(made[0] & made[1], compared):
        metrics = {m for name, found, m in checks if (name, found) == (names[key], feature)}
        found = [each.slices[key].get(feature) for each in profiles]
        there = [side for side in found if side is not None]
        if len(there) == 1 and there[0].n_missing < n_rows(there[0]):
            assert metrics == {"presence"}
        else:
            kind = next((side.kind for side in there if side.kind != "empty"), "empty")
            assert metrics == set(config.thresholds(feature, kind))
    several = {
        key
        for each in profiles
        for key, counts in each.value_counts.items()
        if "b" in counts and "b" not in config.ignored
    }
    for key in several & made[0] & made[1]:
        count = "num_values(b)'" if "num_values(b)" in compared else "num_values(b)"
        metrics = {m for name, found, m in checks if (name, found) == (names[key], count)}
        assert metrics == {"ks"}
