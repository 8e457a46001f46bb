"""Metrics of other packages, from distributions that are really on the path."""

import json
import math
import pathlib
import re
import subprocess
import sys
import textwrap

import pytest

import skewgate
from skewgate.checks.drift.config import check_thresholds
from skewgate.core.errors import InputError
from skewgate.metrics import REGISTRY, plugins

ROOT = pathlib.Path(skewgate.__file__).parents[1]
DOCS = (ROOT / "docs" / "metrics.md").read_text(encoding="utf-8")
METRIC = """
from skewgate.core.results import Measurement
from skewgate.metrics.base import Metric


def measure(baseline, current, alpha):
    print("measured", baseline.kind)
    return Measurement({numbers})


RANGE = Metric("range", ("numeric",), None, "how far the largest value moved", measure{more})
"""
SOUND = "0.5, 0.4, 0.6, p_value=1e-9, detectable=0.01"


def metric(numbers=SOUND, more=""):
    return METRIC.format(numbers=numbers, more=more)


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Writes a distribution as pip installs it, and puts it on the path of this process."""
    folder = tmp_path / "site"
    monkeypatch.syspath_prepend(str(folder))

    def write(points, code=None, *, name="acme-drift", version="1.2", module="acme_drift"):
        info = folder / f"{name.replace('-', '_')}-{version}.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        lines = "\n".join(f"{key} = {value}" for key, value in points.items())
        (info / "entry_points.txt").write_text(f"[skewgate.metrics]\n{lines}\n")
        if code is not None:
            (folder / f"{module}.py").write_text(textwrap.dedent(code))
        monkeypatch.delitem(sys.modules, module, raising=False)
        return folder

    return write


def loaded():
    return plugins.load({name: REGISTRY[name] for name in ("ks", "psi")})


def refused():
    with pytest.raises(InputError) as caught:
        loaded()
    return str(caught.value)


def skewgate_in(folder, *arguments):
    code = "import sys; from skewgate.cli.main import main; sys.exit(main())"
    return subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        env={"PYTHONPATH": f"{folder}:{ROOT}", "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )


def write_data(tmp_path):
    sides = []
    for name, first, count in (("baseline", 0, 4_000), ("current", 12, 3_000)):
        rows = [str(first + number % 50) for number in range(count)]
        path = tmp_path / f"{name}.csv"
        path.write_text("\n".join(["fare", *rows]) + "\n")
        sides.append(path)
    return sides


def test_without_a_distribution_the_registry_holds_our_own_metrics_alone():
    assert loaded() == {}


def test_a_metric_of_a_distribution_is_found_by_its_name(install):
    install({"range": "acme_drift:RANGE"}, metric())
    found = loaded()
    assert list(found) == ["range"]
    assert found["range"].summary == "how far the largest value moved"


def test_entry_points_of_other_groups_are_none_of_ours(install):
    folder = install({}, metric())
    info = folder / "acme_drift-1.2.dist-info" / "entry_points.txt"
    info.write_text("[skewgate.metrics.of.others]\nrange = acme_drift:RANGE\n")
    assert loaded() == {}


def test_of_a_distribution_installed_twice_the_first_on_the_path_counts(install):
    install({"older": "nowhere:OLDER"}, version="1.1")
    install({"range": "acme_drift:RANGE"}, metric(), version="1.0")
    assert "entry point older = nowhere:OLDER" in refused()


WHERE = "acme-drift 1.2: entry point range = acme_drift:RANGE of the group skewgate.metrics: "


@pytest.mark.parametrize(
    ("code", "problem"),
    [
        ("import nowhere", "cannot be loaded (ModuleNotFoundError: No module named 'nowhere')"),
        ("raise RuntimeError", "cannot be loaded (RuntimeError)"),
        ("raise SystemExit(0)", "cannot be loaded (SystemExit: 0)"),
        ("", "cannot be loaded (AttributeError: module 'acme_drift' has no attribute 'RANGE')"),
        ("RANGE = 3", "must be a skewgate.metrics.base.Metric, got int"),
        (
            metric().replace('"range"', '"spread"'),
            "must have the name of its metric, which is 'spread'",
        ),
        (
            metric().replace('"numeric"', '"text"'),
            "cannot be loaded (ValueError: kinds must be some of categorical, empty, numeric, got "
            "('text',))",
        ),
    ],
)
def test_an_entry_point_that_cannot_be_used_is_named(install, code, problem):
    install({"range": "acme_drift:RANGE"}, code)
    assert refused() == (
        f"{WHERE}{problem}. Fix: install another version of acme-drift, or uninstall it."
    )


def test_a_name_that_is_no_module_is_named(install):
    install({"range": "acme drift"})
    assert refused().startswith("acme-drift 1.2: entry point range = acme drift of the group")


def test_a_metric_cannot_take_the_name_of_one_of_ours(install):
    install({"ks": "acme_drift:RANGE"}, metric().replace('"range"', '"ks"'))
    assert "has the name of a metric of skewgate; a name stands for one metric" in refused()


def test_two_distributions_cannot_give_one_name(install):
    install({"range": "acme_drift:RANGE"}, metric())
    install({"range": "other:RANGE"}, metric(), name="other-drift", module="other")
    told = refused()
    assert told.startswith("other-drift 1.2: entry point range = other:RANGE")
    assert "has the name of a metric of acme-drift" in told


def test_a_distribution_without_a_name_is_told(install):
    folder = install({"range": "acme_drift:RANGE"}, metric())
    (folder / "acme_drift-1.2.dist-info" / "METADATA").unlink()
    told = refused()
    assert told.startswith("an installed distribution without a name: has entry points")
    assert "range = acme_drift:RANGE" in told


@pytest.mark.parametrize(
    "numbers",
    [
        "float('nan'), 0.4, 0.6, p_value=0.0, detectable=0.0",
        "0.5, 0.6, 0.4, p_value=0.0, detectable=0.0",
        "0.5, 0.5, 0.5, p_value=1.1, detectable=0.0",
        "0.5, 0.5, 0.5, p_value=float('nan'), detectable=0.0",
        "0.5, 0.5, 0.5, p_value=0.0, detectable=float('nan')",
        "0.5, 0.5, 0.5, p_value=0.0, detectable=0.0, null_value=float('nan')",
        "0.5, 0.5, 0.5, p_value=0.0, detectable=0.0, size_exponent=0.0",
    ],
)
def test_numbers_on_which_no_verdict_can_rest_are_refused(install, build, numbers):
    install({"range": "acme_drift:RANGE"}, metric(numbers))
    side = build.numeric([1, 2, 3])
    with pytest.raises(InputError, match=re.escape(WHERE) + "cannot measure the change of a num"):
        loaded()["range"].measure(side, side, 0.05)


def test_a_metric_may_not_know_an_upper_bound(install, build):
    install(
        {"range": "acme_drift:RANGE"}, metric("0.5, 0.5, float('inf'), p_value=0.1, detectable=9.0")
    )
    side = build.numeric([1, 2, 3])
    assert loaded()["range"].measure(side, side, 0.05).upper == math.inf


def test_an_error_within_a_metric_names_where_it_comes_from(install, build):
    install({"range": "acme_drift:RANGE"}, metric("1 / 0", more=", explain=lambda one, two: None"))
    found, side = loaded()["range"], build.numeric([1, 2, 3])
    with pytest.raises(InputError, match=r"distribution \(ZeroDivisionError: division by zero\)"):
        found.measure(side, side, 0.05)
    with pytest.raises(InputError, match=r"cannot explain .* it returned None"):
        found.explain(side, side)


# The whole way, through the command line.


def test_the_docs_metric_is_computed_named_and_blocks(install, tmp_path):
    section = DOCS.partition("## A metric of your own package")[2]
    entry, code = re.findall(r"```(?:toml|python)\n(.*?)```", section, re.DOTALL)[:2]
    [(name, value)] = re.findall(r'^(\w+) = "(.+)"$', entry, re.MULTILINE)
    folder = install({name: value}, code)
    config = tmp_path / "drift.yaml"
    config.write_text("defaults: {numeric: {mean_shift: 0.5}, missing_rate: null}\n")
    run = skewgate_in(folder, "drift", *write_data(tmp_path), "--config", config, "--json")
    assert run.returncode == 1, run.stderr
    [result] = json.loads(run.stdout)["failures"]
    assert (result["feature"], result["metric"]) == ("fare", "mean_shift")
    assert result["value"] == pytest.approx(12 / math.sqrt((50**2 - 1) / 12))
    assert "the median went from 24 to 36" in result["reason"]


def test_a_threshold_above_the_maximum_of_a_plugin_is_refused(install, tmp_path):
    folder = install({"range": "acme_drift:RANGE"}, metric().replace("None", "2.0"))
    config = tmp_path / "drift.yaml"
    config.write_text("features: {fare: {range: 3}}\n")
    run = skewgate_in(folder, "drift", *write_data(tmp_path), "--config", config)
    assert run.returncode == 2
    assert "features.fare: range must be a number in (0, 2], got 3" in run.stderr


def test_a_broken_plugin_stops_the_comparison_with_one_sentence(install, tmp_path):
    folder = install({"range": "acme_drift:RANGE"}, "import nowhere")
    run = skewgate_in(folder, "drift", *write_data(tmp_path))
    assert run.returncode == 2
    assert run.stdout == ""
    assert run.stderr.startswith(f"skewgate: {WHERE}cannot be loaded")
    assert run.stderr.count("\n") == 1


def test_help_and_import_load_no_plugin(install):
    folder = install({"range": "acme_drift:RANGE"}, "raise SystemExit(9)")
    assert skewgate_in(folder, "--help").returncode == 0
    code = (
        "import sys, skewgate.checks.drift.config as config; config.DriftConfig();"
        "sys.exit('acme_drift' in sys.modules)"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], env={"PYTHONPATH": f"{folder}:{ROOT}"}, check=False
    )
    assert run.returncode == 0


def test_a_metric_of_a_missing_package_is_unknown():
    with pytest.raises(ValueError, match="'range' is not a metric"):
        check_thresholds({"range": 0.1})
