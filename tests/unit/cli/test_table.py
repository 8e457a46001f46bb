import pytest

from skewgate.cli import table
from skewgate.core.results import MetricResult, Status


def result(feature, status=Status.PASS, *, name="", value=0.25, interval=(0.2, 0.3), **fields):
    lower, upper = interval
    return MetricResult(
        feature, name, "ks", status, f"because of {feature}", value, lower, upper,
        null_value=0.0, threshold=0.1, **fields,
    )  # fmt: skip


def test_what_failed_stands_first_then_what_is_inconclusive():
    lines = table.render(
        [
            result("a"),
            result("c", Status.INCONCLUSIVE),
            result("b", Status.FAIL, value=0.123456, interval=(0.123456, 0.123456)),
        ],
        colour=False,
    ).splitlines()
    assert lines == [
        "feature  metric   value  interval    0     limit     >  threshold  verdict",
        "b        ks      0.1235                      │ ✖              0.1  fail",
        "c        ks        0.25  [0.2, 0.3]          │       ○        0.1  inconclusive",
        "a        ks        0.25  [0.2, 0.3]          │       ●        0.1  pass",
    ]


def test_the_interval_is_a_bar_against_the_threshold():
    wide = result("a", value=0.08, interval=(0.05, 0.13))
    assert table.bar(wide) == "    ──●─│──      "
    unsure = result("a", Status.INCONCLUSIVE, value=0.1, interval=(0.1, 0.1))
    assert table.bar(unsure) == "        ○        "
    assert table.bar(result("a", value=None, interval=(None, None))) == ""


@pytest.mark.parametrize(
    ("encoding", "expected"),
    [
        (
            "utf-8",
            ["日本     ks       0.25                    │       ●        0.1  pass",
             "größe    ks       0.25                    │       ●        0.1  pass"],
        ),
        (
            "latin-1",
            ["\\u65e5\\u672c  ks       0.25                    |       o        0.1  pass",
             "größe         ks       0.25                    |       o        0.1  pass"],
        ),
        (
            "ascii",
            ["\\u65e5\\u672c  ks       0.25                    |       o        0.1  pass",
             "gr\\xf6\\xdfe   ks       0.25                    |       o        0.1  pass"],
        ),
    ],
)  # fmt: skip
def test_columns_stand_below_each_other_in_any_encoding(encoding, expected):
    found = [result(name, interval=(0.25, 0.25)) for name in ("日本", "größe")]
    lines = table.render(found, colour=False, encoding=encoding).splitlines()
    assert sorted(lines[1:]) == sorted(expected)


def test_the_middle_of_a_long_name_is_left_out():
    names = ["a" * 200 + "b" * 100, "short"]
    lines = table.render([result(name) for name in names], colour=False).splitlines()
    assert max(map(len, lines)) < 120
    assert f"{'a' * 19}…{'b' * 20}  ks" in lines[1]


def test_slices_have_a_column_if_there_are_any():
    text = table.render([result("a", name="paid_Cash"), result("a")], colour=False)
    assert text.splitlines()[0].split() == [
        "feature",
        "slice",
        "metric",
        "value",
        "interval",
        "0",
        "limit",
        ">",
        "threshold",
        "verdict",
    ]


def test_checks_that_passed_are_cut_and_counted():
    results = [result(f"f{i:04}") for i in range(1_250)] + [result("x", Status.FAIL)]
    lines = table.render(results, colour=False).splitlines()
    assert len(lines) == 1 + 1 + table.MOST_PASSED + 1
    assert lines[-1] == "... and 1,230 more that passed"
    assert len(table.render(results[:3], colour=False, most_passed=3).splitlines()) == 4


def test_every_failure_is_listed():
    results = [result(f"f{i:04}", Status.FAIL) for i in range(50)]
    assert len(table.render(results, colour=False).splitlines()) == 51


@pytest.mark.parametrize(
    ("status", "code"), [(Status.FAIL, 31), (Status.INCONCLUSIVE, 33), (Status.PASS, 32)]
)
def test_verdicts_have_a_colour_on_a_terminal(status, code):
    line = table.render([result("a", status)], colour=True).splitlines()[1]
    assert f"  \x1b[{code}m{status.value}" in line
    assert line.endswith("\x1b[0m")
    assert "\x1b" not in table.render([result("a", status)], colour=False)


def test_names_cannot_move_the_cursor():
    text = table.render([result("a\x1b[2J\nb", Status.FAIL)], colour=False)
    assert "\x1b" not in text
    assert len(text.splitlines()) == 2


def test_what_was_not_measured_has_no_value():
    line = table.render(
        [MetricResult("fare", "", "presence", Status.FAIL, "gone")], colour=False
    ).splitlines()[1]
    assert line.split() == ["fare", "presence", "fail"]
