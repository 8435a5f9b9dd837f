# SPDX-License-Identifier: BSD-3-Clause
"""How long requests took: in a sentence, and one after another beside what is declared."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from apnemu.question.context import Row
from apnemu.report import columns, words
from apnemu.report.curves import Curve
from apnemu.report.shown import Shown


def sentence(results: Sequence[Mapping[str, Any]], picture: Mapping[str, Any]) -> str:
    """How many requests got light, and after how long.

    >>> sentence([{"accepted": True, "setup_ns": 70_600_000_000, "predicted_setup_ns": 70_599_000_000},
    ...           {"accepted": False, "setup_ns": None, "predicted_setup_ns": None}], {})
    '1 of 2 requests got light; the first frame came after 70.6 s, at most 1.00 ms beside declared times.'
    """
    lit = [row for row in results if row["accepted"] and row["setup_ns"] is not None]
    of = f"{len(lit)} of {words.count(len(results), 'request')} got light"
    if not lit:
        return f"{of}."
    times = sorted(row["setup_ns"] for row in lit)
    span = words.duration(times[0])
    if words.duration(times[-1]) != span:
        span += f" to {words.duration(times[-1])}"
    off = [abs(row["setup_ns"] - row["predicted_setup_ns"]) for row in lit if row["predicted_setup_ns"] is not None]
    beside = f", at most {words.duration(max(off))} beside declared times" if off else ""
    return f"{of}; the first frame came after {span}{beside}."


def numbered(results: Sequence[Mapping[str, Any]]) -> list[Row]:
    """The rows with the place of each request among those of its instant, from 1.

    >>> [row["number"] for row in numbered([{"requests": 1}, {"requests": 2}, {"requests": 2}])]
    [1, 1, 2]
    """
    placed: Counter[int] = Counter()
    drawn = []
    for row in results:
        placed[row["requests"]] += 1
        drawn.append({**row, "number": placed[row["requests"]]})
    return drawn


SETUPS = Curve(
    title="From the request to the first frame",
    caption="All are asked for at once and decided one after another.",
    x="number",
    y="setup_ns",
    axes=("request", "time"),
    unit="time",
    split=("requests",),
    split_words=lambda row: words.count(row["requests"], "request"),
    reference="predicted_setup_ns",
    reference_name="declared times alone",
    derive=numbered,
)
BRIEF = (
    columns.text("request"),
    columns.pair(),
    columns.duration("answered_ns", "answer after"),
    columns.duration("setup_ns", "first frame"),
    columns.duration("predicted_setup_ns", "predicted"),
    columns.duration("dcn_ns", "of it DCN"),
    columns.reasons("reason", "refused for"),
)
SHOWN = Shown(sentence=sentence, figures=(SETUPS,), brief=BRIEF)
