"""Writes what was planned as the texts of files."""

from __future__ import annotations

import functools
import json
import os
import textwrap
from typing import Any

import jinja2
from tensorflow_metadata.proto.v0 import schema_pb2

from skewgate.core.hidden import visible
from skewgate.core.results import Status
from skewgate.core.wording import listed
from skewgate.core.yaml_writing import visible_yaml
from skewgate.data.ingest.splits import HashBuckets, TimeRanges
from skewgate.scaffold import evaluating, schemas, training
from skewgate.scaffold.plan import Plan
from skewgate.scaffold.splitting import SERVING, TRAIN
from skewgate.schema.editing.render import render_scalar
from skewgate.storage import s3

PIPELINE = "pipeline.yaml"
NAMES = (
    PIPELINE,
    "schema.pbtxt",
    "skew.yaml",
    "drift.yaml",
    "eval_config.pbtxt",
    "monitoring_eval_config.pbtxt",
    "performance.yaml",
    "monitoring_performance.yaml",
    "trainer.py",
)
"""What is written; without the first the others say nothing."""
_WIDTH = 100
_LINE = 10**6


def render(plan: Plan, folder: str) -> dict[str, str]:
    """Returns the texts of all files by name.

    Args:
        plan: what to write.
        folder: where the files will be, from which the paths of data are relative.
    """
    header = (
        f"What a row of {plan.training.place} must look like. Inferred from its "
        f"{plan.training.rows:,} rows; review it:\n"
        "rules that are too strict stop good data, rules that are too loose let bad data pass."
    )
    texts = {
        PIPELINE: _pipeline(plan, folder),
        "schema.pbtxt": schemas.render(plan.schema, plan.notes, header),
        "skew.yaml": _fill("skew.yaml"),
        "drift.yaml": _drift(plan),
        "eval_config.pbtxt": _fill("eval_config.pbtxt", **evaluating.for_training(plan)),
        "monitoring_eval_config.pbtxt": _fill(
            "eval_config.pbtxt", **evaluating.for_monitoring(plan)
        ),
        "performance.yaml": _fill("performance.yaml", **evaluating.policy_of_training(plan)),
        "monitoring_performance.yaml": _fill(
            "performance.yaml", **evaluating.policy_of_monitoring(plan)
        ),
        "trainer.py": _fill("trainer.py", **training.values(plan)),
    }
    return {name: texts[name] for name in NAMES}


def _pipeline(plan: Plan, folder: str) -> str:
    serving = plan.training if plan.serving is None else plan.serving
    rows = plan.rows_of(TRAIN)
    return _fill(
        PIPELINE,
        data=plan.training.place,
        config=os.path.join(folder, PIPELINE),
        name=plan.name,
        data_path=_path(plan.training.place, folder),
        serving_path=_path(serving.place, folder),
        reading=plan.reading,
        splitting=plan.splitting,
        training_splits=_splits(plan.splitting.splits),
        monitoring_splits=_splits(plan.splitting.splits, SERVING),
        train_steps=training.steps(rows),
        train_rows=rows,
        epochs=max(1, round(training.steps(rows) * training.BATCH_SIZE / max(rows, 1))),
        batch_size=training.BATCH_SIZE,
        held_out=plan.serving is None,
        has_labels=plan.serving_has_labels,
        label=plan.label.name,
    )


def _splits(splits: TimeRanges | HashBuckets, only: str = "") -> str:
    """Returns the splits as a section of pipeline.yaml; of times those of one split alone.

    A hash needs all buckets, so that each row stays in its own.
    """
    if isinstance(splits, HashBuckets):
        lines = ["by: hash", f"buckets: {_yaml(splits.buckets)}"]
    else:
        lines = ["by: time", f"column: {_yaml(splits.column)}", "ranges:"]
        lines += [
            f"  {name}: [{', '.join(map(str, days))}]"
            for name, days in splits.ranges.items()
            if (name == only if only else name != SERVING)
        ]
    return "\n".join(["  splits:", *(f"    {line}" for line in lines)])


def _drift(plan: Plan) -> str:
    drifting = plan.drifting
    rules: list[tuple[str, dict[str, Any], str]] = [
        (name, {"ignore": True}, why) for name, why in drifting.ignored.items()
    ]
    for name, checks in drifting.own.items():
        why = "; ".join(f"{metric}: {each.why}" for metric, each in checks.items())
        rules.append((name, {metric: each.written for metric, each in checks.items()}, why))
    doubts = drifting.of(Status.INCONCLUSIVE)
    undecided = ""
    if doubts:
        names = listed(sorted({each.label for each in doubts}))
        undecided = (
            "With as few rows as there are now, these checks can neither pass nor fail: "
            f"{names}. Write `block` once there are more."
        )
    order = {name: place for place, name in enumerate(plan.training.names)}
    rules.sort(key=lambda rule: order.get(rule[0], len(order)))
    named = {metric: each for (_, metric), each in drifting.defaults.items()}
    whys = {metric: named[metric].why for metric in ("psi", "linf") if named[metric].why}
    return _fill(
        "drift.yaml",
        drifting=drifting,
        rules=rules,
        undecided=undecided,
        missing=named["missing_rate"],
        categorical_why="; ".join(f"{metric}: {why}" for metric, why in whys.items()),
        **{metric: named[metric] for metric in ("ks", "psi", "linf")},
    )


def _path(place: str, folder: str) -> str:
    """Returns a path as it is seen from a folder; a URI stays."""
    if s3.is_remote(place) or "://" in place:
        return place
    relative = os.path.relpath(os.path.realpath(place), os.path.realpath(folder))
    return f"{relative}/" if place.endswith("/") else relative


def _fill(template: str, **values: Any) -> str:
    return str(_environment().get_template(f"{template}.jinja").render(**values))


@functools.cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("skewgate.scaffold", "templates"),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=jinja2.StrictUndefined,
        autoescape=False,
    )
    environment.filters["yaml"] = _yaml
    environment.filters["pb"] = _pb
    environment.filters["py"] = _py
    environment.filters["pylist"] = _pylist
    environment.filters["plain"] = visible
    environment.filters["wrapped"] = _wrapped
    return environment


def _yaml(value: Any) -> str:
    """Writes a value of YAML on one line."""
    text = visible_yaml(value, default_flow_style=True, width=_LINE, sort_keys=False)
    return text.removesuffix("\n").removesuffix("\n...")


def _pb(text: str) -> str:
    """Writes a string of protobuf's text format."""
    return render_scalar(schema_pb2.Feature.DESCRIPTOR.fields_by_name["name"], text)


def _py(value: Any) -> str:
    """Writes a literal of Python; JSON's strings are such."""
    if value is None:
        return "None"
    return visible(json.dumps(value, ensure_ascii=False))


def _pylist(values: list[str]) -> str:
    """Writes a list of texts, on several lines if it is long."""
    line = f"[{', '.join(map(_py, values))}]"
    if len(line) <= _WIDTH - 20:
        return line
    return "[\n" + "".join(f"    {_py(value)},\n" for value in values) + "]"


def _wrapped(text: str, indent: int = 2) -> str:
    """Breaks a comment into lines that each begin with #, the first of which has it already."""
    lines = textwrap.wrap(visible(text), _WIDTH - indent, break_long_words=False)
    begin = "\n" + " " * (indent - 2) + "# "
    return begin.join(lines)
