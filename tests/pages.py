"""The blocks of the pages on clusters, each with what stands around it."""

from __future__ import annotations

import dataclasses
import pathlib
import re

DOCS = pathlib.Path(__file__).parents[1] / "docs"
PAGES = ("kubeflow.md", "vertex.md")
MARKS = ("**[cluster]**", "**[cloud]**")
CLAIMS = {
    r"skewgate ": "skewgate",  # tests/long/test_pages.py
    r"\$ skewgate schedule window ": "window",  # tests/kubeflow/test_docs.py, as all to kfp
    r"monitoring:": "settings",
    r"object_store:": "options",
    r"egress:": "egress",  # tests/kubeflow/test_manifests.py
    r"FROM ": "dockerfile",
    r"(IMAGE=\S+ make image|buildah )": "image",
    r"kfp ": "kfp",
    r"kubectl ": "kubectl",  # tests/kubeflow/test_kustomize.py
    r"from google.cloud ": "python",
}
"""What tests run a block, by how each of its lines, or what is no command, begins."""


@dataclasses.dataclass(frozen=True)
class Block:
    """A block of a page.

    Attributes:
        page: its file.
        number: counted from 0 on the page.
        section: the heading above it.
        text: what stands in it.
        before: the paragraph above it; a mark there means that a cluster is needed.
    """

    page: str
    number: int
    section: str
    text: str
    before: str

    def __str__(self) -> str:
        return f"{self.page}-{self.number}"

    @property
    def marked(self) -> bool:
        return any(mark in self.before for mark in MARKS)

    @property
    def commands(self) -> list[str]:
        """Its lines, continued ones put together."""
        joined = re.sub(r"\\\n\s*", "", self.text)
        return [line for line in joined.splitlines() if line]

    @property
    def claim(self) -> str:
        """What tests run the block; "" if none do."""
        if self.text.startswith(
            ("FROM ", "monitoring:", "object_store:", "egress:", "from ", "$ ")
        ):
            lines = self.commands[:1]
        else:
            lines = self.commands
        found = {
            next((claim for start, claim in CLAIMS.items() if re.match(start, line)), "")
            for line in lines
        }
        return found.pop() if len(found) == 1 else ""


def blocks(page: str) -> list[Block]:
    """Returns the blocks of a page in order."""
    whole = (DOCS / page).read_text()
    found: list[Block] = []
    end = 0
    for match in re.finditer(r"^```\w*\n(.*?)^```$", whole, re.DOTALL | re.MULTILINE):
        section = re.findall(r"^#+ (.*)$", whole[: match.start()], re.MULTILINE)[-1]
        before = whole[end : match.start()].strip().rpartition("\n\n")[2]
        found.append(Block(page, len(found), section, match[1], before))
        end = match.end()
    return found
