"""Files of the repository that the site shows although they do not lie in `docs/`."""

from __future__ import annotations

import pathlib
import posixpath
from collections.abc import Collection, Mapping

from scripts.docs.markdown import ROOT, table, targets

_LANGUAGES = {".json": "json", ".py": "python", ".sh": "sh", ".yaml": "yaml"}
_SKIPPED = ("docs/adr",)
"""A folder that has a page of its own."""


def pages() -> dict[str, str]:
    """Returns the place on the site of each page outside `docs/`, and its path."""
    components = sorted(ROOT.glob("components/*/README.md"))
    return {
        "index.md": "README.md",
        "contributing.md": "CONTRIBUTING.md",
        "changelog.md": "CHANGELOG.md",
        "security.md": "SECURITY.md",
        "benchmarks-how.md": "benchmarks/README.md",
        **{
            f"reference/components/{path.parent.name}.md": str(path.relative_to(ROOT))
            for path in components
        },
    }


def listings() -> dict[str, str]:
    """Returns the page of the decision records, made of their titles."""
    rows = []
    for path in sorted((ROOT / "docs" / "adr").glob("*.md")):
        title = path.read_text("utf-8").partition("\n")[0].removeprefix("# ")
        rows.append([f"[{title}]({path.name})"])
    text = "What was decided, why, and what was left aside; one page each.\n\n"
    return {"adr/index.md": "# Decisions\n\n" + text + table(["decision"], rows) + "\n"}


def origin(place: str) -> str:
    """Returns the path in the repository of what stands at a place on the site."""
    return pages().get(place, f"docs/{place}")


def sources(texts: Mapping[str, str]) -> dict[str, str]:
    """Returns a page for each other file of the repository that one of the pages links to.

    Args:
        texts: the pages, by their places on the site.
    """
    found: dict[str, str] = {}
    for place, text in texts.items():
        for target in targets(text):
            path = _path(origin(place), target)
            if path in _SKIPPED:
                continue
            if (ROOT / path).is_dir():
                files = sorted(each for each in (ROOT / path).rglob("*") if each.is_file())
            elif _place(path) == _shown(path) and (ROOT / path).is_file():
                files = [ROOT / path]
            else:
                continue
            found[_shown(path)] = f"# {path}\n\n" + "".join(map(_block, files))
    return found


def _block(path: pathlib.Path) -> str:
    language = _LANGUAGES.get(path.suffix, "text")
    title = str(path.relative_to(ROOT))
    return f'````{language} title="{title}"\n{path.read_text("utf-8")}````\n\n'


def link(place: str, path: str, target: str, known: Collection[str]) -> str:
    """Returns the target of a link as the site needs it; as it is, if the site has no such file.

    Args:
        place: where the page is on the site.
        path: where it is in the repository.
        target: where its link leads in the repository.
        known: the places on the site.
    """
    meant = _path(path, target)
    places = (_place(meant), posixpath.join(_place(meant), "index.md"), _shown(meant))
    found = next((each for each in places if each in known), None)
    if found is None:
        return target
    return posixpath.relpath(found, posixpath.dirname(place) or ".")


def _path(page: str, target: str) -> str:
    """Returns the path in the repository to which a link of a page leads."""
    return posixpath.normpath(posixpath.join(posixpath.dirname(page), target))


def _place(path: str) -> str:
    """Returns the place on the site of a file of the repository."""
    included = {path: place for place, path in pages().items()}
    if path in included:
        return included[path]
    return path.removeprefix("docs/") if path.startswith("docs/") else _shown(path)


def _shown(path: str) -> str:
    return f"files/{path}.md"
