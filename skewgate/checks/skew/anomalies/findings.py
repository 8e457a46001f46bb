"""TFDV's anomalies to results, with the severity that skew.yaml gives them."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator

from tensorflow_metadata.proto.v0 import anomalies_pb2, schema_pb2

from skewgate.checks.skew.anomalies.chance import may_be_chance
from skewgate.checks.skew.anomalies.expected import expected
from skewgate.checks.skew.anomalies.observed import observed
from skewgate.checks.skew.anomalies.subjects import Path, Subject, Subjects, name_of
from skewgate.checks.skew.anomalies.unchecked import notes
from skewgate.checks.skew.config import AnomalyRules
from skewgate.core.results import WARNING, MetricResult, Status
from skewgate.schema.reading import is_validated

SCHEMA_METRIC = "schema"
"""Metric of a feature without an anomaly; that of an anomaly is `schema:<TFDV's type>`."""
ERROR = "error"
IGNORED = "ignored"
UNCHECKED = "STATS_NOT_AVAILABLE"
"""TFDV's type for what could not be checked: its rule also holds for what TFDV says nothing of."""

_SEVERITY = {"block": ERROR, "warn": WARNING}
_OF_THE_SCHEMA = frozenset(
    {
        "SCHEMA_NEW_COLUMN",
        "FEATURE_MISSING_NAME",
        "FEATURE_MISSING_TYPE",
        "INVALID_SCHEMA_SPECIFICATION",
        "INVALID_DOMAIN_SPECIFICATION",
        "SPARSE_FEATURE_NAME_COLLISION",
        "WEIGHTED_FEATURE_NAME_COLLISION",
        "DERIVED_FEATURE_BAD_LIFECYCLE",
        "DERIVED_FEATURE_INVALID_SOURCE",
        "STATS_NOT_AVAILABLE",
    }
)
"""What holds of the whole data or of no slice: slices do not repeat it."""
_ENDS_CHECKING = frozenset(
    {
        "UNEXPECTED_DATA_TYPE",
        "FEATURE_TYPE_NOT_PRESENT",
        "FEATURE_MISSING_NAME",
        "FEATURE_MISSING_TYPE",
        "SCHEMA_MISSING_COLUMN",
        "SPARSE_FEATURE_NAME_COLLISION",
        "WEIGHTED_FEATURE_NAME_COLLISION",
    }
)
"""After which TFDV does not look into a struct."""
_ADVICE = {
    "SCHEMA_NEW_COLUMN": "declare it or leave it out of the data",
    "FEATURE_MISSING_NAME": "correct the schema",
    "FEATURE_MISSING_TYPE": "correct the schema",
    "INVALID_SCHEMA_SPECIFICATION": "correct the schema",
    "INVALID_DOMAIN_SPECIFICATION": "correct the schema",
    "STATS_NOT_AVAILABLE": "generate the statistics with semantic domain statistics",
}


@dataclasses.dataclass(frozen=True)
class Finding:
    """One reason of one anomaly.

    Attributes:
        subject: what it is about.
        kind: TFDV's type of it.
        text: TFDV's own words.
    """

    subject: Subject
    kind: str
    text: str


def findings(anomalies: anomalies_pb2.Anomalies, subjects: Subjects) -> list[Finding]:
    """Returns every reason of every anomaly, by feature; those of the data set come first."""
    found = [
        Finding(subjects.get(path), kind_of(reason), reason.description or reason.short_description)
        for path, info in _infos(anomalies)
        for reason in info.reason
    ]
    return sorted(found, key=lambda finding: finding.subject.path)


def _infos(
    anomalies: anomalies_pb2.Anomalies,
) -> Iterator[tuple[Path, anomalies_pb2.AnomalyInfo]]:
    if anomalies.HasField("dataset_anomaly_info"):
        yield (), anomalies.dataset_anomaly_info
    for key, info in anomalies.anomaly_info.items():
        yield tuple(info.path.step) or (key,), info


def kind_of(reason: anomalies_pb2.AnomalyInfo.Reason) -> str:
    """Returns the name of an anomaly's type."""
    return str(anomalies_pb2.AnomalyInfo.Type.Name(reason.type))


def judge(
    anomalies: anomalies_pb2.Anomalies,
    subjects: Subjects,
    rules: AnomalyRules,
    unchecked: Iterable[tuple[Path, str]] = (),
) -> list[MetricResult]:
    """Returns what all data are found to be: failures, what is unchecked, and passes.

    Args:
        anomalies: what TFDV found.
        subjects: what was validated.
        rules: what an anomaly does.
        unchecked: paths of which something could not be checked, with the reason.
    """
    rows = subjects.get(()).rows
    if anomalies.data_missing:
        reason = "the data hold no examples"
        return [MetricResult("", "", "rows", Status.INCONCLUSIVE, reason, n_current=rows)]
    all_findings = findings(anomalies, subjects)
    results = [_failure(finding, rules, "") for finding in all_findings]
    ended = {each.subject.path for each in all_findings if each.kind in _ENDS_CHECKING}
    all_unchecked = [*unchecked, *_within_structs(subjects, ended)]
    results += [_unchecked_result(path, reason, rules, rows) for path, reason in all_unchecked]
    named = {each.subject.path for each in all_findings} | {path for path, _ in all_unchecked}
    results += [_passed(each) for each in subjects.declared() if each.path not in named]
    return results


def judge_slice(
    name: str,
    anomalies: anomalies_pb2.Anomalies,
    subjects: Subjects,
    rules: AnomalyRules,
    alpha: float,
) -> list[MetricResult]:
    """Returns the failures of a slice, or one pass.

    What is wrong with the schema and new columns are those of all data, and are not repeated. A
    share below what the schema asks for warns where it may be chance, at level `alpha`.
    """
    rows = subjects.get(()).rows
    if anomalies.data_missing:
        reason = f"slice {name} holds no examples"
        return [MetricResult("", name, "rows", Status.INCONCLUSIVE, reason, n_current=rows)]
    of_slice = [each for each in findings(anomalies, subjects) if each.kind not in _OF_THE_SCHEMA]
    if not of_slice:
        reason = f"slice {name} is as the schema expects ({rows:,} rows)"
        return [MetricResult("", name, SCHEMA_METRIC, Status.PASS, reason, n_current=rows)]
    return [_failure(finding, rules, name, alpha) for finding in of_slice]


def _failure(
    finding: Finding, rules: AnomalyRules, slice_name: str, alpha: float | None = None
) -> MetricResult:
    subject, kind = finding.subject, finding.kind
    expected_text = expected(kind, subject, finding.text)
    observed_text = observed(kind, subject, finding.text)
    reason = f"{subject.name or 'the data'}: expected {expected_text}, found {observed_text}"
    if kind in _ADVICE:
        reason = f"{reason}; {_ADVICE[kind]}"
    severity = _SEVERITY.get(rules.action(subject.name, kind), IGNORED)
    if severity == ERROR and alpha is not None and may_be_chance(kind, subject, alpha):
        severity = WARNING
        reason = f"{reason}; in {subject.rows:,} rows this may be chance"
    if severity == IGNORED:
        reason = f"ignored by skew.yaml: {reason}"
    return MetricResult(
        subject.name,
        slice_name,
        f"{SCHEMA_METRIC}:{kind}",
        Status.PASS if severity == IGNORED else Status.FAIL,
        reason,
        n_current=subject.rows,
        severity=severity,
        expected=expected_text,
        observed=observed_text,
    )


def _unchecked_result(path: Path, text: str, rules: AnomalyRules, rows: int) -> MetricResult:
    """A constraint that could not be checked: inconclusive, unless the rules ignore it."""
    name = name_of(path)
    ignored = rules.action(name, UNCHECKED) == "ignore"
    reason = f"{name or 'the data'} could not be checked: {text}"
    return MetricResult(
        name,
        "",
        f"{SCHEMA_METRIC}:{UNCHECKED}",
        Status.PASS if ignored else Status.INCONCLUSIVE,
        f"ignored by skew.yaml: {reason}" if ignored else reason,
        n_current=rows,
        severity=IGNORED if ignored else None,
    )


def _within_structs(subjects: Subjects, ended: set[Path]) -> list[tuple[Path, str]]:
    """Returns what is declared in structs into which TFDV did not look."""
    return [
        (
            each.path,
            f"TFDV does not look into {name_of(each.path[:depth])}, which is not as expected",
        )
        for each in subjects.declared()
        for depth in range(1, len(each.path))
        if each.path[:depth] in ended
    ]


def _passed(subject: Subject) -> MetricResult:
    """The result of what is declared and has no anomaly."""
    severity = None
    where = f" in environment {subject.environment}" if subject.environment else ""
    if not is_validated(subject.declaration):
        severity = IGNORED
        stage = schema_pb2.LifecycleStage.Name(subject.declaration.lifecycle_stage)
        stage = "DEPRECATED" if stage == "UNKNOWN_STAGE" else stage
        reason = f"{subject.name} is not validated, as the schema says that it is {stage}"
    elif subject.feature is not None and not subject.present:
        reason = f"{subject.name} is absent, which the schema allows{where}"
    else:
        reason = f"{subject.name} is as the schema expects{where}{notes(subject)}"
    return MetricResult(
        subject.name,
        "",
        SCHEMA_METRIC,
        Status.PASS,
        reason,
        n_current=subject.rows,
        severity=severity,
    )


def apply_rules(anomalies: anomalies_pb2.Anomalies, rules: AnomalyRules) -> None:
    """Gives TFDV's anomalies the severities of the rules and takes out what they ignore."""
    for path, info in list(_infos(anomalies)):
        name = name_of(path)
        actions = [rules.action(name, kind_of(reason)) for reason in info.reason]
        kept = [reason for reason, act in zip(info.reason, actions, strict=True) if act != "ignore"]
        if len(kept) < len(actions):
            copies = [
                anomalies_pb2.AnomalyInfo.Reason.FromString(r.SerializeToString()) for r in kept
            ]
            del info.reason[:]
            info.reason.extend(copies)
            _describe(info)
        info.severity = (
            anomalies_pb2.AnomalyInfo.ERROR
            if "block" in actions
            else anomalies_pb2.AnomalyInfo.WARNING
        )
    for key in [key for key, info in anomalies.anomaly_info.items() if not info.reason]:
        del anomalies.anomaly_info[key]
    if not anomalies.dataset_anomaly_info.reason:
        anomalies.ClearField("dataset_anomaly_info")


def _describe(info: anomalies_pb2.AnomalyInfo) -> None:
    """Sums the reasons up, as TFDV does."""
    info.description = " ".join(reason.description for reason in info.reason)
    several = len(info.reason) > 1
    info.short_description = (
        "Multiple errors" if several else "".join(r.short_description for r in info.reason)
    )
