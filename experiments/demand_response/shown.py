# SPDX-License-Identifier: BSD-3-Clause
"""How calls of the grid are shown: how fast each lever delivers in a sentence, the timeline of each as a figure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from apnemu.experiments.demand_response.pictures import timelines
from apnemu.report import columns, words
from apnemu.report.shown import Shown

Row = Mapping[str, Any]
LEVERS = {
    "cap": "power caps",
    "battery": "batteries",
    "pause": "paused jobs",
    "plant": "own plants",
    "move": "moves of work",
}


def sentence(results: Sequence[Row], picture: Mapping[str, Any]) -> str:
    """How much each lever delivers, and after how many seconds.

    >>> call = {"called_mw": 20.0, "connection": "none"}
    >>> sentence([{**call, "by": "cap", "delivered_mw": 20.0, "delivered_s": 2.005},
    ...           {**call, "by": "battery", "delivered_mw": 0.0, "delivered_s": None}], {})
    'Of 20 MW, power caps deliver 20.0 MW after 2.005 s; batteries deliver nothing.'
    """
    parts = []
    for row in results:
        name = LEVERS[row["by"]]
        told = f" ({row['connection']})" if row["connection"] != "none" else ""
        if row["delivered_s"] is None or row["delivered_mw"] is None:
            parts.append(f"{name}{told} deliver nothing")
        else:
            after = f"{row['delivered_s']:,.3f}" if row["delivered_s"] < 100 else f"{row['delivered_s']:,.1f}"
            parts.append(f"{name}{told} deliver {row['delivered_mw']:,.1f} MW after {after} s")
    asked = list(dict.fromkeys(row["called_mw"] for row in results if row["called_mw"]))
    of = f"Of {asked[0]:,.4g} MW, " if len(asked) == 1 else ""
    return words.capital(f"{of}{'; '.join(parts)}.")


BRIEF = (
    columns.text("by"),
    columns.text("connection", "line"),
    columns.number("called_mw", "called, MW", 1),
    columns.number("delivered_mw", "off, MW", 1),
    columns.number("delivered_s", "after, s", 3),
    columns.number("predicted_s", "predicted, s", 3),
    columns.number("held_s", "held, s", 0),
    columns.number("rebound_mwh", "made up, MWh", 2),
    columns.plain("jobs_lost", "lost"),
)
SHOWN = Shown(sentence=sentence, brief=BRIEF, columns=BRIEF, figures=(timelines,))
