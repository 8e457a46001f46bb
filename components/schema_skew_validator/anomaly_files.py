"""Joins TFDV's anomalies of the schema and of the comparators to what one file holds."""

from __future__ import annotations

from tensorflow_metadata.proto.v0 import anomalies_pb2

from skewgate.checks.skew.comparator_significance import Pairing
from skewgate.checks.skew.config import AnomalyRules

_COMPARATOR_TYPES = frozenset(
    number for name, number in anomalies_pb2.AnomalyInfo.Type.items() if "COMPARATOR_" in name
)


def add_compared(
    anomalies: anomalies_pb2.Anomalies,
    compared: anomalies_pb2.Anomalies,
    pairing: Pairing,
    rules: AnomalyRules,
) -> None:
    """Adds what TFDV says of a comparator to its anomalies of the schema: one file has all.

    Args:
        anomalies: what to add to.
        compared: TFDV's anomalies of the comparison; those of the schema in it are left out.
        pairing: which comparators were evaluated.
        rules: give the severity; what they ignore is left out.
    """
    known = {tuple(info.path.step): info for info in anomalies.drift_skew_info}
    for measured in compared.drift_skew_info:
        info = known.get(tuple(measured.path.step))
        if info is None:
            info = anomalies.drift_skew_info.add()
            info.path.CopyFrom(measured.path)
        field = f"{pairing.kind}_measurements"
        getattr(info, field).extend(getattr(measured, field))
    for key, info in compared.anomaly_info.items():
        feature = ".".join(info.path.step) or key
        if reasons := _comparator_reasons(info, feature, rules):
            _add_reasons(anomalies.anomaly_info[key], info, feature, reasons, rules)
    if compared.HasField("dataset_anomaly_info"):
        info = compared.dataset_anomaly_info
        if reasons := _comparator_reasons(info, "", rules):
            _add_reasons(anomalies.dataset_anomaly_info, info, "", reasons, rules)


def _comparator_reasons(
    info: anomalies_pb2.AnomalyInfo, feature: str, rules: AnomalyRules
) -> list[anomalies_pb2.AnomalyInfo.Reason]:
    return [
        reason
        for reason in info.reason
        if reason.type in _COMPARATOR_TYPES
        and rules.action(feature, anomalies_pb2.AnomalyInfo.Type.Name(reason.type)) != "ignore"
    ]


def _add_reasons(
    target: anomalies_pb2.AnomalyInfo,
    source: anomalies_pb2.AnomalyInfo,
    feature: str,
    reasons: list[anomalies_pb2.AnomalyInfo.Reason],
    rules: AnomalyRules,
) -> None:
    """Adds reasons to an anomaly; the worst of its severities counts, as in TFDV."""
    kinds = [anomalies_pb2.AnomalyInfo.Type.Name(reason.type) for reason in reasons]
    blocks = any(rules.action(feature, kind) == "block" for kind in kinds)
    severity = anomalies_pb2.AnomalyInfo.ERROR if blocks else anomalies_pb2.AnomalyInfo.WARNING
    if not target.reason:
        target.CopyFrom(source)
        del target.reason[:]
        target.severity = anomalies_pb2.AnomalyInfo.UNKNOWN
    target.severity = max(target.severity, severity)
    target.reason.extend(reasons)
    if len(target.reason) > 1:
        target.short_description = "Multiple errors"
        target.description = " ".join(reason.description for reason in target.reason)
    else:
        target.short_description = target.reason[0].short_description
        target.description = target.reason[0].description
