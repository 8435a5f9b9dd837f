# SPDX-License-Identifier: BSD-3-Clause
"""A word on lines of different rates: networks that are compared have equal ones, unless somebody asked for others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from apnemu.report import words
from apnemu.report.ordering import networks
from apnemu.report.svg import element

COLUMN = "line_rate_gbps"
"""The column of a row that has the rate of its network's line, in Gbit/s."""


def told_lines(rates: Mapping[str, Sequence[float]]) -> str:
    """Rates of several networks, for a person.

    >>> told_lines({"apn": (100.0,), "packet": (2.5, 10.0)})
    'The lines differ: 100 Gbit/s over the APN, 2.50 to 10 over the packet network.'
    """
    parts: list[str] = []
    for name, known in rates.items():
        span = " to ".join(words.gbps(rate) for rate in dict.fromkeys((min(known), max(known)))) if known else "none"
        parts.append(f"{span}{'' if parts else ' Gbit/s'} over the {words.network(name)}")
    return f"The lines differ: {', '.join(parts)}."


def of_rows(rows: Sequence[Mapping[str, Any]]) -> str:
    """What is to be said of rows whose networks have lines of different rates; empty where they have not.

    >>> one, other = {"network": "apn", "line_rate_gbps": 100.0}, {"network": "packet", "line_rate_gbps": 10.0}
    >>> of_rows([one, other, {"network": "packet"}])
    'The lines differ: 100 Gbit/s over the APN, 10 over the packet network.'
    >>> of_rows([one, {**other, "line_rate_gbps": 100.0}]), of_rows([one]), of_rows([{}, {"network": "apn"}])
    ('', '', '')
    """
    known = [row for row in rows if row.get("network") and row.get(COLUMN) is not None]
    rates = {name: sorted({float(row[COLUMN]) for row in known if row["network"] == name}) for name in networks(known)}
    return told_lines(rates) if any(known != next(iter(rates.values())) for known in rates.values()) else ""


def noted(figure: Markup, rows: Sequence[Mapping[str, Any]]) -> Markup:
    """A figure that says so too, where the lines of what it shows differ."""
    told = of_rows(rows)
    if not told:
        return figure
    head, end, tail = figure.rpartition(Markup("</figure>"))
    return Markup("").join((head, element("p", told, class_="muted"), end, tail)) if end else figure
