"""`skewgate schema`: infers a schema, says how two differ, accepts anomalies one by one."""

from __future__ import annotations

import argparse
import os
import pathlib
from collections.abc import Callable, Sequence

from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import schema_pb2

from skewgate.api import inferring, schemas
from skewgate.checks.drift import suggesting
from skewgate.cli import console, schema_data, schema_output, schema_validation
from skewgate.core import installed, proto_text, regular_files
from skewgate.core.errors import EXIT_FAIL, EXIT_INCONCLUSIVE, EXIT_PASS, InputError
from skewgate.core.hidden import visible
from skewgate.schema.editing import text as editor
from skewgate.schema.editing.accept import Acceptor, Anomaly
from skewgate.schema.editing.diff import aligned, diff
from skewgate.schema.reading import parse_schema
from skewgate.storage import atomic


def run(options: argparse.Namespace) -> int:
    """Runs a schema command and returns its exit code.

    Raises:
        InputError: a file or an option cannot be used.
    """
    return {"infer": infer, "diff": compare, "update": update}[options.schema_command](options)


def infer(options: argparse.Namespace) -> int:
    """Writes the schema that data suggest.

    Args:
        options: data, out, environments, labels, force, quiet.
    """
    _check_free(options.out, force=options.force)
    environments = inferring.known_environments(options.labels, options.environments)
    statistics = schema_data.read(options, options.data)
    found = inferring.of_statistics(statistics, options.data, options.labels, environments)
    schemas.write(found, options.out, "change --out")
    domains = len(found.proto.string_domain)
    console.say(
        f"{options.out}: {len(found.features)} features, {domains} domains, "
        f"from {found.rows:,} rows"
    )
    for each in found.suggestions:
        print(visible(f"  {each.feature} {each.reason}"))
    if found.suggestions:
        print("  If they should not be compared, write in drift.yaml:")
        print(visible(f"  {suggesting.snippet(found.suggestions)}"))
    return EXIT_PASS


def compare(options: argparse.Namespace) -> int:
    """Says what another schema, or one that accepts data, would change.

    Args:
        options: schema, other, environment, unified, json, quiet.
    """
    text, old = _read(options.schema)
    other = _other_schema(options.other)
    left: list[Anomaly] = []
    unchecked: list[str] = []
    if other is None:
        acceptor = _acceptor(options, old, options.other)
        other = acceptor.accept_all(old)
        left = acceptor.anomalies(other)
        unchecked = _unchecked(options, acceptor, other)
    elif options.environment:
        raise InputError("--environment", "is of data, and both sides are schemas", "leave it out")
    found = diff(old, other)
    if options.json:
        schema_output.print_json(options, found, left, unchecked)
    elif options.unified:
        schema_output.print_unified(options, text, aligned(other, old))
    else:
        for difference in found:
            console.say(str(difference))
        if not found and not left:
            print("no difference")
    if not options.json:
        schema_output.print_unresolved(left)
        schema_output.print_unchecked(unchecked)
    if found or left:
        return EXIT_FAIL
    return EXIT_INCONCLUSIVE if unchecked else EXIT_PASS


def update(options: argparse.Namespace) -> int:
    """Lists the anomalies of data, and changes a schema so that it accepts the wanted ones.

    Args:
        options: schema, data, accept, all, environment, out, force, quiet.
    """
    target = options.out or options.schema
    if options.out and not _same_file(options.out, options.schema):
        _check_free(options.out, force=options.force)
    text, schema = _read(options.schema)
    acceptor = _acceptor(options, schema, options.data)
    anomalies = acceptor.anomalies(schema)
    wanted = _wanted(options, anomalies)
    unchecked = _unchecked(options, acceptor, schema)
    if not anomalies:
        so_far = " as far as it was checked" if unchecked else ""
        console.say(f"{options.data} is as {options.schema} says{_where(options)}{so_far}")
        schema_output.print_unchecked(unchecked)
        return EXIT_INCONCLUSIVE if unchecked else EXIT_PASS
    console.say(f"{options.data}: {_count(anomalies)}{_where(options)}")
    for number, anomaly in enumerate(anomalies, 1):
        console.say(f"{number:>3}. {anomaly.key}: {anomaly.text}")
        changes = diff(schema, acceptor.accept(schema, anomaly))
        for change in changes:
            console.say(f"     accepting it: {change}")
        if not changes:
            print("     no known change of the schema accepts it")
    schema_output.print_unchecked(unchecked)
    if not options.accept and not options.all:
        console.say(
            f"Nothing was changed. Accept with --accept {anomalies[0].feature}, by --accept "
            f"{anomalies[0].key}, or all by --all."
        )
        return EXIT_FAIL
    accepted = acceptor.accept_all(schema, wanted)
    left = acceptor.anomalies(accepted)
    failed = [anomaly for anomaly in left if wanted(anomaly)]
    if failed:
        raise InputError(
            options.schema,
            f"cannot be made to accept {failed[0].key} ({failed[0].text}), so nothing is written",
            "edit the schema by hand, or accept less",
        )
    edited = editor.edit(text, accepted, options.schema)
    _write(target, edited.text)
    console.say(f"{target} now says:")
    for change in diff(schema, accepted):
        console.say(f"     {change}")
    if edited.rewritten:
        print("     The text could not be edited in place: all of it is rewritten.")
    for comment in edited.lost:
        console.say(f"     A comment was removed with the line it stood at: {comment}")
    if left:
        console.say(f"Left: {_count(left)}: {', '.join(anomaly.key for anomaly in left)}")
        return EXIT_FAIL
    return EXIT_INCONCLUSIVE if _unchecked(options, acceptor, accepted) else EXIT_PASS


def _unchecked(
    options: argparse.Namespace, acceptor: Acceptor, schema: schema_pb2.Schema
) -> list[str]:
    return schema_data.unchecked(schema, acceptor.statistics, options.environment)


def _read(path: str) -> tuple[str, schema_pb2.Schema]:
    """Returns a schema and its text, with line ends as they are."""
    try:
        regular_files.check(path)
        text = pathlib.Path(path).read_bytes().decode("utf-8")
    except FileNotFoundError as error:
        raise InputError(path, "no such file", "check the path") from error
    except UnicodeDecodeError as error:
        raise InputError(path, "is not a TFMD Schema in text format", "name a .pbtxt") from error
    except OSError as error:
        raise InputError(path, f"cannot be read: {error.strerror}", "check the path") from error
    return text, parse_schema(text, path)


def _other_schema(path: str) -> schema_pb2.Schema | None:
    """Returns the schema that a file holds; None if it is no schema but data or statistics."""
    if not path.lower().endswith((".pbtxt", ".txt", ".textproto")) or not os.path.isfile(path):
        return None
    try:
        return _read(path)[1]
    except InputError:
        if path.lower().endswith(".pbtxt") and _is_statistics(path):
            return None
        raise


def _is_statistics(path: str) -> bool:
    from tensorflow_metadata.proto.v0 import statistics_pb2

    try:
        content = pathlib.Path(path).read_bytes()
        found = proto_text.parse(content, statistics_pb2.DatasetFeatureStatisticsList())
    except (OSError, UnicodeDecodeError, text_format.ParseError):
        return False
    return len(found.datasets) > 0


def _acceptor(options: argparse.Namespace, schema: schema_pb2.Schema, data: str) -> Acceptor:
    installed.require("tensorflow_data_validation")
    known = sorted(schema.default_environment)  # TFDV knows no others
    environment = options.environment
    if environment and environment not in known:
        raise InputError(
            options.schema,
            f"has no environment {environment}; it has {', '.join(known) or 'none'}",
            "add it to default_environment or correct the name",
        )
    statistics = schema_data.read(options, data, schema)
    return Acceptor(schema_validation.Tfdv(quiet=options.quiet), statistics, environment)


def _wanted(options: argparse.Namespace, anomalies: Sequence[Anomaly]) -> Callable[[Anomaly], bool]:
    """Returns which anomalies to accept.

    Raises:
        InputError: an --accept names none that there is.
    """
    names = set(options.accept)
    for name in options.accept:
        if not any(name in (anomaly.feature, anomaly.key) for anomaly in anomalies):
            keys = ", ".join(anomaly.key for anomaly in anomalies) or "none"
            raise InputError(
                f"--accept {name}",
                f"is not an anomaly of {options.data}; there are {keys}",
                "name one",
            )
    return lambda anomaly: options.all or bool(names & {anomaly.feature, anomaly.key})


def _check_free(path: str, *, force: bool) -> None:
    if os.path.exists(path) and not force:
        raise InputError(path, "exists already", "give another --out, or --force to replace it")


def _same_file(one: str, other: str) -> bool:
    return os.path.exists(one) and os.path.exists(other) and os.path.samefile(one, other)


def _write(path: str, text: str) -> None:
    try:
        atomic.write_atomically(path, text)
    except OSError as error:
        raise InputError(path, f"cannot be written: {error.strerror}", "change --out") from error


def _count(anomalies: Sequence[Anomaly]) -> str:
    return f"{len(anomalies)} anomal{'y' if len(anomalies) == 1 else 'ies'}"


def _where(options: argparse.Namespace) -> str:
    return f" in environment {options.environment}" if options.environment else ""
