"""Readers of whole files, with blocks so small that a file has many of them."""

from __future__ import annotations

import copy
import types

import pyarrow as pa
import pytest

from skewgate.core.errors import InputError
from skewgate.data import sources
from skewgate.data.sources import base


def read(path, columns=None, rejections=None, opener=None, **declared):
    """Returns the rows of a file, read as often as it asks for."""
    source = sources.open_file(str(path), declared, opener)
    for _ in range(20):
        try:
            batches = list(source.batches(columns, copy.deepcopy(rejections)))
        except base.WiderTypes:
            continue
        rows = [row for batch in batches for row in pa.Table.from_batches([batch]).to_pylist()]
        assert sum(batch.num_rows for batch in batches) == len(rows) or columns == []
        kinds = {}
        for batch in batches:
            kinds.update({field.name: str(field.type) for field in batch.schema})
        if rejections is not None:  # now that no wider type comes
            batches = list(source.batches(columns, rejections))
        assert all(batch.schema == batches[0].schema for batch in batches)
        lines = [line for each in batches for line in base.lines_of(each, range(each.num_rows))]
        return types.SimpleNamespace(
            rows=rows, kinds=kinds, batches=batches, source=source, lines=lines
        )
    raise AssertionError("asks to be read again for ever")


def message(path, **declared):
    with pytest.raises(InputError) as caught:
        read(path, **declared)
    return str(caught.value)


@pytest.fixture(scope="session")
def reader():
    return types.SimpleNamespace(read=read, message=message)


@pytest.fixture
def small_blocks(monkeypatch):
    monkeypatch.setattr(base, "BLOCK_BYTES", 64)
