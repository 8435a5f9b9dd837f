# SPDX-License-Identifier: BSD-3-Clause
"""Every command and snippet of the documentation is run, page by page; those of how-to pages in `test_howto`."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from .pages import DOCS, ENGLISH, HOUSE, blocks
from .snippets import ELSEWHERE, NOT_RUN, done, run_all

PAGES = [page for page in ENGLISH if page.name not in ELSEWHERE and page.parent == DOCS and blocks(page)]


@pytest.mark.guest
@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(HOUSE)))
def test_the_snippets_of_a_page(page: Path, tmp_path: Path) -> None:
    run_all(page, tmp_path)


@pytest.mark.guest
@pytest.mark.slow
def test_the_script_of_the_shell(tmp_path: Path) -> None:
    """The Python in docs/shell.md, with the network in its hands."""
    (script,) = (block for block in blocks(DOCS / "shell.md") if block.language == "python")
    (tmp_path / "script.py").write_text(script.text, "utf-8")
    said = done(["apnemu", "shell", "jpn12", "--script", "script.py"], tmp_path)
    assert "3 packets transmitted, 3 received" in said and said.rstrip().endswith("lit"), said


def test_every_block_says_what_it_is() -> None:
    known = {"sh", "python", "text", "shell-session", "yaml", "csv", "json", ""}
    odd = [(page.name, block.language) for page in ENGLISH for block in blocks(page) if block.language not in known]
    assert odd == []


def test_every_reason_is_needed() -> None:
    lines = [
        line for page in (*ENGLISH, HOUSE / "README.md") for block in blocks(page) for line in block.text.splitlines()
    ]
    assert [begun for begun in NOT_RUN if not any(line.startswith(begun) for line in lines)] == []


def test_excerpts_are_of_the_example() -> None:
    """Each line of Python in docs/own-experiment.md is one of the example's, but where `...` leaves something out."""
    example = (HOUSE / "examples" / "own_experiment.py").read_text("utf-8")
    known = re.sub(r"\s", "", example)
    for block in blocks(DOCS / "own-experiment.md"):
        if block.language == "python":
            for line in block.text.splitlines():
                parts = re.split(r"[,()]|\.\.\.", re.sub(r"\s", "", line))
                assert all(part in known for part in parts), line
