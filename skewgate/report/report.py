"""A report: a decision with what it is about, as one JSON object."""

from __future__ import annotations

import dataclasses
import functools
import json
import pathlib
from collections.abc import Callable
from typing import Any

from skewgate.core import json_text, run_ids, sealing, yaml_model
from skewgate.core.errors import InputError
from skewgate.core.results import WARNING, Decision, MetricResult, Status
from skewgate.report import headline, kinds

SCHEMA_VERSION = 1
JSON_NAME = "report.json"
_FIX = "evaluate again"
_LONGEST = 60
"""Letters of a value that messages show."""


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
        """Says in a sentence or two what was found and what to look at first."""
        return headline.sentence(self.kind, self.decision, self.details, self.sources)


def parse(text: str, where: str) -> Report:
    """Reads the text of a report.json, once it is what report.schema.json says.

    Raises:
        InputError: it is not such a report, its seal does not fit, or it contradicts itself.
    """
    try:
        content = json_text.load(text, parse_constant=_refuse_constant)
        version = content.get("schema_version") if isinstance(content, dict) else None
        if version is not None and version != SCHEMA_VERSION:
            raise InputError(
                where,
                f"has schema_version {version!r}, this skewgate reads {SCHEMA_VERSION}",
                "evaluate again with this version",
            )
        if isinstance(content, dict):
            content = sealing.unseal_json(content, where, _FIX)
        check_schema(content)
        report = Report.from_json(content)
        _check_consistent(report)
    except (ValueError, RecursionError) as error:
        raise InputError(where, f"is not a skewgate report ({error})", _FIX) from error
    return report


def check_schema(content: Any) -> None:
    """Checks that plain values are what report.schema.json says.

    Raises:
        ValueError: they are not; it names the place, what is expected, and what is there.
    """
    import fastjsonschema

    try:
        _schema()(content, name_prefix="report")
    except fastjsonschema.JsonSchemaValueException as error:
        if error.rule in ("required", "additionalProperties"):
            raise
        found = repr(error.value)
        shown = found if len(found) <= _LONGEST else f"{found[:_LONGEST]}..."
        raise ValueError(f"{error.message}, got {shown}") from error


@functools.cache
def _schema() -> Callable[..., Any]:
    import fastjsonschema

    text = pathlib.Path(__file__).with_name("report.schema.json").read_text("utf-8")
    check: Callable[..., Any] = fastjsonschema.compile(json.loads(text), use_default=False)
    return check


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _check_consistent(report: Report) -> None:
    """Checks that a report says the same throughout, whatever its policy.

    Raises:
        ValueError: it contradicts itself.
    """
    decided = report.decision
    fails = any(result.status is Status.FAIL for result in decided.failures)
    if decided.blessed == bool(decided.failures):
        raise ValueError(
            f"blessed is {str(decided.blessed).lower()}, with {len(decided.failures)} failures"
        )
    if fails != (decided.status is Status.FAIL):
        raise ValueError(f"status is {decided.status}, and its failures say otherwise")
    if decided.status is Status.PASS and decided.failures:
        raise ValueError("status is pass, with failures")
    if decided.blessed and not all(source["blessed"] for source in report.sources):
        raise ValueError("blessed is true, and a source is not blessed")
    if not report.sources and decided.policy.get("block_on", "any") == "any":
        missed = [
            result
            for result in decided.results
            if result.status is Status.FAIL and result.severity != WARNING
        ]
        if missed and not fails:
            raise ValueError(f"{missed[0].label} failed, and failures do not name it")


def read(folder: str | pathlib.Path) -> Report:
    """Reads the report in a local folder.

    Raises:
        InputError: there is none, or it is not a report.
    """
    path = pathlib.Path(folder) / JSON_NAME
    return parse(yaml_model.read_text(path), str(path))
