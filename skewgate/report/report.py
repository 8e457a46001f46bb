"""A report: a decision with what it is about, as one JSON object."""

from __future__ import annotations

import dataclasses
import json
import pathlib
from typing import Any

from skewgate.core import run_ids, yaml_model
from skewgate.core.errors import InputError
from skewgate.core.results import Decision, MetricResult, Status
from skewgate.report import headline, kinds

SCHEMA_VERSION = 1
JSON_NAME = "report.json"


@dataclasses.dataclass(frozen=True)
class Report:
    """A decision with what it is about.

    Attributes:
        kind: name of a kind in `skewgate/report/kinds.py`, such as "drift".
        decision: the verdict and its results.
        baseline, current: where the two sides came from, as plain values.
        sources: for a decision, one entry per report that it joins.
        details: what belongs to no single result, such as rows that differ, as plain values.
        run_id: of the run that made it, the same in all its files; "" if a report names none.
        time: when it was made, in UTC, such as "2026-11-25T15:22:37Z"; "" likewise.
    """

    kind: str
    decision: Decision
    baseline: dict[str, Any] = dataclasses.field(default_factory=dict)
    current: dict[str, Any] = dataclasses.field(default_factory=dict)
    sources: tuple[dict[str, Any], ...] = ()
    details: dict[str, Any] = dataclasses.field(default_factory=dict)
    run_id: str = dataclasses.field(default_factory=run_ids.new)
    time: str = dataclasses.field(default_factory=run_ids.written_now)

    def __post_init__(self) -> None:
        kinds.get(self.kind)
        if self.time != "":
            run_ids.seconds(self.time)

    def to_json(self) -> dict[str, Any]:
        """Returns the object that report.json holds (see report.schema.json)."""
        return {
            "schema_version": SCHEMA_VERSION,
            "kind": self.kind,
            "run_id": self.run_id,
            "time": self.time,
            "status": self.decision.status.value,
            "blessed": self.decision.blessed,
            "policy": self.decision.policy,
            "baseline": self.baseline,
            "current": self.current,
            "sources": list(self.sources),
            **({"details": self.details} if self.details else {}),
            "failures": [result.to_json() for result in self.decision.failures],
            "results": [result.to_json() for result in self.decision.results],
        }

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> Report:
        """Reads what `to_json` returned."""
        return cls(
            kind=content["kind"],
            decision=Decision(
                status=Status(content["status"]),
                blessed=content["blessed"],
                results=tuple(MetricResult.from_json(fields) for fields in content["results"]),
                failures=tuple(MetricResult.from_json(fields) for fields in content["failures"]),
                policy=content["policy"],
            ),
            baseline=content["baseline"],
            current=content["current"],
            sources=tuple(content["sources"]),
            details=content.get("details", {}),
            run_id=content.get("run_id", ""),
            time=content.get("time", ""),
        )

    def headline(self) -> str:
        """Says in one sentence what was found, how sure it is, and what to look at first."""
        return headline.sentence(self.kind, self.decision, self.details, self.sources)


def parse(text: str, where: str) -> Report:
    """Reads the text of a report.json.

    Raises:
        InputError: it is not such a report.
    """
    try:
        content = json.loads(text)
        version = content["schema_version"]
        if version != SCHEMA_VERSION:
            raise InputError(
                where,
                f"has schema_version {version!r}, this skewgate reads {SCHEMA_VERSION}",
                "evaluate again with this version",
            )
        return Report.from_json(content)
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise InputError(
            where, f"is not a skewgate report ({type(error).__name__}: {error})", "evaluate again"
        ) from error


def read(folder: str | pathlib.Path) -> Report:
    """Reads the report in a local folder.

    Raises:
        InputError: there is none, or it is not a report.
    """
    path = pathlib.Path(folder) / JSON_NAME
    return parse(yaml_model.read_text(path), str(path))
