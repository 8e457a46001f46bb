"""Real data sets against themselves, and against themselves with one planted change."""

from __future__ import annotations

import collections
import functools
import json
import pathlib
import re

import pyarrow as pa
import pyarrow.parquet
import pytest

from skewgate.core.errors import InputError
from skewgate.simulation import planting
from skewgate.simulation import spec as spec_lib
from skewgate.simulation.kinds import REGISTRY
from skewgate.simulation.planting import WindowTally
from skewgate.simulation.survey import Survey
from tests import real_data
from tests.real_data import THRESHOLDS, short
from tests.same_tables import compared, run

PLACES = real_data.places()
METRICS = pathlib.Path(__file__).parents[2] / "docs" / "metrics.md"
COLUMNS = 2  # of a data set, in which a kind is planted


@functools.cache
def table_of(place: str) -> pa.Table | None:
    """Returns the rows of a data set; None if they are no rows."""
    try:
        return real_data.table_of(place)
    except InputError:
        return None


def test_the_data_sets_of_scikit_learn_and_tfx_are_found():
    names = " ".join(map(short, PLACES))
    for name in ("iris", "wine_data", "breast_cancer", "taxi", "penguin", "parquet/data.parquet"):
        assert name in names
    assert any(place.endswith("FeatureStats.pb") for place in PLACES)
    assert len(PLACES) > 20


@pytest.mark.parametrize("place", PLACES, ids=short)
def test_a_data_set_is_like_itself_or_too_small_to_tell(place, tmp_path):
    code, out, err = run("drift", place, place, "--json", "--quiet")
    odd = real_data.is_no_table(place) or real_data.holds_other_delimiter(place)
    if code == 2 and (odd or real_data.has_no_header(place)):
        assert err.count("\n") == 1, err
        return
    assert code in (0, 3), (code, out[:500], err)
    if real_data.is_no_table(place):  # a first line of sizes and empty cells was taken for names
        assert code == 3, out[:500]
        return
    results = json.loads(out)["results"]
    assert len({each["feature"] for each in results}) > real_data.holds_other_delimiter(place)
    for result in results:
        assert result["status"] != "fail", result
        if result["status"] == "inconclusive":
            _check_reason(result, place, tmp_path)


def _check_reason(result, place, folder):
    """Makes sure that a reason holds: coarse statistics, no value, or more rows would settle it."""
    reason, table = result["reason"], table_of(place)
    if table is None:
        assert place.endswith(".pb")
        assert "contains the threshold" in reason or "would settle it" in reason
        return
    if "has no value" in reason:
        assert not table[result["feature"]].drop_null()
        return
    if "cannot tell" in reason:  # of an identifier
        values = table[result["feature"]].drop_null()
        assert len(values.unique()) >= len(values) / 2
        return
    if "more data are needed" in reason:  # no way to deal so few values is surprising
        assert result["n_current"] < 30
        return
    [needed] = re.findall(r"about ([\d,]+) values on each side would settle it", reason)
    times = -(-int(needed.replace(",", "")) * 3 // (2 * result["n_current"]))
    if times * len(table) > 400_000:
        return
    path = folder / f"{times}.parquet"
    if not path.exists():
        pa.parquet.write_table(pa.concat_tables([table] * times), path)
    again = {(each["feature"], each["metric"]): each for each in compared(path, path)}
    settled = again[result["feature"], result["metric"]]
    assert settled["status"] == "pass", (reason, settled)


def visible():
    """Returns what docs/metrics.md says of each kind of change, by column of its table."""
    text = METRICS.read_text(encoding="utf-8")
    [section] = re.findall(r"^## What is seen\n(.*?)(?=^## )", text, re.DOTALL | re.MULTILINE)
    rows = [line.strip("|").split("|") for line in section.splitlines() if line.startswith("| `")]
    return {
        kind: [cell.strip() for cell in cells]
        for first, *cells in rows
        for kind in re.findall(r"`(\w+)`", first)
    }


def test_the_docs_say_of_every_kind_of_change_what_sees_it():
    assert set(visible()) == set(REGISTRY)


def sizes(kind, column, table):
    """Returns the keys of a strong change of a column."""
    counts = collections.Counter(table[column].drop_null().to_pylist())
    ranked = sorted(counts, key=lambda value: (-counts[value], str(value)))
    number = pa.types.is_integer(table[column].type) or pa.types.is_floating(table[column].type)
    return {
        "shift": {"by": 1.5},
        "scale": {"factor": 4.0},
        "unit_error": {"factor": 25.4},
        "noise": {"by": 2.0},
        "clipping": {"lower": 0.35, "upper": 0.6},
        "category_swap": {"values": [ranked[0], ranked[-1]]},
        "new_category": {"value": max(ranked) + 9 if number else "NEW", "share": 0.5},
        "missing_rate": {"share": 0.4},
        "stuck_sensor": {"share": 0.8},
        "class_prior": {"shares": {ranked[-1]: 0.9}},
        "label_flip": {"share": 0.6},
        "permutation": {},
    }[kind]


def columns_of(kind, table):
    """Returns the columns in which to plant: those of the most and of the fewest values."""
    numeric = kind in ("shift", "scale", "unit_error", "noise", "clipping")
    found = []
    for field in table.schema:
        number = pa.types.is_integer(field.type) or pa.types.is_floating(field.type)
        text = pa.types.is_string(field.type) or pa.types.is_large_string(field.type)
        if number or (text and not numeric):
            different = len(table[field.name].drop_null().unique())
            found += [(different, field.name)] if different > 1 else []
    found.sort()
    return [name for _, name in [*found[:COLUMNS], *found[-COLUMNS:]]]


def planted(table, kind, column):
    """Returns a table with one change; None if the data do not admit it."""
    rows = table.to_batches()[0]
    fields = {"kind": kind, "column": column, **sizes(kind, column, table)}
    try:
        plant = spec_lib.parse_plant(fields, "simulation.yaml", "plants.0")
        each = spec_lib.Planned(at="plants.0", plant=plant)
        found = Survey([each], spec_lib.Spec().windows)
        found.add(rows)
        settled = planting.settle([each], found, table.schema, "simulation.yaml")
        changed = planting.apply(settled, rows, 1, 0, 7, WindowTally())
    except InputError:
        return None
    return pa.Table.from_batches([changed]) if changed.num_rows else None


@pytest.mark.parametrize("kind", REGISTRY)
def test_a_planted_change_is_not_passed_over(kind, tmp_path):
    caught = 0
    before, after = tmp_path / "before.parquet", tmp_path / "after.parquet"
    for place in PLACES:
        table = table_of(place)
        if table is None or len(table) < 30 or len(table.to_batches()) != 1:
            continue
        pa.parquet.write_table(table, before)
        for column in columns_of(kind, table):
            changed = planted(table, kind, column)
            if changed is None:
                continue
            pa.parquet.write_table(changed, after)
            results = {(each["feature"], each["metric"]): each for each in compared(before, after)}
            caught += _check_change(table, changed, results, (short(place), column))
    assert (caught > 0) == (kind != "permutation")


def _check_change(table, changed, results, where):
    """Holds verdicts against distances of all values; returns how many changes were caught."""
    caught = 0
    for name in table.column_names:
        if table[name].equals(changed[name]):  # as a check of the table with itself
            continue
        for distance in real_data.distances(table[name], changed[name]):
            result = results.get((name, distance.metric))
            if result is None:  # of a name that another kind of feature has
                continue
            threshold = THRESHOLDS[distance.metric]
            if distance.value > threshold + 1e-6:
                assert result["status"] != "pass", (where, name, distance, result)
            elif len(changed) > 30:  # of fewer, chance explains less than `distances` says
                assert result["status"] != "fail", (where, name, distance, result)
            if distance.value > threshold + distance.slack and len(changed) > 400:
                assert result["status"] == "fail", (where, name, distance, result)
            caught += result["status"] == "fail"
    return caught
