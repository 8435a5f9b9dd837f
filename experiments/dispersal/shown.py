# SPDX-License-Identifier: BSD-3-Clause
"""The answer about dispersal: in a sentence, as bars of what is refused, and over the share of pooled sites."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from apnemu.report import columns, words
from apnemu.report.curves import Curve
from apnemu.report.plots import figure
from apnemu.report.svg import element, key, key_list

Row = Mapping[str, Any]
WIDTH, BAR, GAP, LABEL = 640, 16, 6, 190
PLAYED = "fill:var(--apn)"

COLUMNS = (
    columns.text("form", "form, sites x MW"),
    columns.text("split", "jobs divided"),
    columns.percent("pooled_share", "of sites pooled"),
    columns.plain("job_mw", "job, MW"),
    columns.number("offered_erlang", "offered, E", 1),
    columns.plain("at_once", "jobs at once"),
    columns.number("refused", "refused, %", 3, 100),
    columns.number("ci95", "± 95 %", 3, 100),
    columns.number("erlang_b", "Erlang B, %", 3, 100),
    columns.percent("utilisation", "power in use"),
    columns.number("total_mw", "in use, MW", 1),
    columns.number("sites_per_job", "sites of a job", 2),
    columns.number("step_ratio", "step, x one site", 4),
    columns.number("wan_tb", "between sites, TB a day", 1),
)
BRIEF = COLUMNS[:2] + COLUMNS[3:9] + COLUMNS[9:10] + COLUMNS[12:]


def sentence(rows: Sequence[Row], picture: Mapping[str, Any]) -> str:
    """What is refused in each form, undivided and divided, at each size of job.

    >>> row = {"job_mw": 10.0, "growth": 1.0, "efficiency": 1.0, "pooled_share": 0.0, "split": False}
    >>> rows = [{**row, "form": "1x1000", "refused": 0.01, "at_once": 100}]
    >>> sentence([*rows, {**row, "form": "10x100", "refused": 0.14, "at_once": 100}], {})
    'Jobs of 10 MW, each site by itself: 1x1000 refuses 1.0 % (100 at once), 10x100 14.0 % (100).'
    """
    parts: dict[str, list[Row]] = {}
    for row in rows:
        parts.setdefault(_way(row), []).append(row)
    return " ".join(f"{way}: {_refusals(of_way)}." for way, of_way in parts.items())


def _way(row: Row) -> str:
    """The row's jobs and how its sites work, in words."""
    grown = "" if row["growth"] == 1 else f", {row['growth']:g} x as many"
    thrifty = "" if row["efficiency"] == 1 else f", {row['efficiency']:g} x as efficient"
    pooled = row["pooled_share"]
    way = "each site by itself"
    if row["split"]:
        way = "divided over sites" if pooled == 1 else f"divided over {words.percent(pooled)} of the sites"
    return f"Jobs of {row['job_mw']:g} MW{grown}{thrifty}, {way}"


def _refusals(rows: Sequence[Row]) -> str:
    first, *others = (
        f"{row['form']} {'refuses ' if number == 0 else ''}{words.percent(row['refused'])}"
        f" ({row['at_once']:,}{' at once' if number == 0 else ''})"
        for number, row in enumerate(rows)
    )
    return ", ".join((first, *others))


def bars(rows: Sequence[Row], picture: Mapping[str, Any]) -> list[Markup]:
    """Bars of the share refused, the closed form as a mark on each."""
    drawn: list[Markup] = []
    top, way = 0, ""
    for row in rows:
        if _way(row) != way:
            way = _way(row)
            top += GAP * 3
            drawn.append(element("text", way, x=0, y=top + 8))
            top += BAR + GAP // 2
        length = (WIDTH - LABEL - 80) * row["refused"]
        mark = LABEL + (WIDTH - LABEL - 80) * row["erlang_b"]
        note = f"{row['form']}: {words.percent(row['refused'])} refused, Erlang B {words.percent(row['erlang_b'])}"
        told = f"{words.percent(row['refused'])}, {row['at_once']:,} at once"
        drawn += [
            element("text", row["form"], x=LABEL - 8, y=top + 12, text_anchor="end"),
            element("rect", element("title", note), x=LABEL, y=top, width=round(length, 1), height=BAR, style=PLAYED),
            element("path", d=f"M{mark:.1f} {top - 2}v{BAR + 4}", stroke="var(--ink)", stroke_width=2),
            element("text", told, x=round(max(length + LABEL, mark) + 6, 1), y=top + 12),
        ]
        top += BAR + GAP
    label = "; ".join(f"{_way(row)}, {row['form']}: {words.percent(row['refused'])} refused" for row in rows)
    svg = element("svg", *drawn, class_="map", viewBox=f"0 0 {WIDTH} {top + GAP}", role="img", aria_label=label)
    keys = [
        key("refused, as played", element("rect", x=0, y=2, width=16, height=12, style=PLAYED)),
        key("Erlang B", element("path", d="M8 0v16", stroke="var(--ink)", stroke_width=2)),
    ]
    caption = "Of all jobs; how many run at once stands beside it. A bar's full length is every job."
    return [figure("Jobs that are refused", caption, svg, key_list(keys), wide=True)]


def _pooled(rows: Sequence[Row]) -> list[Row]:
    return [row for row in rows if row["split"]]


FIGURES = (
    bars,
    Curve(
        title="Refused over the share of sites that are run as one",
        caption="Of all jobs, where jobs may be divided; dashed: Erlang B.",
        x="pooled_share",
        y="refused",
        axes=("share of sites pooled", "share refused"),
        unit="share",
        split=("job_mw",),
        split_words=lambda row: f"jobs of {row['job_mw']:g} MW",
        by="form",
        reference="erlang_b",
        reference_name="Erlang B",
        derive=_pooled,
    ),
    Curve(
        title="Power in use over growth",
        caption="MW in use, for each efficiency: what efficiency saves, growth takes back.",
        x="growth",
        y="total_mw",
        axes=("times as many jobs", "MW"),
        split=("job_mw",),
        split_words=lambda row: f"jobs of {row['job_mw']:g} MW",
        by="form",
        lines=("efficiency", "split"),
        line_words=lambda row: f"{row['efficiency']:g} x, {'divided' if row['split'] else 'apart'}",
    ),
)
