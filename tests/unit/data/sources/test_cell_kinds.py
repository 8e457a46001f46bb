import pyarrow as pa
import pytest

from skewgate.data.sources.cell_kinds import MISSING, Cells, Conventions, Kind, looking_numeric

EUROPE = Conventions(commas=True)


def kinds(texts, conventions=EUROPE):
    cells = Cells.of(pa.array(texts, pa.string()), conventions)
    return dict(zip(cells.texts.to_pylist(), map(Kind, cells.kinds.tolist()), strict=True))


@pytest.mark.parametrize(
    ("kind", "texts"),
    [
        (Kind.WHOLE, ["7", "-7", "+7", "007", " 7 ", "1e5", "-1E-5", "inf", "-Infinity", "9" * 30]),
        (Kind.POINT, ["7.", ".5", "-1.5", "+1.5e3", " 0.1"]),
        (Kind.COMMA, ["3,14", "-0,5", ",5", "1234,5", "0,123", "1,2345", "1,5e3"]),
        (Kind.GROUPS, ["1,234", "-12,345", "999,000"]),
        (Kind.NAN, ["NaN", "nan", "-nan"]),
        (
            Kind.MISSING,
            ["NA", "n/a", "N/A", "#N/A", "NULL", "null", "None", "-", "?", " NA ", "\\N"],
        ),
        (Kind.OTHER, ["far", "1,234,567", "1.2.3", "1 2", "e5", "2016-01-31", "true", "A1", "--1"]),
    ],
)
def test_what_a_cell_is(kind, texts):
    assert kinds(texts) == dict.fromkeys(texts, kind)


def test_a_comma_is_a_decimal_mark_only_where_it_may_be():
    assert kinds(["3,14", "1.5"], Conventions()) == {"3,14": Kind.OTHER, "1.5": Kind.POINT}
    given = Conventions(decimal=",")
    assert kinds(["3,14", "1.5"], given) == {"3,14": Kind.POINT, "1.5": Kind.OTHER}


def test_marks_of_missing_values_are_those_that_are_given():
    assert kinds(["x", "NA"], Conventions(missing={"x"})) == {"x": Kind.MISSING, "NA": Kind.OTHER}
    assert all(mark == mark.lower() for mark in MISSING)


def test_cells_are_counted_and_come_back_in_their_rows():
    column = pa.array(["NA", None, "7", "NA", "far"])
    cells = Cells.of(column, EUROPE)
    assert [cells.count(kind) for kind in (Kind.MISSING, Kind.WHOLE, Kind.OTHER)] == [2, 1, 1]
    assert cells.shown(Kind.MISSING) == {"NA": 2}
    assert cells.spread(cells.without(Kind.MISSING)).to_pylist() == [None, None, "7", None, "far"]


def test_no_cells_are_none():
    for column in (pa.array([], pa.string()), pa.array([None, None], pa.string())):
        cells = Cells.of(column, EUROPE)
        assert cells.count(*Kind) == 0
        assert cells.spread(cells.texts).to_pylist() == column.to_pylist()


def test_numbers_as_people_write_them():
    texts = ["1,234.50", "1.234,5", "$5", "€ 1.000", "12 %", "1 234", "(5.00)", "USD 7", "3,14"]
    assert looking_numeric(pa.array(texts)).all()
    others = ["far", "A1", "2016-01-31", "1-2", "12 km/h", "", "$", "10:30"]
    assert not looking_numeric(pa.array(others)).any()
