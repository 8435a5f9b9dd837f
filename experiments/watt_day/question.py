# SPDX-License-Identifier: BSD-3-Clause
"""A day on which work follows power: what does it cost whom, beside a day on which nothing shifts?

Forecaster, aggregator, control centre, grid operators and data centres' agents are programs in the sites' hosts. Before
every slot they speak over the network; then each site runs what was ordered and handed over, whatever was cut off.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any

from apnemu.emulation.apps.watt.calendar import Calendar
from apnemu.errors import InputError
from apnemu.experiments.watt_day.hiding import NOTHING
from apnemu.experiments.watt_day.light import (
    approximated,
    controller_events,
    moves_state,
    moving_papers,
    waves,
    with_light,
)
from apnemu.experiments.watt_day.money import unit_of_money
from apnemu.experiments.watt_day.papers import Papers, hub, papers_of
from apnemu.experiments.watt_day.rows import rows
from apnemu.experiments.watt_day.settings import Day, Settings, days, outage_s
from apnemu.experiments.watt_day.shown import SHOWN
from apnemu.experiments.watt_day.supplied import with_batteries
from apnemu.model.activities import Application
from apnemu.model.demand import Demand
from apnemu.model.plant import Plant
from apnemu.model.power import Power
from apnemu.model.scenario import Stage
from apnemu.planning.zones import Zones
from apnemu.power.horizon import horizon
from apnemu.question.context import Context, Row
from apnemu.question.experiment import Experiment
from apnemu.question.verdict import Claim, Verdict, at_least, at_most, judge_rows, near_share
from apnemu.units import NS_PER_S, S_PER_H, VirtualNs, ns_to_s

PROGRAM = ("{python}", "-m", "apnemu.emulation.apps.watt")
SET_UP_NS = 60 * NS_PER_S
"""Time for all programs to start and to find each other, before the first message is due."""
CONTROL_GBPS = 10.0
"""Light between sites whose parties speak with each other, where nothing faster is asked for."""
SAME_COST = 1e-3
"""Difference of the cost from that of the plan computed at once, as a share: messages are in whole kW."""

MOVES_PERCENT = 1.0
"""Difference of a move's time from the closed form of pre-copy, in percent."""


def power_of(plant: Plant) -> Power:
    """The power system of a plant.

    Raises:
        InputError: the topology names none.
    """
    if plant.power is None:
        raise InputError(f"topology {plant.name} has no power system; add power: NAME, or take two-areas")
    return plant.power


def prepare(plant: Plant, settings: Settings) -> Plant:
    """Light between all data centres: their agents hand work over to each other. It is on demand where state moves."""
    power = with_batteries(power_of(plant), settings.battery_mwh, settings.battery_mw, settings.round_trip)
    plant = dataclasses.replace(plant, power=power)
    _check_outages(power, settings)
    if moves_state(power, settings):
        return with_light(plant, settings, power)
    there = {frozenset((demand.source, demand.target)) for demand in plant.demands}
    sites = [site.name for site in power.sites]
    more = tuple(
        Demand(name=f"control-{a}-{b}", source=a, target=b, rate_gbps=CONTROL_GBPS)
        for a, b in combinations(sites, 2)
        if frozenset((a, b)) not in there
    )
    return dataclasses.replace(plant, demands=(*plant.demands, *more))


def _check_outages(power: Power, settings: Settings) -> None:
    """Refuse an outage that begins when all is over: nobody would be there to be killed."""
    ends_s = horizon(power, settings.days).slots * power.profile.slot_s
    for text in settings.outage:
        span = outage_s(text)
        if span is not None and span[1] >= ends_s:
            over = f"the run's last slot ends at {ends_s // S_PER_H:02}:{ends_s % S_PER_H // 60:02}"
            raise InputError(f"outage is {text}; {over}; it must begin before that; mend it, or add days", file="--set")


def stages(context: Context[Settings]) -> tuple[Stage, ...]:
    """A stage for each day, after that in which light is asked for."""
    first = waves(context, CONTROL_GBPS)
    return (*first, *(_stage(context, day) for day in days(context.settings)))


def _stage(context: Context[Settings], day: Day) -> Stage:
    power = power_of(context.plant)
    papers = papers_of(power, day, context.settings, context.seed, moving_papers(context, power, day))
    calendar = _calendar(papers[0][1])
    begin_ns = SET_UP_NS + calendar.lead_ns
    limit_s = ns_to_s(begin_ns + calendar.slots * calendar.slot_ns) + 60
    applications = tuple(
        Application(
            name=own["name"],
            site=site,
            role="job",
            argv=(*PROGRAM, f"{{start:{begin_ns}}}", json.dumps(own)),
            limit_s=limit_s,
        )
        for site, own in papers
    )
    return Stage(
        phase=day.phase,
        duration_ns=VirtualNs(1_000_000),
        activities=(*applications, *controller_events(context.settings, begin_ns)),
    )


def cut_off(plant: Plant, settings: Settings) -> tuple[str, ...]:
    """Line on the sites that a zone cuts off from the aggregator's; none where there are no such."""
    at, zones = hub(power_of(plant)), Zones(plant)
    apart = {site: zones.why_not((site, at)) for site in plant.site if site in zones.bound or at in zones.bound}
    names = [site.name for site in power_of(plant).sites if apart.get(site.name)]
    if not names or settings.control == ("alone",):
        return ()
    zone = zones.bound.get(names[0]) or zones.bound[at]
    return (
        f"Zone {zone} does not let {', '.join(names)} speak with {at}, where the aggregator stands: parties there are"
        " cut off from it, and agents decide alone; name a site of the zone under `at` of the aggregator, or take zone"
        " from these sites.",
    )


def _calendar(papers: Papers) -> Calendar:
    times = {name: papers[name] for name in ("slot_ns", "slots", "horizon", "lease", "decision_ns")}
    try:
        return Calendar(begin_ns=0, **times)
    except ValueError as error:
        raise InputError(f"{error}; take a shorter decision_s", file="--set") from error


def expected(settings: Settings) -> str:
    """The answer, before the run."""
    return (
        f"each day's cost within {SAME_COST:.1%} of the plan's that is computed at once, and no "
        "more than that of the day on which nothing shifts; no line of the grid overloaded where flows are known or "
        "operators grant; every yen paid is received; nothing runs in two places; what is hidden costs, and never pays;"
        f" over light moves take pre-copy's closed form within {MOVES_PERCENT:g} %, less a millisecond a round that"
        " pacing sends early, and give it back; over packets a day on which moves are given up costs no less than its"
        " plan"
    )


def judge(results: Sequence[Row], settings: Settings) -> Verdict:
    """Hold every day against its own plan, and against the day without one."""
    return judge_rows(results, lambda row: _claims(row, settings), KEY)


def _claims(row: Mapping[str, Any], settings: Settings) -> Iterator[Claim]:
    told = row["hide"] == row["drop"] == NOTHING
    waited = row["network"] == "packet" and row["late_moves"] > 0  # what queues do to moves is the answer here
    if row["control"] == "aggregator" and not settings.outage and told and row["jobs"] == "fluid":
        if waited:
            least = row["planned_yen"] * (1 - SAME_COST)
            yield at_least("cost beside the plan's", row["cost_yen"], least, unit_of_money(row))
        else:
            yield near_share("cost", row["cost_yen"], row["planned_yen"], SAME_COST, unit_of_money(row))
    if row["forecast"] == "perfect" and not told and row["lost_gain_yen"] is not None:
        yield at_least("gain lost by hiding", row["lost_gain_yen"], -SAME_COST * row["cost_yen"], unit_of_money(row))
    if row["control"] == "aggregator":  # alone, nobody asks the operators
        yield at_most("overload", row["overload_mwh"], 0.0, "MWh")
    yield at_most("energy that ran twice", row["twice_mwh"], 0.0, "MWh")
    yield at_least("money received", row["unbalanced_yen"], 0.0, unit_of_money(row))
    yield at_most("money received", row["unbalanced_yen"], 0.0, unit_of_money(row))
    if row["network"] == "apn" and row["moves_beyond_pacing_percent"] is not None:
        yield at_most("moves beside their closed form", row["moves_beyond_pacing_percent"], MOVES_PERCENT, "%")
        yield at_most("lightpaths that were not given back", row["light_left"], 0, "")
    if row["forecast"] == "perfect" and row["none_yen"] is not None and not waited:
        yield at_most(
            "cost beside that of none", row["cost_yen"], row["none_yen"] * (1 + SAME_COST), unit_of_money(row)
        )
    if settings.idle == ("never",) and not waited:
        yield at_most("deadlines missed", row["deadline_misses"], 0, "")


KEY = ("network", "shift", "idle", "forecast", "flow", "control", "jobs", "hide", "drop", "pooled_share")

EXPERIMENT = Experiment(
    name="watt_day",
    question="What does a day cost on which work follows power, and whom?",
    topology="two-areas",
    settings=Settings,
    key=KEY,
    prepare=prepare,
    stages=stages,
    rows=rows,
    expected=expected,
    judge=judge,
    shown=SHOWN,
    usual=("apn",),
    approximates=approximated,
    warns=cut_off,
)
