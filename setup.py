"""Packaging of skewgate.

`skewgate/` is the whole package: `components`, `kubeflow`, `pipeline` and `schemas` stand at the
top of the repository, and links in `skewgate/` make them its sub-packages; setuptools follows them.
The sdist is the checkout again, links included (see MANIFEST.in).
"""

import os
import pathlib
import re

from setuptools import find_packages, setup
from setuptools.command.sdist import sdist

HERE = pathlib.Path(__file__).parent
INIT = (HERE / "skewgate" / "__init__.py").read_text(encoding="utf-8")
VERSION = re.search(r'__version__ = "(.+)"', INIT)[1]

# What data, schemas, comparisons and reports need: no TensorFlow, on any Python and platform.
CORE = [
    "fastjsonschema>=2.16,<3",
    "google-crc32c>=1.5,<2",
    "jinja2>=3.0",
    "numpy>=1.22,<3",
    "packaging>=22",
    "protobuf>=3.20.3",
    "pyarrow>=10.0.1",
    "pydantic>=2.7,<3",
    "pyyaml>=6,<7",
    "scipy>=1.11",
    "tensorflow-metadata>=1.16.1,<2",
]
# What the components and pipelines need beside it.
TFX = [
    # The two supported stacks. TFX 1.17 is neither, and only 1.21 has all wheels above 3.10.
    "tfx>=1.16.0,<1.22,!=1.17.*; python_version < '3.11'",
    "tfx>=1.21.0,<1.22; python_version >= '3.11'",
    "dill",  # tfx-bsl imports it; Beam no longer brings it
    "setuptools<81",  # tensorflow-hub imports pkg_resources, which setuptools 81 removed
]
# To compile for Kubeflow and Vertex, and in the image that runs there. TFX has extras of its own
# for this, which bring nothing above Python 3.11.
KUBEFLOW = ["kfp>=2.5,<3", "kfp-pipeline-spec>=0.2.2,<3"]

# To take the events of model servers. uvloop, where it is installed, makes it faster still.
SERVE = ["httptools>=0.6.3,<1", "uvicorn>=0.54,<1"]


class SdistWithLinks(sdist):
    """Packs links to folders as links, which setuptools leaves out."""

    def make_release_tree(self, base_dir, files):
        """Fills the folder that is packed."""
        super().make_release_tree(base_dir, files)
        for path in (HERE / "skewgate").iterdir():
            if path.is_symlink():
                os.symlink(os.readlink(path), os.path.join(base_dir, "skewgate", path.name))


setup(
    name="skewgate",
    version=VERSION,
    description="TFX components that block a pipeline on skew, drift and worse models.",
    long_description=(HERE / "README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    license="Apache-2.0",
    python_requires=">=3.10,<3.14",
    packages=find_packages(include=["skewgate", "skewgate.*"]),
    package_data={
        "skewgate": ["py.typed"],
        "skewgate.cli": ["completions/*"],
        "skewgate.report": ["*.json", "templates/*"],
        "skewgate.scaffold": ["templates/*"],
        "skewgate.stacks": ["*.txt"],
        "skewgate.schemas": ["*/*.pbtxt", "*/*.yaml", "*/*.json"],
        "skewgate.components": ["*/README.md"],
        "skewgate.pipeline": ["*/*.yaml"],
    },
    install_requires=CORE,
    extras_require={"tfx": TFX, "kubeflow": [*TFX, *KUBEFLOW], "serve": SERVE},
    cmdclass={"sdist": SdistWithLinks},
    entry_points={
        "console_scripts": ["skewgate=skewgate.cli.main:entry"],
        "pytest11": ["skewgate=skewgate.api.pytest_plugin"],
    },
)
