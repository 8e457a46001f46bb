"""`python -m skewgate.stacks`: prints the file of constraints that fits this machine.

    pip install 'skewgate[tfx]' -c "$(python -m skewgate.stacks)"

Exit code 2 and a sentence on standard error if no stack fits. `SKEWGATE_STACK=tfx116` or `tfx121`
asks for one of them.
"""

from __future__ import annotations

import os
import sys

from skewgate.stacks import constraints, fitting


def main() -> int:
    """Prints the path, or says why there is none; returns the exit code."""
    wanted = os.environ.get("SKEWGATE_STACK", "")
    if wanted not in ("", *fitting.STACKS):
        known = ", ".join(fitting.STACKS)
        sys.stderr.write(f"skewgate: SKEWGATE_STACK must be one of {known}, got {wanted!r}.\n")
        return 2
    found = constraints.path(wanted)
    if found is None:
        forced = f" (SKEWGATE_STACK={wanted})" if wanted else ""
        sys.stderr.write(
            f"skewgate: {fitting.this_machine()} fits no supported stack of TFX{forced}. "
            f"Supported: {fitting.SUPPORTED}.\n"
        )
        return 2
    sys.stdout.write(f"{found}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
