"""docs/pipeline.md lists every key of pipeline.yaml, with its default."""

from __future__ import annotations

import re

import pytest

from skewgate.pipeline.settings import Labels, Monitoring, Settings, Training
from tests import checkouts

PAGE = (checkouts.ROOT / "docs" / "pipeline.md").read_text()
ROWS = [line for line in PAGE.splitlines() if line.startswith("| `")]


@pytest.mark.parametrize("model", [Settings, Training, Monitoring])
def test_every_key_has_a_row(model):
    documented = {key for row in ROWS for key in re.findall(r"`(\w+)`", row.split("|")[1])}
    keys = {field.alias or name for name, field in model.model_fields.items()}
    assert keys - documented == set()


def test_the_keys_of_labels_are_named():
    (row,) = [row for row in ROWS if row.startswith("| `labels` ")]
    assert all(key in row for key in Labels.model_fields)


def test_a_key_without_a_default_is_said_to_be_required():
    for row in ROWS:
        key, default = (cell.strip() for cell in row.split("|")[1:3])
        name = "schema_path" if key == "`schema`" else key.strip("`")
        fields = [
            model.model_fields[name]
            for model in (Settings, Training, Monitoring)
            if name in model.model_fields
        ]
        if fields:
            required = any(field.is_required() for field in fields)
            assert required == default.startswith("required"), key
