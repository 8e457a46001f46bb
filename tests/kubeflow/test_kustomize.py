"""What kubectl makes of the manifests and sends, as docs/kubeflow.md shows it."""

from __future__ import annotations

import copy
import json
import pathlib
import shlex
import shutil
import subprocess

import kubernetes_validate
import pytest
import yaml

from skewgate.cli.main import main
from skewgate.pipeline import settings
from tests import pages

MANIFESTS = pathlib.Path(__file__).parents[2] / "kubeflow" / "manifests"
OVERLAYS = ("cronjob", "scheduler")
VERSIONS = ("1.29", "1.33", "1.37")
IMAGE = "registry.example.org/team/skewgate:v1"
BLOCKS = [block for block in pages.blocks("kubeflow.md") if block.claim == "kubectl"]
APPLY, AGAIN = (
    [line for block in BLOCKS for line in block.commands if line.startswith(start)]
    for start in ("kubectl apply ", "kubectl create job ")
)
pytestmark = pytest.mark.skipif(
    shutil.which("kubectl") is None,
    reason="needs kubectl (Debian: apt-get install kubernetes-client)",
)

API = {
    "api/v1": {
        "configmaps": "ConfigMap",
        "persistentvolumeclaims": "PersistentVolumeClaim",
        "serviceaccounts": "ServiceAccount",
    },
    "apis/batch/v1": {"cronjobs": "CronJob", "jobs": "Job"},
    "apis/networking.k8s.io/v1": {"networkpolicies": "NetworkPolicy"},
    "apis/rbac.authorization.k8s.io/v1": {"rolebindings": "RoleBinding", "roles": "Role"},
}
"""Kinds of resources by the path of their group."""


@pytest.fixture(scope="module")
def checkout(tmp_path_factory) -> pathlib.Path:
    """A checkout's manifests with the pipeline that the page compiles into them."""
    folder = tmp_path_factory.mktemp("checkout")
    shutil.copytree(MANIFESTS, folder / "kubeflow" / "manifests")
    out = folder / "monitoring.yaml"
    arguments = ["--target", "kubeflow", "--image", IMAGE, "--pipeline-root", "gs://state/taxi"]
    arguments += ["--config", str(settings.TAXI), "--out", str(out)]
    assert main(["compile", "monitoring", *arguments]) == 0
    for overlay in OVERLAYS:
        shutil.copy(out, folder / "kubeflow" / "manifests" / overlay)
    return folder


def kubectl(checkout, *words):
    return subprocess.run(
        ["kubectl", *words], cwd=checkout, capture_output=True, text=True, check=True, timeout=60
    ).stdout


def render(checkout, overlay):
    text = kubectl(checkout, "kustomize", f"kubeflow/manifests/{overlay}")
    return list(yaml.safe_load_all(text))


def pod_of(resource):
    spec = resource["spec"]
    return (spec["jobTemplate"]["spec"] if "jobTemplate" in spec else spec)["template"]["spec"]


def config_map_of(rendered):
    (found,) = [each for each in rendered if each["kind"] == "ConfigMap"]
    return found


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("overlay", OVERLAYS)
def test_what_is_rendered_fits_the_schemas(checkout, overlay, version):
    rendered = render(checkout, overlay)
    assert len(rendered) == len(list((MANIFESTS / overlay).glob("[!km]*.yaml"))) + 1
    for resource in rendered:
        assert kubernetes_validate.validate(resource, version, strict=True) == version


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_the_config_map_holds_the_compiled_pipeline(checkout, overlay):
    text = (checkout / "monitoring.yaml").read_text()
    assert config_map_of(render(checkout, overlay))["data"] == {"monitoring.yaml": text}


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_only_image_and_config_map_differ_from_the_files(checkout, overlay):
    rendered = render(checkout, overlay)
    name = config_map_of(rendered)["metadata"]["name"]
    assert name.startswith("skewgate-")
    for path in (MANIFESTS / overlay).glob("*.yaml"):
        if path.name in ("kustomization.yaml", "monitoring.yaml"):
            continue
        expected = yaml.safe_load(path.read_text())
        if expected["kind"] in ("CronJob", "Job"):
            pod = pod_of(expected)
            pod["containers"][0]["image"] = IMAGE
            for volume in pod["volumes"]:
                if "configMap" in volume:
                    volume["configMap"]["name"] = name
        assert expected in rendered


def test_another_pipeline_gets_another_config_map(checkout, tmp_path):
    changed = tmp_path / "changed"
    shutil.copytree(checkout, changed)
    with open(changed / "kubeflow" / "manifests" / "cronjob" / "monitoring.yaml", "a") as stream:
        stream.write("# changed\n")
    names = [
        config_map_of(render(each, "cronjob"))["metadata"]["name"] for each in (checkout, changed)
    ]
    assert len(set(names)) == 2


@pytest.fixture
def cluster(server, tmp_path, monkeypatch):
    """A server that tells kubectl of its kinds and takes what it is sent, and no cluster."""
    groups = []
    for path, kinds in API.items():
        group, _, version = path.partition("/")[2].rpartition("/")
        group_version = path.partition("/")[2]
        if group:
            known = {"groupVersion": group_version, "version": version}
            groups.append({"name": group, "versions": [known], "preferredVersion": known})
        resources = [
            {
                "name": name,
                "singularName": kind.lower(),
                "namespaced": True,
                "kind": kind,
                "verbs": ["create", "get", "list", "patch"],
            }
            for name, kind in kinds.items()
        ]
        server.answers["GET", f"/{path}"] = (
            200,
            {"kind": "APIResourceList", "groupVersion": group_version, "resources": resources},
        )
        for name in kinds:
            server.answers["POST", f"/{path}/namespaces/team/{name}"] = 201, accept
    server.answers["GET", "/api"] = 200, {"kind": "APIVersions", "versions": ["v1"]}
    server.answers["GET", "/apis"] = (
        200,
        {"kind": "APIGroupList", "apiVersion": "v1", "groups": groups},
    )
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "c",
        "clusters": [{"name": "c", "cluster": {"server": server.url}}],
        "contexts": [{"name": "c", "context": {"cluster": "c", "user": ""}}],
    }
    (tmp_path / "config").write_text(yaml.safe_dump(config))
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "config"))
    return server


def accept(body):
    """Answers as a server that takes an object."""
    return body


def sent(cluster):
    return [body for method, _, body, _ in cluster.asked if method == "POST"]


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_apply_sends_what_is_rendered_to_the_namespace(cluster, checkout, overlay):
    (command,) = [line for line in APPLY if line.endswith(f"/{overlay}")]
    # Old versions of kubectl fetch a schema to check with; here each object is checked below.
    kubectl(checkout, *shlex.split(command)[1:], "--validate=false")
    rendered = render(checkout, overlay)
    assert len(sent(cluster)) == len(rendered)
    for resource in sent(cluster):
        assert kubernetes_validate.validate(resource, VERSIONS[-1], strict=True)
        metadata = resource["metadata"]
        assert metadata.pop("namespace") == "team"
        annotations = metadata.pop("annotations")
        assert set(annotations) == {"kubectl.kubernetes.io/last-applied-configuration"}
        assert resource in rendered


def test_a_job_made_again_is_that_of_the_cron_job_under_the_given_name(cluster, checkout):
    version = json.loads(kubectl(checkout, "version", "--client", "--output", "json"))
    if int(version["clientVersion"]["minor"].rstrip("+")) < 21:
        pytest.skip("kubectl older than 1.21 knows no CronJob of batch/v1")
    (command,) = AGAIN
    (cron_job,) = [each for each in render(checkout, "cronjob") if each["kind"] == "CronJob"]
    kept = copy.deepcopy(cron_job)
    kept["metadata"] |= {"namespace": "team", "uid": "u-1"}
    path = f"/apis/batch/v1/namespaces/team/cronjobs/{cron_job['metadata']['name']}"
    cluster.answers["GET", path] = 200, kept
    words = shlex.split(command)[1:]
    job = json.loads(kubectl(checkout, *words, "--dry-run=client", "--output", "json"))
    assert sent(cluster) == []
    assert kubernetes_validate.validate(job, VERSIONS[-1], strict=True)
    assert job["metadata"]["name"] == words[-1]
    wanted = cron_job["spec"]["jobTemplate"]["spec"]
    assert pod_of(job)["containers"][0]["args"] == pod_of(cron_job)["containers"][0]["args"]
    assert pod_of(job)["volumes"] == pod_of(cron_job)["volumes"]
    assert job["spec"]["podFailurePolicy"] == wanted["podFailurePolicy"]

    cluster.answers["POST", "/apis/batch/v1/namespaces/team/jobs"] = 201, job
    kubectl(checkout, *words)
    (message,) = sent(cluster)  # in the format of protocol buffers
    assert words[-1].encode() in message
