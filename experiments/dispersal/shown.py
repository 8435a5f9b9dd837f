# SPDX-License-Identifier: BSD-3-Clause
"""The answer about dispersal: in a sentence, as bars of what is refused, and over the share of pooled sites."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from apnemu.report import columns, words
from apnemu.report.bars import Bar, bars, stroke, swatch
from apnemu.report.curves import Curve
from apnemu.report.plots import figure
from apnemu.report.svg import key, key_list

Row = Mapping[str, Any]

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
    columns.number("least_refused", "by chance from, %", 3, 100),
    columns.number("most_refused", "by chance to, %", 3, 100),
    columns.percent("utilisation", "power in use"),
    columns.number("total_mw", "in use, MW", 1),
    columns.number("sites_per_job", "sites of a job", 2),
    columns.number("step_ratio", "step, x one site", 4),
    columns.number("wan_tb", "between sites, TB a day", 1),
)
BRIEF = COLUMNS[:2] + COLUMNS[3:9] + COLUMNS[11:12] + COLUMNS[14:]


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


def refusals(rows: Sequence[Row], picture: Mapping[str, Any]) -> list[Markup]:
    """Bars of the share refused, the closed form as a mark on each."""
    groups: dict[str, list[Bar]] = {}
    for row in (row for row in rows if row["refused"] is not None):
        told, theory = words.percent(row["refused"]), words.percent(row["erlang_b"])
        bar = Bar(
            label=row["form"],
            share=row["refused"],
            words=f"{told}, {row['at_once']:,} at once",
            note=f"{row['form']}: {told} refused, Erlang B {theory}",
            mark=row["erlang_b"],
        )
        groups.setdefault(_way(row), []).append(bar)
    label = "; ".join(f"{_way(row)}, {row['form']}: {words.percent(row['refused'])} refused" for row in rows)
    keys = [key("refused, as played", swatch()), key("Erlang B", stroke())]
    caption = "Of all jobs; how many run at once stands beside it. A bar of full length is every job."
    drawn = bars(list(groups.items()), label)
    return [figure("Jobs that are refused", caption, drawn, key_list(keys), wide=True)]


def _pooled(rows: Sequence[Row]) -> list[Row]:
    return [row for row in rows if row["split"]]


FIGURES = (
    refusals,
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
