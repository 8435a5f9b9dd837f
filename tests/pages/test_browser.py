# SPDX-License-Identifier: BSD-3-Clause
"""Pages in a browser: light and dark, wide and 600 pixels narrow, in English and in Japanese."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.pages.browser import CHROMIUM, looked_at
from tests.pages.made import COUNTRY, DEMO, PAGES, written

LOOKS = [(1280, False, "en"), (600, True, "en"), (1280, True, "ja"), (600, False, "ja")]
SHOWN = {**{name: (name,) for name in PAGES}, "demo": DEMO, "failover": ("failover",)}


@pytest.mark.skipif(CHROMIUM is None, reason="chromium, which draws the page, is not installed")
@pytest.mark.parametrize(("width", "dark", "language"), LOOKS)
@pytest.mark.parametrize("name", SHOWN)
def test_no_text_covers_another(name: str, width: int, dark: bool, language: str, tmp_path: Path) -> None:
    seen = looked_at(written(tmp_path, *SHOWN[name], language=language), tmp_path, width=width, dark=dark)
    assert seen.console == []
    assert seen.covered == []
    assert seen.beyond_px <= 0
    assert (seen.width, seen.language) == (width, language)
    assert (seen.ground == "rgb(12, 17, 24)") is dark
    if name == COUNTRY:
        assert seen.slot is not None
        shown, slot, last, told = seen.slot
        assert shown == 1 and slot == last  # one slot's group at a time
        assert str(told).startswith("32:30")


@pytest.mark.skipif(CHROMIUM is None, reason="chromium, which draws the page, is not installed")
def test_what_covers_another_is_seen(tmp_path: Path) -> None:
    page = written(tmp_path, "dispersal")
    text = page.read_text(encoding="utf-8")
    dark = '<svg width="99" height="30"><text x="5" y="20" style="fill: #fff">pale</text></svg>'
    two = '<svg width="99" height="30"><text x="5" y="20">first</text><text x="9" y="22">second</text></svg>'
    page.write_text(text.replace("<main>", f"<main>{two}{dark}"), encoding="utf-8")
    seen = looked_at(page, tmp_path, width=1280, dark=False).covered
    assert "first | second" in seen and "pale | its own ground" in seen
