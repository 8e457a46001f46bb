"""Components. TFX learns to read object stores when any of them is imported."""

from skewgate.components.support import object_files  # noqa: F401 (registers the file system)
