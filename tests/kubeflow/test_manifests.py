from __future__ import annotations

import copy
import itertools
import pathlib
import re
import urllib.parse

import kubernetes_validate
import pytest
import yaml

from skewgate.cli.parser import build_parser
from skewgate.core import errors
from skewgate.core.errors import InputError
from skewgate.data.windows import scheduled
from skewgate.data.windows.grids import Grid
from tests import pages

FOLDER = pathlib.Path(__file__).parents[2] / "kubeflow" / "manifests"
DOCKERFILE = (FOLDER.parent / "Dockerfile").read_text()
PAGE = (pages.DOCS / "kubeflow.md").read_text()
OVERLAYS = ("cronjob", "scheduler")
VERSIONS = ("1.29", "1.33", "1.37")  # the first that takes all, one between, the last one known


def load(overlay, name):
    return yaml.safe_load((FOLDER / overlay / name).read_text())


def resources(overlay):
    return {name: load(overlay, name) for name in load(overlay, "kustomization.yaml")["resources"]}


def every_resource():
    return [
        pytest.param(resource, id=f"{overlay}-{name}")
        for overlay in OVERLAYS
        for name, resource in resources(overlay).items()
    ]


def pod_of(resource):
    spec = resource["spec"]
    return (spec["jobTemplate"]["spec"] if "jobTemplate" in spec else spec)["template"]["spec"]


def pods():
    return [
        pytest.param(overlay, pod_of(load(overlay, name)), id=overlay)
        for overlay, name in (("cronjob", "cronjob.yaml"), ("scheduler", "job.yaml"))
    ]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("resource", every_resource())
def test_each_resource_fits_the_schema_of_its_kind(resource, version):
    assert kubernetes_validate.validate(resource, version, strict=True) == version


@pytest.mark.parametrize("resource", every_resource())
def test_the_schemas_refuse_a_field_that_they_do_not_know(resource):
    wrong = copy.deepcopy(resource)
    wrong["metadata"]["lables"] = {}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, VERSIONS[-1], strict=True)


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_each_file_is_listed_and_each_listed_file_is_there(overlay):
    files = {path.name for path in (FOLDER / overlay).glob("*.yaml")}
    assert files - {"kustomization.yaml", "monitoring.yaml"} == set(resources(overlay))


@pytest.mark.parametrize(("overlay", "pod"), pods())
def test_what_a_pod_refers_to_is_there(overlay, pod):
    kustomization = load(overlay, "kustomization.yaml")
    there = {(each["kind"], each["metadata"]["name"]) for each in resources(overlay).values()}
    there |= {("ConfigMap", each["name"]) for each in kustomization["configMapGenerator"]}
    wanted = {("ServiceAccount", pod["serviceAccountName"])}
    for volume in pod["volumes"]:
        if "configMap" in volume:
            wanted.add(("ConfigMap", volume["configMap"]["name"]))
        if "persistentVolumeClaim" in volume:
            wanted.add(("PersistentVolumeClaim", volume["persistentVolumeClaim"]["claimName"]))
    assert wanted <= there
    (container,) = pod["containers"]
    mounted = {mount["name"] for mount in container["volumeMounts"]}
    assert mounted == {volume["name"] for volume in pod["volumes"]}
    assert [each["name"] for each in kustomization["images"]] == [container["image"]]


@pytest.mark.parametrize(("overlay", "pod"), pods())
def test_pods_keep_to_the_restricted_pod_security_standard(overlay, pod):
    user, group = re.search(r"^USER (\d+):(\d+)$", DOCKERFILE, re.MULTILINE).groups()
    assert pod["securityContext"] == {
        "runAsNonRoot": True,
        "runAsUser": int(user),
        "runAsGroup": int(group),
        "fsGroup": int(group),
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    (container,) = pod["containers"]
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert "/tmp" in {mount["mountPath"] for mount in container["volumeMounts"]}


@pytest.mark.parametrize(("overlay", "pod"), pods())
def test_no_pod_gets_a_token_of_the_api_server(overlay, pod):
    assert pod["automountServiceAccountToken"] is False
    assert load(overlay, "serviceaccount.yaml")["automountServiceAccountToken"] is False
    tokens = [
        source["serviceAccountToken"]["audience"]
        for volume in pod["volumes"]
        for source in volume.get("projected", {}).get("sources", [])
    ]
    assert tokens == ([] if overlay == "cronjob" else ["pipelines.kubeflow.org"])


def test_the_cron_job_has_no_role_since_it_asks_nothing_of_the_api_server():
    assert {each["kind"] for each in resources("cronjob").values()} == {
        "CronJob",
        "NetworkPolicy",
        "PersistentVolumeClaim",
        "ServiceAccount",
    }


def test_the_role_is_bound_to_the_account_of_the_scheduler_alone():
    binding = load("scheduler", "rolebinding.yaml")
    role = load("scheduler", "role.yaml")
    account = load("scheduler", "serviceaccount.yaml")
    assert binding["roleRef"]["name"] == role["metadata"]["name"]
    assert binding["subjects"] == [{"kind": "ServiceAccount", "name": account["metadata"]["name"]}]


def rules():
    """The rules of the Job that the CronJob makes, in order: the first that fits decides."""
    job = load("cronjob", "cronjob.yaml")["spec"]["jobTemplate"]["spec"]
    return job["podFailurePolicy"]["rules"]


def test_each_exit_code_of_the_command_but_0_ends_the_job_by_a_rule_of_its_own():
    known = {value for name, value in vars(errors).items() if name.startswith("EXIT_")}
    by_code = [rule for rule in rules() if "onExitCodes" in rule]
    values = [rule["onExitCodes"]["values"] for rule in by_code]
    assert values == [[errors.EXIT_FAIL], [errors.EXIT_USAGE], [errors.EXIT_INCONCLUSIVE]]
    assert {errors.EXIT_PASS, *itertools.chain(*values)} == known
    (container,) = pod_of(load("cronjob", "cronjob.yaml"))["containers"]
    for rule in by_code:
        assert rule["action"] == "FailJob"
        assert rule["onExitCodes"]["operator"] == "In"
        assert rule["onExitCodes"]["containerName"] == container["name"]


def test_a_disruption_comes_first_since_a_run_that_is_told_to_stop_ends_with_2():
    assert rules()[0] == {
        "action": "Ignore",
        "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}],
    }


def test_any_other_end_is_tried_again_by_a_new_pod():
    job = load("cronjob", "cronjob.yaml")["spec"]["jobTemplate"]["spec"]
    assert job["template"]["spec"]["restartPolicy"] == "Never"  # podFailurePolicy needs it
    assert job["backoffLimit"] > 0


def test_the_page_says_what_each_exit_code_does():
    (policy,) = re.findall(r"^\| a pod \|.*?\n\n", PAGE, re.MULTILINE | re.DOTALL)
    told = {int(code) for code in re.findall(r"^\| ends with (\d) ", policy, re.MULTILINE)}
    assert told == {errors.EXIT_FAIL, errors.EXIT_USAGE, errors.EXIT_INCONCLUSIVE}


UNITS = {"Mi": 2**20, "Gi": 2**30}


def size(text):
    return int(text[:-2]) * UNITS[text[-2:]]


@pytest.mark.parametrize(("overlay", "pod"), pods())
def test_an_empty_volume_has_a_limit_below_that_of_its_pod(overlay, pod):
    (container,) = pod["containers"]
    (empty,) = [each["emptyDir"] for each in pod["volumes"] if "emptyDir" in each]
    limits, requests = container["resources"]["limits"], container["resources"]["requests"]
    assert size(empty["sizeLimit"]) < size(limits["ephemeral-storage"])
    assert set(requests) == {"cpu", "memory", "ephemeral-storage"}
    for name in ("memory", "ephemeral-storage"):
        assert size(requests[name]) <= size(limits[name])


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_the_network_is_shut_to_the_pods_of_an_overlay_but_for_what_they_need(overlay):
    policy = load(overlay, "networkpolicy.yaml")["spec"]
    job = next(each for each in resources(overlay).values() if each["kind"] in ("CronJob", "Job"))
    spec = job["spec"]["jobTemplate"]["spec"] if overlay == "cronjob" else job["spec"]
    assert policy["podSelector"]["matchLabels"] == spec["template"]["metadata"]["labels"]
    assert policy["policyTypes"] == ["Ingress", "Egress"]
    assert policy["ingress"] == []
    ports = {port["port"] for rule in policy["egress"] for port in rule["ports"]}
    assert all(rule["to"] for rule in policy["egress"])  # none means anywhere
    if overlay == "cronjob":
        assert ports == set()
    else:
        (argument,) = [
            each for each in pod_of(job)["containers"][0]["args"] if each.startswith("--host=")
        ]
        host = urllib.parse.urlsplit(argument.removeprefix("--host="))
        assert ports == {53, host.port}
        target = policy["egress"][1]["to"][0]
        name, namespace = host.hostname.split(".")[:2]
        assert target["podSelector"]["matchLabels"] == {"app": name}
        assert target["namespaceSelector"]["matchLabels"] == {
            "kubernetes.io/metadata.name": namespace
        }


@pytest.mark.parametrize("version", VERSIONS)
def test_the_rules_for_an_object_store_on_the_page_fit_the_policy(version):
    (block,) = [each for each in pages.blocks("kubeflow.md") if each.claim == "egress"]
    policy = load("cronjob", "networkpolicy.yaml")
    policy["spec"] |= yaml.safe_load(block.text)
    assert kubernetes_validate.validate(policy, version, strict=True) == version
    assert len(policy["spec"]["egress"]) == 2


def test_names_of_jobs_have_room_for_the_scheduled_time():
    cron_job = load("cronjob", "cronjob.yaml")
    assert len(cron_job["metadata"]["name"]) <= 52


def scheduled_time(job_name):
    """Returns the value of the parameter that the pods of a Job give to the pipeline."""
    (container,) = pod_of(load("cronjob", "cronjob.yaml"))["containers"]
    assert container["env"] == [
        {
            "name": "JOB_NAME",
            "valueFrom": {
                "fieldRef": {"fieldPath": "metadata.labels['batch.kubernetes.io/job-name']"}
            },
        }
    ]
    (argument,) = [each for each in container["args"] if each.startswith("--parameter=")]
    name, value = argument.removeprefix("--parameter=").replace("$(JOB_NAME)", job_name).split("=")
    assert name == "scheduled-time"
    return value


@pytest.mark.parametrize(
    ("zone", "end"),
    [("UTC", "2026-11-25T00:00:00Z"), ("Europe/Berlin", "2026-11-24T23:00:00Z")],
)
def test_pods_of_a_job_evaluate_the_window_before_its_scheduled_time(zone, end):
    time = scheduled_time("skewgate-monitoring-29926470")  # 25 November 2026, 06:30
    assert scheduled.write(scheduled.window(time, Grid(zone=zone)).end) == end


def test_a_job_made_by_hand_has_no_window():
    with pytest.raises(InputError, match=r"^scheduled time: must be a time such as"):
        scheduled.scheduled_time(scheduled_time("by-hand"))


def test_the_arguments_of_the_scheduler_are_those_of_the_command():
    (container,) = pod_of(load("scheduler", "job.yaml"))["containers"]
    command = container["command"]
    assert command[:3] == ["python", "-m", "skewgate"]
    options = build_parser().parse_args([*command[3:], *container["args"]])
    assert options.cron == load("cronjob", "cronjob.yaml")["spec"]["schedule"]
    assert (options.schedule_command, options.dry_run) == ("kubeflow", False)
