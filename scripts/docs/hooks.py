"""Hooks of MkDocs: adds pages that are made of the code, and those that lie outside `docs/`.

Pages are written for a reader on GitHub. The site shows the same files, so the links that leave
`docs/` are led to their places on the site, and lists get the blank line that Python-Markdown wants
above them. A link to nothing stays as it is, and fails the strict build.
"""

from __future__ import annotations

import logging
import os
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

from scripts.docs import commands, contracts, docstrings, included, python_reference
from scripts.docs.markdown import ROOT, blank_lines_above_lists, with_links

_LOG = logging.getLogger("mkdocs.hooks.skewgate")
"""Below MkDocs' own logger: a warning fails the strict build."""


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Adds the pages that are not in `docs/`, and puts them where `nav` has a `*`."""
    for sentence in [*docstrings.missing(python_reference.names()), *contracts.missing()]:
        _LOG.warning(sentence)
    made = {
        **commands.pages(),
        **contracts.pages(),
        **python_reference.pages(),
        **included.listings(),
    }
    for place, content in made.items():
        files.append(File.generated(config, place, content=content))
    for place, path in included.pages().items():
        files.append(File.generated(config, place, abs_src_path=str(ROOT / path)))
    texts = {file.src_uri: file.content_string for file in files.documentation_pages()}
    for place, content in included.sources(texts).items():
        files.append(File.generated(config, place, content=content))
    config.nav = _expanded(config.nav, [file.src_uri for file in files.documentation_pages()])
    return files


def on_page_markdown(markdown: str, page: Page, files: Files, **_: Any) -> str:
    """Leads links of a page to where their files are on the site."""
    place = page.file.src_uri
    known = {file.src_uri for file in files}
    markdown = with_links(
        markdown, lambda target: included.link(place, included.origin(place), target, known)
    )
    return blank_lines_above_lists(markdown)


def _expanded(nav: Any, places: list[str]) -> Any:
    """Returns the navigation with the pages of a folder in the place of `folder/*`."""
    if isinstance(nav, dict):
        return {title: _expanded(below, places) for title, below in nav.items()}
    if isinstance(nav, list):
        return [each for item in nav for each in _listed(item, places)]
    return nav


def _listed(item: Any, places: list[str]) -> list[Any]:
    if isinstance(item, str) and item.endswith("/*"):
        inside = [place for place in places if os.path.dirname(place) == item[:-2]]
        return sorted(inside, key=lambda place: (not place.endswith("/index.md"), place))
    return [_expanded(item, places)]
