"""Internal links: every file and every heading that a page of the documentation names exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from places import ROOT

PAGES = [
    page
    for page in sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
    if "_build" not in page.parts
]
LINK = re.compile(r"\[[^\]]*\]\((?!https?:|mailto:)([^)\s]+)\)")
HEADING = re.compile(r"^#+ +(.*?)\s*$", re.MULTILINE)
CODE = re.compile(r"^```.*?^```|`[^`\n]*`", re.DOTALL | re.MULTILINE)
FENCE = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)


def anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as GitHub and MyST write them."""
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    titles = [re.sub(r"[`*]|\]\([^)]*\)|\[", "", title) for title in HEADING.findall(text)]
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def broken(page: Path, text: str) -> list[str]:
    """Return the links in a page's text that lead nowhere."""
    found = []
    for target in LINK.findall(CODE.sub("code", text)):
        name, _, anchor = target.partition("#")
        file = page.parent / name if name else page
        if not file.exists() or (anchor and anchor not in anchors(file)):
            found.append(target)
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    assert broken(page, page.read_text(encoding="utf-8")) == []


def test_every_page_can_be_reached() -> None:
    """From the index, in the table of contents of Sphinx or as a plain file."""
    docs = ROOT / "docs"
    index = (docs / "index.md").read_text(encoding="utf-8")
    listed = {line.strip() for block in FENCE.findall(index) for line in block.splitlines()}
    pages = {str(page.relative_to(docs).with_suffix("")) for page in docs.rglob("*.md")}
    pages = {page for page in pages if not page.startswith(("_build", "lms/"))} - {"index"}
    assert pages <= listed


def test_a_broken_link_is_found() -> None:
    page = ROOT / "README.md"
    text = "[a](docs/start.md) [b](docs/none.md) [c](docs/start.md#macos-and-windows) [d](#nothing)"
    assert broken(page, text) == ["docs/none.md", "#nothing"]
