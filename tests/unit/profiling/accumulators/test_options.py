"""What to keep of rows is said once, in one form."""

import dataclasses

import pytest

from skewgate.profiling.accumulators.numeric import FINE_RESOLUTION, RESOLUTION
from skewgate.profiling.accumulators.options import DEFAULT, ProfileOptions


def test_by_default_everything_is_kept():
    assert ProfileOptions((), (), RESOLUTION, None) == DEFAULT
    assert DEFAULT.columns is None


def test_any_collections_say_the_same():
    options = ProfileOptions(["area", "area"], [["pay", "day"], ("day", "pay")], 7, ["fare"])
    assert options == ProfileOptions({"area"}, [["day", "pay", "day"]], 7, {"fare"})
    assert options.slice_by == (("day", "pay"),)
    assert {options} == {dataclasses.replace(options)}


def test_columns_that_make_slices_are_read_and_not_kept():
    options = ProfileOptions(slice_by=[["pay", "day"], ["town"]], features=["fare"])
    assert options.columns == {"fare", "pay", "day", "town"}
    assert options.features == {"fare"}


def test_a_second_look_is_finer_and_at_some_features_alone():
    again = ProfileOptions(["area"], [["pay"]], 16).reread(["fare"])
    assert again == ProfileOptions(["area"], [["pay"]], FINE_RESOLUTION, ["fare"])


def test_options_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        DEFAULT.resolution = 9
