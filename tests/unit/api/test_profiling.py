"""`skewgate.profile` and `skewgate.merge` make what the commands write."""

import pyarrow as pa
import pyarrow.parquet
import pytest

import skewgate
from skewgate.cli.main import main
from skewgate.core.errors import InputError


def test_a_profile_says_what_it_is_of(risen):
    profile = skewgate.profile(risen)
    assert (profile.rows, profile.features) == (700, ["fare", "miles", "paid"])
    assert repr(profile) == "<skewgate.Profile: 700 rows, 3 features>"


def test_a_saved_profile_is_the_file_of_the_command(tmp_path, risen):
    pa.parquet.write_table(risen, tmp_path / "rows.parquet")
    arguments = ["profile", str(tmp_path / "rows.parquet"), "--slices", "paid", "--quiet"]
    assert main([*arguments, "--out", str(tmp_path / "command.pb")]) == 0
    skewgate.profile(risen, slices=[["paid"]]).save(tmp_path / "python.pb")
    assert (tmp_path / "python.pb").read_bytes() == (tmp_path / "command.pb").read_bytes()


def test_shards_are_merged_to_the_profile_of_all_rows(tmp_path, baseline, risen):
    whole = skewgate.profile(pa.concat_tables([baseline, risen]))
    skewgate.profile(risen).save(tmp_path / "risen.pb")
    merged = skewgate.merge([skewgate.profile(baseline), tmp_path / "risen.pb"])
    assert merged.rows == whole.rows == 1_600
    assert skewgate.compare(whole, merged).status == "pass"


@pytest.mark.parametrize("wrong", [[], "a.pb", skewgate.__version__])
def test_merge_takes_a_list(wrong):
    with pytest.raises(InputError, match="must be a list of at least one"):
        skewgate.merge(wrong)


def test_profiles_of_different_resolution_are_not_merged(baseline, risen):
    profiles = [skewgate.profile(baseline, resolution=50), skewgate.profile(risen)]
    with pytest.raises(InputError, match="profile 2: has 1000 quantile buckets, and profile 1"):
        skewgate.merge(profiles)


@pytest.mark.parametrize("resolution", [9, 100_001, -1])
def test_a_resolution_out_of_range_is_refused(resolution, risen):
    with pytest.raises(InputError, match=f"must be from 10 to 100000, found {resolution}"):
        skewgate.profile(risen, resolution=resolution)


def test_what_cannot_be_written_is_one_sentence(tmp_path, risen):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match=r"x\.pb: cannot be written: File exists"):
        skewgate.profile(risen).save(tmp_path / "file" / "x.pb")


def test_a_column_of_several_types_is_not_written(tmp_path):
    import pandas as pd

    mixed = skewgate.profile(pd.DataFrame({"x": [1.0, 2.0], "mixed": [1, "a"]}))
    with pytest.raises(InputError, match=r"mixed: .*values of the types int, str"):
        mixed.save(tmp_path / "x.pb")
    assert not (tmp_path / "x.pb").exists()
