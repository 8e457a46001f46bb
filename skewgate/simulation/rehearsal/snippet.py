"""Writes suggested thresholds as a drift.yaml."""

from __future__ import annotations

import json
import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from skewgate.checks.drift.config import DriftConfig
from skewgate.core.hidden import visible
from skewgate.core.yaml_writing import visible_yaml
from skewgate.simulation.rehearsal.thresholds import Suggestion, Suggestions

_APART = 1.5


def render(suggestions: Suggestions, config: DriftConfig, kinds: Mapping[str, str]) -> str:
    """Returns the text of a whole drift.yaml: the configuration with other thresholds.

    A metric's default is the largest of its thresholds that are not above 1.5 times their median;
    features that need more get a line of their own, as do features whose check cannot be used.

    Args:
        suggestions: what is suggested.
        config: the present configuration, whose other keys stay.
        kinds: "numeric" or "categorical" of each feature.
    """
    defaults, own = _split(suggestions.checks, kinds, config)
    chance, in_order = suggestions.by_chance, suggestions.in_order
    lines = [
        f"# Thresholds for at most {suggestions.wanted:g} false alarms per window.",
        f"# Of {chance.comparisons} comparisons that differ by chance alone {chance.alarms} exceed "
        f"one: at most {chance.interval[1]:.1%} of all (95% confidence).",
        f"# Of {in_order.comparisons} windows of the data {in_order.alarms} exceed one: at most "
        f"{in_order.interval[1]:.0%} of all.",
        "version: 1",
        "defaults:",
        *(f"  {key}: {_flow(value)}" for key, value in defaults.items()),
        f"significance: {_flow(config.significance.model_dump())}",
    ]
    rules = _rules(config, own)
    if rules:
        lines.append("features:")
        reasons = {(check.feature, check.metric): check.reason for check in suggestions.checks}
        for feature, rule in sorted(rules.items()):
            why = [
                f"{metric}: {reasons[feature, metric]}"
                for metric in rule
                if (feature, metric) in reasons
            ]
            name = visible(json.dumps(feature, ensure_ascii=False))
            lines.append(f"  {name}: {_flow(rule)}")
            lines[-1] += f"  # {visible('; '.join(why))}" if why else ""
    if config.slices:
        lines.append(f"slices: {_flow(config.slices)}")
    lines.append(f"policy: {_flow(config.policy.model_dump())}")
    return "\n".join(lines) + "\n"


def _flow(value: Any) -> str:
    text = visible_yaml(value, default_flow_style=True, width=10**6, sort_keys=False)
    return text.removesuffix("\n").removesuffix("\n...")


def _split(
    checks: Sequence[Suggestion], kinds: Mapping[str, str], config: DriftConfig
) -> tuple[dict[str, Any], dict[str, dict[str, float | None]]]:
    """Returns the defaults, and what features need that differ or have checks of their own."""
    defaults = config.defaults.model_dump()
    own: dict[str, dict[str, float | None]] = {}
    groups: dict[tuple[str, str], list[Suggestion]] = {}
    for check in checks:
        kind = "" if check.metric in defaults else kinds.get(check.feature, "")
        groups.setdefault((kind, check.metric), []).append(check)
    for (kind, metric), members in groups.items():
        place = defaults.get(kind, {}) if kind else defaults
        usable = [each.threshold for each in members if each.threshold is not None]
        default = None
        if usable and place.get(metric) is not None:
            limit = _APART * statistics.median(usable)
            default = place[metric] = max(value for value in usable if value <= limit)
        for each in members:
            if each.threshold is None or default is None or each.threshold > default:
                own.setdefault(each.feature, {})[metric] = each.threshold
    return defaults, own


def _rules(
    config: DriftConfig, own: Mapping[str, Mapping[str, float | None]]
) -> dict[str, dict[str, Any]]:
    """Returns the rules of features: critical, ignored, switched off, or with a threshold."""
    rules: dict[str, dict[str, Any]] = {}
    for feature, rule in config.features.items():
        kept: dict[str, Any] = {key: True for key in ("critical", "ignore") if getattr(rule, key)}
        kept |= {metric: None for metric, value in rule.thresholds.items() if value is None}
        if kept:
            rules[feature] = kept
    for feature, thresholds in own.items():
        rules.setdefault(feature, {}).update(thresholds)
    return rules
