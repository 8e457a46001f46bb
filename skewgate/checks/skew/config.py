"""The contract `skew.yaml`: which anomalies block, how far training and serving may differ."""

from __future__ import annotations

import functools
from typing import Annotated, Any, Literal

import pydantic
from tensorflow_metadata.proto.v0 import anomalies_pb2

from skewgate.core.results import PREVIOUS_CHECK, MetricResult
from skewgate.core.suggestions import did_you_mean_aside
from skewgate.core.yaml_model import StrictModel
from skewgate.decision.policy import BasicPolicy, Significance

Action = Literal["block", "warn", "ignore"]
ByType = dict[str, Action]

ANOMALY_TYPES = frozenset(anomalies_pb2.AnomalyInfo.Type.keys()) - {
    "UNKNOWN_TYPE",
    "MULTIPLE_REASONS",
}


def check_types(types: dict[Any, Any]) -> dict[Any, Any]:
    """Checks that the keys of a mapping are anomaly types of TFDV.

    Raises:
        ValueError: one is not.
    """
    for name in types:
        if name not in ANOMALY_TYPES:
            hint = did_you_mean_aside(name, ANOMALY_TYPES)
            raise ValueError(
                f"{name!r} is not an anomaly type{hint}; they are listed in anomalies.proto of "
                "tensorflow_metadata"
            )
    return types


def _of_types(schema: dict[str, Any]) -> None:
    """Says in a JSON Schema that the keys of a mapping are anomaly types."""
    schema["propertyNames"] = {"enum": sorted(ANOMALY_TYPES)}


def _of_types_if_a_mapping(schema: dict[str, Any]) -> None:
    """The same where an action may stand for the mapping."""
    _of_types(schema["additionalProperties"]["anyOf"][1])


class AnomalyRules(StrictModel):
    """What each anomaly of a schema does.

    The most special rule counts: that for the type of a feature, then for the feature, then for
    the type, then the default.

    Attributes:
        default: block, warn or ignore what no other rule names.
        types: anomaly type to action, for all features.
        features: feature to an action, or to a mapping of anomaly type to action.
        slices: whether each slice of the statistics is validated too.
    """

    default: Action = "block"
    types: ByType = pydantic.Field(default={}, json_schema_extra=_of_types)
    features: dict[str, Action | ByType] = pydantic.Field(
        default={},
        json_schema_extra=_of_types_if_a_mapping,
    )
    slices: bool = True

    @pydantic.field_validator("types", mode="before")
    @classmethod
    def _check_types(cls, value: Any) -> Any:
        return check_types(value) if isinstance(value, dict) else value

    @pydantic.field_validator("features", mode="before")
    @classmethod
    def _check_features(cls, value: Any) -> Any:
        if isinstance(value, dict):
            for rule in value.values():
                if isinstance(rule, dict):
                    check_types(rule)
        return value

    def action(self, feature: str, kind: str) -> Action:
        """Returns what an anomaly of a type does on a feature ("" for the data set).

        >>> rules = AnomalyRules(types={"SCHEMA_NEW_COLUMN": "warn"}, features={"tip": "ignore"})
        >>> [rules.action(name, "SCHEMA_NEW_COLUMN") for name in ("fare", "tip")]
        ['warn', 'ignore']
        """
        rule = self.features.get(feature)
        if isinstance(rule, dict):
            rule = rule.get(kind)
        return rule or self.types.get(kind) or self.default


FLOAT_NOISE = 1e-6
"""Relative tolerance where a number is a float and no other is asked for: what float32 does."""


class RowRule(StrictModel):
    """What differs from the defaults for one feature.

    Attributes:
        threshold: share of the matched rows that may differ.
        absolute, relative: numbers closer than `absolute + relative * |training value|` are equal.
        ignore: leave the feature out.
    """

    threshold: float | None = pydantic.Field(default=None, ge=0, lt=1)
    absolute: float | None = pydantic.Field(default=None, ge=0, allow_inf_nan=False)
    relative: float | None = pydantic.Field(default=None, ge=0, allow_inf_nan=False)
    ignore: bool = False


class RowRules(StrictModel):
    """How training and serving rows are joined and compared.

    Attributes:
        keys: features that together name a row on both sides.
        threshold: share of the matched rows in which a feature may differ.
        absolute: numbers closer than `absolute + relative * |training value|` are equal.
        relative: see `absolute`; without it FLOAT_NOISE where one of the numbers is a float, which
            forgives what float32 does, and 0 where both are whole numbers.
        features: what differs for single features.
        slices: lists of features whose serving values make slices.
        min_matched: share of the smaller side's rows that must find their partner.
        samples: differing pairs of rows kept of each feature for the report.
    """

    keys: Annotated[list[str], pydantic.Field(min_length=1)]
    threshold: float = pydantic.Field(default=0.01, ge=0, lt=1)
    absolute: float = pydantic.Field(default=0.0, ge=0, allow_inf_nan=False)
    relative: float | None = pydantic.Field(default=None, ge=0, allow_inf_nan=False)
    features: dict[str, RowRule] = {}
    slices: list[Annotated[list[str], pydantic.Field(min_length=1)]] = []
    min_matched: float = pydantic.Field(default=0.5, ge=0, le=1)
    samples: int = pydantic.Field(default=5, ge=0, le=100)

    @pydantic.model_validator(mode="after")
    def _check_keys(self) -> RowRules:
        doubled = sorted({name for name in self.keys if self.keys.count(name) > 1})
        if doubled:
            raise ValueError(f"keys names {', '.join(doubled)} twice")
        compared = sorted(set(self.keys) & self.features.keys())
        if compared:
            raise ValueError(
                f"features.{compared[0]} is a key: rows with different keys are different rows"
            )
        return self

    @functools.cached_property
    def ignored(self) -> frozenset[str]:
        """Names the features to leave out."""
        return frozenset(name for name, rule in self.features.items() if rule.ignore)

    @property
    def needed(self) -> frozenset[str]:
        """Names the features without which rows cannot be joined or sliced."""
        return frozenset(self.keys).union(*self.slices)

    def threshold_of(self, feature: str) -> float:
        """Returns the share of the matched rows in which a feature may differ."""
        rule = self.features.get(feature)
        return self.threshold if rule is None or rule.threshold is None else rule.threshold

    def tolerance_of(self, feature: str, *, whole: bool = False) -> tuple[float, float]:
        """Returns the absolute and the relative tolerance of a feature.

        Args:
            feature: its name.
            whole: whether the numbers of both sides are whole.

        >>> RowRules(keys=["trip_id"]).tolerance_of("trip_seconds", whole=True)
        (0.0, 0.0)
        """
        rule = self.features.get(feature, RowRule())
        relative = self.relative if rule.relative is None else rule.relative
        if relative is None:
            relative = 0.0 if whole else FLOAT_NOISE
        return self.absolute if rule.absolute is None else rule.absolute, relative


class SkewPolicy(BasicPolicy):
    """What shuts the gate beside failures.

    Attributes:
        on_missing_previous: "block" or "allow" a run that has no earlier data to compare with,
            as every first run.
    """

    on_missing_previous: Literal["block", "allow"] = "block"

    def on_doubt(self, result: MetricResult) -> Literal["block", "allow"]:
        """Returns what an inconclusive result does."""
        missing = result.metric == PREVIOUS_CHECK
        return self.on_missing_previous if missing else super().on_doubt(result)


class SkewConfig(StrictModel):
    """The whole of `skew.yaml`.

    Attributes:
        anomalies: which anomalies block.
        rows: how rows are compared; without it they are not.
        min_slice_rows: slices with fewer rows on a side are left out of everything.
        significance: how sure a failure of a comparator or of the rows must be.
        policy: what shuts the gate beside failures.
    """

    version: Literal[1] = 1
    anomalies: AnomalyRules = AnomalyRules()
    rows: RowRules | None = None
    min_slice_rows: pydantic.NonNegativeInt = 0
    significance: Significance = Significance()
    policy: SkewPolicy = SkewPolicy()
