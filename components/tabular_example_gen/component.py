"""TabularExampleGen: CSV, Parquet and JSON Lines to tf.Example, split as you say."""

from __future__ import annotations

import json
from typing import Any

from tfx.dsl.components.base import base_beam_component, executor_spec
from tfx.orchestration import data_types
from tfx.types import channel, component_spec, standard_artifacts

from skewgate.components.support import wiring
from skewgate.components.tabular_example_gen import driver, executor, inputs
from skewgate.core.errors import InputError
from skewgate.data.arrow import kinds
from skewgate.data.ingest import splits as splits_lib
from skewgate.data.sources import reading_options


class TabularExampleGenSpec(wiring.WiredSpec):
    """Parameters and channels of TabularExampleGen; those of the stock driver keep their names."""

    PARAMETERS = {
        "input_base": component_spec.ExecutionParameter(type=str),
        "input_config": component_spec.ExecutionParameter(type=str, optional=True),
        "range_config": component_spec.ExecutionParameter(type=str, optional=True),
        "pattern": component_spec.ExecutionParameter(type=str, optional=True),
        "wanted_span": component_spec.ExecutionParameter(type=str, optional=True),
        "splits": component_spec.ExecutionParameter(type=str),
        "types": component_spec.ExecutionParameter(type=str),
        "max_rejected": component_spec.ExecutionParameter(type=int),
        "reading": component_spec.ExecutionParameter(type=str, optional=True),
        "shards": component_spec.ExecutionParameter(type=int),
        "scheduled_time": component_spec.ExecutionParameter(type=str, optional=True),
    }
    INPUTS = {
        "schema": component_spec.ChannelParameter(type=standard_artifacts.Schema, optional=True)
    }
    OUTPUTS = {"examples": component_spec.ChannelParameter(type=standard_artifacts.Examples)}


class TabularExampleGen(base_beam_component.BaseBeamComponent):
    """Reads tables through Arrow and writes the Examples that every TFX component reads.

    The driver is TFX's own: patterns with {SPAN}, {VERSION} and {YYYY}-{MM}-{DD} work, and a
    changed file is read again while an unchanged one comes from the cache. Files are read in small
    batches by threads of one process, or by Beam where `beam_pipeline_args` name a distributed
    runner or several workers.

    ## Example

    ```python
    example_gen = TabularExampleGen(
        input_base="data",
        pattern="trips.csv",
        splits={"by": "time", "column": "start",
                "ranges": {"train": ["2013-01-01", "2015-01-01"],
                           "eval": ["2015-01-01", "2016-01-01"]}},
    )
    ```

    Component `outputs` contains:

      - `examples`: Channel of type `standard_artifacts.Examples`, gzip TFRecord of tf.Example;
        custom properties `rows_read`, `rows_rejected`, `rows_unassigned` and `rows_<split>`, and
        of a window `window` (its start and end, ISO 8601 in UTC) and `window_name`; the file
        ingest_report.json has the rows of each file and shard.
    """

    SPEC_CLASS = TabularExampleGenSpec
    EXECUTOR_SPEC = executor_spec.BeamExecutorSpec(executor.Executor)
    DRIVER_CLASS = driver.FileDriver

    def __init__(
        self,
        input_base: str | data_types.RuntimeParameter,
        pattern: str | data_types.RuntimeParameter = "*",
        splits: dict[str, Any] | None = None,
        schema: channel.BaseChannel | None = None,
        range_config: dict[str, Any] | None = None,
        types: dict[str, str] | None = None,
        max_rejected: int = 0,
        shards: int | None = None,
        scheduled_time: str | data_types.RuntimeParameter | None = None,
        span: int | data_types.RuntimeParameter | None = None,
        reading: dict[str, Any] | None = None,
    ) -> None:
        """Makes the component.

        Args:
            input_base: the folder that `pattern` starts from.
            pattern: glob of the files to read, with TFX's span and version placeholders. A runtime
                parameter works in compiled pipelines only: their entry point tells the driver.
            splits: how rows are split, see `skewgate.data.ingest.splits`; by default one split
                "all".
            schema: gives columns their types; without it they are inferred.
            range_config: JSON form of TFX's RangeConfig, to choose a span.
            types: column name to INT, FLOAT or BYTES; counts more than the schema.
            max_rejected: rows that may be left out because they cannot be read; one more fails the
                run.
            shards: files per split at most; without it a new one begins after 250,000 rows.
            scheduled_time: what the run was scheduled for, see `skewgate.data.windows.scheduled`;
                needed where `splits` are the window before it.
            span: the span to read; the newest without it. As a runtime parameter it is text, and
                "" is the newest.
            reading: how CSV files are written, see `skewgate.data.sources.reading_options`; what
                is not given is recognised.

        Raises:
            InputError: the splits, the types or the reading are malformed, a number is out of
                range, or the pattern has no place for the span.
        """
        if max_rejected < 0:
            raise InputError("max_rejected", f"must be at least 0, got {max_rejected}")
        if shards is not None and shards < 1:
            raise InputError("shards", f"must be at least 1, got {shards}")
        kinds.named_types(types or {})
        reading_text = json.dumps(reading) if reading else None
        if reading_text:
            reading_options.parse_options(reading_text, "reading")
        split_text = json.dumps(splits or {"by": "all"})
        splits_lib.parse_splits(split_text, "splits")
        spec = TabularExampleGenSpec(
            input_base=input_base,
            splits=split_text,
            types=json.dumps(types or {}),
            max_rejected=max_rejected,
            reading=reading_text,
            shards=shards or 0,
            scheduled_time=scheduled_time,
            schema=schema,
            examples=channel.Channel(type=standard_artifacts.Examples),
            **_files(pattern, span, range_config),
        )
        super().__init__(spec=spec)


def _files(
    pattern: str | data_types.RuntimeParameter,
    span: int | data_types.RuntimeParameter | None,
    range_config: dict[str, Any] | None,
) -> dict[str, Any]:
    """Returns the parameters that say which files are read.

    They are those of TFX's driver, unless a run chooses: then the entry point composes these.

    Raises:
        InputError: the pattern has no place for the span, or a range is given beside it.
    """
    if span is not None and range_config:
        raise InputError("span", "cannot be combined with range_config", "give one of them")
    parameters: dict[str, Any] = {}
    if range_config:
        parameters["range_config"] = json.dumps(range_config)
    if isinstance(pattern, data_types.RuntimeParameter) or isinstance(
        span, data_types.RuntimeParameter
    ):
        span_text = "" if span is None else str(span) if isinstance(span, int) else span
        return parameters | {"pattern": pattern, "wanted_span": span_text}
    if span is not None:
        inputs.parse_span(str(span), pattern)
        parameters["range_config"] = inputs.range_config(span)
    return parameters | {"input_config": inputs.input_config(pattern)}
