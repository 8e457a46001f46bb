"""Names of models: each is a folder of the state and of pushed models."""

from __future__ import annotations

import re

from skewgate.core.errors import InputError

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


def check(name: str) -> str:
    """Returns a name that can be that of a folder, whatever holds the folders.

    Raises:
        InputError: it cannot.
    """
    if not _NAME.fullmatch(name):
        raise InputError(
            "model name",
            "must be up to 100 letters, digits, dots, hyphens and underscores that begin with a "
            f"letter or digit, got {name!r}",
            "give one such as taxi",
        )
    return name


def pipeline_of(model_name: str | None, pipeline: str) -> str:
    """Returns the name under which a pipeline's records are kept, such as "taxi-training".

    Args:
        model_name: of the model that the pipeline is about; None if `pipeline` says it already.
        pipeline: such as "training".

    Raises:
        InputError: the model's name cannot be that of a folder.
    """
    return pipeline if model_name is None else f"{check(model_name)}-{pipeline}"
