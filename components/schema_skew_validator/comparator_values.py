"""Evaluates the schema's own comparators: training with serving, previous with current data."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Iterator, Mapping

from tensorflow_metadata.proto.v0 import anomalies_pb2, schema_pb2, statistics_pb2

from skewgate.checks.skew.comparator_significance import (
    DRIFT,
    NORMS,
    SKEW,
    Comparison,
    Norm,
    Pairing,
    count_results,
)
from skewgate.components.schema_skew_validator.split_statistics import SplitStatistics
from skewgate.core.distributions import Distribution
from skewgate.core.profile import Features
from skewgate.core.results import MetricResult, Status
from skewgate.core.slices import names_of
from skewgate.schema.reading import in_environment, nested_comparators
from skewgate.statistics import messages

Histogram = statistics_pb2.Histogram


@dataclasses.dataclass(frozen=True)
class Compared:
    """What one pairing gave: values to judge, and results that need no judging."""

    comparisons: tuple[Comparison, ...]
    results: tuple[MetricResult, ...]
    anomalies: anomalies_pb2.Anomalies


def compare(
    pairing: Pairing,
    control: SplitStatistics,
    treatment: SplitStatistics,
    schema: schema_pb2.Schema,
    *,
    environment: str | None = None,
    slices: bool = True,
) -> Compared:
    """Evaluates the comparators of a schema with TFDV, over all data and over each slice.

    Args:
        pairing: which comparators.
        control, treatment: statistics of the two sides.
        schema: holds the comparators and their thresholds.
        environment: features that are not expected in it are left out.
        slices: whether slices are compared too.

    Returns:
        Every value, also those below their threshold. A comparator that TFDV did not evaluate is
        inconclusive, with the reason, and so is each in a slice that one side does not have at all.
        `anomalies` are TFDV's own for all data.
    """
    features = [
        feature
        for feature in schema.feature
        if feature.HasField(pairing.field)
        and (environment is None or in_environment(feature, schema, environment))
    ]
    constraints = schema.dataset_constraints
    counts = pairing is DRIFT and constraints.HasField("num_examples_drift_comparator")
    comparisons: list[Comparison] = []
    results = [
        _not_compared(path, pairing, norm)
        for path, feature in nested_comparators(schema, pairing.field).items()
        for norm in _norms(feature, pairing)
    ]
    whole = anomalies_pb2.Anomalies()
    if not features and not counts:
        return Compared((), tuple(results), whole)
    sides = [_slices(control), _slices(treatment)]
    names = names_of(sides[0].keys() | sides[1].keys())
    for key in sorted(names, key=lambda key: names[key]) if slices else [""]:
        name = names[key]
        before, after = (side.get(key) for side in sides)
        if before is None or after is None:
            without = (
                (control, pairing.control) if before is None else (treatment, pairing.treatment)
            )
            if key not in without[0].profile.slices:  # there, it is not one of few rows
                results += _one_sided(features, name, pairing, without[1])
            continue
        compared_schema = schema_pb2.Schema(feature=features, string_domain=schema.string_domain)
        if name == "":
            compared_schema.dataset_constraints.CopyFrom(constraints)
        anomalies = _validate(pairing, before.only(features), after.only(features), compared_schema)
        if name == "":
            whole = anomalies
        by_feature = _values(pairing, anomalies)
        for feature in features:
            values = by_feature.get(feature.name, {})
            _plan(feature, name, pairing, values, (before, after), comparisons, results)
    if counts:
        sizes = (int(side[""].dataset.num_examples) for side in sides)
        results += count_results(constraints.num_examples_drift_comparator, *sizes)
    return Compared(tuple(comparisons), tuple(results), whole)


@dataclasses.dataclass(frozen=True)
class _Slice:
    """One side of a slice: TFDV's statistics, the same by feature, and what they tell."""

    dataset: statistics_pb2.DatasetFeatureStatistics
    features: dict[str, statistics_pb2.FeatureNameStatistics]
    distributions: Features

    def only(
        self, features: Iterable[schema_pb2.Feature]
    ) -> statistics_pb2.DatasetFeatureStatistics:
        """Returns the statistics of some features: TFDV's time grows with all it is given."""
        return statistics_pb2.DatasetFeatureStatistics(
            num_examples=self.dataset.num_examples,
            weighted_num_examples=self.dataset.weighted_num_examples,
            features=[
                self.features[feature.name] for feature in features if feature.name in self.features
            ],
        )


def _slices(side: SplitStatistics) -> dict[str, _Slice]:
    known = side.profile.slices
    return {
        (key := messages.slice_key(dataset)): _Slice(
            dataset,
            {
                feature.path.step[0]: feature
                for feature in dataset.features
                if len(feature.path.step) == 1
            },
            known.get(key, {}),
        )
        for dataset in side.statistics.datasets
    }


def _not_compared(path: str, pairing: Pairing, norm: Norm) -> MetricResult:
    """Returns the result of a comparator of a feature within a struct."""
    reason = f"{path} lies within a struct, where comparators are not evaluated"
    return MetricResult(path, "", f"{pairing.kind}:{norm.name}", Status.INCONCLUSIVE, reason)


def _one_sided(
    features: Iterable[schema_pb2.Feature], name: str, pairing: Pairing, without: str
) -> Iterator[MetricResult]:
    """Yields the results of all comparators in a slice that one side does not have."""
    reason = f"the {without} statistics have no slice {name!r} to compare with"
    for feature in features:
        for norm in _norms(feature, pairing):
            yield MetricResult(
                feature.name,
                name,
                f"{pairing.kind}:{norm.name}",
                Status.INCONCLUSIVE,
                reason,
                threshold=float(getattr(getattr(feature, pairing.field), norm.field).threshold),
                expected=f"slice {name!r} on both sides",
                observed=reason,
            )


def _validate(
    pairing: Pairing,
    control: statistics_pb2.DatasetFeatureStatistics,
    treatment: statistics_pb2.DatasetFeatureStatistics,
    schema: schema_pb2.Schema,
) -> anomalies_pb2.Anomalies:
    import tensorflow_data_validation as tfdv

    lists = [
        statistics_pb2.DatasetFeatureStatisticsList(datasets=[dataset])
        for dataset in (control, treatment)
    ]
    # TFDV takes the training side as the one that is validated, and serving as the other.
    if pairing is SKEW:
        return tfdv.validate_statistics(lists[0], schema, serving_statistics=lists[1])
    return tfdv.validate_statistics(lists[1], schema, previous_statistics=lists[0])


def _values(
    pairing: Pairing, anomalies: anomalies_pb2.Anomalies
) -> dict[str, dict[int, anomalies_pb2.DriftSkewInfo.Measurement]]:
    """Returns TFDV's values by feature and type of measure."""
    return {
        info.path.step[0]: {
            measure.type: measure for measure in getattr(info, f"{pairing.kind}_measurements")
        }
        for info in anomalies.drift_skew_info
        if len(info.path.step) == 1
    }


def _plan(
    feature: schema_pb2.Feature,
    name: str,
    pairing: Pairing,
    measures: Mapping[int, anomalies_pb2.DriftSkewInfo.Measurement],
    sides: tuple[_Slice, _Slice],
    comparisons: list[Comparison],
    results: list[MetricResult],
) -> None:
    """Adds what the comparator of one feature asks for to `comparisons` or to `results`."""
    control, treatment = (side.distributions.get(feature.name) for side in sides)
    for norm in _norms(feature, pairing):
        threshold = float(getattr(getattr(feature, pairing.field), norm.field).threshold)
        measure = measures.get(norm.measure)
        reason = _obstacle(feature.name, norm.name, pairing, measure, control, treatment)
        if reason or measure is None or control is None or treatment is None:
            results.append(
                MetricResult(
                    feature.name,
                    name,
                    f"{pairing.kind}:{norm.name}",
                    Status.INCONCLUSIVE,
                    reason,
                    threshold=threshold,
                    n_baseline=control.n if control else None,
                    n_current=treatment.n if treatment else None,
                    expected=f"values of {feature.name} that {norm.name} can compare on both sides",
                    observed=reason,
                )
            )
            continue
        comparisons.append(
            Comparison(
                feature.name,
                name,
                norm.name,
                pairing,
                threshold,
                float(measure.value),
                control,
                treatment,
                _boundaries(feature, pairing, sides) if norm.name == "jsd" else 0,
            )
        )


def _norms(feature: schema_pb2.Feature, pairing: Pairing) -> Iterator[Norm]:
    comparator = getattr(feature, pairing.field)
    return (norm for norm in NORMS if comparator.HasField(norm.field))


def _obstacle(
    feature: str,
    norm: str,
    pairing: Pairing,
    measure: anomalies_pb2.DriftSkewInfo.Measurement | None,
    control: Distribution | None,
    treatment: Distribution | None,
) -> str:
    """Says why a comparator cannot be judged, or "" if it can."""
    sides = {pairing.control: control, pairing.treatment: treatment}
    absent = [label for label, side in sides.items() if side is None or side.n == 0]
    if absent:
        return f"{feature} has no value in the {' and '.join(absent)} statistics"
    kinds = sorted({side.kind for side in sides.values() if side is not None})
    if len(kinds) > 1:
        return f"{feature} is numeric on one side and categorical on the other"
    if norm != "jsd" and kinds == ["numeric"]:
        return (
            f"{norm} compares categories, and {feature} is numeric: TFDV gives 0 whatever the "
            "data; use jensen_shannon_divergence in the schema"
        )
    if measure is None or not math.isfinite(measure.value):
        return f"TFDV could not compute {norm} of {feature} from these statistics"
    return ""


def _boundaries(feature: schema_pb2.Feature, pairing: Pairing, sides: tuple[_Slice, _Slice]) -> int:
    """Counts the bucket boundaries of both histograms that TFDV's JSD of a number uses."""
    source = getattr(feature, pairing.field).jensen_shannon_divergence.source.type
    quantiles = source == schema_pb2.HistogramSelection.QUANTILES
    histogram_type = Histogram.QUANTILES if quantiles else Histogram.STANDARD
    return len(
        {
            edge
            for side in sides
            if feature.name in side.features
            for histogram in side.features[feature.name].num_stats.histograms
            if histogram.type == histogram_type
            for bucket in histogram.buckets
            for edge in (bucket.low_value, bucket.high_value)
        }
    )
