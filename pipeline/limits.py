"""How much of what runs leave stays: the key `retention` of pipeline.yaml."""

from __future__ import annotations

import pydantic

from skewgate.core.yaml_model import RefusedError, StrictModel
from skewgate.data.windows.contract import Elapsed
from skewgate.data.windows.durations import Duration


class Retention(StrictModel):
    """How many runs stay; each key is a bound of its own. docs/retention.md has what always stays.

    Attributes:
        keep: runs that began longer ago go, such as 90d; minutes, hours, days or weeks.
        runs: of those that went through, so many stay.
        failed_runs: of those that did not, by a shut gate, an error or a kill, so many stay.
        models: so many versions of the pushed model stay; without it all.
    """

    model_config = pydantic.ConfigDict(
        extra="forbid", frozen=True, json_schema_extra={"minProperties": 1}
    )

    keep: Elapsed | None = None
    runs: pydantic.PositiveInt | None = None
    failed_runs: pydantic.NonNegativeInt | None = None
    models: pydantic.PositiveInt | None = None

    @pydantic.field_validator("keep")
    @classmethod
    def _more_than_nothing(cls, keep: Duration | None) -> Duration | None:
        if keep is not None and keep.count < 1:
            raise RefusedError(f"must be more than 0, got {keep}", "write a duration such as 90d")
        return keep

    @pydantic.model_validator(mode="after")
    def _limits_something(self) -> Retention:
        if all(getattr(self, name) is None for name in type(self).model_fields):
            raise RefusedError(
                "must say what to keep, but says nothing",
                "give keep, runs, failed_runs or models, or remove it to keep everything",
            )
        return self
