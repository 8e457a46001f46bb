"""What is asked of Kubeflow and Vertex AI so that a compiled pipeline runs by a schedule.

The requests are plain data, made without a client or a network. Each run gets
the time it was scheduled for as a parameter, put in by the scheduler, so that a
late or repeated run evaluates the same window; see `skewgate.data.windows.scheduled`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from skewgate.core import json_text, yaml_model, yaml_text
from skewgate.core.errors import InputError
from skewgate.data.windows import zones
from skewgate.kubeflow import parameters
from skewgate.kubeflow.parameters import Parameter
from skewgate.kubeflow.schedule import cron

KUBEFLOW, VERTEX = "kubeflow", "vertex"
SCHEDULED_TIME = {
    KUBEFLOW: "[[ScheduledTime]]",
    VERTEX: "{{$.pipeline_job_schedule_time_utc}}",
}
"""What each scheduler replaces by the scheduled time: 14 digits, and RFC 3339, both in UTC."""


@dataclasses.dataclass(frozen=True)
class Compiled:
    """A pipeline that `skewgate compile` wrote.

    Attributes:
        path: of its file.
        spec: the pipeline spec.
        job: what stands around the spec, for Vertex AI.
    """

    path: str
    spec: Mapping[str, Any]
    job: Mapping[str, Any]

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """What a run may choose."""
        declared = self.spec["root"].get("inputDefinitions", {}).get("parameters", {})
        return tuple(
            Parameter(name, each["parameterType"], each.get("defaultValue"))
            for name, each in sorted(declared.items())
        )


@dataclasses.dataclass(frozen=True)
class Schedule:
    """When a pipeline runs, and with what.

    Attributes:
        name: of the schedule, unique where it is made.
        cron: expression of five fields.
        time_parameter: the parameter that gets the scheduled time.
        values: other parameters, as text.
        most_at_once: how many runs may go on at the same time, at least 1.
    """

    name: str
    cron: str
    time_parameter: str
    values: Mapping[str, str] = dataclasses.field(default_factory=dict)
    most_at_once: int = 1


def load(path: str, target: str) -> Compiled:
    """Reads a compiled pipeline.

    Args:
        path: a .yaml file for Kubeflow, a .json file for Vertex AI.
        target: KUBEFLOW or VERTEX.

    Raises:
        InputError: the file is missing, or no pipeline for the target.
    """
    ending = {KUBEFLOW: ".yaml", VERTEX: ".json"}[target]
    fix = f"compile it with `skewgate compile --target {target} --out FILE{ending}`"
    if not path.endswith(ending):
        raise InputError(path, f"must be a {ending} file for {target}", fix)
    text = yaml_model.read_text(path)
    if target == VERTEX:
        content = json_text.parse(text, path, fix)
    else:
        content = yaml_text.load_first(text, path, fix)
    job = content if target == VERTEX and isinstance(content, dict) else {}
    spec = job.get("pipelineSpec") if target == VERTEX else content
    if not isinstance(spec, dict) or "schemaVersion" not in spec or "root" not in spec:
        raise InputError(path, f"must be a pipeline compiled for {target}", fix)
    return Compiled(path, spec, job)


def kubeflow_request(
    compiled: Compiled,
    schedule: Schedule,
    *,
    host: str,
    experiment: str,
    namespace: str | None = None,
    service_account: str | None = None,
    catch_up: bool = True,
) -> dict[str, Any]:
    """Returns what is asked of Kubeflow Pipelines.

    Args:
        compiled: the pipeline.
        schedule: when it runs; Kubeflow reads `cron` in the time zone of its own server.
        host: address of Kubeflow Pipelines.
        experiment: its runs are grouped under this name.
        namespace: of the experiment, where Kubeflow has several users.
        service_account: that the runs use.
        catch_up: whether runs that were missed are made up, each for its own window.

    Returns:
        `host`, `namespace` and `experiment`, and as `recurring_run` the arguments of
        `kfp.Client.create_recurring_run`.

    Raises:
        InputError: the schedule does not fit the pipeline.
    """
    return {
        "host": host,
        "namespace": namespace,
        "experiment": experiment,
        "recurring_run": {
            "job_name": schedule.name,
            "cron_expression": cron.with_seconds(cron.check(schedule.cron)),
            "max_concurrency": schedule.most_at_once,
            "no_catchup": not catch_up,
            "params": _values(compiled, schedule, SCHEDULED_TIME[KUBEFLOW]),
            "pipeline_package_path": compiled.path,
            "service_account": service_account,
        },
    }


def vertex_request(
    compiled: Compiled,
    schedule: Schedule,
    *,
    project: str,
    location: str,
    zone: str = "UTC",
    service_account: str | None = None,
) -> dict[str, Any]:
    """Returns what is asked of Vertex AI: a CreateScheduleRequest as JSON.

    Runs beyond `most_at_once` wait for their turn: none is left out.

    Args:
        compiled: the pipeline.
        schedule: when it runs.
        project: of Google Cloud.
        location: of the schedule and its runs, such as "europe-west4".
        zone: time zone of `cron`.
        service_account: that the runs use.

    Raises:
        InputError: the schedule does not fit the pipeline, or there is no such time zone.
    """
    parent = f"projects/{project}/locations/{location}"
    zones.check(zone)
    runtime = dict(compiled.job.get("runtimeConfig", {}))
    runtime["parameterValues"] = _values(
        compiled, schedule, SCHEDULED_TIME[VERTEX], runtime.get("parameterValues", {})
    )
    job = {
        "displayName": schedule.name,
        "labels": compiled.job.get("labels", {}),
        "pipelineSpec": compiled.spec,
        "runtimeConfig": runtime,
    }
    account = service_account or compiled.job.get("serviceAccount")
    if account:
        job["serviceAccount"] = account
    return {
        "parent": parent,
        "schedule": {
            "displayName": schedule.name,
            "cron": f"TZ={zone} {cron.check(schedule.cron)}",
            "maxConcurrentRunCount": schedule.most_at_once,
            "allowQueueing": True,
            "createPipelineJobRequest": {"parent": parent, "pipelineJob": job},
        },
    }


def _values(
    compiled: Compiled, schedule: Schedule, scheduled: str, before: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Returns the parameters of every run.

    Raises:
        InputError: one is unknown, missing, given twice or of another type.
    """
    known = {parameter.name: parameter for parameter in compiled.parameters}
    name = schedule.time_parameter
    given = {**(before or {}), **schedule.values}
    if name in schedule.values:
        raise InputError(
            f"parameter {name}", "gets the scheduled time, so it cannot be given", "leave it out"
        )
    if name not in known:
        listed = ", ".join(sorted(known)) or "none"
        raise InputError(
            f"parameter {name}",
            f"is not known; the pipeline has {listed}",
            "split its rows by windows and compile it again, or name another parameter",
        )
    if known[name].kind != parameters.STRING:
        raise InputError(
            f"parameter {name}",
            f"must be of type STRING to get the scheduled time, but is of type {known[name].kind}",
            "name another parameter",
        )
    typed = parameters.resolve(compiled.parameters, {name: scheduled, **given})
    missing = sorted(known.keys() - typed.keys())
    if missing:
        raise InputError(
            f"parameter {missing[0]}", "has no default and no value", f"give {missing[0]}=VALUE"
        )
    return {**{each: typed[each] for each in sorted(given)}, name: scheduled}
