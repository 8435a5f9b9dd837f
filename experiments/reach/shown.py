# SPDX-License-Identifier: BSD-3-Clause
"""The answer about reach: in a sentence, and as a map of where a data centre can stand, over which of the networks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from apnemu.report import columns, words
from apnemu.report.maps import Ground
from apnemu.report.plots import figure
from apnemu.report.svg import element, key, key_list

Row = Mapping[str, Any]
RADIUS = 6
COLOURS = {"both": "var(--good)", "apn": "var(--apn)", "packet": "var(--packet)", "none": "var(--rule)"}
MEANING = {
    "both": "over either network",
    "apn": "over the APN alone",
    "packet": "over the packet network alone",
    "none": "over neither",
}

BRIEF = (
    columns.network_short(),
    columns.site("site"),
    columns.text("reachable", "can host"),
    columns.duration("rtt_ns", "round trip"),
    columns.duration("measured_rtt_ns", "measured"),
    columns.duration("jitter_ns", "jitter"),
    columns.percent("power_share", "of power"),
    columns.reasons("reason", "lacks"),
)


def sentence(rows: Sequence[Row], picture: Mapping[str, Any]) -> str:
    """How many sites can host over each network, with what share of people and of power."""
    parts = []
    for network, name in (("apn", "the APN"), ("packet", "the packet network")):
        of_network = [row for row in rows if row["network"] == network]
        if of_network:
            can = [row for row in of_network if row["reachable"]]
            shares = [
                f"{100 * sum(known):.0f} % of {what}"
                for key, what in (("population_share", "people"), ("power_share", "power"))
                if (known := [row[key] for row in can if row[key] is not None]) or not can
            ]
            with_shares = f", with {' and '.join(shares)}" if shares else ""
            parts.append(f"over {name} {len(can)} of {words.count(len(of_network), 'site')} can{with_shares}")
    return f"A service for {words.site(rows[0]['demand'])}: {'; '.join(parts)}."


def reach_map(rows: Sequence[Row], picture: Mapping[str, Any]) -> list[Markup]:
    """One map; every site with its verdict in words."""
    by_site: dict[str, dict[str, Row]] = {}
    for row in rows:
        by_site.setdefault(row["site"], {})[row["network"]] = row
    demand = rows[0]["demand"]
    ground = Ground(picture)
    marks = [ground.fibre(fibre) for fibre in picture["fibres"]]
    for name, (x, y) in ground.at.items():
        if name == demand:
            marks.append(element("circle", class_="ring", cx=x, cy=y, r=9))
            marks.append(element("text", words.site(name), x=x + 12, y=y + 4))
        elif name in by_site:
            title = element("title", f"{words.site(name)}: {_said(by_site[name])}")
            marks.append(_dot(_kind(by_site[name]), x, y, title))
    kinds = {_kind(of_site) for of_site in by_site.values()}
    keys = [key(MEANING[kind], _dot(kind, 8, 8)) for kind in COLOURS if kind in kinds]
    caption = f"Sites that can host a service for {words.site(demand)}; point at one for its round trips and reasons."
    drawn = ground.drawn(*marks, label=_summary(by_site))
    return [figure("Where it can stand", caption, drawn, key_list(keys), wide=True)]


def _dot(kind: str, x: float, y: float, *title: Markup) -> Markup:
    return element("circle", *title, cx=x, cy=y, r=RADIUS, fill=COLOURS[kind], stroke="var(--ink)")


def _kind(of_site: Mapping[str, Row]) -> str:
    can = [network for network, row in of_site.items() if row["reachable"]]
    return "both" if len(can) == 2 else can[0] if can else "none"


def _said(of_site: Mapping[str, Row]) -> str:
    return "; ".join(
        f"{words.network(network)} {words.duration(row['rtt_ns'])}" + (f" ({row['reason']})" if row["reason"] else "")
        for network, row in of_site.items()
    )


def _summary(by_site: Mapping[str, Mapping[str, Row]]) -> str:
    kinds = [_kind(of_site) for of_site in by_site.values()]
    return ", ".join(f"{kinds.count(kind)} {MEANING[kind]}" for kind in COLOURS if kind in kinds)
