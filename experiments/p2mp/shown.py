# SPDX-License-Identifier: BSD-3-Clause
"""The answer about light to many: in a sentence, and as curves over the number of leaves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from apnemu.report import columns, words
from apnemu.report.curves import Curve
from apnemu.report.shown import Shown

Row = Mapping[str, Any]


def sentence(rows: Sequence[Row], picture: Mapping[str, Any]) -> str:
    """What the most leaves that any light reaches take by each kind of light, and what each of them gets.

    >>> one = {"leaf": "a", "leaves": 1, "refused": "", "transceivers": 2, "spectrum_ghz": 100.0, "share_gbps": 100.0}
    >>> sentence([{**one, "kind": "tree"}, {**one, "kind": "subcarriers", "spectrum_ghz": 75.0},
    ...           {**one, "kind": "p2p", "refused": "quality: too far"}], {})
    'For 1 leaf: 2 transceivers and 100 GHz as a light tree (the same 100 Gbit/s to all), 2 and 75 GHz as shared \
subcarriers (100 Gbit/s to each); refused as lightpaths.'
    >>> sentence([{**one, "refused": "splitting: too many", "kind": "tree"}], {})
    'No leaf got light.'
    """
    lit = [row for row in rows if not row["refused"]]
    if not lit:
        return "No leaf got light."
    most = max(row["leaves"] for row in lit)
    names = {"tree": "a light tree", "subcarriers": "shared subcarriers", "p2p": "lightpaths"}
    parts: list[str] = []
    refused: list[str] = []
    for kind in dict.fromkeys(row["kind"] for row in rows):
        own = [row for row in lit if (row["kind"], row["leaves"]) == (kind, most)]
        if not own:
            refused.append(names[kind])
            continue
        few = "" if len(own) == most else f" to {len(own)} of them alone"
        unit = "" if parts else " transceivers"
        takes = f"{own[0]['transceivers']}{unit} and {own[0]['spectrum_ghz']:g} GHz"
        shares = sorted({row["share_gbps"] for row in own})
        span = " to ".join(words.gbps(share) for share in dict.fromkeys((shares[0], shares[-1])))
        gets = f"the same {span} Gbit/s to all" if kind == "tree" else f"{span} Gbit/s to each"
        parts.append(f"{takes} as {names[kind]}{few} ({gets})")
    ending = f"; refused as {' and as '.join(refused)}" if refused else ""
    return f"For {most} {'leaf' if most == 1 else 'leaves'}: {', '.join(parts)}{ending}."


def without_refused(rows: Sequence[Row]) -> list[Row]:
    """The rows of each kind and number of leaves of which every leaf got light: the rest alone would look cheap."""
    refused = {(row["kind"], row["leaves"]) for row in rows if row["refused"]}
    return [row for row in rows if (row["kind"], row["leaves"]) not in refused]


def _over_leaves(title: str, caption: str, column: str, axis: str) -> Curve:
    return Curve(
        title=title,
        caption=caption,
        x="leaves",
        y=column,
        axes=("leaves", axis),
        by="kind",
        derive=without_refused,
    )


BRIEF = (
    columns.Column(key="kind", heading="light", text=lambda row: words.network(row["kind"]), number=False),
    columns.text("leaf"),
    columns.plain("leaves"),
    columns.plain("transceivers", "TRX"),
    columns.number("spectrum_ghz", "GHz", 0),
    columns.gbps("rate_gbps", "Gbit/s"),
    columns.duration("delay_ns", "delay"),
    columns.part("lost", "sent", "lost"),
    columns.reasons("refused", "refused"),
)
SHOWN = Shown(
    sentence=sentence,
    brief=BRIEF,
    figures=(
        _over_leaves(
            "Transceivers",
            "One at each leaf, and at the hub one, or for lightpaths one for each leaf: a light tree and shared"
            " subcarriers lie on one another. What is a receiver alone, for answers to a light tree, is not counted.",
            "transceivers",
            "transceivers",
        ),
        _over_leaves(
            "What a leaf gets",
            "A light tree sends the same to all its leaves, others to each leaf what is its own.",
            "share_gbps",
            "Gbit/s",
        ),
        _over_leaves(
            "Spectrum",
            "The widths of all slots together, whether or not they lie in one fibre; the leaves' answers to a"
            " light tree have slots of their own, all others go both ways in one.",
            "spectrum_ghz",
            "GHz",
        ),
        _over_leaves(
            "Power of the transceivers",
            "By what the equipment file declares of one transceiver; the figures that ship are inferred. A"
            " receiver alone counts as half of one, which is inferred too.",
            "power_w",
            "W",
        ),
    ),
)
