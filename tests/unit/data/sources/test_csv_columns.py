"""What a column of CSV is, and what is told of it, whatever the blocks."""

import math
import random

import pyarrow as pa
import pytest

from skewgate.core.errors import InputError
from skewgate.data import sources
from skewgate.data.sources import base
from skewgate.data.sources.reading_options import RECOGNISED, ReadingOptions
from skewgate.data.sources.rejected import Rejections

BLOCKS = [16, 300, 1 << 23]


@pytest.fixture(params=BLOCKS)
def column(request, tmp_path, monkeypatch):
    """Returns a function that writes cells and reads them as a column: its type, values, notes."""
    monkeypatch.setattr(base, "BLOCK_BYTES", request.param)

    def column(cells, delimiter=",", options=RECOGNISED, rejections=None, **types):
        path = tmp_path / "trips.csv"
        rows = "".join(f"{cell}{delimiter}Blue\n" for cell in cells)
        path.write_text(f"x{delimiter}company\n{rows}", encoding="utf-8")
        source = sources.open_file(str(path), types, options=options)
        for _ in range(6):
            try:
                batches = list(source.batches(rejections=rejections))
            except base.WiderTypes:
                continue
            assert len({batch.schema.remove_metadata() for batch in batches}) == 1
            values = [each for batch in batches for each in batch.column(0).to_pylist()]
            notes = [note for note in source.notes() if "delimiter" not in note]
            return str(batches[0].schema.field(0).type), values, notes
        raise AssertionError("asks to be read again for ever")

    return column


def somewhere(cells, value, seed=0):
    """Returns cells with another one among them: first, in the middle or last."""
    at = {0: 0, 1: len(cells) // 2, 2: len(cells)}[seed]
    return [*cells[:at], value, *cells[at:]]


@pytest.mark.parametrize("place", [0, 1, 2])
@pytest.mark.parametrize(
    ("plain", "kind", "first"),
    [
        ("7", "int64", 7),
        ("2.5", "double", 2.5),
        ("true", "bool", True),
        ("2016-01-31", "date32[day]", None),
        ("2016-01-31 10:00:00", "timestamp[s]", None),
        ("10:00:00", "time32[s]", None),
    ],
)
def test_a_mark_of_a_missing_value_is_missing_in_what_is_no_text(column, plain, kind, first, place):
    found, values, notes = column(somewhere([plain] * 60, "NA", place))
    assert found == kind
    assert values.count(None) == 1
    assert values[{0: 0, 1: 30, 2: 60}[place]] is None
    assert first is None or values.count(first) == 60
    assert notes == ["read `NA` as missing in 1 row of column x"]


@pytest.mark.parametrize("mark", ["n/a", "NULL", "None", "#N/A", "-", "?", " NA ", "<NA>", "\\N"])
def test_marks_of_missing_values_are_the_usual_ones(column, mark):
    assert column(["7", mark, "9"] * 20) == (
        "int64",
        [7, None, 9] * 20,
        [f"read `{mark.strip()}` as missing in 20 rows of column x"],
    )


@pytest.mark.parametrize("place", [0, 1, 2])
@pytest.mark.parametrize("mark", ["NA", "None", "null", "-", "nan"])
def test_in_text_it_is_a_category(column, mark, place):
    cells = somewhere(["DE", "FR", "7", "2016-01-31"] * 20, mark, place)
    assert column(cells) == ("string", cells, [])


def test_a_column_of_nothing_else_has_no_value(column):
    found, values, notes = column(["NA"] * 30 + ["", "?"])
    assert (found, set(values)) == ("null", {None})
    assert notes == ["read `NA`, `?` as missing in 31 rows of column x"]


@pytest.mark.parametrize("word", ["NaN", "nan"])
def test_nan_is_a_number_among_numbers_and_missing_elsewhere(column, word):
    found, values, notes = column([word, "7"] * 20)
    assert (found, notes) == ("double", [])
    assert math.isnan(values[0])
    found, values, notes = column([word, "2016-01-31"] * 20)
    assert (found, values[0]) == ("date32[day]", None)
    assert notes == ["read `NaN` as missing in 20 rows of column x"]


@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_few_values_that_are_no_numbers_are_missing_and_said(column, place):
    found, values, notes = column(somewhere(["7", "9"] * 100, "far", place))
    assert (found, values.count(None), values.count(7)) == ("int64", 1, 100)
    assert notes == ["read `far` as missing in 1 row of column x, whose other values are numbers"]


@pytest.mark.parametrize("place", [0, 1, 2])
def test_more_of_them_make_text(column, place):
    cells = somewhere(["7"] * 198, "far", place)
    assert column(cells) == ("string", cells, [])
    assert column(somewhere(["7"] * 199, "far", place))[0] == "int64"


def test_marks_of_missing_values_do_not_count_as_values(column):
    cells = ["NA"] * 300 + ["7"] * 3 + ["far"]
    assert column(cells) == ("string", cells, [])


def test_more_than_a_thousand_make_text_however_many_numbers_there_are(column):
    cells = ["7"] * 202_000 + ["far"] * 1_001
    if base.BLOCK_BYTES > 1_000:
        assert column(cells)[0] == "string"
        assert column(cells[:-1])[0] == "int64"


@pytest.mark.parametrize("seed", range(3))
def test_the_order_of_the_rows_is_of_no_matter(column, seed):
    cells = ["7"] * 300 + ["2.5", "NA", "?", "far", "", "+3"]
    random.Random(seed).shuffle(cells)
    found, values, _ = column(cells)
    assert found == "double"
    assert sorted(value for value in values if value is not None) == [2.5, 3.0] + [7.0] * 300


def test_a_plus_is_a_sign(column):
    assert column(["+7", "-7", " +8"] * 20)[1][:3] == [7, -7, 8]
    assert column(["+1.5", "2"] * 20)[1][:2] == [1.5, 2.0]


# Decimal commas.


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
def test_decimal_commas_are_recognised_and_told(column, delimiter):
    found, values, notes = column(["3,14", "-0,5", "7", "", "NA"] * 20, delimiter)
    assert (found, values[:5]) == ("double", [3.14, -0.5, 7.0, None, None])
    assert notes == [
        "read `NA` as missing in 20 rows of column x",
        "read decimal commas in column x",
    ]


def test_three_digits_behind_every_comma_are_decimals_between_semicolons(column):
    assert column(["1,459", "1,389"] * 20, ";")[1][:2] == [1.459, 1.389]


@pytest.mark.parametrize(
    ("cells", "delimiter"),
    [(["1,459", "1,389"], "\t"), (["1,459", "999"], ";"), (["1,459", "1,389"], "|")],
)
def test_where_they_may_be_thousands_it_is_text_and_the_option_is_named(column, cells, delimiter):
    found, values, notes = column(cells * 20, delimiter)
    assert (found, values[:2]) == ("string", cells)
    assert len(notes) == 1
    assert notes[0].startswith("column x is read as text, and nearly all its values look like")
    assert "give the option decimal" in notes[0]
    options = ReadingOptions(decimal=",")
    assert column(cells * 20, delimiter, options)[0] == "double"


def test_points_and_commas_in_one_column_are_text(column):
    found, _, notes = column(["3,14", "1.234"] * 20, ";")
    assert found == "string"
    assert "look like numbers" in notes[0]


def test_a_few_numbers_of_the_other_convention_are_missing_and_said(column):
    found, values, notes = column(["1.5"] * 300 + ["1,234"], "\t")
    assert (found, values[-1], len(notes)) == ("double", None, 1)
    found, values, notes = column(["3,14"] * 300 + ["1.234"], ";")
    assert (found, values[0], values[-1], len(notes)) == ("double", 3.14, None, 2)


def test_a_given_decimal_mark_holds_for_every_column(column):
    options = ReadingOptions(decimal=",")
    assert column(["1,5", "2"] * 20, ";", options)[:2] == ("double", [1.5, 2.0] * 20)
    assert column(['"1,5"', "2"] * 20, ",", options)[:2] == ("double", [1.5, 2.0] * 20)
    assert column(["1.5", "2,5"] * 20, ";", options)[0] == "string"
    assert column(["1.5", "2,5"] * 20, ";", ReadingOptions(decimal="."))[0] == "string"


@pytest.mark.parametrize("cell", ['"1,234.50"', "$5.20", "12 %", "1 234.5", '"3,14"', "€ 7"])
def test_text_that_looks_like_numbers_is_said(column, cell):
    found, _, notes = column([cell] * 40)
    assert found == "string"
    shown = cell.strip('"')
    assert notes == [
        f"column x is read as text, and nearly all its values look like numbers, such as {shown!r}:"
        " give the option decimal, or write numbers without signs and marks between thousands"
    ]


# Given types, and given marks.


@pytest.mark.parametrize(("kind", "value"), [(pa.int64(), 7), (pa.float64(), 7.0)])
def test_marks_are_missing_in_a_given_type_too(column, kind, value):
    found, values, notes = column(["7"] * 30 + ["NA"] + ["7"] * 30, x=kind)
    assert (found, values[30], values[31]) == (str(kind), None, value)
    assert notes == ["read `NA` as missing in 1 row of column x"]


def test_what_does_not_fit_a_given_type_rejects_its_row_all_the_same(column):
    rejections = Rejections(5)
    cells = ["7"] * 300 + ["NA", "far", "7"]
    _, values, _ = column(cells, rejections=rejections, x=pa.int64())
    assert values == [7] * 300 + [None, 7]
    assert [(row.line, row.found) for row in rejections.samples] == [(303, "'far'")]


def test_a_given_type_of_text_keeps_every_mark(column):
    cells = ["7", "NA", "-"] * 20
    assert column(cells, x=pa.string()) == ("string", cells, [])


@pytest.mark.parametrize("cells", [["true", "NA"], ["2016-01-31", "?"]])
def test_bits_and_times_among_marks_are_integers_if_the_schema_says_so(column, cells):
    found, values, _ = column(cells * 30, x=pa.int64())
    assert (found, values[1]) == ("int64", None)
    assert values[0] in (1, 1_454_198_400)


def test_a_given_float_takes_decimal_commas_where_the_column_has_them(column):
    assert column(["7", "3,14"] * 30, ";", x=pa.float64())[1][:2] == [7.0, 3.14]
    rejections = Rejections(None)
    column(["1.5"] * 30 + ["1,234"], ";", rejections=rejections, x=pa.float64())
    assert [row.found for row in rejections.samples] == ["'1,234'"]


def test_given_marks_are_missing_everywhere_and_others_nowhere(column):
    options = ReadingOptions(null_values=["-999", "unknown"])
    assert column(["7", "-999"] * 20, options=options)[:2] == ("int64", [7, None] * 20)
    assert column(["far", "unknown"] * 20, options=options)[:2] == ("string", ["far", None] * 20)
    cells = ["7", "NA"] * 20
    assert column(cells, options=options)[:2] == ("string", cells)
    assert column(cells, options=ReadingOptions(null_values=[]))[:2] == ("string", cells)


# Several files.


@pytest.fixture
def files(tmp_path):
    def files(*columns):
        paths = []
        for at, cells in enumerate(columns):
            path = tmp_path / f"{at}.csv"
            path.write_text("x,y\n" + "".join(f"{cell},1\n" for cell in cells))
            paths.append(str(path))
        return paths

    return files


@pytest.mark.parametrize(
    ("columns", "kind", "values"),
    [
        ((["NA"], ["7"]), "int64", [None, 7]),
        ((["NA"], ["DE"]), "string", ["NA", "DE"]),
        ((["7", "NA"], ["DE"]), "string", ["7", "NA", "DE"]),
        ((["7", "NA"], ["2.5"]), "double", [7.0, None, 2.5]),
        ((["NA"], ["?"]), "null", [None, None]),
    ],
)
@pytest.mark.parametrize("turned", [False, True])
def test_all_files_say_what_a_column_is(files, columns, kind, values, turned):
    if turned:
        columns, values = (
            columns[::-1],
            [v for each in columns[::-1] for v in _of(each, columns, values)],
        )
    paths = files(*columns)
    types = sources.infer(paths)
    assert str(types["x"]) == kind
    found = []
    for path in paths:
        source = sources.open_file(path, None, known=types, complete=True)
        for batch in source.batches():
            found += batch.column(0).to_pylist()
    assert found == values


def _of(each, columns, values):
    """Returns the values of one of several columns."""
    start = 0
    for column in columns:
        if column is each:
            return values[start : start + len(column)]
        start += len(column)
    raise AssertionError


def test_with_settled_types_odd_cells_are_missing_and_reject_nothing(files):
    paths = files(["7"] * 300 + ["far", "NA"], ["2.5"])
    types = sources.infer(paths)
    assert str(types["x"]) == "double"
    source = sources.open_file(paths[0], None, known=types, complete=True)
    [batch] = source.batches()
    assert batch.column(0).to_pylist() == [7.0] * 300 + [None, None]
    assert len(source.notes()) == 2


def test_bytes_that_are_not_utf8_name_the_option(tmp_path):
    path = tmp_path / "trips.csv"
    path.write_bytes(b"x,y\ncaf\xe9,1\n")
    with pytest.raises(InputError, match="expected UTF-8, or the option encoding"):
        list(sources.open_file(str(path)).batches())
    options = ReadingOptions(encoding="latin-1")
    [batch] = sources.open_file(str(path), options=options).batches()
    assert batch.column(0).to_pylist() == ["café"]
