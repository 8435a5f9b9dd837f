# SPDX-License-Identifier: BSD-3-Clause
"""The answer about siting: in a sentence, as a funnel with who is dropped where, a map, over the years, by region."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup
from rich.table import Table
from rich.text import Text

from apnemu.report import columns, words
from apnemu.report.bars import Bar, bars, shortened
from apnemu.report.curves import Curve
from apnemu.report.maps import Ground
from apnemu.report.plots import figure
from apnemu.report.svg import element, key, key_list
from apnemu.report.tables import left, right, titled

Row = Mapping[str, Any]
COLUMNS = (
    columns.text("part"),
    columns.text("name"),
    columns.text("connection"),
    columns.text("release_after_years", "idle released after, years"),
    columns.plain("survivors", "left"),
    columns.plain("removed", "dropped"),
    columns.number("mw_left", "room at those left, MW", 0),
    columns.text("dropped_at", "dropped at"),
    columns.text("weakest", "nearest to its limit"),
    columns.percent("margin", "by"),
    columns.number("booked_mw", "booked, MW", 0),
    columns.number("connected_mw", "connected, MW", 0),
    columns.plain("refused", "requests refused"),
    columns.number("shortfall_mw", "short, MW", 0),
    columns.number("area_m2", "floor, m2", 0),
    columns.plain("buildings"),
    columns.percent("share", "of floor"),
    columns.percent("building_share", "of buildings"),
    columns.number("hhi", "HHI", 4),
)
SURVIVES, DROPPED = "var(--good)", "var(--bad)"


def of_part(rows: Sequence[Row], part: str) -> list[Row]:
    """The rows of one part of the answer."""
    return [row for row in rows if row["part"] == part]


def sentence(rows: Sequence[Row], picture: Mapping[str, Any]) -> str:
    """Sites left under each connection and rule, what is connected in the end, and how crowded regions are.

    >>> rows = [{"part": "step", "connection": "firm", "release_after_years": "never", "before": 3, "survivors": 1}]
    >>> rows += [{**rows[0], "part": "year", "connected_mw": 200.0, "refused": 5}]
    >>> sentence(rows, {})
    'Firm, idle bookings never released: 1 of 3 candidates is left, 200 MW connected, 5 requests refused.'
    """
    parts = [_case_said(case, of_case) for case, of_case in _cases(rows)]
    regions = of_part(rows, "region")
    pair = [row for row in regions if "+" in row["name"]]
    for row in pair:
        names = words.capital(row["name"].replace("+", " and "))
        parts.append(f"{names} have {words.percent(row['share'])} of all floor (HHI {row['hhi']:.4f}).")
    return " ".join(parts) or words.count(len(rows), "result") + "."


def _cases(rows: Sequence[Row]) -> list[tuple[str, list[Row]]]:
    """Rows by connection and rule of release, in words."""
    found: dict[str, list[Row]] = {}
    for row in rows:
        if row.get("connection"):
            rule = row["release_after_years"]
            told = "never released" if rule == "never" else f"released after {words.count(int(rule), 'year')}"
            found.setdefault(words.capital(f"{row['connection']}, idle bookings {told}"), []).append(row)
    return list(found.items())


def _case_said(case: str, rows: Sequence[Row]) -> str:
    said = []
    steps, years = of_part(rows, "step"), of_part(rows, "year")
    if steps:
        number = steps[-1]["survivors"]
        verb = "is" if number == 1 else "are"
        said.append(f"{number} of {words.count(steps[0]['before'], 'candidate')} {verb} left")
    if years:
        last = years[-1]
        said += [f"{last['connected_mw']:,.0f} MW connected", f"{words.count(last['refused'], 'request')} refused"]
    return f"{case}: {', '.join(said)}."


def table(rows: Sequence[Row]) -> Table:
    """The funnel of each case for a terminal, then what its last year has."""
    drawn = titled("Results", *left("case", "step"), *right("left", "room, MW"), *left("dropped"))
    for case, of_case in _cases(rows):
        for row in of_part(of_case, "step"):
            dropped = Text(", ".join(map(words.site, row["removed_sites"])))
            room = words.NOTHING if row["mw_left"] is None else f"{row['mw_left']:,.0f}"
            drawn.add_row(Text(case), Text(row["step"]), words.plain(row["survivors"]), room, dropped)
        for row in of_part(of_case, "year")[-1:]:
            end = (
                f"{row['connected_mw']:,.0f} MW connected, {row['booked_mw']:,.0f} MW booked, {row['refused']} refused"
            )
            drawn.add_row(Text(case), Text(f"end of {row['year']}"), "", "", Text(end))
    drawn.caption = "Every row stands in results.json and on the page."
    return drawn


def funnels(rows: Sequence[Row], picture: Mapping[str, Any]) -> list[Markup]:
    """A funnel for each case: candidates left after each step, who was dropped, and for which reason."""
    drawn = []
    for case, of_case in _cases(rows):
        steps = of_part(of_case, "step")
        why = {row["name"]: row["reason"] for row in of_part(of_case, "site")}
        if not steps or not steps[0]["before"]:
            continue
        total = steps[0]["before"]
        steps = [row for row in steps if None not in (row["survivors"], row["mw_left"])]
        listed = [Bar(label="all", share=1.0, words=words.count(total, "candidate"))]
        listed += [_step_bar(row, total, why) for row in steps]
        label = "; ".join(f"{row['step']}: {row['survivors']} of {total} left" for row in steps)
        caption = (
            "Candidates that each condition leaves, with the room at their substations; below, who is dropped there."
        )
        drawn.append(figure(f"The funnel: {case}", caption, bars([("", listed)], label), wide=True))
    return drawn


def _step_bar(row: Row, total: int, why: Mapping[str, str]) -> Bar:
    dropped = [words.site(name) for name in row["removed_sites"]]
    reasons = "; ".join(f"{words.site(name)}: {why.get(name, '')}" for name in row["removed_sites"])
    return Bar(
        label=row["step"],
        share=row["survivors"] / total,
        words=f"{row['survivors']}, {row['mw_left']:,.0f} MW",
        note=reasons or "nobody is dropped",
        below=f"− {shortened(_lacking(row, why) if len(dropped) == 1 else dropped)}" if dropped else "",
        good=True,
    )


def _lacking(row: Row, why: Mapping[str, str]) -> list[str]:
    """The sites that a step drops, each with what it lacks there."""
    step = f"{row['step']}: "
    lacks = {name: why.get(name, "").split("; ") for name in row["removed_sites"]}
    told = {name: next((part for part in parts if part.startswith(step)), step) for name, parts in lacks.items()}
    return [f"{words.site(name)}: {part.removeprefix(step)}" for name, part in told.items()]


def site_maps(rows: Sequence[Row], picture: Mapping[str, Any]) -> list[Markup]:
    """A map for each case: candidates that are left by their names, the others with what they lack."""
    drawn = []
    for case, of_case in _cases(rows):
        sites = of_part(of_case, "site")
        if not sites:
            continue
        ground = Ground(picture)
        marks = [ground.fibre(fibre) for fibre in picture["fibres"]]
        for row in sorted(sites, key=lambda row: row["survives"]):
            x, y = ground.projection.point(row["lat"], row["lon"])
            told = row["reason"] or f"nearest to its limit: {row['weakest']}, by {words.percent(row['margin'])}"
            marks.append(_mark(row["survives"], x, y, element("title", f"{words.site(row['name'])}: {told}")))
            if row["survives"]:
                marks.append(element("text", words.site(row["name"]), x=x + 9, y=y + 4))
        keys = [key("left", _mark(True, 8, 8)), key("dropped; point at it for what it lacks", _mark(False, 8, 8))]
        names = ", ".join(words.site(row["name"]) for row in sites if row["survives"]) or "none"
        caption = "Candidates over the fibres of the topology."
        label = f"Candidates left: {names}"
        drawn.append(figure(f"Where it can stand: {case}", caption, ground.drawn(*marks, label=label), key_list(keys)))
    return drawn


def _mark(survives: bool, x: float, y: float, *title: Markup) -> Markup:
    """A dot for a site that is left, a cross for one that is not: told apart by shape as well as by colour."""
    if survives:
        return element("circle", *title, cx=x, cy=y, r=6, fill=SURVIVES, stroke="var(--ink)")
    return element("path", *title, d=f"M{x - 5:g} {y - 5:g}l10 10m0 -10l-10 10", stroke=DROPPED, stroke_width=2.5)


def region_bars(rows: Sequence[Row], picture: Mapping[str, Any]) -> list[Markup]:
    """Shares of all floor by region."""
    regions = [row for row in of_part(rows, "region") if row["name"] != "all"]
    if not regions:
        return []
    listed = [
        Bar(
            label=row["name"].replace("+", " + "),
            share=row["share"],
            words=f"{words.percent(row['share'])}, {words.count(row['buildings'], 'building')}",
            note=f"{row['area_m2']:,.0f} m2",
        )
        for row in regions
    ]
    label = "; ".join(f"{row['name']}: {words.percent(row['share'])}" for row in regions)
    caption = f"Of the floor of all data centres; the index of concentration (HHI) is {regions[0]['hhi']:.4f}."
    return [figure("Data centres of today by region", caption, bars([("", listed)], label), wide=True)]


def _years(rows: Sequence[Row]) -> list[Row]:
    years = of_part(rows, "year")
    first = min((row["year"] for row in years), default=0)
    return [{**row, "nth": row["year"] - first + 1} for row in years]


FIGURES = (
    funnels,
    site_maps,
    Curve(
        title="Connected year by year",
        caption="MW of those who build, by the rule that releases idle bookings; dashed: all that is booked.",
        x="nth",
        y="connected_mw",
        axes=("year, from the first booking on", "MW"),
        split=("connection",),
        by="release_after_years",
        line_words=lambda row: f"released: {row['release_after_years']}",
        reference="booked_mw",
        reference_name="booked",
        derive=_years,
    ),
    region_bars,
)
