"""The stacks of TFX that are supported, the machines that they fit, and their constraints for pip.

`python -m skewgate.stacks` prints the file of constraints that fits this machine. Nothing here
imports more than the standard library: it answers before anything else is installed.
"""
