"""Folders with the metadata of packages, as pip writes them."""

import pytest

from skewgate.cli.health import packages


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """Returns a function that installs packages, or hides those that there are."""
    monkeypatch.syspath_prepend(str(tmp_path))
    packages.version.cache_clear()

    def install(name, version, *requires, extras=()):
        lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}"]
        lines += [f"Provides-Extra: {each}" for each in extras]
        lines += [f"Requires-Dist: {each}" for each in requires]
        folder = tmp_path / f"{name.replace('-', '_')}-{version}.dist-info"
        folder.mkdir()
        (folder / "METADATA").write_text("\n".join(lines) + "\n")

    yield install
    packages.version.cache_clear()
