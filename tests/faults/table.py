"""The one table that a campaign ends with."""

from __future__ import annotations

import collections
from collections.abc import Sequence
from typing import Any

_HEAD = (
    *("kind", "command", "jobs", "pass", "fail", "refused", "unsure", "killed", "logged"),
    *("faults", "slowest", "memory"),
)


def render(
    results: Sequence[dict[str, Any]], *, seed: int, share: float, at_once: int, seconds: float
) -> str:
    """Returns the table, and the faults below it, each once with how to run a job that has it.

    Args:
        results: of the jobs.
        seed, share, at_once: of the campaign.
        seconds: that it took.
    """
    groups: dict[tuple[str, str], list[dict[str, Any]]] = collections.defaultdict(list)
    for result in results:
        groups[result["kind"], result["command"]].append(result)
    rows = [_row(kind, command, group) for (kind, command), group in sorted(groups.items())]
    rows.append(_row("all", "", results))
    widths = [max(len(row[at]) for row in [_HEAD, *rows]) for at in range(len(_HEAD))]
    lines = [_line(_HEAD, widths), _line(["-" * width for width in widths], widths)]
    lines += [_line(row, widths) for row in rows]
    faults = sum(bool(result["faults"]) for result in results)
    lines.append(
        f"{len(results):,} jobs, {faults} with a fault, in {seconds / 60:.1f} minutes "
        f"(seed {seed}, share {share:g}, {at_once} at a time)"
    )
    notes = collections.Counter(note for result in results for note in result["notes"])
    lines += [f"{count} jobs: {note}" for note, count in notes.items()]
    return "\n".join(["", *lines, *_unexpected(results), *_faults(results, seed, share)])


def _row(kind: str, command: str, group: Sequence[dict[str, Any]]) -> list[str]:
    ended = [each for result in group for each in result["calls"]]
    codes = collections.Counter(each["code"] for each in ended)
    return [
        kind,
        command,
        f"{len(group)}",
        *(f"{codes[code]}" for code in (0, 1, 2, 3)),
        f"{sum(count for code, count in codes.items() if code < 0)}",
        f"{sum(each['unexpected'] is not None for each in ended)}",
        f"{sum(bool(result['faults']) for result in group)}",
        f"{max((each['seconds'] for each in ended), default=0.0):.1f} s",
        f"{max((each['memory'] for each in ended), default=0) >> 20} MB",
    ]


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    parts = [
        cell.ljust(width) if at < 2 else cell.rjust(width)
        for at, (cell, width) in enumerate(zip(cells, widths, strict=True))
    ]
    return "  ".join(parts).rstrip()


def _unexpected(results: Sequence[dict[str, Any]]) -> list[str]:
    """Returns the errors that were refused in good order, and by whom nobody knows."""
    found = [
        (f"{result['command']}: {each['unexpected'][:160]}", result["id"])
        for result in results
        for each in result["calls"]
        if each["unexpected"]
    ]
    counts = collections.Counter(text for text, _ in found)
    ids = dict(found)
    return [
        f"unexpected, {count} x {text.encode('unicode_escape').decode()} ({ids[text]})"
        for text, count in counts.most_common()
    ]


def _faults(results: Sequence[dict[str, Any]], seed: int, share: float) -> list[str]:
    by_text: dict[str, list[dict[str, Any]]] = collections.defaultdict(list)
    for result in results:
        for fault in result["faults"]:
            by_text[f"{result['command'] or result['kind']}: {fault}"].append(result)
    lines = []
    for text, found in sorted(by_text.items(), key=lambda item: -len(item[1])):
        lines += ["", f"{len(found)} x {text}"]
        for result in found[:2]:
            lines.append(
                f"    python -m tests.faults --kind {result['kind']} --seed {seed} "
                f"--share {share:g} --keep --only {result['id']}"
            )
        said = "".join(found[0]["said"]).splitlines()[-3:]
        lines += [f"    | {line.encode('unicode_escape').decode()[-300:]}" for line in said]
    return lines
