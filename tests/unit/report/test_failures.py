from skewgate.core.results import MetricResult, Status
from skewgate.report import failures


def failed(feature, slice_name="", reason="it moved"):
    return MetricResult(feature, slice_name, "ks", Status.FAIL, reason)


def test_failures_are_explained_a_line_each():
    shutting = [
        failed("fare"),
        failed("fare", "paid_Cash", "it moved there"),
        MetricResult("", "", "rows", Status.INCONCLUSIVE, "no rows"),
    ]
    assert failures.explain(shutting).splitlines() == [
        "  fare: it moved",
        "  fare (paid_Cash): it moved there",
        "  no rows",
    ]


def test_beyond_ten_they_are_counted():
    lines = failures.explain([failed(f"x{at}") for at in range(1_012)]).splitlines()
    assert len(lines) == 11
    assert lines[-1] == "  ... and 1,002 more"


def test_long_names_are_told_whole_and_hidden_characters_shown():
    name = "a" * 300 + "\x1b[2J"
    (line,) = failures.explain([failed(name)]).splitlines()
    assert "a" * 300 in line
    assert "\x1b" not in line
