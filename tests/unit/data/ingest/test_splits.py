import datetime
import json

import numpy as np
import pyarrow as pa
import pytest

from skewgate.core.errors import InputError
from skewgate.data.ingest import splits

DAY = 86_400
SECONDS = [16_436 * DAY, 16_436 * DAY - 1, 16_801 * DAY, None, 17_000 * DAY]  # 2015-01-01 is 16436


@pytest.fixture
def table():
    return pa.table(
        {
            "time": SECONDS,
            "company": ["Blue", "Red", None, "Blue", "Green"],
            "paid": [True, False, None, False, True],
            "stars": [1.0, 2.5, None, 3.0, 1.0],
            "rides": [1, 25, None, 3, 1],
        }
    )


def parse(**content):
    return splits.parse_splits(json.dumps(content), "pipeline.yaml")


def message(**content):
    with pytest.raises(InputError) as caught:
        parse(**content)
    return str(caught.value)


def rows(found, table, where="a.csv"):
    """Returns split name to the numbers of its rows."""
    masks = masks_of(found, table, where)
    return {name: np.flatnonzero(mask).tolist() for name, mask in masks.items()}


def masks_of(found, table, where="a.csv"):
    codes = found.codes(table.combine_chunks().to_batches()[0], where)
    return {name: codes == place for place, name in enumerate(found.names())}


def test_all_rows_are_one_split(table):
    assert rows(parse(by="all"), table) == {"all": [0, 1, 2, 3, 4]}
    assert rows(parse(by="all", name="train"), table) == {"train": [0, 1, 2, 3, 4]}


# By time.

YEARS = {"before": ["2014-01-01", "2015-01-01"], "during": ["2015-01-01", "2016-01-01"]}


@pytest.mark.parametrize("kind", ["int", "float", "timestamp", "timestamp with zone"])
def test_ranges_of_days_are_half_open_and_in_utc(table, kind):
    seconds = pa.array(SECONDS, pa.int64())
    times = {
        "int": seconds,
        "float": seconds.cast(pa.float64()),
        "timestamp": seconds.cast(pa.timestamp("s")).cast(pa.timestamp("us")),
        "timestamp with zone": seconds.cast(pa.timestamp("s", "UTC")),
    }[kind]
    by_time = parse(by="time", column="time", ranges=YEARS)
    table = table.set_column(0, "time", pa.chunked_array([times]))
    # The last second of 2014; midnight of 2015; 2016 begins one day after 16800; no time.
    assert rows(by_time, table) == {"before": [1], "during": [0]}


def test_a_fraction_of_a_second_before_midnight_is_the_day_before(table):
    midnight = 16_436 * DAY * 1000
    times = pa.array([midnight - 1, midnight, 0, 0, None], pa.int64()).cast(pa.timestamp("ms"))
    table = table.set_column(0, "time", pa.chunked_array([times]))
    by_time = parse(by="time", column="time", ranges=YEARS)
    assert rows(by_time, table) == {"before": [0], "during": [1]}
    before = pa.array([-1, 0, None, None, None], pa.int64()).cast(pa.timestamp("us"))
    table = table.set_column(0, "time", pa.chunked_array([before]))
    seventies = parse(by="time", column="time", ranges={"all": ["1970-01-01", "1980-01-01"]})
    assert rows(seventies, table) == {"all": [1]}


def test_a_date_is_a_day_of_the_zone(table):
    # Berlin is an hour ahead in January and two in July.
    january, july = 16_436 * DAY - 3_600, 16_617 * DAY - 7_200
    times = pa.array([january - 1, january, july - 1, july, None])
    table = table.set_column(0, "time", pa.chunked_array([times]))
    ranges = {"winter": ["2014-12-01", "2015-01-01"], "spring": ["2015-01-01", "2015-07-01"]}
    found = parse(by="time", column="time", zone="Europe/Berlin", ranges=ranges)
    assert rows(found, table) == {"winter": [0], "spring": [1, 2]}
    with pytest.raises(InputError, match="zone: 'Berlin' is not known"):
        parse(by="time", column="time", zone="Berlin", ranges=ranges)


def test_times_far_away_are_in_no_range(table):
    table = table.set_column(0, "time", pa.chunked_array([[10**18, -(10**18), 0, 1, None]]))
    found = parse(by="time", column="time", ranges=YEARS)
    assert rows(found, table) == {"before": [], "during": []}


def test_overlapping_ranges_are_refused():
    assert message(
        by="time",
        column="time",
        ranges={
            "eval": ["2015-06-01", "2016-01-01"],
            "train": ["2014-01-01", "2015-06-02"],
            "test": ["2016-01-01", "2016-02-01"],
        },
    ) == ("pipeline.yaml: splits.time.ranges: train and eval overlap. Fix: correct the value.")


def test_ranges_that_touch_do_not_overlap():
    assert set(parse(by="time", column="time", ranges=YEARS).ranges) == {"before", "during"}


@pytest.mark.parametrize("end", ["2015-01-01", "2014-12-31"])
def test_a_range_must_start_before_it_ends(end):
    assert message(by="time", column="time", ranges={"train": ["2015-01-01", end]}).startswith(
        "pipeline.yaml: splits.time.ranges: train must start before it ends, "
        f"2015-01-01 is not before {end}"
    )


def test_time_must_be_a_number_or_a_time(table):
    with pytest.raises(InputError) as caught:
        masks_of(parse(by="time", column="company", ranges=YEARS), table)
    assert str(caught.value) == (
        "a.csv: column company: must hold time stamps or seconds since 1970 to split by, "
        "found string. Fix: correct the column or the splits."
    )


def test_dates_are_dates():
    assert parse(by="time", column="t", ranges=YEARS).ranges["during"] == (
        datetime.date(2015, 1, 1),
        datetime.date(2016, 1, 1),
    )


# By a column's value.


@pytest.mark.parametrize(
    ("column", "values", "expected"),
    [
        ("company", {"a": ["Blue"], "b": ["Red", "Green"]}, {"a": [0, 3], "b": [1, 4]}),
        ("paid", {"a": [True], "b": ["false"]}, {"a": [0, 4], "b": [1, 3]}),
        ("stars", {"a": [1.0, 3], "b": ["2.5"]}, {"a": [0, 3, 4], "b": [1]}),
        ("rides", {"a": [1, "3"], "b": [25]}, {"a": [0, 3, 4], "b": [1]}),
    ],
)
def test_rows_are_split_by_the_text_of_a_value(table, column, values, expected):
    assert rows(parse(by="column", column=column, values=values), table) == expected


@pytest.mark.parametrize("shared", [["Blue"], ["Red", "Blue"]])
def test_a_value_belongs_to_one_split(shared):
    assert message(by="column", column="company", values={"a": ["Blue"], "b": shared}) == (
        "pipeline.yaml: splits.column.values: a and b both hold 'Blue'. Fix: correct the value."
    )


# By hash.


def test_every_row_falls_into_one_bucket_and_shares_are_kept():
    table = pa.table({"x": np.arange(9_000), "y": [f"r{i}" for i in range(9_000)]})
    masks = masks_of(parse(by="hash", buckets={"train": 2, "eval": 1}), table)
    assert np.all(masks["train"] ^ masks["eval"])
    assert masks["train"].mean() == pytest.approx(2 / 3, abs=0.02)


def test_equal_rows_fall_into_the_same_bucket_whatever_their_order():
    by_hash = parse(by="hash", buckets={"train": 2, "eval": 1})
    table = pa.table({"x": np.arange(300), "y": [f"r{i}" for i in range(300)]})
    order = np.random.default_rng(6).permutation(300)
    mixed = table.take(pa.array(order)).select(["y", "x"])
    assert (
        masks_of(by_hash, mixed, "b.csv")["train"].tolist()
        == masks_of(by_hash, table)["train"][order].tolist()
    )


def test_the_hash_never_changes():
    # A pinned value: rows must not move between splits when skewgate is updated.
    table = pa.table({"x": list(range(30)), "y": ["é"] * 30})
    masks = masks_of(parse(by="hash", buckets={"train": 2, "eval": 1}), table)
    assert np.flatnonzero(masks["eval"]).tolist() == [4, 5, 10, 11, 13, 14, 15, 18, 20, 23, 26, 27]


def test_rows_may_be_hashed_by_some_columns_only():
    table = pa.table({"trip": list(range(60)), "taxi": [i % 4 for i in range(60)]})
    by_taxi = parse(by="hash", buckets={"train": 1, "eval": 1}, columns=["taxi"])
    mask = masks_of(by_taxi, table)["train"]
    assert all(len(set(mask[i::4].tolist())) == 1 for i in range(4))
    by_row = masks_of(parse(by="hash", buckets={"train": 1, "eval": 1}), table)["train"]
    assert mask.tolist() != by_row.tolist()


# Bad input.


@pytest.mark.parametrize(
    "content",
    [
        {"by": "time", "column": "day", "ranges": YEARS},
        {"by": "column", "column": "day", "values": {"a": ["x"]}},
        {"by": "hash", "buckets": {"a": 1}, "columns": ["time", "day"]},
    ],
    ids=["time", "column", "hash"],
)
def test_missing_column_lists_the_columns(table, content):
    with pytest.raises(InputError) as caught:
        masks_of(parse(**content), table)
    assert str(caught.value) == (
        "a.csv: has no column day, which the splits need; its columns are "
        "time, company, paid, stars, rides. Fix: add the column or correct the splits."
    )


def test_unknown_kind_lists_the_valid_ones():
    text = message(by="tim", column="time")
    assert text.startswith("pipeline.yaml: splits: input tag 'tim'")
    assert "'all', 'time', 'window', 'column', 'hash'" in text


@pytest.mark.parametrize(
    ("content", "where"),
    [
        ({"by": "time", "column": "t", "ranges": {}}, "splits.time.ranges"),
        ({"by": "column", "column": "c", "values": {}}, "splits.column.values"),
        ({"by": "hash", "buckets": {}}, "splits.hash.buckets"),
        ({"by": "hash", "buckets": {"a": 1}, "columns": []}, "splits.hash.columns"),
        ({"by": "hash", "buckets": {"a": 0}}, "splits.hash.buckets.a"),
        (
            {"by": "time", "column": "t", "ranges": {"a": ["2015-13-01", "2016-01-01"]}},
            "splits.time.ranges.a.0",
        ),
        ({"by": "all", "nme": "train"}, "splits.all.nme is not a known key"),
        ({"by": "column", "values": {"a": ["x"]}}, "splits.column.column is required"),
    ],
)
def test_splits_that_hold_nothing_or_nonsense_are_refused(content, where):
    assert message(**content).startswith(f"pipeline.yaml: {where}")


@pytest.mark.parametrize("name", ["read", "rejected", "unassigned"])
def test_a_split_has_no_name_of_a_count(name):
    assert message(by="all", name=name) == (
        f"pipeline.yaml: has a split {name!r}, but rows_{name} counts other rows. "
        "Fix: give the split another name."
    )


def test_malformed_text_names_the_place():
    with pytest.raises(InputError, match=r"pipeline\.yaml: line 1, column \d+: is not valid YAML"):
        splits.parse_splits('{"by": "all"', "pipeline.yaml")


# Batches.

EVERY_KIND = [
    {"by": "all"},
    {"by": "time", "column": "time", "ranges": YEARS},
    {"by": "column", "column": "company", "values": {"a": ["Blue"], "b": ["Red"]}},
    {"by": "column", "column": "stars", "values": {"a": [1], "b": ["2.5"]}},
    {"by": "hash", "buckets": {"train": 2, "eval": 1}},
    {"by": "hash", "buckets": {"train": 1, "eval": 1}, "columns": ["company"]},
]


@pytest.mark.parametrize("content", EVERY_KIND, ids=str)
def test_the_split_of_a_row_does_not_depend_on_the_batch_it_comes_in(table, content):
    found = parse(**content)
    batch = table.to_batches()[0]
    rows_alone = [found.codes(batch.slice(i, 1), "a.csv")[0] for i in range(5)]
    assert found.codes(batch, "a.csv").tolist() == rows_alone


@pytest.mark.parametrize("content", EVERY_KIND, ids=str)
def test_a_text_in_a_dictionary_goes_where_the_plain_text_goes(table, content):
    found = parse(**content)
    coded = table.set_column(1, "company", table["company"].dictionary_encode())
    assert rows(found, coded) == rows(found, table)


@pytest.mark.parametrize("content", EVERY_KIND[1:5], ids=str)
def test_a_column_without_a_value_is_no_error(table, content):
    found = parse(**content)
    name = content.get("column", "stars")
    table = table.set_column(table.column_names.index(name), name, pa.nulls(5))
    codes = found.codes(table.to_batches()[0], "a.csv")
    assert (codes >= 0).all() if content["by"] == "hash" else (codes == -1).all()


def test_rows_stay_in_their_bucket_when_a_column_turns_out_to_hold_fractions(table):
    by_hash = parse(by="hash", buckets={"train": 3, "eval": 2})
    wider = table.set_column(4, "rides", table["rides"].cast(pa.float64()))
    assert rows(by_hash, wider) == rows(by_hash, table)


def test_ratios_are_kept_by_three_splits():
    table = pa.table({"x": [f"trip {i}" for i in range(20_000)]})
    masks = masks_of(parse(by="hash", buckets={"a": 7, "b": 2, "c": 1}), table)
    shares = [mask.mean() for mask in masks.values()]
    assert shares == pytest.approx([0.7, 0.2, 0.1], abs=0.012)


def test_lists_cannot_be_split_by_value(table):
    table = table.append_column("stops", pa.array([[1]] * 5))
    with pytest.raises(InputError, match=r"a\.csv: column stops: must hold text, numbers or bool"):
        masks_of(parse(by="column", column="stops", values={"a": ["1"]}), table)


# Whatever type a reader gave a column.


@pytest.mark.parametrize("columns", [None, ["user"]])
def test_a_row_stays_in_its_split_when_one_value_makes_its_column_text(columns):
    by_hash = parse(by="hash", buckets={"train": 3, "eval": 1}, columns=columns)
    users = list(range(200))
    today = pa.table({"user": users})
    tomorrow = pa.table({"user": [*map(str, users), "A1"]})
    assert (
        rows(by_hash, tomorrow)["train"][: len(rows(by_hash, today)["train"])]
        == (rows(by_hash, today)["train"])
    )
    for kind in (pa.float64(), pa.int16(), pa.decimal128(25, 2)):
        assert rows(by_hash, pa.table({"user": pa.array(users).cast(kind)})) == (
            rows(by_hash, today)
        )


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        ([7, 8, 1], [0, 1, -1]),
        (["007", "8.0", "A1"], [0, 1, 1]),
        ([7.0, 8.5, 1.0], [0, 2, -1]),
        ([True, None, False], [-1, -1, -1]),
    ],
)
def test_a_value_of_a_split_is_the_same_in_every_type(column, expected):
    by_value = parse(by="column", column="code", values={"a": ["7"], "b": [8, "A1"], "c": [8.5]})
    found = by_value.codes(pa.table({"code": column}).to_batches()[0], "a.csv").tolist()
    assert found == expected


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"a": ["7"], "b": [7]}, "a and b both hold 7. Fix"),
        ({"a": ["007"], "b": ["8", "7"]}, "a and b both hold '7', which is '007' too"),
        ({"a": [True], "b": [1]}, "a and b both hold 1, which is True too"),
    ],
)
def test_values_that_say_the_same_belong_to_one_split(values, said):
    assert said in message(by="column", column="code", values=values)
