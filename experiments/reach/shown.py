"""The map of where a data centre can stand for one place: over both networks, over the APN alone, or not at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from apnemu.report import words
from apnemu.report.plant_map import WIDTH, Projection
from apnemu.report.plots import figure
from apnemu.report.svg import element

RADIUS = 6
COLOURS = {"both": "var(--good)", "apn": "var(--apn)", "packet": "var(--packet)", "none": "var(--rule)"}
MEANING = {
    "both": "over either network",
    "apn": "over the APN alone",
    "packet": "over the packet network alone",
    "none": "over neither",
}


def reach_figures(rows: Sequence[Mapping[str, Any]], picture: Mapping[str, Any]) -> list[Markup]:
    """One map; every site with its verdict in words."""
    by_site: dict[str, dict[str, Mapping[str, Any]]] = {}
    for row in rows:
        by_site.setdefault(row["site"], {})[row["network"]] = row
    projection = Projection(picture["sites"])
    demand = rows[0]["demand"]
    marks: list[Markup] = []
    used: dict[str, None] = {}
    at = {site["name"]: projection.point(site["lat"], site["lon"]) for site in picture["sites"]}
    for fibre in picture["fibres"]:
        (x1, y1), (x2, y2) = at[fibre["a"]], at[fibre["b"]]
        marks.append(element("line", class_="fibre", x1=x1, y1=y1, x2=x2, y2=y2))
    for name, (x, y) in at.items():
        if name == demand:
            marks.append(element("circle", class_="ring", cx=x, cy=y, r=9))
            marks.append(element("text", words.site(name), x=x + 12, y=y + 4))
        elif name in by_site:
            kind = _kind(by_site[name])
            used[kind] = None
            title = element("title", f"{words.site(name)}: {_said(by_site[name])}")
            marks.append(element("circle", title, cx=x, cy=y, r=RADIUS, fill=COLOURS[kind], stroke="var(--ink)"))
    svg = element(
        "svg",
        *marks,
        class_="map",
        viewBox=f"0 0 {WIDTH} {projection.height}",
        role="img",
        aria_label=_summary(by_site),
    )
    keys = [
        element(
            "li",
            element(
                "svg", element("circle", cx=8, cy=8, r=6, fill=COLOURS[kind], stroke="var(--ink)"), width=16, height=16
            ),
            MEANING[kind],
        )
        for kind in COLOURS
        if kind in used
    ]
    caption = f"Sites that can host a service for {words.site(demand)}; point at one for its round trips and reasons."
    return [figure("Where it can stand", caption, svg, element("ul", *keys, class_="legend"), wide=True)]


def _kind(of_site: Mapping[str, Mapping[str, Any]]) -> str:
    can = [network for network, row in of_site.items() if row["reachable"]]
    return "both" if len(can) == 2 else can[0] if can else "none"


def _said(of_site: Mapping[str, Mapping[str, Any]]) -> str:
    return "; ".join(
        f"{words.network(network)} {words.duration(row['rtt_ns'])}" + (f" ({row['reason']})" if row["reason"] else "")
        for network, row in of_site.items()
    )


def _summary(by_site: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> str:
    kinds = [_kind(of_site) for of_site in by_site.values()]
    return ", ".join(f"{kinds.count(kind)} {MEANING[kind]}" for kind in COLOURS if kind in kinds)
