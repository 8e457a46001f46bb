"""What a compiled pipeline says to Kubernetes."""

from __future__ import annotations

import pytest
import yaml
from google.protobuf import json_format
from kfp import components as kfp_components
from kfp.kubernetes import kubernetes_executor_config_pb2

from skewgate.kubeflow.compile import compiler, options, platform, storage

GIVEN = {"target": "kubeflow", "image": "a/b:1", "pipeline_root": "minio://bucket/a"}
VOLUME = storage.Volume(claim="taxi-rows", path="/rows")


@pytest.fixture
def spec(pipeline):
    pipeline.add_importer("schema", "gs://bucket/schema", "tfx.Schema")
    pipeline.add("Read", inputs={"schema": ("schema", "result")})
    pipeline.add("Gate", after=("Read",))
    return pipeline.content


def executors(document):
    return document["platforms"]["kubernetes"]["deploymentSpec"]["executors"]


def test_every_container_gets_the_keys_of_the_store(spec):
    found = executors(platform.document(spec, options.load(None, **GIVEN)))
    assert list(found) == ["Gate", "Read"]
    assert found["Gate"] == {
        "secretAsEnv": [
            {
                "secretName": "mlpipeline-minio-artifact",
                "keyToEnv": [
                    {"secretKey": "accesskey", "envVar": "AWS_ACCESS_KEY_ID"},
                    {"secretKey": "secretkey", "envVar": "AWS_SECRET_ACCESS_KEY"},
                ],
            }
        ]
    }


def test_every_container_mounts_the_volumes(spec):
    how = options.load(None, **GIVEN | {"pipeline_root": "s3://bucket/a"}, volumes=[VOLUME])
    found = executors(platform.document(spec, how))
    assert found["Read"] == {"pvcMount": [{"constant": "taxi-rows", "mountPath": "/rows"}]}


def test_an_empty_name_is_no_secret(spec):
    how = options.load(None, **GIVEN, object_store=storage.ObjectStore(secret=""))
    assert platform.document(spec, how) is None


@pytest.mark.parametrize("root", ["gs://bucket/a", "s3://bucket/a"])
def test_pods_with_a_role_of_their_own_need_no_secret(spec, root):
    how = options.load(None, **GIVEN | {"pipeline_root": root})
    assert platform.document(spec, how) is None
    assert "---" not in compiler.render(spec, how)


def test_the_proto_of_kubeflow_takes_it(spec):
    how = options.load(None, **GIVEN, volumes=[VOLUME])
    for each in executors(platform.document(spec, how)).values():
        message = kubernetes_executor_config_pb2.KubernetesExecutorConfig()
        known = set(message.DESCRIPTOR.fields_by_name)
        json_format.ParseDict(each, message, ignore_unknown_fields=False)
        assert {"secret_as_env", "pvc_mount"} <= known
        assert message.secret_as_env[0].key_to_env[1].env_var == "AWS_SECRET_ACCESS_KEY"
        assert message.pvc_mount[0].constant == "taxi-rows"


def test_kfp_loads_both_documents_of_the_file(spec):
    text = compiler.render(spec, options.load(None, **GIVEN, volumes=[VOLUME]))
    _, second = yaml.safe_load_all(text)
    loaded = kfp_components.load_component_from_text(text)
    assert json_format.MessageToDict(loaded.platform_spec) == second
