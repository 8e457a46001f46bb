"""The options of every command; those of whole pipelines are in `pipeline_parser`."""

from __future__ import annotations

import argparse
from typing import Any

import skewgate
from skewgate.cli import capture as capture_command
from skewgate.cli import collect as collect_command
from skewgate.cli import completion as completion_command
from skewgate.cli import doctor as doctor_command
from skewgate.cli import init as init_command
from skewgate.cli import pipeline_parser, reading_args
from skewgate.cli import schedule as schedule_command
from skewgate.core.errors import VERDICT_CODES


def build_parser() -> argparse.ArgumentParser:
    """Returns the parser of all commands."""
    parser = argparse.ArgumentParser(
        prog="skewgate",
        description="Gates between data, model and production for TFX pipelines.",
        epilog=VERDICT_CODES,
    )
    parser.add_argument("--version", action="version", version=f"skewgate {skewgate.__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    _add_drift(commands)
    _add_statistics(commands)
    _add_report(commands)
    _add_schema(commands)
    _add_simulation(commands)
    capture_command.add_parser(commands)
    init_command.add_parser(commands)
    pipeline_parser.add_run(commands)
    pipeline_parser.add_clean(commands)
    pipeline_parser.add_compile(commands)
    schedule_command.add_parser(commands)
    doctor_command.add_parser(commands)
    collect_command.add_parser(commands)
    completion_command.add_parser(commands)
    return parser


def _add_drift(commands: Any) -> None:
    drift = commands.add_parser(
        "drift",
        help="compare two data sets and say what drifted",
        description="Compares two data sets and decides: pass, fail or inconclusive. Each is a "
        "file, a folder or a quoted pattern of Parquet, CSV, JSON Lines, Arrow, TFRecord of "
        "tf.Example, or TFDV statistics; here, or on s3://, minio:// or gs://.",
        epilog=VERDICT_CODES,
    )
    drift.add_argument("baseline", metavar="BASELINE", help="what to compare with")
    drift.add_argument("current", metavar="CURRENT", help="the data to check")
    drift.add_argument("--config", metavar="FILE", help="drift.yaml (default: KS 0.1, PSI 0.2)")
    drift.add_argument("--schema", metavar="FILE", help="schema.pbtxt that gives the types")
    drift.add_argument(
        "--dataset",
        metavar="NAME",
        action="append",
        default=[],
        help="which data set to use if statistics hold several; give it once for both sides, "
        "or twice, for BASELINE and CURRENT",
    )
    drift.add_argument("--out", metavar="DIR", help="write report.json, report.html, metrics.prom")
    drift.add_argument(
        "--format",
        choices=("table", "json", "markdown"),
        help="what to print: a table (default), report.json, or Markdown for a pull request",
    )
    drift.add_argument("--json", action="store_true", help="the same as --format json")
    drift.add_argument(
        "--exact", action="store_true", help="keep 16 times as many points per numeric feature"
    )
    drift.add_argument("--quiet", action="store_true", help="no progress")
    reading_args.add(drift)


def _add_report(commands: Any) -> None:
    report = commands.add_parser(
        "report",
        help="render a report again, or follow many over time",
        description="One report: writes its page again. Many: says when each feature first failed, "
        "and draws every check over the windows.",
        epilog="exit codes: 0 shown, 2 usage or bad input",
    )
    report.add_argument(
        "runs",
        metavar="RUN_DIR",
        nargs="+",
        help="folder with report.json, or a folder of such folders",
    )
    report.add_argument("--out", metavar="FILE", help="page to write (.html)")
    report.add_argument("--json", action="store_true", help="print JSON")


def _add_statistics(commands: Any) -> None:
    profile = commands.add_parser(
        "profile",
        help="write the statistics of a data set",
        description="Reads data once and writes TFDV statistics that TFX and skewgate read.",
        epilog="exit codes: 0 written, 2 usage or bad input",
    )
    profile.add_argument("data", metavar="DATA", help="file, folder or quoted pattern")
    _add_dataset(profile)
    profile.add_argument("--out", metavar="STATS", required=True, help="file to write (.pb)")
    profile.add_argument("--schema", metavar="FILE", help="schema.pbtxt that gives the types")
    profile.add_argument(
        "--slices",
        metavar="COLUMN[,COLUMN]",
        action="append",
        default=[],
        help="also profile slices by the values of columns; may be repeated",
    )
    profile.add_argument(
        "--resolution",
        metavar="N",
        type=_resolution,
        default=1000,
        help="points kept of each numeric feature (default: 1000)",
    )
    profile.add_argument("--quiet", action="store_true", help="no progress")
    reading_args.add(profile)
    merge = commands.add_parser(
        "merge",
        help="join statistics of windows or shards",
        description="Joins statistics of different rows; the bounds of the result stay certain.",
        epilog="exit codes: 0 written, 2 usage or bad input",
    )
    merge.add_argument("statistics", metavar="STATS", nargs="+", help="TFDV statistics files")
    _add_dataset(merge)
    merge.add_argument("--out", metavar="STATS", required=True, help="file to write (.pb)")


def _add_schema(commands: Any) -> None:
    schema = commands.add_parser(
        "schema",
        help="infer, compare and update a schema",
        description="The life of a schema: infer it from data, see what another one or new data "
        "would change, accept anomalies one by one. Whatever does not change in the file stays "
        "as it is, byte for byte.",
    )
    actions = schema.add_subparsers(dest="schema_command", metavar="COMMAND", required=True)
    data = "data as `skewgate profile` reads them, or TFDV statistics"
    infer = actions.add_parser(
        "infer",
        help="write the schema that the data suggest",
        description="Writes the schema that the data suggest, the same one that TFDV infers.",
        epilog="exit codes: 0 written, 2 usage or bad input",
    )
    infer.add_argument("data", metavar="DATA", help=data)
    infer.add_argument("--out", metavar="FILE", required=True, help="file to write (.pbtxt)")
    infer.add_argument(
        "--environments",
        metavar="NAME[,NAME]",
        type=_names,
        default=[],
        help="environments of the schema (default with --label: TRAINING,SERVING)",
    )
    infer.add_argument(
        "--label",
        metavar="FEATURE",
        dest="labels",
        action="append",
        default=[],
        help="a feature that SERVING does not have; may be repeated",
    )
    infer.add_argument("--force", action="store_true", help="replace an existing file")
    diff = actions.add_parser(
        "diff",
        help="show, feature by feature, what another schema or data would change",
        description="Shows, feature by feature, how another schema differs, or what would have "
        "to change for the schema to accept other data.",
        epilog="exit codes: 0 no difference, 1 differences, 2 usage or bad input",
    )
    diff.add_argument("schema", metavar="SCHEMA", help="schema.pbtxt")
    diff.add_argument("other", metavar="OTHER", help=f"another schema (.pbtxt); or {data}")
    shown = diff.add_mutually_exclusive_group()
    shown.add_argument("--unified", action="store_true", help="print a patch of the text")
    shown.add_argument("--json", action="store_true", help="print the differences as JSON")
    update = actions.add_parser(
        "update",
        help="list the anomalies of data and accept some into the schema",
        description="Lists the anomalies of data, and changes the schema so that it accepts those "
        "you name.",
        epilog="exit codes: 0 the data match the schema, 1 anomalies are left, 2 usage or "
        "bad input",
    )
    update.add_argument("schema", metavar="SCHEMA", help="schema.pbtxt, which is changed in place")
    update.add_argument("data", metavar="DATA", help=data)
    update.add_argument(
        "--accept",
        metavar="FEATURE[:TYPE]",
        action="append",
        default=[],
        help="accept the anomalies of a feature, or one of them; may be repeated",
    )
    update.add_argument("--all", action="store_true", help="accept all anomalies")
    update.add_argument("--out", metavar="FILE", help="write here instead")
    update.add_argument("--force", action="store_true", help="replace an existing --out")
    for command in (diff, update):
        command.add_argument(
            "--environment", metavar="NAME", help="environment that the data are from"
        )
    for command in (infer, diff, update):
        _add_dataset(command)
        command.add_argument("--quiet", action="store_true", help="no progress")
        reading_args.add(command)


def _add_simulation(commands: Any) -> None:
    data = "rows of Parquet, CSV, JSON Lines or TFRecord: file, folder or quoted pattern"
    simulate = commands.add_parser(
        "simulate",
        help="write windows of real rows with planted drift",
        description="Cuts data into windows, plants drift as a spec says, and writes the truth "
        "(what, where, when, how much) beside them.",
        epilog="exit codes: 0 written, 2 usage or bad input",
    )
    simulate.add_argument("data", metavar="DATA", help=data)
    simulate.add_argument("--spec", metavar="SPEC", required=True, help="what to plant (.yaml)")
    simulate.add_argument("--out", metavar="DIR", required=True, help="folder to write")
    simulate.add_argument("--force", action="store_true", help="replace an earlier simulation")
    rehearse = commands.add_parser(
        "rehearse",
        help="say which drift a configuration would catch, and when",
        description="Plants drift of several kinds and sizes into windows of data, compares each "
        "with a baseline as `skewgate drift` does, and suggests thresholds that chance alone "
        "seldom exceeds.",
        epilog="exit codes: 0 rehearsed, 2 usage or bad input",
    )
    rehearse.add_argument("data", metavar="DATA", help=data)
    rehearse.add_argument("--spec", metavar="SPEC", help="windows, plants, grid (.yaml)")
    rehearse.add_argument("--config", metavar="FILE", help="drift.yaml (default: KS 0.1, PSI 0.2)")
    rehearse.add_argument("--label", metavar="COLUMN", help="the label, to rehearse its drift")
    rehearse.add_argument(
        "--shuffle", action="store_true", help="put the rows in random order first"
    )
    rehearse.add_argument(
        "--false-alarms",
        metavar="RATE",
        type=_rate,
        default=0.01,
        help="false alarms to allow per window (default: 0.01)",
    )
    rehearse.add_argument(
        "--out", metavar="DIR", help="write rehearsal.json, rehearsal.txt, suggested-drift.yaml"
    )
    rehearse.add_argument("--json", action="store_true", help="print the result as JSON")
    for command in (simulate, rehearse):
        command.add_argument("--schema", metavar="FILE", help="schema.pbtxt that gives the types")
        command.add_argument("--quiet", action="store_true", help="no progress")
        reading_args.add(command)


def _add_dataset(command: Any) -> None:
    command.add_argument(
        "--dataset",
        metavar="NAME",
        default="",
        help="which data set to use if statistics hold several",
    )


def _names(text: str) -> list[str]:
    names = text.split(",")
    if not all(name.strip() == name and name for name in names):
        raise argparse.ArgumentTypeError(f"must be names with commas between, got {text!r}")
    return names


def _rate(text: str) -> float:
    try:
        rate = float(text)
    except ValueError:
        rate = -1.0
    if not 0.001 <= rate <= 0.5:
        raise argparse.ArgumentTypeError(f"must be a number from 0.001 to 0.5, got {text!r}")
    return rate


def _resolution(text: str) -> int:
    if not text.isdecimal() or not 10 <= int(text) <= 100_000:
        raise argparse.ArgumentTypeError(f"must be a number from 10 to 100000, got {text!r}")
    return int(text)
