import dataclasses
import importlib.resources
import json
import math
import re

import jsonschema
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skewgate import decision
from skewgate.core import sealing
from skewgate.core.errors import InputError
from skewgate.core.hidden import visible
from skewgate.core.results import MetricResult, Status
from skewgate.decision.policy import Policy
from skewgate.report import rendering, report
from skewgate.report.report import Report
from tests import mutations

SCHEMA = json.loads(
    importlib.resources.files("skewgate.report").joinpath("report.schema.json").read_text("utf-8")
)
VALID = jsonschema.Draft202012Validator(SCHEMA)
NASTY = ["<script>alert(1)</script>", "{{x}}", "{% raw %}", "\"&'", "a\\b\nc", "größer", "\u2028"]
NUMBERS = st.none() | st.floats()
RESULTS = st.builds(
    MetricResult,
    feature=st.text(),
    slice=st.text(),
    metric=st.text(min_size=1),
    status=st.sampled_from(Status),
    reason=st.text(min_size=1),
    value=NUMBERS,
    lower=NUMBERS,
    upper=NUMBERS,
    null_value=NUMBERS,
    threshold=NUMBERS,
    p_value=NUMBERS,
    p_adjusted=NUMBERS,
    n_baseline=st.none() | st.integers(0, 10**12),
    n_current=st.none() | st.integers(0, 10**12),
    severity=st.sampled_from([None, "error", "warning", "ignored"]),
    expected=st.none() | st.text(),
    observed=st.none() | st.text(),
)


def make(*results, kind="drift", policy=None, **fields):
    return Report(kind, decision.decide(results, policy or Policy()), **fields)


FAILED = MetricResult(
    "fare",
    "company_A",
    "ks",
    Status.FAIL,
    "too far",
    0.3,
    0.25,
    0.35,
    0.0,
    0.1,
    1e-9,
    2e-9,
    500,
    70,
)
PASSED = MetricResult(
    "tips", "", "psi", Status.PASS, "near", 0.02, 0.01, math.inf, 0.01, 0.2, 0.6, 0.7, 400, 60
)
UNSURE = MetricResult("", "", "baseline", Status.INCONCLUSIVE, "no baseline")


def parse_metrics(text):
    """Reads the Prometheus text format: (name, labels) to number."""
    samples = {}
    for line in text.split("\n"):
        if not line or line.startswith("#"):
            continue
        name, labels, number = re.fullmatch(r"(\w+)\{(.*)\} (\S+)", line).groups()
        found = re.findall(r'(\w+)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)', labels)
        assert ",".join(f'{key}="{value}"' for key, value in found) == labels
        plain = {
            key: re.sub(r"\\(.)", lambda m: {"n": "\n"}.get(m[1], m[1]), value)
            for key, value in found
        }
        samples[name, frozenset(plain.items())] = float(number)
    return samples


# report.json


def test_json_fits_its_schema():
    content = make(FAILED, PASSED, UNSURE, baseline={"uri": "a"}, current={"uri": "b"}).to_json()
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    VALID.validate(content)


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "weather"},
        {"status": "maybe"},
        {"results": []},
        {"blessed": 1},
        {"schema_version": 2},
        {"extra": 1},
    ],
    ids=str,
)
def test_schema_refuses_what_is_no_report(change):
    with pytest.raises(jsonschema.ValidationError):
        VALID.validate({**make(FAILED).to_json(), **change})


def test_schema_describes_every_field_of_a_result():
    described = SCHEMA["$defs"]["result"]
    assert set(PASSED.to_json()) == set(described["required"])
    full = dataclasses.replace(
        FAILED,
        severity="error",
        expected="at least 0",
        observed="minimum -3.5",
        cause="small_slice",
        in_quadrature=True,
        needed=570,
    )
    assert set(full.to_json()) == set(described["properties"])


def test_details_are_kept_and_left_out_where_there_are_none():
    details = {"rows": {"serving": {"matched": 3}}}
    text = rendering.render_json(make(FAILED, kind="skew", details=details))
    VALID.validate(json.loads(text))
    assert report.parse(text, "report.json").details == details
    assert "details" not in make(FAILED).to_json()


@settings(max_examples=150)
@given(
    results=st.lists(RESULTS, max_size=4), kind=st.sampled_from(["drift", "skew", "performance"])
)
def test_whatever_the_numbers_and_names_json_is_valid_and_without_nan(results, kind):
    text = rendering.render_json(make(*results, kind=kind))

    def refuse(constant):
        raise AssertionError(constant)

    content = json.loads(text, parse_constant=refuse)
    VALID.validate(content)
    again = report.parse(text, "report.json")
    assert again.to_json() == sealing.unseal_json(content, "report.json", "")


@settings(max_examples=100)
@given(
    results=st.lists(RESULTS, max_size=4),
    kind=st.sampled_from(["drift", "skew", "performance", "labels", "decision"]),
)
def test_whatever_the_numbers_and_names_there_is_a_page_and_a_sentence(results, kind):
    for made in (
        make(*results, kind=kind),
        report.parse(rendering.render_json(make(*results, kind=kind)), "report.json"),
    ):
        told = made.headline()
        assert told == visible(told)
        assert told.endswith(".")
        assert "</html>" in rendering.render_html(made)


def test_json_holds_what_passed_too():
    content = make(FAILED, PASSED).to_json()
    assert [r["feature"] for r in content["results"]] == ["fare", "tips"]
    assert [r["feature"] for r in content["failures"]] == ["fare"]
    assert (content["status"], content["blessed"]) == ("fail", False)
    assert content["policy"]["block_on"] == "any"


def test_the_sides_are_not_swapped():
    content = make(FAILED, baseline={"uri": "old"}, current={"uri": "new"}).to_json()
    assert (content["baseline"]["uri"], content["current"]["uri"]) == ("old", "new")
    assert (content["results"][0]["n_baseline"], content["results"][0]["n_current"]) == (500, 70)


def test_nan_in_the_description_of_a_side_is_an_error_and_not_written():
    with pytest.raises(ValueError, match="JSON compliant"):
        rendering.render_json(make(PASSED, baseline={"rank_error": math.nan}))


def test_report_survives_its_file(tmp_path):
    original = make(
        FAILED,
        UNSURE,
        kind="decision",
        baseline={"uri": "größer"},
        sources=({"kind": "drift", "status": "fail", "blessed": False, "uri": "x"},),
    )
    (tmp_path / "report.json").write_text(rendering.render_json(original), encoding="utf-8")
    assert report.read(tmp_path) == original


def test_missing_report_is_named(tmp_path):
    with pytest.raises(InputError, match=r"report\.json: no such file"):
        report.read(tmp_path)


def test_report_that_is_not_utf8_is_named(tmp_path):
    (tmp_path / "report.json").write_bytes(b'{\n"kind": "\xff"}')
    with pytest.raises(InputError, match=r"report\.json: line 2: byte 0xff is not UTF-8"):
        report.read(tmp_path)


@pytest.mark.parametrize(
    "text",
    ["", "{", "[1]", "null", "{}", '{"schema_version": 1, "kind": "drift"}', "[" * 100_000],
    ids=["empty", "cut off", "list", "null", "nothing", "no results", "deep"],
)
def test_what_is_no_report_is_refused(text):
    with pytest.raises(InputError, match=r"^x: is not a skewgate report \("):
        report.parse(text, "x")


@pytest.mark.parametrize(
    "change", [{"status": "maybe"}, {"extra": 1}, {"metric": None, "value": 1}]
)
def test_a_result_that_is_none_is_refused(change):
    content = make(FAILED).to_json()
    content["results"][0].update(change)
    if "metric" in change:
        del content["results"][0]["metric"]
    with pytest.raises(InputError, match=r"^x: is not a skewgate report \("):
        report.parse(json.dumps(content), "x")


BLESSED = make(
    PASSED,
    kind="decision",
    sources=({"kind": "drift", "status": "pass", "blessed": True, "uri": "x"},),
)


@pytest.mark.parametrize(
    ("original", "change", "problem"),
    [
        (make(FAILED), {"blessed": "false"}, "blessed must be boolean, got 'false'"),
        (make(FAILED), {"blessed": 1}, "blessed must be boolean, got 1"),
        (make(FAILED), {"blessed": True}, "blessed is true, with 1 failures"),
        (make(PASSED), {"blessed": False}, "blessed is false, with 0 failures"),
        (make(FAILED), {"status": "pass"}, "status is pass, and its failures say otherwise"),
        (make(UNSURE), {"status": "pass"}, "status is pass, with failures"),
        (make(UNSURE), {"status": "fail"}, "status is fail, and its failures say otherwise"),
        (make(FAILED), {"status": "pass", "blessed": True, "failures": []}, "fare ks .* failed"),
        (make(PASSED), {"results": []}, "results must contain at least 1 items"),
        (make(PASSED), {"kind": "weather"}, "kind must be one of .'drift'"),
        (make(PASSED), {"more": 1}, "must not contain {'more'} properties"),
        (
            BLESSED,
            {"sources": [{"kind": "drift", "status": "fail", "blessed": False, "uri": "x"}]},
            "a source is not blessed",
        ),
    ],
)
def test_a_report_that_says_two_things_or_none_is_not_believed(original, change, problem):
    content = original.to_json()
    assert report.parse(json.dumps(content), "x").to_json() == content
    with pytest.raises(InputError, match=rf"^x: is not a skewgate report \(.*{problem}"):
        report.parse(json.dumps({**content, **change}), "x")


def test_a_report_that_was_changed_after_it_was_written_is_not_believed():
    text = rendering.render_json(make(PASSED, baseline={"uri": "old"}))
    changed = text.replace("old", "odd")
    with pytest.raises(InputError) as caught:
        report.parse(changed, "x")
    assert str(caught.value) == (
        "x: its checksum does not match: it was changed or damaged after it was written. "
        "Fix: evaluate again."
    )


def test_no_change_of_one_bit_makes_another_report():
    original = make(PASSED, baseline={"uri": "old"})
    written = rendering.render_json(original).encode()
    for changed in mutations.flips(written):
        try:
            found = report.parse(changed.decode(), "x")
        except (InputError, UnicodeDecodeError):
            continue
        assert found == original


def test_a_report_that_was_laid_out_anew_is_believed():
    text = rendering.render_json(make(FAILED, PASSED, baseline={"uri": "größer", "rows": 3}))
    laid_out = json.dumps(dict(reversed(json.loads(text).items())), indent=7)
    assert report.parse(laid_out, "x") == report.parse(text, "x")


def test_a_number_that_json_does_not_have_is_refused():
    content = make(PASSED).to_json()
    content["results"][0]["value"] = math.nan
    with pytest.raises(InputError, match=r"^x: is not a skewgate report \(NaN is not JSON\)"):
        report.parse(json.dumps(content), "x")


def test_a_failure_that_the_policy_lets_pass_is_believed():
    critical = decision.decide([FAILED, PASSED], Policy(block_on="critical"), frozenset({"tips"}))
    assert report.parse(rendering.render_json(Report("drift", critical)), "x").decision.blessed


def test_report_of_another_version_says_which():
    content = {**make(PASSED).to_json(), "schema_version": 7}
    with pytest.raises(InputError) as caught:
        report.parse(json.dumps(content), "x")
    assert str(caught.value) == (
        "x: has schema_version 7, this skewgate reads 1. Fix: evaluate again with this version."
    )


# metrics.prom


def test_metrics_hold_every_value():
    samples = parse_metrics(rendering.render_metrics(make(FAILED, PASSED, UNSURE)))
    kind = ("kind", "drift")
    assert samples["skewgate_blessed", frozenset({kind})] == 0
    for status, count in (("fail", 1), ("pass", 1), ("inconclusive", 1)):
        assert samples["skewgate_results", frozenset({kind, ("status", status)})] == count
    value = frozenset(
        {
            kind,
            ("feature", "fare"),
            ("slice", "company_A"),
            ("metric", "ks"),
            ("status", "fail"),
        }
    )
    assert samples["skewgate_value", value] == 0.3
    assert sum(name == "skewgate_value" for name, _ in samples) == 2


def test_metrics_say_that_a_gate_is_open():
    samples = parse_metrics(rendering.render_metrics(make(PASSED, kind="skew")))
    assert samples["skewgate_blessed", frozenset({("kind", "skew")})] == 1


@pytest.mark.parametrize("name", ['"', "\\", "\n", 'a\\"\nb', "\\n", *NASTY])
def test_metrics_escape_names_that_come_from_data(name):
    text = rendering.render_metrics(make(MetricResult(name, name, "ks", Status.FAIL, "r", 0.5)))
    assert len([line for line in text.split("\n") if line.startswith("skewgate_value")]) == 1
    samples = parse_metrics(text)
    [labels] = [dict(labels) for metric, labels in samples if metric == "skewgate_value"]
    expected = name if name == "\n" else "\n".join(map(visible, name.split("\n")))
    assert labels["feature"] == labels["slice"] == expected


def test_two_names_that_look_alike_are_two_series():
    names = ("fare\u202e", "fare\\u202e", "fare\\\\u202e", "fare")
    results = [MetricResult(name, "", "ks", Status.FAIL, "r", 0.5) for name in names]
    samples = parse_metrics(rendering.render_metrics(make(*results)))
    assert sum(name == "skewgate_value" for name, _ in samples) == len(names)


def test_metrics_are_plain_numbers():
    result = MetricResult("x", "", "ks", Status.FAIL, "r", np.float64(0.25))
    assert rendering.render_metrics(make(result)).endswith(" 0.25\n")


def test_metrics_are_described_and_end_with_a_line_feed():
    text = rendering.render_metrics(make(PASSED))
    assert text.endswith("\n")
    for name in ("skewgate_blessed", "skewgate_results", "skewgate_value"):
        assert f"# HELP {name} " in text
        assert f"# TYPE {name} gauge\n" in text


def test_a_report_is_three_files():
    made = make(FAILED)
    assert rendering.render(made) == {
        "report.json": rendering.render_json(made),
        "report.html": rendering.render_html(made),
        "metrics.prom": rendering.render_metrics(made),
    }


def test_two_bounds_on_one_value_are_one_series_with_the_worse_verdict():
    results = [
        MetricResult("", "", "auc", status, "reason", value=0.8)
        for status in (Status.PASS, Status.FAIL)
    ]
    text = rendering.render_metrics(Report("performance", decision.decide(results, Policy())))
    series = [line for line in text.splitlines() if 'metric="auc"' in line]
    assert len(series) == 1
    assert 'status="fail"' in series[0]


def test_all_three_files_name_the_run_and_its_time():
    run_id, time = "20261125T152237Z-00c0ffee", "2026-11-25T15:22:37Z"
    made = make(FAILED, run_id=run_id, time=time)
    files = rendering.render(made)
    content = json.loads(files["report.json"])
    assert (content["run_id"], content["time"]) == (run_id, time)
    assert f"id: <code>{run_id}</code>" in files["report.html"]
    assert f"time: <code>{time}</code>" in files["report.html"]
    metrics = files["metrics.prom"].splitlines()
    assert f'skewgate_run_info{{kind="drift",run_id="{run_id}"}} 1' in metrics
    assert 'skewgate_run_timestamp_seconds{kind="drift"} 1795620157' in metrics
    assert report.parse(files["report.json"], "report.json") == made


def test_every_report_is_of_a_run_of_its_own():
    one, other = make(FAILED, PASSED), make(FAILED, PASSED)
    assert one.run_id != other.run_id


@pytest.mark.parametrize("time", ["yesterday", "2026-13-01T00:00:00Z", 5, None, ["a"]])
def test_a_time_that_is_none_is_no_report(time):
    content = {**make(FAILED, PASSED).to_json(), "time": time}
    with pytest.raises(InputError, match=r"report\.json: is not a skewgate report"):
        report.parse(json.dumps(content), "report.json")
