"""The core library and the command line must start without the heavy stack."""

import json
import pathlib
import re
import subprocess
import sys

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest

import skewgate
from tests.architecture import HEAVY, LIGHT_UP_TO, WEB_FRAMEWORKS, Tree, below

ROOT = pathlib.Path(__file__).parents[2]
LIGHT = [*below(LIGHT_UP_TO), "skewgate.cli"]
"""Packages that must start light; the command line loads what a command needs."""


def light_modules():
    modules = Tree(ROOT).modules
    return [
        name
        for name in modules
        if name == "skewgate" or name.startswith(tuple(f"{p}." for p in LIGHT))
    ]


def python(*arguments):
    return subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, check=True, timeout=300
    )


def test_core_and_command_line_load_nothing_heavy():
    names = light_modules()
    code = (
        "import importlib, json, sys\n"
        f"for name in {names!r}: importlib.import_module(name)\n"
        "print(json.dumps(sorted(sys.modules)))"
    )
    loaded = json.loads(python("-c", code).stdout)
    assert {"skewgate", "skewgate.cli.main"} < set(names) <= set(loaded)
    unwanted = (*HEAVY, *WEB_FRAMEWORKS)
    assert [name for name in loaded if name.split(".")[0] in unwanted] == []


def test_schemas_are_compared_without_anything_heavy(tmp_path):
    sides = [tmp_path / "one.pbtxt", tmp_path / "other.pbtxt"]
    for side, kind in zip(sides, ("INT", "FLOAT"), strict=True):
        side.write_text(f'feature {{ name: "fare" type: {kind} }}')
    code = (
        "import json, sys\n"
        "from skewgate.cli.main import main\n"
        "assert main(['schema', 'diff', *sys.argv[1:]]) == 1\n"
        "print(json.dumps(sorted(sys.modules)))"
    )
    words, loaded = python("-c", code, *map(str, sides)).stdout.splitlines()
    assert words == "fare: type INT -> FLOAT"
    assert [name for name in json.loads(loaded) if name.split(".")[0] in HEAVY] == []


@pytest.mark.parametrize("ending", ["csv", "pb"])
def test_a_schema_is_inferred_without_anything_heavy(tmp_path, ending):
    (tmp_path / "trips.csv").write_text("fare,paid\n" + "1.5,a\n2.5,b\n" * 50)
    code = (
        "import json, sys\n"
        "from skewgate.cli.main import main\n"
        "rows, statistics, data, out = sys.argv[1:]\n"
        "assert main(['profile', rows, '--out', statistics, '--quiet']) == 0\n"
        "assert main(['schema', 'infer', data, '--out', out, '--label', 'paid']) == 0\n"
        "print(json.dumps(sorted(sys.modules)))"
    )
    names = ("trips.csv", "trips.pb", f"trips.{ending}", "schema.pbtxt")
    result = python("-c", code, *(str(tmp_path / name) for name in names))
    loaded = json.loads(result.stdout.splitlines()[-1])
    assert "skewgate.schema.inference.infer" in loaded
    assert [name for name in loaded if name.split(".")[0] in HEAVY] == []


def test_drift_is_simulated_and_rehearsed_without_anything_heavy(tmp_path):
    rows = [f"{n % 7}.5,{'ab'[n % 3 == 0]}" for n in range(600)]
    (tmp_path / "trips.csv").write_text("\n".join(["fare,paid", *rows]) + "\n")
    (tmp_path / "spec.yaml").write_text("plants: [{kind: shift, column: fare, by: 1}]")
    code = (
        "import json, sys\n"
        "from skewgate.cli.main import main\n"
        "data, spec, out = sys.argv[1:]\n"
        "assert main(['simulate', data, '--spec', spec, '--out', out, '--quiet']) == 0\n"
        "assert main(['rehearse', data, '--false-alarms', '0.5', '--quiet']) == 0\n"
        "print(json.dumps(sorted(sys.modules)))"
    )
    places = (str(tmp_path / name) for name in ("trips.csv", "spec.yaml", "out"))
    loaded = json.loads(python("-c", code, *places).stdout.splitlines()[-1])
    assert "skewgate.simulation.rehearsal.rehearse" in loaded
    assert [name for name in loaded if name.split(".")[0] in HEAVY] == []


@pytest.mark.parametrize(
    "command",
    [
        [],
        ["schema"],
        ["schema", "update"],
        ["simulate"],
        ["rehearse"],
        ["run"],
        ["clean"],
        ["compile"],
        ["report"],
        ["schedule"],
        ["collect"],
    ],
)
def test_help_loads_nothing_heavy(command):
    result = python("-X", "importtime", "-m", "skewgate", *command, "--help")
    assert "usage: skewgate" in result.stdout
    imported = re.findall(r"^import time:.*\|\s*(\S+)$", result.stderr, re.MULTILINE)
    assert "skewgate.cli.main" in imported
    assert [name for name in imported if name.split(".")[0] in (*HEAVY, *WEB_FRAMEWORKS)] == []


def test_an_unknown_name_of_the_package_is_an_attribute_error():
    with pytest.raises(AttributeError, match="'skewgate' has no attribute 'Drift'"):
        skewgate.Drift  # noqa: B018


def test_a_command_that_ends_early_keeps_its_exit_code(tmp_path):
    """Arrow's destructors aborted about every tenth such process."""
    (tmp_path / "trips.csv").write_text("fare\n1\n2\n")
    (tmp_path / "spec.yaml").write_text("plants: [{kind: shift, column: fare, by: 1}]")
    places = [str(tmp_path / name) for name in ("trips.csv", "spec.yaml", "out")]
    command = [sys.executable, "-m", "skewgate", "simulate", places[0], "--spec", places[1]]
    for _ in range(12):
        result = subprocess.run(
            [*command, "--out", places[2]], capture_output=True, text=True, timeout=300
        )
        assert (result.returncode, result.stderr.count("\n")) == (2, 1), result.stderr


@pytest.mark.parametrize("ending", ["parquet", "csv", "jsonl"])
def test_data_are_compared_without_pandas(tmp_path, ending):
    # It takes 0.4 s to load, and some functions of Arrow load it where it is installed.
    rows = pa.table({"fare": [4.5, 7.25] * 50, "kind": ["a", "b"] * 50})
    path = tmp_path / f"trips.{ending}"
    if ending == "parquet":
        pa.parquet.write_table(rows, path)
    elif ending == "csv":
        pa.csv.write_csv(rows, path)
    else:
        path.write_text("".join(json.dumps(row) + "\n" for row in rows.to_pylist()))
    code = (
        "import sys\n"
        "from skewgate.cli.main import main\n"
        "assert main(['drift', *sys.argv[1:], '--quiet']) in (0, 3)\n"
        "print('pandas' in sys.modules)"
    )
    assert python("-c", code, str(path), str(path)).stdout.splitlines()[-1] == "False"
