"""`skewgate rehearse`: which drift a configuration would catch, when, and what chance does."""

from __future__ import annotations

import argparse
import json
import pathlib
import sys
import time

from skewgate.checks.drift import config as config_lib
from skewgate.cli import console, reading_args, rehearsal_table
from skewgate.core import yaml_model
from skewgate.core.errors import EXIT_PASS, InputError
from skewgate.core.hidden import visible, visible_json, visible_lines
from skewgate.data.arrow import kinds
from skewgate.schema import reading as schema_lib
from skewgate.schema.reading import categorical_features
from skewgate.simulation import spec as spec_lib
from skewgate.simulation.rehearsal import rehearse
from skewgate.storage import atomic

JSON_NAME, TEXT_NAME, CONFIG_NAME = "rehearsal.json", "rehearsal.txt", "suggested-drift.yaml"


def run(options: argparse.Namespace) -> int:
    """Runs the command and returns its exit code.

    Args:
        options: data, spec, config, schema, label, shuffle, false_alarms, out, json, quiet,
            and those of CSV.

    Raises:
        InputError: data, spec, configuration or schema cannot be used.
    """
    started = time.monotonic()
    config = (
        yaml_model.load(config_lib.DriftConfig, options.config)
        if options.config
        else config_lib.DriftConfig()
    )
    spec = spec_lib.load(options.spec) if options.spec else spec_lib.Spec(where="default spec")
    declared = schema_lib.load_schema(options.schema) if options.schema else None
    reading = console.Reading(sys.stderr, quiet=options.quiet)
    reading.expect({options.data: None})
    steps = _Steps(reading, live=sys.stderr.isatty() and not options.quiet)
    notes: dict[str, list[str]] = {}
    result = rehearse.run(
        options.data,
        spec,
        config,
        rate=options.false_alarms,
        label=options.label,
        shuffle=options.shuffle,
        types=kinds.column_types(declared) if declared is not None else None,
        categorical=categorical_features(declared) if declared is not None else (),
        where=options.config or "drift.yaml",
        progress=reading,
        step=steps,
        csv=reading_args.parse(options),
        tell=notes.update,
    )
    steps.done()
    console.tell(notes, quiet=options.quiet)
    found = rehearse.to_json(result, options.data, spec.seed)
    content = visible_json(json.dumps(found, indent=1, ensure_ascii=False, default=str))
    text = visible_lines(rehearsal_table.render(result))
    if options.out:
        _write(options.out, {JSON_NAME: content, TEXT_NAME: text, CONFIG_NAME: result.snippet})
    if options.json:
        console.print_json(content)
    else:
        print(text)
    if not options.quiet:
        print(f"rehearsed in {time.monotonic() - started:.1f} s", file=sys.stderr)
    return EXIT_PASS


class _Steps:
    """Tells which plant is at work, on a terminal."""

    def __init__(self, reading: console.Reading, *, live: bool) -> None:
        self._reading, self._live, self._count = reading, live, 0
        self._told = 0.0

    def __call__(self, what: str) -> None:
        if not self._count:
            self._reading.done()
        self._count += 1
        now = time.monotonic()
        if self._live and now - self._told > 0.1:
            self._told = now
            sys.stderr.write(f"\r[{self._count}] {visible(what)}\x1b[K")
            sys.stderr.flush()

    def done(self) -> None:
        """Removes the line."""
        if self._live:
            sys.stderr.write("\r\x1b[K")


def _write(folder: str, contents: dict[str, str]) -> None:
    try:
        for name, content in contents.items():
            atomic.write_atomically(
                pathlib.Path(folder) / name, content if content.endswith("\n") else content + "\n"
            )
    except OSError as error:
        raise InputError(folder, f"cannot be written: {error.strerror}", "change --out") from error
