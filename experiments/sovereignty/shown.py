# SPDX-License-Identifier: BSD-3-Clause
"""What stayed in its zone: in a sentence, on a map, and kind by kind of attempt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from apnemu.report import columns, words
from apnemu.report.maps import Ground
from apnemu.report.plots import figure
from apnemu.report.shown import Shown
from apnemu.report.svg import element
from apnemu.units import NS_PER_S

Row = Mapping[str, Any]
SAID = {
    "light": "light to a site outside",
    "route": "light over a fibre outside",
    "tcp": "TCP to a host outside",
    "udp": "UDP to a host outside",
    "icmp": "echo requests to a host outside",
    "ipv6": "frames of IPv6",
    "forged": "datagrams under another's address",
    "dcn": "data to the controller's computer",
    "replay": "the owner's request again",
}
ON_PACKETS = " On the packet network the walls' own log counts."


def sentence(results: Sequence[Row], picture: Mapping[str, Any]) -> str:
    """What left, what was blocked, and how soon withdrawn light stopped.

    >>> sentence([{"zone": "kyushu", "obey": True, "bytes_outside": 0, "attempts": 8, "blocked": 8, "revoke_s": 0.002,
    ...            "cost_yen": None}], {})
    '0 bytes left zone kyushu; 8 of 8 attempts were blocked; withdrawn light stopped after 2.00 ms.'
    """
    told = [_told(row) for row in results]
    if len(results) > 1:
        told = [
            f"{words.capital(words.network(row['network']))}: {one}" for row, one in zip(results, told, strict=True)
        ]
    return " ".join(told)


def _told(row: Row) -> str:
    parts = [
        f"{_count(row['bytes_outside'])} left zone {row['zone']}{'' if row['obey'] else ', which nobody obeyed'}",
        f"{row['blocked']} of {words.count(row['attempts'], 'attempt')} were blocked",
    ]
    if row["revoke_s"] is not None:
        parts.append(f"withdrawn light stopped after {words.duration(round(row['revoke_s'] * NS_PER_S))}")
    if row["cost_yen"] is not None:
        parts.append(f"obeying costs {row['cost_yen']:,.0f} yen a day")
    return f"{'; '.join(parts)}."


def _count(count: int | None) -> str:
    return "an unknown number of bytes" if count is None else words.count(count, "byte")


def zone_map(rows: Sequence[Row], picture: Mapping[str, Any]) -> list[Markup]:
    """The zone on a map for each network: its sites and fibres, those outside, and what was seen there."""
    several = len(rows) > 1
    maps = [_map(row, picture, f", {words.network(row['network'])}" if several else "") for row in rows]
    return [drawn for drawn in maps if drawn is not None]


def _map(row: Row, picture: Mapping[str, Any], of: str) -> Markup | None:
    zone = next((each for each in picture.get("zones", ()) if each["name"] == row["zone"]), None)
    if zone is None:
        return None
    ground = Ground(picture)
    members = {site["name"] for site in picture["sites"]} if zone["sites"] == "all" else set(zone["sites"])
    places = row["outside_by_place"] or {}
    marks = []
    for fibre in picture["fibres"]:
        inside = {fibre["a"], fibre["b"]} <= members and fibre["name"] not in zone["without_fibres"]
        seen = places.get(fibre["name"], 0)
        note = f"{fibre['name']}: {'in the zone' if inside else f'outside, {_count(seen)}'}"
        look = "stroke: var(--apn); stroke-width: 4" if inside else "stroke: var(--muted); stroke-dasharray: 4 4"
        marks.append(ground.fibre(fibre, note, style=look if not seen else "stroke: var(--bad); stroke-width: 4"))
    for site in picture["sites"]:
        x, y = ground.at[site["name"]]
        inside = site["name"] in members
        style = "fill: var(--apn)" if inside else "fill: var(--sheet); stroke: var(--muted)"
        marks.append(element("circle", cx=x, cy=y, r=7 if inside else 5, style=style))
        text = words.site(site["name"])
        if site["name"] == row["intruder"]:
            text += f" (intruder, {row['blocked']} of {row['attempts']} blocked)"
        marks.append(element("text", text, class_="tick", x=x + 10, y=y - 8))
    caption = (
        "Filled sites and thick lines lie in the zone; dashed lines lie outside, and would be drawn thick and in red if"
        " a byte had been counted there."
    )
    label = f"zone {row['zone']}: {', '.join(sorted(members))}"
    return figure(f"Zone {row['zone']}{of}", caption, ground.drawn(*marks, label=label))


def kinds_table(rows: Sequence[Row], picture: Mapping[str, Any]) -> list[Markup]:
    """A table of the kinds of attempts."""
    made = [(row["network"], kind, *row["by_kind"][kind]) for row in rows for kind in row["by_kind"] or {}]
    if not made:
        return []
    of = ("network",) if len(rows) > 1 else ()
    cells = [element("tr", *(element("th", text) for text in (*of, "kind", "attempts", "blocked")))]
    for network, kind, count, blocked in made:
        own = (words.network(network),) if of else ()
        told = (*own, _kind(network, kind), count, blocked)
        cells.append(element("tr", *(element("td", str(text)) for text in told)))
    caption = (
        "An attempt counts as blocked if it did not get through and stands in the controller's log as not allowed."
        f"{ON_PACKETS if any(row['network'] == 'packet' for row in rows) else ''}"
    )
    return [figure("Attempts", caption, element("table", *cells))]


def _kind(network: str, kind: str) -> str:
    if (network, kind) == ("packet", "route"):
        return "UDP to a host over a fibre outside"
    return SAID.get(kind, kind)


COLUMNS = (
    columns.network_short(),
    columns.text("zone"),
    columns.plain("bytes_inside", "bytes inside"),
    columns.plain("bytes_outside", "bytes outside"),
    columns.plain("attempts"),
    columns.plain("blocked"),
    columns.plain("revoke_s", "stopped after, s"),
    columns.plain("predicted_revoke_s", "predicted, s"),
    columns.plain("audit_lines", "lines in the log"),
    columns.plain("cost_yen", "cost, yen"),
)
SHOWN = Shown(sentence=sentence, figures=(zone_map, kinds_table), columns=COLUMNS, brief=COLUMNS)
