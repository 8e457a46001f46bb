"""What a compiled pipeline says to Kubernetes: the second document of a file for Kubeflow.

The fields are those of `KubernetesExecutorConfig` in kubeflow/pipelines,
kubernetes_platform/proto/kubernetes_executor_config.proto.
"""

from __future__ import annotations

import copy
from typing import Any

from skewgate.kubeflow.compile import edits
from skewgate.kubeflow.compile.options import CompileOptions

Tree = dict[str, Any]


def document(spec: Tree, options: CompileOptions) -> Tree | None:
    """Returns secrets and volumes of each container, None if there are none.

    Args:
        spec: the compiled pipeline.
        options: how it was compiled.
    """
    config = _secrets(options) | _volumes(options)
    if not config or options.target != "kubeflow":
        return None
    labels = sorted({edits.executor_label(spec, name) for name, _ in edits.containers(spec)})
    executors = {label: copy.deepcopy(config) for label in labels}  # YAML would write aliases
    return {"platforms": {"kubernetes": {"deploymentSpec": {"executors": executors}}}}


def _secrets(options: CompileOptions) -> Tree:
    store = options.store()
    if store is None or not store.secret:
        return {}
    keys = {"AWS_ACCESS_KEY_ID": store.access_key, "AWS_SECRET_ACCESS_KEY": store.secret_key}
    pairs = [{"secretKey": key, "envVar": name} for name, key in keys.items()]
    return {"secretAsEnv": [{"secretName": store.secret, "keyToEnv": pairs}]}


def _volumes(options: CompileOptions) -> Tree:
    mounts = [{"constant": each.claim, "mountPath": each.path} for each in options.volumes]
    return {"pvcMount": mounts} if mounts else {}
