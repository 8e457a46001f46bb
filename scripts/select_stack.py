"""Prints the lock file that fits this interpreter and C library.

Runs under any Python 3 with the standard library alone, before anything is
installed. Exits with status 1 and one sentence on stderr if no stack fits.
`SKEWGATE_STACK=tfx116|tfx121` forces a stack, which must still fit.
"""

import os
import platform
import sys

STACKS = ("tfx121", "tfx116")  # newest first: the first that fits is taken


def glibc_version():
    """Returns (major, minor) of the running glibc, or None where there is none."""
    try:
        name, _, version = os.confstr("CS_GNU_LIBC_VERSION").partition(" ")
        major, minor = version.split(".")[:2]
        return (int(major), int(minor)) if name == "glibc" else None
    except (AttributeError, OSError, ValueError):
        return None


def fits(stack, python, system, machine, glibc):
    """Says whether a stack's wheels exist for a platform.

    Args:
        stack: "tfx116" or "tfx121".
        python: (major, minor) of the interpreter.
        system: as `platform.system()`.
        machine: as `platform.machine()`.
        glibc: (major, minor) or None.
    """
    linux = system == "Linux" and machine in ("x86_64", "AMD64") and glibc is not None
    if stack == "tfx116":
        return python == (3, 10) and linux and glibc >= (2, 17)
    if (system, machine) == ("Darwin", "arm64"):
        return (3, 10) <= python <= (3, 13)
    return (3, 10) <= python <= (3, 13) and linux and glibc >= (2, 38)


def select(python, system, machine, glibc, wanted=""):
    """Returns the name of the stack to install, or "" if none fits."""
    for stack in STACKS:
        if wanted in ("", stack) and fits(stack, python, system, machine, glibc):
            return stack
    return ""


def selected(wanted=""):
    """Returns the stack that fits this machine, or "" if none does."""
    system, machine = platform.system(), platform.machine()
    return select(sys.version_info[:2], system, machine, glibc_version(), wanted)


def main():
    """Prints `requirements/<stack>.txt`, or says why nothing fits."""
    wanted = os.environ.get("SKEWGATE_STACK", "")
    if wanted not in ("", *STACKS):
        sys.exit("SKEWGATE_STACK must be one of %s, got %r." % (", ".join(STACKS), wanted))
    python, glibc = sys.version_info[:2], glibc_version()
    stack = selected(wanted)
    if not stack:
        sys.exit(
            "Python %d.%d on %s %s with %s fits no supported stack%s. Supported: Python 3.10 to "
            "3.13 on Linux x86-64 with glibc 2.38 or newer or on macOS arm64 (TFX 1.21), or "
            "Python 3.10 on Linux x86-64 with glibc 2.17 or newer (TFX 1.16)."
            % (
                *python,
                platform.system(),
                platform.machine(),
                "glibc %d.%d" % glibc if glibc else "no glibc",
                " (SKEWGATE_STACK=%s)" % wanted if wanted else "",
            )
        )
    print("requirements/%s.txt" % stack)


if __name__ == "__main__":
    main()
