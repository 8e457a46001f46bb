"""Reads eval_config.pbtxt, a tfma.EvalConfig, without TensorFlow Model Analysis being loaded.

That takes seconds, and its description of the message stands in one file of what is installed. What
is found here is what needs no metric: whether TFMA can make the metrics that are asked for, only
`components/performance_gate/configuration.py` knows.
"""

from __future__ import annotations

import ast
import functools
import math
import pathlib
import re
from collections.abc import Iterator
from typing import Any

from google.protobuf import descriptor_pool, json_format, text_format, wrappers_pb2
from google.protobuf.message import Message

from skewgate.core import json_text, proto_text, source_code
from skewgate.core.errors import InputError
from skewgate.core.wording import listed
from skewgate.data.tf_example import protobuf

WHERE = "eval_config.pbtxt"
_NAME = "tensorflow_model_analysis.EvalConfig"
_COUNTS = ("ExampleCount", "WeightedExampleCount")
_CELL = re.compile(r'"name": "[^"]*\.(tp|tn|fp|fn)"')
"""In the options of the cells of a confusion matrix that PerformanceGate adds."""


@functools.cache
def message_class() -> Any | None:
    """Returns a class of EvalConfig, whose messages are TFMA's; None where there is no TFMA.

    It lies in a pool of its own: TFMA may be loaded later, and puts its own into that of all.
    """
    spec = source_code.find_spec("tensorflow_model_analysis", None)
    if spec is None or spec.origin is None:
        return None
    source = pathlib.Path(spec.origin).parent / "proto" / "config_pb2.py"
    try:
        described = _described(ast.parse(source.read_bytes()))
    except (OSError, SyntaxError):
        return None
    if described is None:
        return None
    pool: Any = descriptor_pool.DescriptorPool()
    pool.AddSerializedFile(wrappers_pb2.DESCRIPTOR.serialized_pb)
    pool.AddSerializedFile(described)
    return protobuf.message_class(pool, _NAME)


def _described(tree: ast.Module) -> bytes | None:
    """Returns the description of a file of messages that its generated module holds."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "AddSerializedFile":
            (given,) = node.args
            value = given.value if isinstance(given, ast.Constant) else None
            return value if isinstance(value, bytes) else None
    return None


def parse(text: str, into: Message, where: str = WHERE) -> Any:
    """Reads an EvalConfig in text or JSON format.

    Args:
        text: of the file.
        into: an empty message.
        where: names the file in messages.

    Raises:
        InputError: it is neither.
    """
    try:
        if text.lstrip().startswith("{"):
            json_text.load(text)  # whose depth has a bound
            return json_format.Parse(text, into)
        return proto_text.parse(text, into)
    except (text_format.ParseError, json_format.ParseError, ValueError) as error:
        raise InputError(where, f"is not a tfma.EvalConfig ({error})", "correct it") from error


def faults(config: Any, where: str = WHERE) -> Iterator[InputError]:
    """Says what is wrong with a configuration, whatever its metrics are.

    Args:
        config: an EvalConfig, of TFMA's class or of `message_class`.
        where: names the file in messages.

    Yields:
        A fault for each: a model without a label, predictions of a model and of the rows, models
        of which one cannot be told, slices by SQL, intervals that are switched off.
    """
    labelled = all(spec.label_key or spec.label_keys for spec in config.model_specs)
    if not config.model_specs or not labelled:
        yield InputError(where, "every model_spec must name its label_key", "add label_key")
    logged = [bool(spec.prediction_key or spec.prediction_keys) for spec in config.model_specs]
    if any(logged) and not all(logged):
        yield InputError(
            where,
            "one model_spec names a prediction_key and another does not",
            "name one for all, if the rows hold the predictions, or for none",
        )
    candidates = [spec.name for spec in config.model_specs if not spec.is_baseline]
    if config.model_specs and not any(logged) and len(candidates) != 1:
        yield InputError(
            where,
            f"has {len(candidates)} model_specs that are not a baseline, but there is one model",
            "keep one of them",
        )
    if any(spec.slice_keys_sql for spec in config.slicing_specs):
        yield InputError(
            where,
            "slices by slice_keys_sql, which TFX 1.21 ignores without a word",
            "use feature_keys and feature_values",
        )
    intervals = config.options
    if intervals.HasField("compute_confidence_intervals") and not (
        intervals.compute_confidence_intervals.value
    ):
        yield InputError(
            where,
            "switches confidence intervals off, and verdicts need them",
            "remove compute_confidence_intervals",
        )
    yield from _output_faults(config, where)


def _output_faults(config: Any, where: str) -> Iterator[InputError]:
    """Yields metrics that are asked of outputs that have no labels, or no logged predictions."""
    for spec in config.model_specs:
        asked = asked_of_outputs(config, spec.name)
        for field in ("label_key", "prediction_key"):
            by_output = getattr(spec, f"{field}s")
            if getattr(spec, field) or not by_output:
                continue
            for output, metrics in sorted(asked.items()):
                if output not in by_output:
                    of = f"output {output!r}" if output else "no output"
                    yield InputError(
                        where,
                        f"asks for {listed(metrics)} of {of}, and the {field}s are those of "
                        f"{listed(sorted(by_output))}",
                        "name one of them in output_names of the metrics_specs",
                    )


def threshold_faults(config: Any, where: str = WHERE) -> Iterator[InputError]:
    """Says what is wrong with the thresholds as they are written.

    Args:
        config: an EvalConfig.
        where: names the file in messages.
    """
    found = list(thresholds(config))
    if not found:
        yield no_threshold(where)
    for name, proto in found:
        yield from bound_faults(name, proto, where)


def no_threshold(where: str = WHERE) -> InputError:
    """Returns the fault of a configuration by which nothing would be decided."""
    return InputError(
        where, "sets no threshold, so nothing would be decided", "add a threshold to a metric"
    )


def thresholds(config: Any) -> Iterator[tuple[str, Any]]:
    """Yields each bound of a configuration, with the metric as it is written.

    Each is a GenericValueThreshold or a GenericChangeThreshold.
    """
    for name, threshold in _written(config):
        for field in ("value_threshold", "change_threshold"):
            if threshold.HasField(field):
                yield name, getattr(threshold, field)


def _written(config: Any) -> Iterator[tuple[str, Any]]:
    for spec in config.metrics_specs:
        for metric in spec.metrics:
            if metric.HasField("threshold"):
                yield metric.class_name, metric.threshold
            for each in (*metric.per_slice_thresholds, *metric.cross_slice_thresholds):
                yield metric.class_name, each.threshold
        yield from spec.thresholds.items()
        for by_slice in (spec.per_slice_thresholds, spec.cross_slice_thresholds):
            for name, several in by_slice.items():
                yield from ((name, each.threshold) for each in several.thresholds)


def bound_faults(name: str, proto: Any, where: str = WHERE) -> Iterator[InputError]:
    """Says what is wrong with a bound.

    Args:
        name: of the metric.
        proto: a GenericValueThreshold or a GenericChangeThreshold.
        where: names the file in messages.
    """
    fields = proto.ListFields()
    if not {field.name for field, _ in fields} - {"direction"}:
        yield InputError(where, f"sets a threshold without a bound on {name}", "add the bound")
    for field, bound in fields:
        if field.name != "direction" and not math.isfinite(bound.value):
            yield InputError(
                where,
                f"sets a bound of {bound.value} on {name}, which decides nothing",
                "give a number",
            )
    if "direction" in proto.DESCRIPTOR.fields_by_name and not proto.direction:
        yield InputError(
            where,
            f"sets a change_threshold without a direction on {name}",
            "add direction: HIGHER_IS_BETTER or LOWER_IS_BETTER",
        )


def has_logged_predictions(config: Any) -> bool:
    """Says whether the rows hold the predictions where there is no model to run."""
    return any(spec.prediction_key or spec.prediction_keys for spec in config.model_specs)


def asked_of_outputs(config: Any, model: str) -> dict[str, list[str]]:
    """Returns the outputs of a model that metrics are asked of, with these; "" is its only one."""
    asked: dict[str, set[str]] = {}
    for spec in config.metrics_specs:
        if spec.model_names and model not in spec.model_names:
            continue
        asked_here = (each for each in spec.metrics if not _CELL.search(each.config))
        metrics = {each.class_name for each in asked_here} - {*_COUNTS}
        for output in (spec.output_names or [""]) if metrics else ():
            asked.setdefault(output, set()).update(metrics)
    return {output: sorted(metrics) for output, metrics in asked.items()}


def label_features(config: Any) -> list[str]:
    """Returns the features that hold labels, in order of their names."""
    return features(config, "label_key")


def features(config: Any, field: str) -> list[str]:
    """Returns the features that a field of all models names, in order of their names.

    Args:
        config: an EvalConfig.
        field: "label_key", "prediction_key" or "example_weight_key".
    """
    names = {getattr(spec, field) for spec in config.model_specs}
    names.update(*(getattr(spec, f"{field}s").values() for spec in config.model_specs))
    return sorted(names - {""})
