import gzip

import pyarrow as pa
import pytest

from skewgate.core.errors import InputError
from skewgate.core.slices import names_of
from skewgate.data.tf_example import tfrecord
from skewgate.statistics import messages, reading
from tests.encoding import encode


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


def test_a_file_of_something_else_is_named(tmp_path):
    path = tmp_path / "FeatureStats.pb"
    path.write_bytes(b"trip_miles,fare\n1,2\n")
    with pytest.raises(InputError) as caught:
        messages.read_statistics(str(path))
    assert str(caught.value) == (
        f"{path}: is not a TFDV statistics file (DatasetFeatureStatisticsList). "
        "Fix: generate the statistics again."
    )


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


# Several data sets, and TFRecord.


@pytest.fixture
def named(build):
    """Makes statistics of data sets with names, of which each has one more row than the last."""

    def make(*names):
        return build.statistics(
            *(
                build.dataset(build.numeric_feature("x", list(range(rows))), name=name)
                for rows, name in enumerate(names, 2)
            )
        )

    return make


def rows_by_slice(profile):
    names = names_of(profile.slices)
    return {names[key]: side["x"].n for key, side in profile.slices.items()}


@pytest.mark.parametrize("name", ["", "All Examples", "lhs_statistics", "train"])
def test_a_single_data_set_is_that_of_all_examples(named, name):
    profile = reading.parse_profile(named(name).SerializeToString(), "s.pb")
    assert rows_by_slice(profile) == {"": 2}


def test_other_data_sets_are_slices_of_all_examples(named):
    content = named("train", "All Examples", "eval").SerializeToString()
    assert rows_by_slice(reading.parse_profile(content, "s.pb")) == {"train": 2, "": 3, "eval": 4}


def test_several_data_sets_without_all_examples_are_named(named):
    with pytest.raises(InputError) as caught:
        reading.parse_profile(named("train", "eval", "test").SerializeToString(), "s.pb")
    assert str(caught.value) == (
        "s.pb: holds 3 data sets, none of which is of all examples: 'train', 'eval', 'test'. "
        "Fix: choose one by --dataset NAME."
    )


@pytest.mark.parametrize(("dataset", "rows"), [("train", 2), ("All Examples", 3), ("eval", 4)])
def test_one_of_several_data_sets_is_chosen(named, tmp_path, dataset, rows):
    content = named("train", "All Examples", "eval")
    profile = reading.parse_profile(content.SerializeToString(), "s.pb", dataset=dataset)
    assert rows_by_slice(profile) == {"": rows}
    path = tmp_path / "s.pb"
    path.write_bytes(content.SerializeToString())
    [found] = messages.read_statistics(path, dataset).datasets
    assert found.features == content.datasets[rows - 2].features
    assert messages.slice_name(found) == ""


def test_a_data_set_that_is_not_there_lists_those_that_are(named):
    with pytest.raises(InputError) as caught:
        reading.parse_profile(named("train", "").SerializeToString(), "s.pb", dataset="tain")
    assert str(caught.value) == (
        "s.pb: holds no data set 'tain', but 'train', 'All Examples'. Fix: did you mean 'train'."
    )


def test_two_data_sets_of_one_name_are_refused(named):
    for names, dataset in ((("", "All Examples"), ""), (("a", "a", ""), ""), (("a", "a"), "a")):
        with pytest.raises(InputError, match=r"s\.pb: holds several data sets '"):
            reading.parse_profile(named(*names).SerializeToString(), "s.pb", dataset=dataset)


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
@pytest.mark.parametrize("name", ["stats.tfrecord", "stats_tfrecord-00000-of-00001", "stats.pb"])
def test_statistics_in_tfrecord_are_read(named, tmp_path, name, pack):
    parts = [named("All Examples"), named("eval")]
    path = tmp_path / name
    path.write_bytes(pack(tfrecord.frame([part.SerializeToString() for part in parts])))
    assert messages.is_statistics(str(path))
    assert rows_by_slice(reading.read_profile(path)) == {"": 2, "eval": 2}
    assert len(messages.read_statistics(path).datasets) == 2


def test_records_of_examples_are_no_statistics(tmp_path):
    path = tmp_path / "rows.tfrecord"
    rows = pa.table({"name": ["a", "b"], "num_examples": [1, 2]})
    for records in (encode(rows, "rows"), []):
        path.write_bytes(tfrecord.frame(records))
        assert not messages.is_statistics(str(path))


def test_a_broken_file_of_statistics_is_named(named, tmp_path):
    path = tmp_path / "stats.tfrecord"
    path.write_bytes(tfrecord.frame([named("").SerializeToString()] * 2)[:-3])
    with pytest.raises(InputError, match=r"stats\.tfrecord: is not a whole TFRecord file"):
        messages.read_content(path)


def test_statistics_in_text_that_nest_without_end_are_refused(tmp_path):
    path = tmp_path / "stats.pbtxt"
    path.write_text("datasets { features { struct_stats { " * 5_000)
    with pytest.raises(InputError, match=r"more than 64 nested messages"):
        messages.read_content(path)


# Slices that know their columns.


@pytest.fixture
def keyed(build):
    """Makes statistics of slices that are named by their keys."""

    def make(*keys):
        statistics = build.statistics(
            *(
                build.dataset(build.numeric_feature("x", list(range(rows))), name=key)
                for rows, key in enumerate(keys, 2)
            )
        )
        messages.name_slices(statistics)
        return statistics

    return make


def test_slices_keep_their_keys_beside_names_of_their_own(keyed):
    keys = ["", "a=1&b=x", "a=1_b_x", "a=", "a=%0A", "?a_7"]
    written = keyed(*keys)
    assert [dataset.name for dataset in written.datasets] == [
        "All Examples", "a='1', b='x'", "a='1_b_x'", "a_", "a_\n", "a_7",
    ]  # fmt: skip
    found = reading.parse_profile(written.SerializeToString(), "s.pb")
    assert {key: side["x"].n for key, side in found.slices.items()} == dict(
        zip(keys, range(2, 8), strict=True)
    )


def test_a_note_that_is_no_key_is_passed_over(keyed):
    statistics = keyed("", "a=1")
    statistics.datasets[1].features[0].custom_stats[0].str = "?a_1"
    assert [messages.slice_key(dataset) for dataset in statistics.datasets] == ["", "?a_1"]


def test_a_slice_that_is_described_twice_is_refused(keyed):
    statistics = keyed("", "a=1", "a=2")
    statistics.datasets[2].features[0].custom_stats[0].str = "a=1"
    with pytest.raises(InputError, match=r"^s\.pb: describes a slice twice"):
        reading.parse_profile(statistics.SerializeToString(), "s.pb")
