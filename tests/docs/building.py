"""Builds the site as `make docs` does, elsewhere."""

from __future__ import annotations

import pathlib
import subprocess
import sys

from tests import checkouts


def build(root: pathlib.Path, site: pathlib.Path) -> subprocess.CompletedProcess[str]:
    """Builds the site of a checkout into a folder."""
    return subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--site-dir", str(site)],
        cwd=root,
        env={**checkouts.environment(), "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
    )


def built(site: pathlib.Path) -> pathlib.Path:
    """Builds the site of this checkout, which must succeed, and returns its folder."""
    result = build(checkouts.ROOT, site)
    assert result.returncode == 0, result.stderr
    return site
