import pytest

from skewgate.core.errors import InputError
from skewgate.statistics import messages


@pytest.mark.parametrize(
    ("name", "expected"), [("", ""), ("All Examples", ""), ("company_All Examples", None)]
)
def test_the_slice_of_all_examples_has_an_empty_name(build, name, expected):
    dataset = build.dataset(name=name)
    assert messages.slice_name(dataset) == (name if expected is None else expected)


def test_statistics_are_read_from_a_file(build, tmp_path):
    content = build.statistics(build.dataset(build.numeric_feature("x", [1, 2, 4])))
    path = tmp_path / "FeatureStats.pb"
    path.write_bytes(content.SerializeToString())
    assert messages.read_statistics(path) == content


def test_missing_file_is_named(tmp_path):
    with pytest.raises(InputError, match=r"FeatureStats\.pb: cannot be read: No such file"):
        messages.read_statistics(tmp_path / "FeatureStats.pb")


@pytest.mark.filterwarnings("ignore:Unexpected end-group tag")
def test_a_file_of_something_else_is_named(tmp_path):
    path = tmp_path / "FeatureStats.pb"
    path.write_bytes(b"trip_miles,fare\n1,2\n")
    with pytest.raises(InputError) as caught:
        messages.read_statistics(str(path))
    assert str(caught.value) == (
        f"{path}: is not a TFDV statistics file (DatasetFeatureStatisticsList). "
        "Fix: generate the statistics again."
    )


@pytest.mark.filterwarnings("ignore:Unexpected end-group tag")
def test_a_file_that_goes_on_with_something_else_is_named(build):
    content = build.statistics(build.dataset(build.numeric_feature("x", [1, 2, 4])))
    with pytest.raises(InputError, match="is not a TFDV statistics file"):
        messages.parse_statistics(content.SerializeToString() + b"trip_miles,fare", "x")


def test_a_truncated_file_is_named(build):
    content = build.statistics(build.dataset(build.numeric_feature("x", [1, 2, 4])))
    with pytest.raises(InputError, match="stats at hand: is not a TFDV statistics file"):
        messages.parse_statistics(content.SerializeToString()[:-5], "stats at hand")


def test_an_empty_file_holds_no_statistics():
    with pytest.raises(InputError, match=r"x\.pb: holds no statistics"):
        messages.parse_statistics(b"", "x.pb")
