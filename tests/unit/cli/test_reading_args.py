"""`skewgate drift` and its relatives with CSV as people write it."""

import json

import numpy as np
import pytest

ROWS = 3_000


@pytest.fixture
def write(tmp_path):
    def write(name, text, encoding="utf-8"):
        path = tmp_path / name
        path.write_bytes(text.encode(encoding))
        return str(path)

    return write


@pytest.fixture
def side(write):
    """Returns a function that writes numbers, which may be shifted, and names beside them."""

    def side(name, seed, shift=0.0, delimiter=",", decimal=".", first="", odd=(), **how):
        rng = np.random.default_rng(seed)
        fares = [f"{fare:.2f}".replace(".", decimal) for fare in rng.normal(20 + shift, 1, ROWS)]
        fares[7 : 7 + len(odd)] = odd
        names = rng.choice(["NA", "DE", "None"], ROWS)
        rows = [["fare", "country"], *zip(fares, names, strict=True)]
        lines = [delimiter.join(row) for row in rows]
        return write(name, first + "\n".join(lines) + "\n", **how)

    return side


WAYS = {
    "one NA": {"odd": ["NA"]},
    "one word": {"odd": ["broken"]},
    "marks": {"odd": ["-", "?", "n/a", "NULL", "#N/A"]},
    "semicolons": {"delimiter": ";"},
    "tabs": {"delimiter": "\t"},
    "bars": {"delimiter": "|"},
    "decimal commas": {"delimiter": ";", "decimal": ","},
    "decimal commas and NA": {"delimiter": ";", "decimal": ",", "odd": ["NA"]},
    "Excel": {"delimiter": ";", "first": "sep=;\n", "decimal": ","},
    "UTF-16": {"encoding": "utf-16", "delimiter": "\t"},
    "byte order mark": {"encoding": "utf-8-sig"},
}


@pytest.mark.parametrize("baseline", ["plain", *WAYS])
def test_a_shift_is_found_however_the_file_is_written(run, side, baseline):
    before = side("before.csv", 1, **WAYS.get(baseline, {}))
    for way in (WAYS.get(baseline, {}), {}):
        assert run("drift", before, side("same.csv", 2, **way)).code == 0
        moved = run("drift", before, side("moved.csv", 2, shift=5, **way), "--json")
        assert moved.code == 1
        failures = json.loads(moved.out)["failures"]
        assert [(each["feature"], each["metric"]) for each in failures] == [("fare", "ks")]


def test_what_was_recognised_is_told_and_stands_in_the_report(run, side, cli):
    before = side("before.csv", 1)
    now = side("now.csv", 2, delimiter=";", decimal=",", odd=["NA"])
    result = run("drift", before, now, "--json")
    notes = [
        f"{now}: read `;` as the delimiter",
        f"{now}: read `NA` as missing in 1 row of column fare",
        f"{now}: read decimal commas in column fare",
    ]
    assert [line for line in result.err.splitlines() if line.startswith(now)] == notes
    content = cli.check_report(json.loads(result.out))
    assert content["current"]["notes"] == notes
    assert "notes" not in content["baseline"]
    assert run("drift", before, now, "--quiet").err == ""


def test_the_page_shows_it(run, side, tmp_path):
    side_with_na = side("now.csv", 2, odd=["NA"])
    assert run("drift", side("before.csv", 1), side_with_na, "--out", tmp_path / "out").code == 0
    page = (tmp_path / "out" / "report.html").read_text()
    assert "read `NA` as missing in 1 row of column fare" in page


def test_a_country_called_na_stays_a_country(run, write):
    rng = np.random.default_rng(3)
    names = [rng.choice(["NA", "DE"], ROWS, p=p) for p in ([0.5, 0.5], [0.05, 0.95])]
    places = [
        write(f"{at}.csv", "country\n" + "\n".join(each) + "\n") for at, each in enumerate(names)
    ]
    assert run("drift", places[0], places[0]).code == 0
    assert run("drift", *places).code == 1
    only = write("only.csv", "country\n" + "NA\n" * ROWS)
    for sides in ((places[0], only), (only, places[0])):
        result = run("drift", *sides, "--json")
        [psi] = [r for r in json.loads(result.out)["results"] if r["metric"] == "psi"]
        assert (psi["status"], psi["n_baseline"], psi["n_current"]) == ("fail", ROWS, ROWS)


def test_numbers_that_are_all_missing_are_no_category(run, write, side):
    gone = write("gone.csv", "fare,country\n" + "NA,DE\n" * ROWS)
    result = run("drift", side("before.csv", 1), gone, "--json")
    found = {(r["feature"], r["status"]) for r in json.loads(result.out)["failures"]}
    assert ("fare", "fail") in found


def test_options_hold_on_both_sides(run, side):
    ways = {"delimiter": "^", "odd": ["-999.00"] * 700}
    sides = [side(f"{at}.csv", at, **way) for at, way in enumerate([{"delimiter": "^"}, ways])]
    assert "give the option delimiter" in run("drift", *sides).err
    assert run("drift", *sides, "--delimiter", "^").code == 1
    options = ["--delimiter", "^", "--null-values", "-999.00"]
    content = json.loads(run("drift", *sides, *options, "--json").out)
    [ks] = [r for r in content["results"] if r["metric"] == "ks"]
    assert (ks["status"], ks["n_current"]) == ("pass", ROWS - 700)


def test_files_without_a_header(run, write):
    rng = np.random.default_rng(5)
    places = [
        write(f"{at}.csv", "".join(f"{n:.2f},x\n" for n in rng.normal(at, 1, ROWS)))
        for at in range(2)
    ]
    assert "holds numbers such as" not in run("drift", *places, "--header", "fare,kind").err
    for header, name in (("fare,kind", "fare"), ("false", "column_1")):
        content = json.loads(run("drift", *places, "--header", header, "--json").out)
        assert [each["feature"] for each in content["failures"]] == [name]


def test_another_encoding_is_given_by_name(run, write):
    place = write("latin.csv", "city\n" + "Zürich\nGenève\n" * 500, encoding="cp1252")
    assert "expected UTF-8, or the option encoding" in run("drift", place, place).err
    assert run("drift", place, place, "--encoding", "cp1252").code == 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--delimiter", ";;"], "options: delimiter: must be one ASCII character"),
        (["--decimal", "x"], "options: decimal: input should be '.' or ','"),
        (["--encoding", "klingon"], "options: encoding: is not an encoding that Python knows"),
        (["--header", "a,a"], "options: header: has the name a twice"),
        (["--null-values", "[NA]"], "options: null_values: is not a JSON list: '[NA]'"),
    ],
)
def test_a_wrong_option_is_one_sentence(refused, side, options, message):
    place = side("a.csv", 1)
    assert refused("drift", place, place, *options).startswith(message)
    assert refused("profile", place, "--out", f"{place}.pb", *options).startswith(message)


def test_profile_reads_and_tells_alike(run, side):
    place = side("a.csv", 1, delimiter=";", odd=["NA"])
    result = run("profile", place, "--out", f"{place}.pb")
    assert f"{place}: read `NA` as missing in 1 row of column fare" in result.err
    assert run("drift", f"{place}.pb", side("b.csv", 2)).code == 0


def test_lists_may_be_given_as_json(run, write):
    place = write("a.csv", "x\n" + '1\n"a,b"\n' * 500)
    options = ["--null-values", '["a,b"]']
    assert run("profile", place, "--out", f"{place}.pb", *options).code == 0
    assert "1,000 rows, 1 features" in run("profile", place, "--out", f"{place}.pb", *options).out
