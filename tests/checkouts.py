"""Copies of this checkout: what is tracked, and nothing that runs have left behind."""

from __future__ import annotations

import fnmatch
import os
import pathlib
import shutil
import subprocess

ROOT = pathlib.Path(__file__).parents[1]


def files(root: pathlib.Path = ROOT) -> list[str]:
    """Returns the paths of all files and links of a checkout that .gitignore does not name.

    Without git, as in a root that a tar archive made, every path of .gitignore is a name or a
    pattern for names.
    """
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    git = shutil.which("git") and (root / ".git").exists()
    listed = subprocess.run(command, cwd=root, capture_output=True, text=True) if git else None
    if listed and listed.returncode == 0:
        found = [path for path in listed.stdout.split("\0") if path]
        return sorted({path for path in found if os.path.lexists(root / path)})
    return sorted(_walk(root))


def _walk(root: pathlib.Path) -> list[str]:
    lines = (root / ".gitignore").read_text().splitlines()
    ignored = [line.rstrip("/") for line in lines if line and not line.startswith("#")] + [".git"]

    def kept(names: list[str]) -> list[str]:
        return [n for n in names if not any(fnmatch.fnmatch(n, pattern) for pattern in ignored)]

    found = []
    for folder, folders, names in os.walk(root):
        links = [name for name in folders if os.path.islink(os.path.join(folder, name))]
        folders[:] = [name for name in kept(folders) if name not in links]
        for name in kept(names + links):
            found.append(os.path.relpath(os.path.join(folder, name), root))
    return found


def copy(destination: pathlib.Path) -> pathlib.Path:
    """Makes a second checkout, links included, and returns its root."""
    for path in files():
        target = destination / path
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / path, target, follow_symlinks=False)
    return destination


def environment() -> dict[str, str]:
    """Returns this process's variables without what leads to the checkout of these tests."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
