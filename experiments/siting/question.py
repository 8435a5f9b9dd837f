# SPDX-License-Identifier: BSD-3-Clause
"""Question: where can a data centre stand, if power comes first, and what do idle bookings of the grid keep from it?

Seven conditions in the order of the Japanese working group of 2025 (power; network, ground, land, transport; away from
the clusters of today; the municipality agrees) leave the same sites in any order, since each looks at a site alone.
Room of substations is booked year by year, with and without a rule that releases what is idle.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from apnemu.errors import InputError
from apnemu.experiments.siting.rows import Case, case_rows, class_rows, need_of, region_rows
from apnemu.experiments.siting.settings import Settings, release
from apnemu.experiments.siting.shown import COLUMNS, FIGURES, sentence, table
from apnemu.model.plant import Plant
from apnemu.power.headroom import book, first_year
from apnemu.power.siting import facts_of
from apnemu.question.context import Row
from apnemu.question.experiment import Experiment
from apnemu.question.verdict import Claim, Verdict, at_least, at_most, judge_rows, near, same
from apnemu.report.shown import Shown
from apnemu.topology.size_classes import read_size_classes

ROUNDED_MW = 1e-6


def computed(plant: Plant, settings: Settings, seed: int) -> list[Row]:
    """Rows of every kind of connection and rule of release, then those of classes and regions."""
    power = plant.power
    if power is None:
        raise InputError(
            f"{plant.name} names no power system; siting needs its substations and candidates; add power: NAME, or take"
            " --topology japan-siting",
            file="--topology",
        )
    first = first_year(power.substations, power.bookings)
    rows: list[Row] = []
    for connection in settings.connection:
        need = need_of(settings, connection, first + settings.years - 1)
        for rule in settings.release_after_years:
            booked = book(
                power.substations,
                power.bookings,
                connection=connection,
                release_after=release(rule),
                first=first,
                years=settings.years,
            )
            facts = facts_of(plant, power, need, booked.left_mw)
            case = Case(connection=connection, release=rule, need=need, booked=booked, facts=facts)
            rows += case_rows(case, power, settings)
    return [*rows, *class_rows(plant, power, read_size_classes()), *region_rows(power.regions)]


def expected(settings: Settings) -> str:
    """The answer, before the run."""
    orders = math.factorial(len(settings.order))
    return (
        f"all {orders:,} orders of the {len(settings.order)} conditions leave the same sites; no more is booked than "
        "substations have, and no more connected than booked; regions add up to the whole"
    )


def judge(results: Sequence[Row], settings: Settings) -> Verdict:
    """Every row by what must hold of its part."""
    regions = [row for row in results if row["part"] == "region" and "+" not in row["name"] and row["name"] != "all"]
    return judge_rows(results, lambda row: _claims(row, regions), KEY)


def _claims(row: Mapping[str, Any], regions: Sequence[Mapping[str, Any]]) -> Iterator[Claim]:
    match row["part"]:
        case "step":
            yield same("candidates left", row["survivors"], row["before"] - (row["removed"] or 0))
        case "orders":
            yield same("sets of sites that orders leave", row["sets"], 1)
        case "site":
            yield same("a reason given", bool(row["reason"]), not row["survives"])
            yield same("within every limit", row["margin"] >= 0, row["survives"])
        case "year":
            yield at_most("booked", row["booked_mw"], row["room_mw"], "MW")
            yield at_most("connected", row["connected_mw"], row["booked_mw"], "MW")
        case "substation":
            yield at_least("left", row["left_mw"], 0.0, "MW")
            yield at_most("left", row["left_mw"], row["room_mw"], "MW")
        case "region" if row["name"] == "all":
            yield near("area", row["area_m2"], math.fsum(one["area_m2"] for one in regions), ROUNDED_MW, "m2")
            yield same("buildings", row["buildings"], sum(one["buildings"] for one in regions))
            yield at_least("HHI", row["hhi"], 1 / max(1, len(regions)))


KEY = ("part", "name", "connection", "release_after_years")
EXPERIMENT = Experiment(
    name="siting",
    question="Where can a data centre stand, and what do idle bookings of the grid keep from it?",
    topology="japan-siting",
    networks=("apn",),
    settings=Settings,
    key=KEY,
    expected=expected,
    judge=judge,
    computed=computed,
    shown=Shown(sentence=sentence, columns=COLUMNS, table=table, figures=FIGURES),
)
