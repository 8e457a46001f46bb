"""Prints the lock file that fits this interpreter and C library.

Runs under any Python 3.7 or newer with the standard library alone, before anything is installed:
skewgate/stacks/fitting.py, which decides, is loaded as a file. Exits with status 1 and one
sentence on stderr if no stack fits. `SKEWGATE_STACK=tfx116|tfx121` forces a stack, which must
still fit.
"""

import importlib.util
import os
import sys


def _load(path):
    spec = importlib.util.spec_from_file_location("fitting", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


_ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
fitting = _load(os.path.join(_ROOT, "skewgate", "stacks", "fitting.py"))


def main():
    """Prints `requirements/<stack>.txt`, or says why nothing fits."""
    wanted = os.environ.get("SKEWGATE_STACK", "")
    if wanted not in ("", *fitting.STACKS):
        sys.exit("SKEWGATE_STACK must be one of %s, got %r." % (", ".join(fitting.STACKS), wanted))
    stack = fitting.selected(wanted)
    if not stack:
        sys.exit(
            "%s fits no supported stack%s. Supported: %s."
            % (
                fitting.this_machine(),
                " (SKEWGATE_STACK=%s)" % wanted if wanted else "",
                fitting.SUPPORTED,
            )
        )
    print("requirements/%s.txt" % stack)


if __name__ == "__main__":
    main()
