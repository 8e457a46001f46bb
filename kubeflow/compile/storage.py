"""What tasks on Kubeflow reach beside the artifacts that its launcher brings them."""

from __future__ import annotations

import re

import pydantic

from skewgate.core.yaml_model import StrictModel
from skewgate.storage import s3_connection

_NAME = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?")


class ObjectStore(StrictModel):
    """The S3 server that tasks themselves ask for rows, state and pushed models.

    Attributes:
        endpoint: URL of the server; None for Amazon's own.
        region: as the server knows it; None for that of the pods.
        secret: name of a Secret in the namespace of the runs that holds the keys; empty where pods
            have a role of their own.
        access_key: key of the Secret under which the access key stands.
        secret_key: key of the Secret under which the secret key stands.
    """

    endpoint: str | None = None
    region: str | None = pydantic.Field(default=None, min_length=1)
    secret: str | None = None
    access_key: str = "accesskey"
    secret_key: str = "secretkey"

    @pydantic.field_validator("endpoint")
    @classmethod
    def _is_endpoint(cls, endpoint: str | None) -> str | None:
        if endpoint is not None and not s3_connection.is_endpoint(endpoint):
            raise ValueError(f"must be the URL of a server, http://HOST:PORT, got {endpoint!r}")
        return endpoint


KUBEFLOWS_OWN = ObjectStore(
    endpoint="http://minio-service.kubeflow:9000", secret="mlpipeline-minio-artifact"
)
"""What `minio://` is where Kubeflow was installed by its manifests."""


class Volume(StrictModel):
    """A volume that every task mounts.

    Attributes:
        claim: name of a PersistentVolumeClaim in the namespace of the runs.
        path: where the tasks see it.
    """

    claim: str
    path: str

    @pydantic.field_validator("claim")
    @classmethod
    def _is_name(cls, claim: str) -> str:
        if not _NAME.fullmatch(claim):
            raise ValueError(
                "must be the name of a claim: small letters, digits, dots and hyphens, got "
                f"{claim!r}"
            )
        return claim

    @pydantic.field_validator("path")
    @classmethod
    def _is_absolute(cls, path: str) -> str:
        if not path.startswith("/") or not path.strip("/"):
            raise ValueError(f"must be an absolute path below /, got {path!r}")
        return path
