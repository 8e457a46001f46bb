"""Writes skewgate/stacks/STACK.txt, the constraints that the wheel brings, from the locks.

Run as `python -m scripts.constraints [--check]`, under any Python 3 with the standard library
alone. They are the versions of requirements/image-STACK.txt, which is all that
`skewgate[tfx,kubeflow]` needs, without the hashes: pip takes none in constraints.
"""

import pathlib
import sys

from scripts import check_pins

ROOT = pathlib.Path(__file__).resolve().parents[1]
STACKS = ("tfx116", "tfx121")
HEAD = """\
# What skewgate[tfx] and skewgate[kubeflow] install, all versions, for pip and uv:
#   pip install 'skewgate[tfx]' -c "$(python -m skewgate.stacks)"
# Written from requirements/image-{}.txt by scripts/locks.sh; do not edit.
"""


def text(stack):
    """Returns the constraints of a stack as they must be."""
    lock = (ROOT / "requirements" / f"image-{stack}.txt").read_text(encoding="utf-8")
    lines = [line.partition(" --hash=")[0].strip() for line in check_pins.requirements(lock)]
    return HEAD.format(stack) + "".join(f"{line}\n" for line in lines)


def main(arguments):
    """Writes both files, or with --check says which are not as the locks have them."""
    if arguments not in ([], ["--check"]):
        print(f"constraints: takes nothing but --check, got {' '.join(arguments)!r}.")
        return 2
    status = 0
    for stack in STACKS:
        path = ROOT / "skewgate" / "stacks" / f"{stack}.txt"
        found = path.read_text(encoding="utf-8") if path.exists() else ""
        if found == text(stack):
            continue
        if arguments:
            print(f"{path.relative_to(ROOT)} is not as the lock has it: scripts/locks.sh")
            status = 1
        else:
            path.write_text(text(stack), encoding="utf-8")
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
