"""The contract `drift.yaml`: how different is too different, and what to do then."""

from __future__ import annotations

import functools
import math
from typing import Annotated, Any, Literal

import pydantic

from skewgate import metrics
from skewgate.core.suggestions import did_you_mean_aside
from skewgate.core.yaml_model import RefusedError, StrictModel
from skewgate.decision.policy import Policy, Significance

Thresholds = dict[str, float | None]


_OPTIONS = ("critical", "ignore")
_ANY = "`block_on: any`"


def check_thresholds(
    thresholds: Any, kind: str | None = None, options: tuple[str, ...] = ()
) -> Thresholds:
    """Checks a mapping of metric names to thresholds.

    Args:
        thresholds: mapping of metric name to a number above 0, or to None for "not checked".
        kind: "numeric" or "categorical" if only metrics for such features are admitted, without
            those that have a default for features of every kind.
        options: keys that are valid beside the metrics, for messages.

    Raises:
        ValueError: a name is unknown or a threshold is out of range.
    """
    known = _admitted(kind)
    for name, threshold in thresholds.items():
        if name not in known:
            valid_keys = [*known, *options]
            hint = did_you_mean_aside(name, valid_keys)
            what = f"{kind} metric" if kind else "metric"
            raise ValueError(f"{name!r} is not a {what}{hint}; valid are {', '.join(valid_keys)}")
        upper = metrics.REGISTRY[name].maximum
        limit = f"(0, {upper:g}]" if upper is not None else "(0, inf)"
        valid = (
            isinstance(threshold, int | float)
            and not isinstance(threshold, bool)
            and math.isfinite(threshold)
        )
        if threshold is not None and not (
            valid and threshold > 0 and (upper is None or threshold <= upper)
        ):
            raise ValueError(f"{name} must be a number in {limit}, got {threshold!r}")
    return dict(thresholds)


def _admitted(kind: str | None) -> list[str]:
    """Names the metrics that may have a threshold: of any feature, or by default of a kind."""
    if kind is None:
        return sorted(metrics.REGISTRY)
    return sorted(
        name
        for name, metric in metrics.REGISTRY.items()
        if kind in metric.kinds and name not in Defaults.model_fields
    )


def _thresholds_by_metric(kind: str | None) -> dict[str, Any]:
    """Returns the JSON Schema of the threshold of each metric for a kind of feature, or of all."""
    return {
        name: {
            "description": metric.summary,
            "type": ["number", "null"],
            "exclusiveMinimum": 0,
            **({} if metric.maximum is None else {"maximum": metric.maximum}),
        }
        for name, metric in metrics.REGISTRY.items()
        if name in _admitted(kind)
    }


def _name_metrics(schema: dict[str, Any], kind: str) -> None:
    schema["properties"] = _thresholds_by_metric(kind)
    schema["additionalProperties"] = False


def can_exceed(metric: str, threshold: float) -> bool:
    """Says whether a value of a metric can be above a threshold.

    >>> can_exceed("ks", 0.1), can_exceed("ks", 1.0), can_exceed("psi", 7.0)
    (True, False, True)
    """
    maximum = metrics.REGISTRY[metric].maximum
    return maximum is None or threshold < maximum


class Defaults(StrictModel):
    """Thresholds for every feature that has none of its own.

    Attributes:
        numeric: metric name to threshold, for features of numbers; null is "not checked".
        categorical: the same for features of categories.
        missing_rate: by how much the share of missing values may change, for both.
    """

    numeric: Thresholds = pydantic.Field(
        default={"ks": 0.1}, json_schema_extra=lambda schema: _name_metrics(schema, "numeric")
    )
    categorical: Thresholds = pydantic.Field(
        default={"psi": 0.2}, json_schema_extra=lambda schema: _name_metrics(schema, "categorical")
    )
    missing_rate: float | None = pydantic.Field(default=0.05, gt=0, le=1)

    @pydantic.field_validator("numeric", "categorical", mode="before")
    @classmethod
    def _check(cls, value: Any, info: pydantic.ValidationInfo) -> Any:
        if not isinstance(value, dict):
            return value
        for name in value.keys() & cls.model_fields.keys():
            raise RefusedError(
                f"{name} is for features of every kind", f"give it as defaults.{name}"
            )
        return check_thresholds(value, info.field_name)


def _as_written(schema: dict[str, Any]) -> None:
    """Describes the keys of a rule as `FeatureRule._collect` takes them: metrics beside options."""
    del schema["properties"]["thresholds"]
    schema["properties"] |= _thresholds_by_metric(None)


class FeatureRule(StrictModel):
    """What differs from the defaults for one feature.

    Attributes:
        ignore: leave the feature out.
        critical: `block_on: critical` stops on this feature.
        thresholds: metric name to threshold; None switches a default off.
    """

    model_config = pydantic.ConfigDict(json_schema_extra=_as_written)

    ignore: bool = False
    critical: bool = False
    thresholds: Thresholds = {}

    @pydantic.model_validator(mode="before")
    @classmethod
    def _collect(cls, value: Any) -> Any:
        """Takes `{ks: 0.1, critical: true}`: every key that is no option is a metric."""
        if not isinstance(value, dict) or "thresholds" in value:
            return value
        options = {key: value[key] for key in _OPTIONS if key in value}
        rest = {key: number for key, number in value.items() if key not in options}
        return {**options, "thresholds": check_thresholds(rest, options=_OPTIONS)}

    @pydantic.field_validator("thresholds", mode="before")
    @classmethod
    def _check(cls, value: Any) -> Any:
        return check_thresholds(value) if isinstance(value, dict) else value

    @pydantic.model_serializer
    def _spread(self) -> dict[str, Any]:
        options = {key: True for key in _OPTIONS if getattr(self, key)}
        return {**options, **self.thresholds}


class DriftConfig(StrictModel):
    """The whole of `drift.yaml`.

    Attributes:
        defaults: thresholds for every feature that has none of its own.
        significance: how sure a failure must be.
        features: feature to what differs from the defaults.
        slices: lists of features whose values make slices, which are compared too.
        policy: what shuts the gate.
    """

    version: Literal[1] = 1
    defaults: Defaults = Defaults()
    significance: Significance = Significance()
    features: dict[str, FeatureRule] = {}
    slices: list[Annotated[list[str], pydantic.Field(min_length=1)]] = []
    policy: Policy = Policy()

    @pydantic.model_validator(mode="after")
    def _check_policy(self) -> DriftConfig:
        """Refuses what no data could shut; `shutting.check` knows more once there are data."""
        if not self.model_fields_set & {"defaults", "features", "policy"}:
            return self  # without a look at the metrics, which loads those of other packages
        if self.policy.block_on == "critical" and not self.critical:
            raise RefusedError(
                "policy.block_on is critical and no feature is, so nothing can shut the gate",
                f"give a feature `critical: true`, or write {_ANY}",
            )
        named = self.critical if self.policy.block_on == "critical" else self.features.keys()
        others = self.policy.block_on != "critical" and self._can_fail("")
        if not others and not any(self._can_fail(name) for name in named - self.ignored):
            which = "no critical feature" if self.policy.block_on == "critical" else "no feature"
            raise RefusedError(
                f"{which} has a check that can fail, so nothing can shut the gate: it is "
                "ignored, its thresholds are null, or as large as a value can be",
                "give a threshold that a value can exceed, or remove `ignore`",
            )
        return self

    def _can_fail(self, feature: str) -> bool:
        """Says whether a feature of some kind has a threshold that a value can exceed."""
        return any(
            can_exceed(metric, threshold)
            for kind in ("numeric", "categorical")
            for metric, threshold in self.thresholds(feature, kind).items()
        )

    def thresholds(self, feature: str, kind: str) -> dict[str, float]:
        """Returns the metrics to compute for a feature of a kind, with their thresholds."""
        by_kind = {"numeric": self.defaults.numeric, "categorical": self.defaults.categorical}
        merged: Thresholds = {
            **by_kind.get(kind, {}),
            "missing_rate": self.defaults.missing_rate,
            **(self.features[feature].thresholds if feature in self.features else {}),
        }
        return {name: number for name, number in merged.items() if number is not None}

    @functools.cached_property
    def ignored(self) -> frozenset[str]:
        """Names the features to leave out."""
        return frozenset(name for name, rule in self.features.items() if rule.ignore)

    @functools.cached_property
    def critical(self) -> frozenset[str]:
        """Names the critical features."""
        return frozenset(name for name, rule in self.features.items() if rule.critical)
