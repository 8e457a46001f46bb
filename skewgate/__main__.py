"""Runs the command line: `python -m skewgate`."""

from skewgate.cli.main import entry

entry()
