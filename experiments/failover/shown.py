# SPDX-License-Identifier: BSD-3-Clause
"""How long the receiver was without frames: in a sentence, and scheme by scheme beside what the timers allow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from apnemu.experiments.failover.pictures import frames_figure, ways_maps
from apnemu.report import columns, words
from apnemu.report.plots import figure
from apnemu.report.shown import Shown
from apnemu.report.svg import Scale, css, element, log_scale, percent

Row = Mapping[str, Any]
ROW, BAR, LEFT = 52, 14, 8


def sentence(results: Sequence[Row], picture: Mapping[str, Any]) -> str:
    """How long each way of staying alive was without frames.

    >>> sentence([{"event": "cut a-b", "scheme": "1+1", "restored": True, "outage_ns": 61_100_914, "frames_lost": 588},
    ...           {"event": "cut a-b", "scheme": "ospf", "restored": False, "outage_ns": None, "frames_lost": 7}], {})
    'After cut a-b: 1+1 61.1 ms (588 frames lost), ospf never again.'
    """
    parts = [
        f"{row['scheme']} {words.duration(row['outage_ns'])} ({words.count(row['frames_lost'], 'frame')} lost)"
        if row["restored"]
        else f"{row['scheme']} never again"
        for row in results
    ]
    return f"After {words.spelled(results[0]['event'])}: {', '.join(parts)}."


def outage_figure(rows: Sequence[Row], picture: Mapping[str, Any]) -> list[Markup]:
    """A bar for each row from the event on, on a logarithmic axis; the thin line is what is predicted."""
    lengths = [row[key] for row in rows for key in ("outage_ns", "predicted_outage_ns") if row[key]]
    scale = log_scale([max(1.0, length) for length in lengths] or [1.0], words.duration)
    height = ROW * len(rows)
    drawing: list[Markup] = []
    for tick, label in scale.ticks:
        left = percent(scale.share(tick))
        drawing.append(element("line", class_="grid", x1=left, x2=left, y1=0, y2=height))
        drawing.append(element("text", label, class_="tick", x=left, y=height + 18, text_anchor="middle"))
    for number, row in enumerate(rows):
        drawing += _bar(row, number * ROW, scale)
    svg = element("svg", *drawing, class_="plot", width="100%", height=height + 24)
    label = "outages by scheme; every value is in the table of all results below"
    caption = (
        "From the last frame before to the first after, at the receiver, on a logarithmic axis. The thin line goes from"
        " the shortest to the longest time that declared timers and devices allow."
    )
    box = element("div", svg, class_="plot-box bare", role="img", aria_label=label)
    return [figure("Without frames after the event", caption, box, wide=True)]


def _bar(row: Row, top: int, scale: Scale) -> list[Markup]:
    outage_ns = row["outage_ns"]
    text = (
        f"{words.duration(outage_ns)}, {words.count(row['frames_lost'], 'frame')} lost"
        if row["restored"]
        else "not restored"
    )
    title = f"{words.network(row['network'])}, {row['scheme']} ({words.spelled(row['event'])}): {text}"
    colour = f"fill: var(--{css(row['network'])})"
    parts = [element("text", title, class_="tick", x=LEFT, y=top + 16)]
    if row["restored"] and outage_ns:
        width = percent(scale.share(outage_ns))
        parts.append(element("rect", x=0, y=top + 24, width=width, height=BAR, style=colour))
    if row["predicted_outage_ns"]:
        least, most = row.get("predicted_least_ns") or row["predicted_outage_ns"], row["predicted_outage_ns"]
        middle = top + 24 + BAR + 4
        span = (percent(scale.share(least)), percent(scale.share(most)))
        parts.append(
            element("line", class_="line", x1=span[0], x2=span[1], y1=middle, y2=middle, style="stroke: var(--ink)")
        )
        parts += [
            element("line", x1=at, x2=at, y1=middle - 3, y2=middle + 3, style="stroke: var(--ink)") for at in span
        ]
    return parts


def _expected(row: Row) -> str:
    """The outage that declared timers and devices allow: from the shortest to the longest, where these differ."""
    least, most = (words.duration(row.get(key)) for key in ("predicted_least_ns", "predicted_outage_ns"))
    return most if least == most else f"{least} … {most}"


BRIEF = (
    columns.network_short(),
    columns.text("scheme"),
    columns.duration("outage_ns", "outage"),
    columns.Column(key="predicted_outage_ns", heading="expected", text=_expected),
    columns.plain("frames_lost", "frames lost"),
    columns.duration("dcn_ns", "of it DCN"),
)
SHOWN = Shown(sentence=sentence, figures=(outage_figure, frames_figure, ways_maps), brief=BRIEF)
