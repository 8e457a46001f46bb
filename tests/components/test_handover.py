from __future__ import annotations

import os
import pickle

import apache_beam as beam
import pytest

from skewgate.components.support import artifact_io
from skewgate.components.support.handover import Handover
from skewgate.core.errors import InputError


class Ran(Exception):  # noqa: N818 (what a hostile pickle does)
    pass


def run():
    raise Ran


class Hostile:
    """What is unpickled calls a function of its choice."""

    def __reduce__(self):
        return run, ()


@pytest.fixture
def handover(tmp_path):
    folder = tmp_path / "partial"
    with artifact_io.temporary_folder(str(folder)):
        yield Handover(str(folder / "counted.pickle"))


def test_a_value_gets_from_a_worker_to_the_executor(handover):
    with beam.Pipeline(runner="DirectRunner") as pipeline:
        _ = pipeline | beam.Create([{"rows": 3}]) | beam.Map(handover.write)
    assert handover.read() == {"rows": 3}


@pytest.mark.parametrize("seal", [b"", b"\0" * 32])
def test_a_pickle_without_the_seal_is_never_run(handover, seal):
    hostile = pickle.dumps(Hostile())
    with pytest.raises(Ran):
        pickle.loads(hostile)
    artifact_io.write_bytes(handover.path, seal + hostile)
    os.chmod(handover.path, 0o600)
    with pytest.raises(InputError, match=r"was not written by this execution, and would run"):
        handover.read()


def test_what_another_execution_wrote_is_refused(handover):
    Handover(handover.path).write({"rows": 3})
    with pytest.raises(InputError, match="was not written by this execution"):
        handover.read()


def test_every_changed_byte_is_noticed(handover):
    handover.write([1, 2])
    whole = artifact_io.read_bytes(handover.path)
    for place in range(len(whole)):
        changed = bytearray(whole)
        changed[place] ^= 1
        artifact_io.write_bytes(handover.path, bytes(changed))
        os.chmod(handover.path, 0o600)
        with pytest.raises(InputError, match="was not written by this execution"):
            handover.read()


@pytest.mark.parametrize("of", ["file", "folder"])
def test_nothing_is_read_where_others_can_write(handover, of):
    handover.write(1)
    os.chmod(handover.path if of == "file" else os.path.dirname(handover.path), 0o777)
    with pytest.raises(InputError, match=r"can be written by others \(mode 777\)"):
        handover.read()


def test_whatever_the_umask_others_can_write_neither_folder_nor_file(tmp_path):
    before = os.umask(0)
    try:
        with artifact_io.temporary_folder(str(tmp_path / "partial")):
            handover = Handover(str(tmp_path / "partial" / "counted.pickle"))
            handover.write(1)
            assert handover.read() == 1
    finally:
        os.umask(before)


def test_the_key_is_in_no_log(handover):
    assert repr(handover) == f"Handover(path={handover.path!r})"


def test_a_file_that_is_not_there_is_one_sentence(handover):
    with pytest.raises(InputError, match="no such file"):
        handover.read()
