"""What tasks on Kubeflow reach beside the artifacts that its launcher brings them."""

from __future__ import annotations

import pydantic

from skewgate import object_store
from skewgate.validation import StrictModel


class ObjectStore(StrictModel):
    """The S3 server that tasks themselves ask for rows, state and pushed models.

    Attributes:
        endpoint: URL of the server; None for Amazon's own.
        region: as the server knows it.
        secret: name of a Secret in the namespace of the runs that holds the keys; None where pods
            have a role of their own.
        access_key: key of the Secret under which the access key stands.
        secret_key: key of the Secret under which the secret key stands.
    """

    endpoint: str | None = pydantic.Field(default=None, pattern=r"^https?://[^/\s]+/?$")
    region: str = object_store.DEFAULT_REGION
    secret: str | None = None
    access_key: str = "accesskey"
    secret_key: str = "secretkey"


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

    claim: str = pydantic.Field(pattern=r"^[a-z0-9][a-z0-9.-]*$")
    path: str = pydantic.Field(pattern=r"^/.+")
