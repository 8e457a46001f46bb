"""Checks that a list of requirements holds no version that a lock does not hold.

Run as `check_pins.py LOCK LIST`, under any Python 3 with the standard library
alone. Exits with status 1 and one sentence that names what is not locked.
"""

import re
import sys

PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;]+)")


def pins(text):
    """Returns the set of (name, version) of a requirements file; markers are left out."""
    found = (PIN.match(line) for line in text.splitlines())
    return {(match[1].lower().replace("_", "-"), match[2]) for match in found if match}


def requirements(text):
    """Returns the lines of a requirements file that ask for something."""
    lines = (line.partition(" #")[0].strip() for line in text.splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def unlocked(lock, wanted):
    """Returns what `wanted` asks for that is not one of the pins of `lock`.

    Args:
        lock: text of a lock file.
        wanted: text of a requirements file.
    """
    known = pins(lock)
    return [line for line in requirements(wanted) if not pins(line) or not pins(line) <= known]


def main(arguments):
    """Compares two files; returns the exit status."""
    texts = []
    for path in arguments:
        with open(path) as file:
            texts.append(file.read())
    missing = unlocked(*texts)
    if missing:
        print("%s: does not hold %s. Fix: make locks" % (arguments[0], ", ".join(missing)))
        return 1
    if not requirements(texts[1]):
        print("%s: asks for nothing." % arguments[1])
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
