# SPDX-License-Identifier: BSD-3-Clause
"""Every command and snippet of the how-to pages is run: a file of its own, so that they run beside the others."""

from __future__ import annotations

from pathlib import Path

import pytest

from .pages import DOCS, ENGLISH, blocks
from .snippets import run_all

PAGES = [page for page in ENGLISH if page.parent != DOCS and blocks(page)]


@pytest.mark.long
@pytest.mark.guest
@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_snippets_of_a_page(page: Path, tmp_path: Path) -> None:
    run_all(page, tmp_path)
