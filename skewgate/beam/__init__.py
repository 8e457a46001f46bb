"""Beam transforms over the accumulators that run without Beam too."""

from skewgate.core import installed

installed.require("apache_beam", "skewgate.beam")
