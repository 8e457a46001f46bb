"""What is installed, and the line to type for what is not.

`pip install skewgate` brings what data, schemas, comparisons and reports need. Components and
pipelines need the extra `tfx`, the compiler needs the extra `kubeflow`, the collector `serve`.
"""

from __future__ import annotations

import importlib.util

from skewgate.core.errors import InputError
from skewgate.stacks import fitting

_CORE = (
    *("fastjsonschema", "google.protobuf", "google_crc32c", "jinja2", "numpy", "packaging"),
    *("pyarrow", "pydantic", "scipy", "tensorflow_metadata", "yaml"),
)
_TFX = (
    *("apache_beam", "ml_metadata", "tensorflow", "tensorflow_data_validation"),
    *("tensorflow_model_analysis", "tensorflow_transform", "tfx", "tfx_bsl"),
)
_KUBEFLOW = ("kfp", "kfp_server_api", "kfp_pipeline_spec")
_SERVE = ("httptools", "uvicorn")
_PACKAGES = {
    **dict.fromkeys(_CORE, "skewgate"),
    **dict.fromkeys(_TFX, "skewgate[tfx]"),
    **dict.fromkeys(_KUBEFLOW, "skewgate[kubeflow]"),
    **dict.fromkeys(_SERVE, "skewgate[serve]"),
    "google.cloud.aiplatform": "google-cloud-aiplatform",
    "google.cloud.aiplatform_v1": "google-cloud-aiplatform",
    "fastavro": "fastavro",
    "pandas": "pandas",
}
"""What to install for a package that is missing; a package of the user's own is not here."""
_ON_A_STACK = ("skewgate[tfx]", "skewgate[kubeflow]")
"""What needs TFX, whose versions pip does not find by itself in good time."""


class MissingPackageError(InputError, ModuleNotFoundError):
    """A package that is needed is not installed; the message holds the line to type."""


def missing(name: str, user: str = "this command") -> MissingPackageError | None:
    """Returns the error for a module that is missing.

    Args:
        name: of the module.
        user: what needs it.

    Returns:
        None if it is none that skewgate needs.
    """
    for known, package in _PACKAGES.items():
        if name == known or name.startswith(f"{known}."):
            return MissingPackageError(
                known, f"is not installed, and {user} needs it", _cure(package)
            )
    return None


def require(name: str, user: str = "this command") -> None:
    """Makes sure that a package is installed, without loading it.

    Args:
        name: of the package, as it is imported; one that skewgate needs.
        user: what needs it.

    Raises:
        MissingPackageError: it is not.
    """
    if importlib.util.find_spec(name) is None:
        raise missing(name, user) or ModuleNotFoundError(f"No module named {name!r}", name=name)


def install_line(package: str) -> str:
    """Returns the line that installs a package, or skewgate with an extra.

    >>> print(install_line("skewgate[tfx]"))
    pip install 'skewgate[tfx]' -c "$(python -m skewgate.stacks)"
    >>> print(install_line("skewgate[serve]"))
    pip install 'skewgate[serve]'
    """
    line = f"pip install '{package}'"
    return f'{line} -c "$(python -m skewgate.stacks)"' if package in _ON_A_STACK else line


def _cure(package: str) -> str:
    if package in _ON_A_STACK and not fitting.selected():
        return (
            f"take a machine that TFX has wheels for: {fitting.SUPPORTED}; "
            f"this is {fitting.this_machine()}"
        )
    return f"{install_line(package)}, in the environment of this command"
