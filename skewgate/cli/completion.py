"""`skewgate completion`: prints what makes a shell complete the words of `skewgate`.

The scripts are written by `make schemas` from the parser of the command line, so that nothing is
installed or computed for them here.
"""

from __future__ import annotations

import argparse
import pathlib
import sys
from typing import Any

from skewgate.core.errors import EXIT_PASS

SHELLS = ("bash", "zsh", "fish")
FOLDER = pathlib.Path(__file__).parent / "completions"
_EPILOG = """\
examples:
  bash  echo 'eval "$(skewgate completion bash)"' >>~/.bashrc
  zsh   skewgate completion zsh >"${fpath[1]}/_skewgate"
  fish  skewgate completion fish >~/.config/fish/completions/skewgate.fish

exit codes: 0 printed, 2 usage"""


def add_parser(commands: Any) -> None:
    """Adds the command to those of the command line."""
    completion = commands.add_parser(
        "completion",
        help="print the script that makes a shell complete commands, options and files",
        description="Prints the script that makes a shell complete commands, options, their values "
        "and file names.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    completion.add_argument("shell", choices=SHELLS, help="the shell to print it for")


def run(options: argparse.Namespace) -> int:
    """Prints the script of a shell and returns the exit code.

    Args:
        options: shell.
    """
    sys.stdout.write((FOLDER / f"skewgate.{options.shell}").read_text("utf-8"))
    return EXIT_PASS
