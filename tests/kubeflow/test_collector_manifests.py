"""The manifests of the collector: they fit their schemas, each other and the command."""

from __future__ import annotations

import copy
import json
import pathlib
import re
import shutil
import subprocess
import urllib.parse

import jsonschema
import kubernetes_validate
import pytest
import yaml

from skewgate.cli.parser import build_parser
from skewgate.serving.collector.service import Settings

ROOT = pathlib.Path(__file__).parents[2]
FOLDER = ROOT / "kubeflow" / "manifests" / "collector"
EXAMPLE = ROOT / "docs" / "examples" / "kserve-logger.yaml"
CRD = ROOT.parent / "shared" / "crds" / "InferenceService.serving.kserve.io.v1beta1.json"
VERSIONS = ("1.29", "1.33", "1.37")


def load(path):
    return yaml.safe_load(path.read_text())


KUSTOMIZATION = load(FOLDER / "kustomization.yaml")
RESOURCES = {name: load(FOLDER / name) for name in KUSTOMIZATION["resources"]}
BY_KIND = {resource["kind"]: resource for resource in RESOURCES.values()}
POD = BY_KIND["Deployment"]["spec"]["template"]["spec"]
CONTAINER = POD["containers"][0]


@pytest.fixture(scope="module")
def options():
    command = CONTAINER["command"]
    assert command[:3] == ["python", "-m", "skewgate"]
    return build_parser().parse_args([*command[3:], *CONTAINER["args"]])


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", RESOURCES)
def test_each_resource_fits_the_schema_of_its_kind(name, version):
    assert kubernetes_validate.validate(RESOURCES[name], version, strict=True) == version


@pytest.mark.parametrize("name", RESOURCES)
def test_the_schemas_refuse_a_field_that_they_do_not_know(name):
    wrong = copy.deepcopy(RESOURCES[name])
    wrong["metadata"]["lables"] = {}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, VERSIONS[-1], strict=True)


def test_each_file_is_listed_and_each_listed_file_is_there():
    files = {path.name for path in FOLDER.glob("*.yaml")} - {"kustomization.yaml"}
    assert files == set(RESOURCES)
    assert [each["name"] for each in KUSTOMIZATION["images"]] == [CONTAINER["image"]]


def test_what_refers_to_another_finds_it():
    labels = BY_KIND["Deployment"]["spec"]["template"]["metadata"]["labels"]
    assert BY_KIND["Deployment"]["spec"]["selector"]["matchLabels"] == labels
    assert BY_KIND["Service"]["spec"]["selector"] == labels
    assert BY_KIND["NetworkPolicy"]["spec"]["podSelector"]["matchLabels"] == labels
    assert POD["serviceAccountName"] == BY_KIND["ServiceAccount"]["metadata"]["name"]
    claims = [
        v["persistentVolumeClaim"]["claimName"]
        for v in POD["volumes"]
        if len(v) > 1 and "persistentVolumeClaim" in v
    ]
    assert claims == [BY_KIND["PersistentVolumeClaim"]["metadata"]["name"]]
    mounted = {mount["name"] for mount in CONTAINER["volumeMounts"]}
    assert mounted == {volume["name"] for volume in POD["volumes"]}
    (port,) = CONTAINER["ports"]
    (offered,) = BY_KIND["Service"]["spec"]["ports"]
    (rule,) = BY_KIND["NetworkPolicy"]["spec"]["ingress"]
    assert offered["targetPort"] == rule["ports"][0]["port"] == port["name"]


def test_the_arguments_are_those_of_the_command(options):
    mounts = {mount["mountPath"] for mount in CONTAINER["volumeMounts"]}
    assert options.out in mounts
    assert options.port == CONTAINER["ports"][0]["containerPort"]
    assert options.host == "0.0.0.0"


def test_the_probes_ask_what_is_answered():
    probes = [CONTAINER[f"{kind}Probe"]["httpGet"] for kind in ("startup", "liveness", "readiness")]
    assert [probe["path"] for probe in probes] == ["/healthz", "/healthz", "/readyz"]
    assert {probe["port"] for probe in probes} == {CONTAINER["ports"][0]["name"]}


def test_the_pod_is_ended_after_the_collector_and_has_memory_for_what_it_holds(options):
    assert POD["terminationGracePeriodSeconds"] > Settings.grace + 10
    limit = CONTAINER["resources"]["limits"]["memory"]
    needed = 3 * options.max_held + 35 * options.max_event + (50 << 20)
    assert int(limit.removesuffix("Mi")) << 20 >= needed


def test_the_pod_keeps_to_the_restricted_pod_security_standard():
    dockerfile = (ROOT / "kubeflow" / "Dockerfile").read_text()
    user, group = re.search(r"^USER (\d+):(\d+)$", dockerfile, re.MULTILINE).groups()
    assert POD["securityContext"] == {
        "runAsNonRoot": True,
        "runAsUser": int(user),
        "runAsGroup": int(group),
        "fsGroup": int(group),
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    assert CONTAINER["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert POD["automountServiceAccountToken"] is False


@pytest.mark.skipif(
    shutil.which("kubectl") is None,
    reason="needs kubectl (Debian: apt-get install kubernetes-client)",
)
def test_what_kubectl_renders_are_the_files():
    text = subprocess.run(
        ["kubectl", "kustomize", str(FOLDER)],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    ).stdout
    rendered = list(yaml.safe_load_all(text))
    expected = copy.deepcopy(list(RESOURCES.values()))
    for resource in expected:
        if resource["kind"] == "Deployment":
            container = resource["spec"]["template"]["spec"]["containers"][0]
            container["image"] = "registry.example.org/team/skewgate:v1"
    kinds = [{each["kind"]: each for each in some} for some in (rendered, expected)]
    assert kinds[0] == kinds[1]


def test_the_logger_of_the_example_names_the_service():
    logger = load(EXAMPLE)["spec"]["predictor"]["logger"]
    found = urllib.parse.urlsplit(logger["url"])
    assert (found.scheme, found.path, logger["mode"]) == ("http", "/", "all")
    assert found.hostname.split(".")[0] == BY_KIND["Service"]["metadata"]["name"]
    assert (found.port or 80) == BY_KIND["Service"]["spec"]["ports"][0]["port"]


def strict(schema):
    """Returns a schema that refuses keys it does not name, which Kubernetes drops."""
    if isinstance(schema, list):
        return [strict(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    found = {name: strict(each) for name, each in schema.items()}
    if isinstance(schema.get("properties"), dict) and "type" in schema:
        found.setdefault("additionalProperties", False)
    return found


@pytest.mark.skipif(not CRD.exists(), reason=f"needs {CRD.name}, KServe's schema")
def test_the_example_fits_the_schema_of_kserve():
    schema = strict(json.loads(CRD.read_text()))
    example = load(EXAMPLE)
    jsonschema.validate(example, schema)
    example["spec"]["predictor"]["logger"]["uri"] = "wrong"
    with pytest.raises(jsonschema.ValidationError, match="uri"):
        jsonschema.validate(example, schema)
