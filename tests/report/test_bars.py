# SPDX-License-Identifier: BSD-3-Clause
"""Bars of shares: lengths, marks and words where they belong."""

from __future__ import annotations

import re

from apnemu.report.bars import FULL, LABEL, Bar, bars


def test_a_bar_is_as_long_as_its_share_and_marked_where_expected() -> None:
    drawn = bars([("jobs", [Bar(label="one", share=0.25, words="25 %", note="a < b", mark=0.5)])], "told")
    assert f'width="{FULL / 4:g}"' in drawn and f'd="M{LABEL + FULL / 2:.1f} ' in drawn
    assert "<title>a &lt; b</title>" in drawn and 'aria-label="told"' in drawn
    (words,) = re.findall(r'<text x="([\d.]+)" y="\d+">25 %', drawn)
    assert float(words) > LABEL + FULL / 2


def test_second_lines_and_headings_take_room_of_their_own() -> None:
    bar = Bar(label="a", share=2.0, words="all")
    heights = [
        int(re.findall(r'viewBox="0 0 \d+ (\d+)"', bars(groups, ""))[0])
        for groups in ([("", [bar])], [("head", [bar])], [("", [Bar(label="a", share=1, words="", below="b")])])
    ]
    assert heights[0] < min(heights[1:])
    assert f'width="{FULL:g}"' in bars([("", [bar])], "")
