import pytest

from skewgate.core.errors import InputError
from skewgate.data.sources.dialects import recognise
from skewgate.data.sources.reading_options import ReadingOptions


def layout(text, path="trips.csv", **options):
    return recognise(path, text.encode(), ReadingOptions(**options))


def message(text, path="trips.csv", **options):
    with pytest.raises(InputError) as caught:
        layout(text, path, **options)
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "delimiter"),
    [
        ("a,b\n1,2\n", ","),
        ("a;b\n1;2\n", ";"),
        ("a\tb\n1\t2\n", "\t"),
        ("a|b\n1|2\n", "|"),
        ("a;b\n1,5;2,5\n3,5;4\n", ";"),  # decimal commas
        ('a;"b,c"\n1,5;x\n', ";"),
        ("a, unit;b\n1;2\n3;4\n", ";"),
        ("name;x,b\n1,2\n3,4\n", ","),  # a name that holds the other one
        ('"a;b",c\n"1;2",3\n', ","),
        ("a;b", ";"),
        ("a;b\n", ";"),
        ("a;b\r\n1;2\r\n", ";"),
        ("a;b\r1;2\r", ";"),
        ("a;b\n1;2\n3;4;5\n6;7\n", ";"),  # one bad row
        ("a;b\n" + "1;2\n" * 9_000, ";"),
        ("price\n3,14\n2,5\n7\n", ";"),  # one column of decimal commas
        ("a\n1\n", ","),
        ("a\n1;2\n", ","),
        ("first name\nAda Lovelace\n", ","),
    ],
)
def test_the_delimiter_is_that_of_the_rows(text, delimiter):
    found = layout(text)
    assert found.dialect.delimiter == delimiter.encode()
    assert bool(found.notes) == (delimiter != ",")


@pytest.mark.parametrize("path", ["trips.tsv", "TRIPS.TSV", "trips.tsv.gz"])
def test_tsv_has_tabs(path):
    found = layout("a\tb, c\n1\t2\n", path)
    assert (found.dialect.delimiter, found.columns, found.notes) == (b"\t", ["a", "b, c"], ())


def test_a_tsv_file_may_have_commas_all_the_same():
    assert layout("a,b\n1,2\n", "trips.tsv").notes == ("read `,` as the delimiter",)


@pytest.mark.parametrize("line", ["sep=;\n", "SEP=;\r\n", '"sep=;"\n', "\n\nsep=;\n"])
def test_the_line_that_excel_wants_says_the_delimiter(line):
    found = layout(f"{line}a;b\n1;2\n")
    assert (found.dialect.delimiter, found.columns) == (b";", ["a", "b"])
    assert found.notes == ("read `;` as the delimiter, as the line `sep=` says",)
    assert found.start == len(f"{line}a;b\n")


def test_a_given_delimiter_counts_more_than_that_line():
    found = layout("sep=;\na|b;c\n1|2\n", delimiter="|")
    assert (found.columns, found.notes) == (["a", "b;c"], ())


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a;b\n1\n2\n", "`;`"),
        ("a;b,c\n1;2,5\n", "`;`"),
        ("a|b;c\n1\n", "`;`"),
        ("a:b\n1:2\n", "`:`"),
        ("a^b\n1^2\n", "`^`"),
        ("a\x01b\n1\x012\n", "\\x01"),
        ("a b c\n1 2 3.5\n4 5 6\n", "a space"),
    ],
)
def test_what_may_be_one_column_or_several_is_refused(text, shown):
    first = text.split("\n")[0]
    assert message(text) == (
        f"trips.csv: line 1: is {first!r}, whose columns may have {shown} or `,` between them. "
        f"Fix: give the option delimiter, such as {shown}."
    )
    assert layout(text, delimiter=",").columns == first.split(",")


def test_a_given_delimiter_that_the_rows_contradict_is_refused():
    assert message("a,b,c\n1,2,3\n", delimiter=";") == (
        "trips.csv: line 1: is one column with the delimiter `;`, and 3 with `,`. "
        "Fix: correct the option delimiter, or leave it out."
    )


@pytest.mark.parametrize("mark", ["^", "-", "\\", "]", ".", " "])
def test_any_sign_may_be_given(mark):
    assert layout(f'a{mark}"b{mark}c"\n1{mark}2\n', delimiter=mark).columns == ["a", f"b{mark}c"]


@pytest.mark.parametrize(
    ("header", "columns", "start"),
    [
        (False, ["column_1", "column_2"], 0),
        (["x", "y"], ["x", "y"], 0),
        (True, ["1.5", "2"], 6),
    ],
)
def test_a_header_may_be_missing(header, columns, start):
    found = layout("1.5,2\n3,4\n", header=header)
    assert (found.columns, found.start) == (columns, start)


def test_names_stand_before_the_first_row_that_is_no_blank_line():
    assert layout("\n\n1,2\n", header=["x", "y"]).start == 2
    assert layout("sep=;\n1;2\n", header=["x", "y"]).start == 6


@pytest.mark.parametrize(
    ("text", "header", "problem"),
    [
        ("1,2,3\n", ["x", "y"], "has 3 cells, but the option header names 2 columns"),
        ("x,y\n1,2\n", ["x", "y"], "holds the names that the option header gives"),
    ],
)
def test_names_that_do_not_fit_the_file_are_refused(text, header, problem):
    assert problem in message(text, header=header)


def test_numbers_where_names_should_be_are_refused():
    assert message("5.1,3.5,Iris-setosa\n4.9,3.0,Iris-setosa\n") == (
        "trips.csv: line 1: holds numbers such as 5.1 where names of columns should be. "
        "Fix: give the option header: names, false for none, or true if these are names."
    )


@pytest.mark.parametrize("text", ["2015,2016\n1,2\n", "city,0.5,0.9\nx,1,2\n0", "count,-1\n1,2\n"])
def test_whole_numbers_and_a_few_numbers_may_be_names(text):
    if text.startswith("city"):
        text = text.replace("city,", "city,country,")
    assert layout(text).columns
