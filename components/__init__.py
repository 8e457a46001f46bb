"""Components. TFX learns to read object stores when any of them is imported."""

from skewgate.components import object_files as object_files
