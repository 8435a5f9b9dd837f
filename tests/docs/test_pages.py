# SPDX-License-Identifier: BSD-3-Clause
"""English and Japanese pages say the same: the same headings, code, names and links."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from apnemu.question.discovery import known_experiments, load_experiment

from .pages import DOCS, ENGLISH, MADE, blocks, twin, without_blocks

WRITTEN = [page for page in ENGLISH if page.name not in MADE]
CODE, FIGURE = re.compile(r"`([^`]+)`"), re.compile(r"(?<![\w.,])(?:\d{2,}|\d+(?:,\d{3})+|\d+\.\d+)(?![\w])", re.ASCII)
JAPANESE = re.compile(r"[ぁ-んァ-ン一-龥]")


@pytest.mark.parametrize("page", WRITTEN, ids=lambda page: str(page.relative_to(DOCS)))
def test_a_page_has_a_japanese_twin(page: Path) -> None:
    english, japanese = without_blocks(page), without_blocks(twin(page))
    assert len(JAPANESE.findall(japanese)) > len(japanese) / 8
    assert [line.count("#") for line in re.findall(r"^#+ ", japanese, re.MULTILINE)] == [
        line.count("#") for line in re.findall(r"^#+ ", english, re.MULTILINE)
    ]
    targets = [
        sorted({target.partition("#")[0] for target in re.findall(r"\]\(([^)#]+)", text)})
        for text in (english, japanese)
    ]
    assert targets[0] == targets[1]
    said = Counter(" ".join(code.split()) for code in CODE.findall(english))
    twins = Counter(" ".join(code.split()) for code in CODE.findall(japanese))
    assert set(said) == set(twins), set(said) ^ set(twins)


@pytest.mark.parametrize("page", WRITTEN, ids=lambda page: str(page.relative_to(DOCS)))
def test_code_is_the_same_in_both_languages(page: Path) -> None:
    """Comments may be translated."""
    english, japanese = ([_bare(block.text) for block in blocks(one)] for one in (page, twin(page)))
    assert english == japanese
    assert [block.title for block in blocks(page)] == [block.title for block in blocks(twin(page))]


def test_the_catalogue_is_of_what_the_code_says() -> None:
    """Nothing in docs/reference/ja.po that the code says no more, and little that it has not yet."""
    with (DOCS / "reference" / "ja.po").open("rb") as file:
        known = {str(entry.id) for entry in read_po(file) if entry.id and entry.string}
    asked = [load_experiment(name) for name in known_experiments()]
    settings = {one.question for one in asked}
    settings |= {setting.about.meaning for one in asked for setting in one.declared().values()}
    keys: set[str] = set()
    for page in MADE:
        for line in (DOCS / page).read_text("utf-8").splitlines():
            cells = line.strip("| ").split(" | ")
            keys |= {line} if len(cells) == 1 else {cells[2], *cells[3].split("; ")}
    assert sorted(known - settings - keys) == []
    assert len(settings - known) <= len(settings) / 20, sorted(settings - known)


def _bare(text: str) -> str:
    return re.sub(r"\s+#\s.*$", "", text, flags=re.MULTILINE)


@pytest.mark.parametrize("page", WRITTEN, ids=lambda page: str(page.relative_to(DOCS)))
def test_figures_of_tables_are_the_same_in_both_languages(page: Path) -> None:
    figures = [
        {figure for line in without_blocks(one).splitlines() if line.startswith("|") for figure in FIGURE.findall(line)}
        for one in (page, twin(page))
    ]
    assert figures[0] == figures[1]
