import pickle
from concurrent.futures import ThreadPoolExecutor

import pyarrow as pa
import pytest

from skewgate.core.distributions import CategoricalDistribution, EmptyDistribution
from skewgate.core.errors import InputError
from skewgate.profiling.accumulators.column import ColumnAccumulator
from skewgate.profiling.accumulators.options import ProfileOptions
from skewgate.profiling.accumulators.profile import ProfileAccumulator


def batch(**columns):
    arrays = [c if isinstance(c, pa.Array) else pa.array(c) for c in columns.values()]
    return pa.RecordBatch.from_arrays(arrays, list(columns))


def profile(*batches, **options):
    accumulator = ProfileAccumulator(ProfileOptions(**options))
    for each in batches:
        accumulator.add(each)
    return accumulator.profile()


TRIPS = (
    batch(fare=[4.5, None, 7.0], company=["Blue", "Red", "Blue"]),
    batch(fare=[2.0], company=[None]),
)


def test_every_column_of_every_batch_is_kept():
    found = profile(*TRIPS)
    assert found.rows == {"": 4}
    assert sorted(found.slices[""]) == ["company", "fare"]
    fare = found.slices[""]["fare"]
    assert (fare.n, fare.n_missing, fare.edges.tolist()) == (3, 1, [2.0, 4.5, 7.0])
    assert found.slices[""]["company"] == CategoricalDistribution(
        {"Blue": 2.0, "Red": 1.0}, 0.0, 3, n_missing=1
    )


def test_no_batch_is_a_profile_without_rows():
    assert (profile().rows, profile().slices) == ({"": 0}, {"": {}})
    assert profile(slice_by=[["company"]]).rows == {"": 0}


def test_a_column_that_some_batches_lack_is_missing_there():
    found = profile(batch(a=[1, 2]), batch(b=["x", None, "y"]), batch(a=[3], b=["x"]))
    assert found.rows == {"": 6}
    assert (found.slices[""]["a"].n, found.slices[""]["a"].n_missing) == (3, 3)
    assert (found.slices[""]["b"].n, found.slices[""]["b"].n_missing) == (3, 3)


def test_the_schema_says_which_integers_are_categories():
    found = profile(batch(area=[8, 32, 8], hour=[1, 2, 3]), categorical=["area"])
    assert found.slices[""]["area"].counts == {"8": 2.0, "32": 1.0}
    assert found.slices[""]["hour"].kind == "numeric"


def test_only_the_features_that_are_asked_for_are_kept():
    found = profile(*TRIPS, features=["fare"], slice_by=[["company"]])
    assert {name: list(features) for name, features in found.slices.items()} == {
        "": ["fare"],
        "company=Blue": ["fare"],
        "company=Red": ["fare"],
    }


def test_numbers_of_values_are_a_feature_of_their_own():
    found = profile(batch(tags=[["a", "b", "c"], ["a"], None], fare=[[1.5], [], None]))
    assert sorted(found.slices[""]) == ["fare", "tags"]
    assert list(found.value_counts[""]) == ["tags"]
    counts = found.value_counts[""]["tags"]
    assert (counts.edges.tolist(), counts.n) == ([1.0, 3.0], 2)
    assert found.slices[""]["tags"].n_present == 2
    assert found.slices[""]["fare"].n_missing == 2


# Slices.


def test_slices_have_rows_and_features_of_their_own():
    found = profile(*TRIPS, slice_by=[["company"]])
    assert found.rows == {"": 4, "company=Blue": 2, "company=Red": 1}
    assert found.slices["company=Blue"]["fare"].edges.tolist() == [4.5, 7.0]
    assert found.slices["company=Red"]["fare"] == EmptyDistribution(1)


def test_slices_asked_for_twice_count_once():
    found = profile(*TRIPS, slice_by=[["company"], ["company"], ["company", "company"]])
    assert found.rows == {"": 4, "company=Blue": 2, "company=Red": 1}
    assert found.slices["company=Blue"]["fare"].n == 2
    both = batch(a=[1, 2], b=["x", "y"])
    assert profile(both, slice_by=[["a", "b"], ["b", "a"]]).rows == {
        "": 2,
        "a=1&b=x": 1,
        "a=2&b=y": 1,
    }


def test_slices_by_several_lists_of_columns():
    found = profile(batch(a=[1, 2], b=["x", None]), slice_by=[["a"], ["b", "a"]])
    assert found.rows == {"": 2, "a=1": 1, "a=2": 1, "a=1&b=x": 1}


def test_batches_that_lack_the_column_of_a_slice_are_in_none():
    found = profile(batch(fare=[1.0, 2.0]), *TRIPS, slice_by=[["company"]])
    assert found.rows == {"": 6, "company=Blue": 2, "company=Red": 1}


def test_a_column_of_a_slice_that_no_batch_has_is_an_error():
    with pytest.raises(InputError, match=r"^slices: compny: is not a column of the data"):
        profile(*TRIPS, slice_by=[["company"], ["fare", "compny"]])


# Merging, and workers.


def described(found):
    return {
        name: {
            feature: (side.kind, side.n, side.n_nan, side.n_missing, side.n_present)
            for feature, side in features.items()
        }
        for name, features in found.slices.items()
    }


PARTS = (
    *TRIPS,
    batch(fare=[[1.0, 2.0], None], company=["Blue", "Yellow"]),
    batch(fare=[float("nan")], extra=[True]),
)


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (3, 2, 1, 0), (2, 0, 3, 1)])
def test_merging_is_reading_on(order):
    merged = ProfileAccumulator(ProfileOptions(slice_by=[["company"]]))
    for index in order:
        other = ProfileAccumulator(ProfileOptions(slice_by=[["company"]]))
        other.add(PARTS[index])
        merged.merge(pickle.loads(pickle.dumps(other)))
    assert merged.rows == 7
    assert described(merged.profile()) == described(profile(*PARTS, slice_by=[["company"]]))
    assert merged.profile().rows == {
        "": 7,
        "company=Blue": 3,
        "company=Red": 1,
        "company=Yellow": 1,
    }


def test_threads_change_nothing():
    accumulator = ProfileAccumulator(ProfileOptions(slice_by=[["company"]]))
    with ThreadPoolExecutor(4) as pool:
        for part in PARTS * 5:
            accumulator.add(part, pool.map)
    expected = profile(*(PARTS * 5), slice_by=[["company"]])
    assert described(accumulator.profile()) == described(expected)


def test_an_error_of_a_thread_is_raised(monkeypatch):
    def add(self, array):
        if self.name == "fare":
            raise InputError("column fare", "is broken")

    monkeypatch.setattr(ColumnAccumulator, "add", add)
    accumulator = ProfileAccumulator()
    with ThreadPoolExecutor(2) as pool, pytest.raises(InputError, match=r"^column fare: is broken"):
        accumulator.add(batch(fare=[1.0], n=[1]), pool.map)
