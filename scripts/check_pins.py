"""Checks that a list of requirements holds no version and no file that a lock does not hold.

Run as `check_pins.py LOCK LIST`, under any Python 3 with the standard library
alone. Exits with status 1 and one sentence that names what is not locked.
"""

import re
import sys

PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;]+)")
HASH = re.compile(r"--hash=(\S+)")


def requirements(text):
    """Returns what a requirements file asks for, one line each, with the hashes after it."""
    lines = (line.partition(" #")[0].strip() for line in text.replace("\\\n", " ").splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def pins(text):
    """Returns {(name, version): hashes} of a requirements file; markers are left out."""
    found = {}
    for line in requirements(text):
        match = PIN.match(line)
        if match:
            key = (match[1].lower().replace("_", "-"), match[2])
            found.setdefault(key, set()).update(HASH.findall(line))
    return found


def unlocked(lock, wanted):
    """Returns what `wanted` asks for that `lock` does not hold, or not with these hashes.

    Args:
        lock: text of a lock file.
        wanted: text of a requirements file.
    """
    known = pins(lock)

    def is_locked(line):
        return bool(pins(line)) and all(
            key in known and hashes <= known[key] for key, hashes in pins(line).items()
        )

    return [_asked(line) for line in requirements(wanted) if not is_locked(line)]


def without_hashes(text):
    """Returns what a requirements file asks for without saying which files it may be."""
    return [_asked(line) for line in requirements(text) if not HASH.search(line)]


def _asked(line):
    return line.partition(" --hash=")[0].strip()


def main(arguments):
    """Compares two files; returns the exit status."""
    texts = []
    for path in arguments:
        with open(path) as file:
            texts.append(file.read())
    missing, unchecked = unlocked(*texts), without_hashes(texts[1])
    if missing:
        print("%s: does not hold %s. Fix: make locks" % (arguments[0], ", ".join(missing)))
        return 1
    if unchecked:
        print("%s: has no hash of %s. Fix: make locks" % (arguments[1], ", ".join(unchecked)))
        return 1
    if not requirements(texts[1]):
        print("%s: asks for nothing." % arguments[1])
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
