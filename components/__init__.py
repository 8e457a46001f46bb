"""Components. TFX learns to read object stores when any of them is imported."""

from skewgate.core import installed

installed.require("tfx", "skewgate.components")

from skewgate.components.support import object_files  # noqa: E402, F401 (registers the file system)
