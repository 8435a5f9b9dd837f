# SPDX-License-Identifier: BSD-3-Clause
"""Drawings of light trees: hub on the left, leaves on the right, splitters where branches part."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from apnemu.report import words
from apnemu.report.plots import figure
from apnemu.report.svg import element

WIDTH, LEFT, RIGHT, ROW = 760, 90, 500, 26


def tree_figures(picture: Mapping[str, Any]) -> list[Markup]:
    """A drawing of each tree of the plan, in its order."""
    return [_tree(tree) for tree in picture.get("trees", ())]


def _tree(tree: Mapping[str, Any]) -> Markup:
    """A tree. From left to right a site stands by its number of fibres from the hub; a leaf has a line of its own, any
    other site stands in the middle of its leaves."""
    branches = sorted(tree["branches"], key=lambda branch: branch["route"])
    deepest = max(len(branch["route"]) for branch in branches) - 1
    step = (RIGHT - LEFT) / deepest
    lines: dict[str, list[int]] = {}
    for number, branch in enumerate(branches):
        for site in branch["route"]:
            lines.setdefault(site, []).append(number)
    depth = {site: at for branch in branches for at, site in enumerate(branch["route"])}
    at = {site: (LEFT + depth[site] * step, 20 + ROW * sum(own) / len(own)) for site, own in lines.items()}
    edges = dict.fromkeys(
        pair for branch in branches for pair in zip(branch["route"], branch["route"][1:], strict=False)
    )
    drawn = [element("line", class_="fibre", x1=at[a][0], y1=at[a][1], x2=at[b][0], y2=at[b][1]) for a, b in edges]
    leaves = {branch["to"]: branch for branch in branches}
    for site, (x, y) in at.items():
        drawn.append(element("circle", cx=x, cy=y, r=4, fill="var(--apn)"))
        if site in leaves:
            branch = leaves[site]
            text = f"{words.site(site)} {words.duration(branch['delay_ns'])}, {branch['margin_db']:.1f} dB margin"
            drawn.append(element("text", text, x=x + 8, y=y + 4))
        else:
            drawn.append(element("text", words.site(site), x=x, y=y - 8, text_anchor="middle"))
    label = words.spelled(f"{tree['name']}: from {tree['from']} to {', '.join(leaves)}")
    picture = element(
        "svg", *drawn, viewBox=f"0 0 {WIDTH} {24 + ROW * len(branches)}", class_="map", role="img", aria_label=label
    )
    title = "Light tree" if tree["kind"] == "tree" else "Light tree shared by subcarriers"
    caption = f"{tree['mode']}, slot {words.slot(tree['slot']['n'], tree['slot']['m'])}"
    return figure(f"{title} {words.spelled(tree['name'])}", caption, picture, wide=True)
