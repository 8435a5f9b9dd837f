# SPDX-License-Identifier: BSD-3-Clause
"""Pages of the documentation as tests read them: their blocks of code, headings, links and names in code."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

HOUSE = Path(__file__).resolve().parents[2]
DOCS = HOUSE / "docs"
MADE = ("topology-format.md", "optics-format.md")
"""Pages in docs/ that are made from code: their Japanese twins are made when the site is built."""
ENGLISH = sorted(path for path in DOCS.rglob("*.md") if not path.name.endswith(".ja.md"))
FENCE = re.compile(
    r"^```(?P<language>[\w-]*)(?: title=\"(?P<title>[^\"]+)\")?\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A block of code: its language, the name of the file that it is (or the command that it is typed at), its text."""

    language: str
    title: str
    text: str


def blocks(page: Path) -> list[Block]:
    """The blocks of a page, in their order."""
    text = page.read_text("utf-8")
    found = [
        Block(language=one["language"], title=one["title"] or "", text=one["text"]) for one in FENCE.finditer(text)
    ]
    assert text.count("```") == 2 * len(found), f"{page.name} has a fence that is none"
    return found


def without_blocks(page: Path) -> str:
    """A page's text between its blocks."""
    return FENCE.sub("", page.read_text("utf-8"))


def twin(page: Path) -> Path:
    """The Japanese page."""
    return page.with_name(page.name.removesuffix(".md") + ".ja.md")
