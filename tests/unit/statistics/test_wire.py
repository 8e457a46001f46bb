"""Statistics with a seal: protobuf reads them, and no damage to them is read as something else."""

import numpy as np
import pytest
from google.protobuf import message
from tensorflow_metadata.proto.v0 import statistics_pb2

from skewgate.core import sealing
from skewgate.core.errors import InputError
from skewgate.data.tf_example import protobuf, tfrecord
from skewgate.statistics import messages, reading, wire
from tests import mutations

DAMAGED = "its checksum does not match: it was changed or damaged after it was written"


@pytest.fixture
def plain(build):
    """Small statistics of all examples and of one slice, as TFDV writes them."""
    return build.statistics(
        build.dataset(build.numeric_feature("x", [1, 2, 4], buckets=3)),
        build.dataset(build.numeric_feature("x", [4], buckets=1), name="payment_Cash"),
    ).SerializeToString()


@pytest.fixture
def sealed(plain):
    return sealing.seal(plain)


def read(content):
    """Returns what is read of statistics, the same for the same content."""
    found = messages.parse_statistics(content, "s.pb")
    return found.SerializeToString(deterministic=True), repr(reading.parse_profile(content, "s.pb"))


def test_sealed_statistics_are_read_as_those_without_a_seal(plain, sealed):
    assert read(sealed) == read(plain)
    assert wire.unsealed(sealed, "s.pb") == plain
    assert messages.resolution(sealed, "s.pb") == messages.resolution(plain, "s.pb") == 3


def test_statistics_without_a_seal_are_read_as_they_are(plain):
    assert wire.unsealed(plain, "s.pb") is plain


def test_every_reader_of_protobuf_passes_over_the_seal(plain, sealed):
    found = statistics_pb2.DatasetFeatureStatisticsList.FromString(sealed)
    assert found.datasets == statistics_pb2.DatasetFeatureStatisticsList.FromString(plain).datasets


def test_statistics_that_protobuf_read_and_wrote_keep_their_seal(plain, sealed):
    """It puts the seal behind the data sets."""
    again = statistics_pb2.DatasetFeatureStatisticsList.FromString(sealed).SerializeToString()
    assert sealing.HEAD in again
    assert again != plain
    assert read(again) == read(plain)


def test_statistics_that_were_changed_are_one_sentence(sealed):
    found = statistics_pb2.DatasetFeatureStatisticsList.FromString(sealed)
    found.datasets[1].num_examples += 1
    for parse in (reading.parse_profile, messages.parse_statistics, messages.resolution):
        with pytest.raises(InputError) as caught:
            parse(found.SerializeToString(), "s.pb")
        assert str(caught.value) == (
            f"s.pb: {DAMAGED}. "
            "Fix: generate the statistics again, or take a copy of the file that is whole."
        )


def test_no_change_of_one_bit_is_read(sealed):
    for changed in mutations.flips(sealed):
        for parse in (reading.parse_profile, messages.parse_statistics, messages.resolution):
            with pytest.raises(InputError, match=r"^s\.pb: (its checksum|is not a TFDV)"):
                parse(changed, "s.pb")


def test_no_beginning_is_read(sealed):
    for cut in mutations.truncations(sealed):
        with pytest.raises(InputError, match=r"^s\.pb: (its checksum|is not a TFDV|holds no)"):
            reading.parse_profile(cut, "s.pb")


def test_what_chance_does_to_statistics_is_refused_or_changes_nothing(sealed):
    whole = read(sealed)
    refused = 0
    for changed in mutations.random_damage(sealed, seed=18, count=3_000):
        try:
            assert read(changed) == whole
        except InputError:
            refused += 1
    assert refused > 2_800


def test_two_files_in_one_are_refused(plain, sealed):
    """Protobuf reads them as one message of the data sets of both."""
    for joined in (sealed + sealed, sealed + plain, plain + sealed):
        with pytest.raises(InputError, match=DAMAGED):
            reading.parse_profile(joined, "s.pb")


def test_two_seals_that_fit_are_one_too_many(plain, sealed):
    with pytest.raises(InputError, match=DAMAGED):
        wire.unsealed(plain + 2 * sealed[: sealing.SIZE], "s.pb")


def test_a_field_that_is_not_known_may_be_a_broken_seal(plain):
    with pytest.raises(message.DecodeError):
        wire.unsealed(plain + b"\x12\x01a", "s.pb")


def test_an_endless_number_is_refused_at_once():
    with pytest.raises(message.DecodeError):
        wire.unsealed(b"\x0a" + 1_000_000 * b"\xff", "s.pb")
    with pytest.raises(IndexError):
        protobuf.read_varint(11 * b"\xff", 0)


def test_nothing_sealed_holds_no_statistics():
    with pytest.raises(InputError, match="holds no statistics"):
        reading.parse_profile(sealing.seal(b""), "s.pb")


def test_records_of_sealed_statistics_are_read(build, tmp_path):
    """Each has its own seal, and all are one list of data sets."""
    parts = [
        build.statistics(build.dataset(build.numeric_feature("x", np.arange(n)), name=name))
        for n, name in ((3, "All Examples"), (2, "payment_Cash"))
    ]
    sealed = [sealing.seal(part.SerializeToString()) for part in parts]
    path = tmp_path / "stats.tfrecord"
    path.write_bytes(tfrecord.frame(sealed))
    assert messages.is_statistics(str(path))
    assert len(messages.read_statistics(path).datasets) == 2
    sealed[1] = sealed[1][:-1]
    path.write_bytes(tfrecord.frame(sealed))
    with pytest.raises(InputError, match=rf"stats\.tfrecord: {DAMAGED}"):
        messages.read_content(path)
