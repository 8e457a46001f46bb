"""Infers a schema: one function for `skewgate schema infer` and `skewgate.infer_schema`."""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence

from tensorflow_metadata.proto.v0 import schema_pb2, statistics_pb2

from skewgate.api import describing, sides
from skewgate.api.schemas import Schema
from skewgate.checks.drift import suggesting
from skewgate.core.distributions import NumericDistribution
from skewgate.core.errors import InputError
from skewgate.core.profile import Profile
from skewgate.core.time_values import DATE, TIMESTAMP
from skewgate.core.wording import listed
from skewgate.schema.inference.infer import infer
from skewgate.statistics.reading import parse_profile

TRAINING, SERVING = "TRAINING", "SERVING"
"""The environments of a schema with labels; SERVING has none of them."""
_MOST_NAMES = 20


def infer_schema(
    data: sides.Data,
    *,
    labels: Sequence[str] = (),
    environments: Sequence[str] = (),
    dataset: str = "",
    reading: sides.Reading = None,
) -> Schema:
    """Returns the schema that data suggest, which is the one that TFDV infers.

    It is a beginning: review it, and keep it as schema.pbtxt.

    Args:
        data: what `skewgate.profile` takes, what it returned, or a file of TFDV statistics.
        labels: features that the data of serving do not have.
        environments: names that the schema knows; TRAINING and SERVING if there are labels.
        dataset: the data set to take, where a file of statistics holds several.
        reading: how CSV is written, such as {"delimiter": ";"}; recognised without it.

    Raises:
        InputError: the data cannot be used, or a label is no feature of them.
    """
    known = known_environments(labels, environments)
    options = sides.read_options(None, reading)
    described = describing.describe(data, "data", options, dataset=dataset)
    place = os.fspath(data) if isinstance(data, str | os.PathLike) else "data"
    return of_statistics(described.statistics, place, labels, known)


def of_statistics(
    statistics: statistics_pb2.DatasetFeatureStatisticsList,
    place: str,
    labels: Sequence[str] = (),
    environments: Sequence[str] = (),
) -> Schema:
    """Returns the schema that statistics suggest.

    Args:
        statistics: of the data.
        place: names the data.
        labels: features that the data of serving do not have.
        environments: names that the schema knows; see `known_environments`.

    Raises:
        InputError: the statistics have no features that a schema can describe, or a label is none
            of them.
    """
    proto = infer(statistics, place)
    found = parse_profile(statistics.SerializeToString(), place)
    _note_times(proto, found)
    features = {feature.name: feature for feature in proto.feature}
    for label in labels:
        if label not in features:
            names = listed(list(features), _MOST_NAMES)
            raise InputError(
                "labels", f"{label!r} is not a feature; there are {names}", "correct it"
            )
        features[label].not_in_environment.append(SERVING)
    proto.default_environment.extend(environments)
    rows = max(each.num_examples for each in statistics.datasets)
    return Schema(proto, rows, place, tuple(suggesting.suggest_for_one(found)))


def known_environments(labels: Collection[str], environments: Sequence[str]) -> list[str]:
    """Returns the environments of a schema: those that are named, or those that labels need.

    Raises:
        InputError: there are labels, and none of the environments is without them.
    """
    named = list(dict.fromkeys(environments))
    if labels and not named:
        return [TRAINING, SERVING]
    if labels and SERVING not in named:
        raise InputError(
            "environments",
            f"has no {SERVING}, in which labels are not expected: {', '.join(named)}",
            f"add {SERVING}",
        )
    return named


def _note_times(schema: schema_pb2.Schema, profile: Profile) -> None:
    """Declares the integers that are points in time to be so: `time_domain`, in seconds.

    Args:
        schema: as it was inferred; changed in place.
        profile: of the same data.
    """
    features = profile.slices.get("", {})
    for feature in schema.feature:
        side = features.get(feature.name)
        if (
            isinstance(side, NumericDistribution)
            and side.logical in (DATE, TIMESTAMP)
            and feature.type == schema_pb2.INT
            and not feature.WhichOneof("domain_info")
        ):
            feature.time_domain.integer_format = schema_pb2.TimeDomain.UNIX_SECONDS
