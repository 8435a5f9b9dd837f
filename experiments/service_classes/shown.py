# SPDX-License-Identifier: BSD-3-Clause
"""The answer about classes of service: in a sentence, and as a matrix of classes against ways to serve them.

A cell says what the way takes where it serves, and what it lacks where not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from apnemu.experiments.service_classes.ways import ORDER
from apnemu.model.reason import read_reasons
from apnemu.report import columns, words
from apnemu.report.plots import figure
from apnemu.report.svg import element

Row = Mapping[str, Any]

BRIEF = (
    columns.Column(key="class", heading="class", text=lambda row: str(row["class"]), number=False),
    columns.Column(key="way", heading="way", text=lambda row: f"{_mark(row)} {row['way']}", number=False),
    columns.duration("rtt_ns", "RTT"),
    columns.number("transceivers", "TRX", 3),
    columns.number("wavelengths", "λ", 4),
    columns.reasons("reason", "lacks"),
)


def sentence(rows: Sequence[Row], picture: Mapping[str, Any]) -> str:
    """The number of classes that each way serves best.

    >>> row = {"way": "packet", "best": True}
    >>> sentence([{**row, "class": "a"}, {**row, "class": "b", "best": False}], {})
    'Of 2 classes of service 1 is served best by packet; no way serves 1.'
    """
    best = [row["way"] for row in rows if row["best"]]
    classes = len({row["class"] for row in rows})
    counts: list[tuple[int, str]] = [(best.count(way), way) for way in ORDER if way in best]
    unserved = f"no way serves {classes - len(best)}" if classes > len(best) else ""
    if not counts:
        return f"Of {classes} classes of service {unserved}."
    verb = "is served best" if counts[0][0] == 1 else "are served best"
    served = ", ".join(f"{number} by {way}" for number, way in counts).replace(" by", f" {verb} by", 1)
    return f"Of {classes} classes of service {served}{'; ' + unserved if unserved else ''}."


def service_matrix(rows: Sequence[Row], picture: Mapping[str, Any]) -> list[Markup]:
    """A line for each class, a column for each way; the cheapest that keeps what the class needs is set off."""
    ways = list(dict.fromkeys(row["way"] for row in rows))
    lines: dict[str, dict[str, Row]] = {}
    for row in rows:
        lines.setdefault(row["class"], {})[row["way"]] = row
    heads = element("tr", *(element("th", text, scope="col") for text in ("class", "pair, rate, round trip", *ways)))
    body = [
        element(
            "tr",
            element("th", name, scope="row"),
            element("td", _needs(next(iter(line.values())))),
            *(_cell(line[way]) if way in line else element("td", words.NOTHING) for way in ways),
        )
        for name, line in lines.items()
    ]
    caption = (
        "Where a way keeps what a class needs: transceivers + wavelengths (λ) that it takes, in parts where others use"
        " the rest; ★ takes the least. Where not: which bound is not kept; point at it for the figures."
    )
    table = element("table", element("tbody", heads, *body), class_="matrix")
    return [figure("Which way serves which class", caption, element("div", table, class_="scroll"), wide=True)]


def _needs(row: Row) -> str:
    rate, rtt = words.gbps(row["needed_gbps"]), words.duration(row["needed_rtt_ns"])
    return f"{words.pair(row['from'], row['to'])}, {rate} Gbit/s, {rtt}"


def _cell(row: Row) -> Markup:
    """
    >>> row = {"meets": False, "best": False, "reason": "delay: 3 ms, 2 allowed; rate: 9 Gbit/s asked, 5 to be had"}
    >>> str(_cell(row))
    '<td class="muted" title="delay: 3 ms, 2 allowed; rate: 9 Gbit/s asked, 5 to be had">✗ delay, rate</td>'
    >>> str(_cell({"meets": True, "best": True, "transceivers": 1.25, "wavelengths": 0.25}))
    '<td class="best">★ 1.25 + 0.25 λ</td>'
    >>> str(_cell({"meets": True, "best": False, "transceivers": 0, "wavelengths": 0}))
    '<td>✓ no light of its own</td>'
    """
    if not row["meets"]:
        lacks = ", ".join(reason.code for reason in read_reasons(row["reason"]))
        return element("td", f"{_mark(row)} {lacks}", class_="muted", title=row["reason"])
    takes = f"{row['transceivers']:g} + {row['wavelengths']:g} λ" if row["transceivers"] else "no light of its own"
    return element("td", f"{_mark(row)} {takes}", **({"class_": "best"} if row["best"] else {}))


def _mark(row: Row) -> str:
    """The sign of the best way, of another that meets the class, and of one that does not."""
    return "★" if row["best"] else "✓" if row["meets"] else "✗"
