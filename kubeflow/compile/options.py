"""How a pipeline is compiled: one file of options, which the command line may override."""

from __future__ import annotations

import os
import pathlib
import re
import tempfile
from typing import Any, Literal

import pydantic

from skewgate.core import yaml_model
from skewgate.core.errors import InputError
from skewgate.core.yaml_model import StrictModel
from skewgate.kubeflow.compile.storage import KUBEFLOWS_OWN, ObjectStore, Volume
from skewgate.storage import mounts as mounts_lib

ENDINGS = {"kubeflow": ".yaml", "vertex": ".json"}
SCHEMES = {"kubeflow": ("gs", "minio", "s3"), "vertex": ("gs",)}
"""Kinds of pipeline root that each target can reach, beside a local path."""
EVERY = "*"
"""Stands for every node that is not named."""

_UNITS = {"": 1, "k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}
_UNITS |= {"Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40}
_MEMORY = re.compile(r"(\d+(?:\.\d+)?)(k|M|G|T|Ki|Mi|Gi|Ti)?")
_IMAGE = re.compile(r"[a-z0-9][a-zA-Z0-9._/:-]*(?P<digest>@sha256:[0-9a-f]{64})?")


class Accelerators(StrictModel):
    """Accelerators of a container.

    Attributes:
        type: as the target names it, such as "NVIDIA_TESLA_T4" or "nvidia.com/gpu".
        count: how many.
    """

    type: str = pydantic.Field(min_length=1)
    count: pydantic.PositiveInt = 1


class Resources(StrictModel):
    """What the container of a node may use.

    Attributes:
        cpu: number of cores.
        memory: bytes as Kubernetes writes them, such as "4Gi" or "500M".
        accelerators: none by default.
    """

    cpu: pydantic.PositiveFloat | None = None
    memory: str | None = None
    accelerators: Accelerators | None = None

    @pydantic.field_validator("memory")
    @classmethod
    def _is_memory(cls, memory: str | None) -> str | None:
        if memory is not None and not _MEMORY.fullmatch(memory):
            raise ValueError(f"must be a size such as 4Gi or 500M, got {memory!r}")
        return memory

    def memory_gigabytes(self) -> float | None:
        """Returns the memory in units of 10^9 bytes, as a pipeline spec gives it."""
        found = _MEMORY.fullmatch(self.memory or "")
        return float(found[1]) * _UNITS[found[2] or ""] / 1e9 if found else None


class Retries(StrictModel):
    """How often a failed task is tried again. A QualityGate never is: its verdict stands.

    Attributes:
        count: further attempts.
        wait: seconds before the first of them.
        factor: each wait is so many times the one before.
        longest_wait: seconds.
    """

    count: int = pydantic.Field(default=0, ge=0, le=10)
    wait: int = pydantic.Field(default=60, ge=0)
    factor: float = pydantic.Field(default=2.0, ge=1)
    longest_wait: int = pydantic.Field(default=3600, ge=0)


class _Common(StrictModel):
    """What has a default.

    Attributes:
        service_account: whom the tasks run as; only a Vertex file holds it.
        name: names the pipeline; its own name by default.
        description: one line for whoever looks at the pipeline.
        enable_cache: whether the results of tasks are used again; by default if the image is named
            by its digest. A tag may name another image tomorrow, with other code.
        never_cached: ids of nodes whose results are not.
        resources: by node id; "*" stands for every other node.
        retries: by node id; "*" stands for every other node.
        parameters: defaults of runtime parameters, in place of the pipeline's own.
        mounts: which object stores the containers see as folders, see `mounts.parse`; by default
            "none" for a `gs://` root, which TFX reads and writes itself, else "auto".
        shared_root: folder for what outlives a run: the state and pushed models; by default the
            pipeline root.
        object_store: the server behind `minio://` or `s3://`; what it does not say is that of
            Kubeflow's own for a `minio://` root, and of Amazon's for any other.
        volumes: that every task mounts, on Kubeflow.
    """

    service_account: str | None = None
    name: str | None = pydantic.Field(default=None, pattern=r"^[a-z0-9][a-z0-9-]{0,127}$")
    description: str | None = None
    enable_cache: bool | None = None
    never_cached: list[str] = []
    resources: dict[str, Resources] = {}
    retries: dict[str, Retries] = {}
    parameters: dict[str, str | int | float] = {}
    mounts: str | None = None
    shared_root: str | None = None
    object_store: ObjectStore | None = None
    volumes: list[Volume] = []

    @pydantic.field_validator("mounts")
    @classmethod
    def _are_mounts(cls, mounts: str | None) -> str | None:
        if mounts is not None:
            mounts_lib.check(mounts)
        return mounts


class FileOptions(_Common):
    """The file of options; what is missing may come from the command line.

    Attributes:
        target: open-source Kubeflow Pipelines or Vertex AI.
        image: container image that holds skewgate and the user's own code.
        pipeline_root: where artifacts go: `gs://`, and on Kubeflow `minio://` or `s3://`; or a
            local path, for `skewgate run --from-spec`.
    """

    target: Literal["kubeflow", "vertex"] | None = None
    image: str | None = None
    pipeline_root: str | None = None


class CompileOptions(_Common):
    """How a pipeline is compiled; `FileOptions` with what must be there.

    Attributes:
        target: open-source Kubeflow Pipelines or Vertex AI.
        image: container image that holds skewgate and the user's own code.
        pipeline_root: where artifacts go: `gs://`, and on Kubeflow `minio://` or `s3://`; or a
            local path, for `skewgate run --from-spec`.
    """

    target: Literal["kubeflow", "vertex"]
    image: str
    pipeline_root: str

    @pydantic.field_validator("image")
    @classmethod
    def _is_image(cls, image: str) -> str:
        if not _IMAGE.fullmatch(image):
            raise ValueError(
                "must be an image such as registry/skewgate:0.1.0 or registry/skewgate@sha256:"
                f"{{64 digits}}, got {image!r}"
            )
        return image

    @pydantic.model_validator(mode="after")
    def _fits_target(self) -> CompileOptions:
        _check_root(self.pipeline_root, self.target)
        self._check_shared()
        if self.enable_cache and not self.has_digest():
            raise ValueError(
                f"enable_cache needs the digest of the image, got {self.image!r}, which may name "
                "another image tomorrow: give registry/skewgate@sha256:..., or leave it out"
            )
        for field in ("object_store", "volumes"):
            if getattr(self, field) and self.target == "vertex":
                raise ValueError(f"{field} only works with kubeflow: Vertex AI always uses gs://")
        if self.service_account and self.target == "kubeflow":
            raise ValueError("service_account cannot be set in a Kubeflow file: give it to the run")
        return self

    def _check_shared(self) -> None:
        """Raises ValueError if what outlives a run has no place that outlives it."""
        root = self.shared()
        if not is_local(root):
            check_uri(root, self.target, "shared_root")
            return
        path = pathlib.PurePosixPath(root)
        mounted = any(path.is_relative_to(each.path) for each in self.volumes)
        if is_local(self.pipeline_root) or mounted:
            return
        raise ValueError(
            f"shared_root {root!r} is not on a volume that the tasks mount, so it would disappear "
            "with each task: give a URI, or the volume in `volumes`"
        )

    def has_digest(self) -> bool:
        """Says whether the image is named by its digest, and so can be no other."""
        found = _IMAGE.fullmatch(self.image)
        return found is not None and found["digest"] is not None

    def caches(self) -> bool:
        """Says whether results of tasks are used again."""
        return self.has_digest() if self.enable_cache is None else self.enable_cache

    def mounted(self) -> str:
        """Returns which object stores the containers see as folders."""
        if self.mounts is not None:
            return self.mounts
        return mounts_lib.NONE if self.pipeline_root.startswith("gs://") else mounts_lib.AUTO

    def shared(self) -> str:
        """Returns the folder for what outlives a run."""
        return self.shared_root or self.pipeline_root

    def store(self) -> ObjectStore | None:
        """Returns the server that tasks ask for objects, None if there is none to ask."""
        roots = (self.pipeline_root, self.shared())
        minio = any(root.startswith("minio://") for root in roots)
        given = self.object_store
        if given is None and not minio and not any(root.startswith("s3://") for root in roots):
            return None
        said = {} if given is None else given.model_dump(exclude_none=True)
        return (KUBEFLOWS_OWN if minio else ObjectStore()).model_copy(update=said)


def is_local(root: str) -> bool:
    """Says whether a pipeline root is a path of this machine."""
    return "://" not in root


def check_uri(uri: str, target: str, field: str) -> None:
    """Checks that `target` can reach a URI, and finds what it put there.

    Raises:
        ValueError: it cannot: Kubeflow takes what is after `?` for settings, and looks for an
            output under its path without empty names and dots (objectstore/config.go).
    """
    scheme, _, rest = uri.partition("://")
    if scheme not in SCHEMES[target] or not rest.strip("/"):
        known = ", ".join(f"{name}://BUCKET/FOLDER" for name in SCHEMES[target])
        raise ValueError(f"{field} must be {known} or an absolute path for {target}, got {uri!r}")
    if not {"", ".", ".."}.isdisjoint(rest.rstrip("/").split("/")) or "?" in rest:
        raise ValueError(
            f"{field} must name each folder, without `//`, `.`, `..` and `?`, got {uri!r}"
        )


def _check_root(root: str, target: str) -> None:
    """Raises ValueError if `root` is not what `target` can reach, or cannot be written here."""
    if not is_local(root):
        check_uri(root, target, "pipeline_root")
        return
    path = pathlib.Path(root)
    if not path.is_absolute():
        raise ValueError(f"pipeline_root must be a URI or an absolute path, got {root!r}")
    parent = next(each for each in (path, *path.parents) if os.path.exists(each))
    try:
        with tempfile.TemporaryFile(dir=parent):
            pass
    except OSError as error:
        raise ValueError(
            f"pipeline_root {root!r} cannot be written: {parent}: {error.strerror}"
        ) from error


def load(path: str | None, **overrides: Any) -> CompileOptions:
    """Reads a file of options; `overrides` count more, those that are None do not count.

    Raises:
        InputError: the file is missing or malformed, or an option is missing or does not fit.
    """
    given = yaml_model.load(FileOptions, path) if path else FileOptions()
    content = given.model_dump(exclude_none=True)
    parameters = {**given.parameters, **(overrides.pop("parameters", None) or {})}
    content |= {name: value for name, value in overrides.items() if value is not None}
    content["parameters"] = parameters
    for name in ("target", "image", "pipeline_root"):
        if not content.get(name):
            option = "--" + name.replace("_", "-")
            raise InputError(
                path or "options", f"{name} is missing", f"give {option} or the key {name}"
            )
    return yaml_model.check(CompileOptions, content, path or "options")


def check_ending(path: str, target: str) -> None:
    """Checks that a file to write has the ending that `target` reads.

    Raises:
        InputError: it has another one.
    """
    if not path.endswith(ENDINGS[target]):
        raise InputError(
            path,
            f"{target} reads {ENDINGS[target]} files, got {pathlib.Path(path).suffix or 'no'!r}",
            f"name the file pipeline{ENDINGS[target]}",
        )
