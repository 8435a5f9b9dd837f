# SPDX-License-Identifier: BSD-3-Clause
"""The grid calls for less load: after how many seconds is it there, for how long, and what is drawn afterwards?

The operator's program calls the aggregator's, which shares the call out to the agents of the data centres; they cap or
pause jobs, take to battery or own plant, or move work over light that they ask the APN's controller for; their answers
go back the same way. The operator calls because it is told to, or because a line fails and the others cannot carry all.

What has moved stands still for the declared stop of the power file before it runs, and makes up for it.

*Not modelled:* a site that is cut off because it has not done enough; work that arrives after the call.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from apnemu.experiments.demand_response.papers import papers_of
from apnemu.experiments.demand_response.plans import Plan, plans_of, power_of, scale_of
from apnemu.experiments.demand_response.rows import rows
from apnemu.experiments.demand_response.scene import scene_of
from apnemu.experiments.demand_response.settings import Settings
from apnemu.experiments.demand_response.shown import SHOWN
from apnemu.experiments.demand_response.timeline import SLACK_MW
from apnemu.experiments.demand_response.ways import Ways, transceivers
from apnemu.model.activities import Application
from apnemu.model.assignment import Assignment
from apnemu.model.plant import Plant
from apnemu.model.scenario import Stage
from apnemu.question.context import Context, Row
from apnemu.question.experiment import Experiment
from apnemu.question.light import request
from apnemu.question.verdict import Claim, Verdict, at_least, judge_rows, near, near_share, same
from apnemu.units import VirtualNs, ns_to_s

PROGRAM = ("{python}", "-m", "apnemu.emulation.apps.watt.response")
CONTROL = "control"
"""Stage in which the parties' light is set up."""
TOLERANCE_S = 1e-3
MOVE_SHARE = 0.001
REBOUND_MWH = 0.1
SPARE_S = 120.0


def prepare(plant: Plant, settings: Settings) -> Plant:
    """The plant without plans: light is asked for, between the parties before the calls and for each move."""
    scene = scene_of(power_of(plant), settings)
    return dataclasses.replace(plant, transceivers=transceivers(scene), demands=(), trees=())


def arrange(planned: Assignment, settings: Settings) -> Assignment:
    """A plan without light: none is lit before it is asked for."""
    return Assignment(lightpaths=(), refusals=())


def stages(context: Context[Settings]) -> tuple[Stage, ...]:
    """A stage in which the parties get light, and one for each call."""
    ways, plans = plans_of(context.plant, context.settings)
    scale = scale_of(plans, context.settings)
    calls = tuple(_stage(context, ways, plan, scale) for plan in plans)
    return (_control(ways), *calls) if ways.asked else calls


def _control(ways: Ways) -> Stage:
    requests = tuple(request(asked.service, asked.lit_ns) for asked in ways.asked.values())
    longest_ns = max(asked.lit_ns for asked in ways.asked.values())
    return Stage(phase=CONTROL, duration_ns=VirtualNs(longest_ns), activities=requests)


def _stage(context: Context[Settings], ways: Ways, plan: Plan, scale: int) -> Stage:
    papers = papers_of(ways, plan, context.settings, scale, context.seed)
    limit_s = ns_to_s(papers[0][1]["over_ns"]) + SPARE_S
    applications = tuple(
        Application(
            name=own["name"],
            site=site,
            role="job",
            argv=(*PROGRAM, "{start}", json.dumps(own)),
            limit_s=limit_s,
        )
        for site, own in papers
    )
    return Stage(phase=plan.phase, duration_ns=VirtualNs(1_000_000), activities=applications)


def approximated(plant: Plant, settings: Settings) -> tuple[str, ...]:
    """Line of the manifest on moves; none where nothing moves, or all of it does."""
    _, plans = plans_of(plant, settings)
    scale = scale_of(plans, settings)
    if scale == 1 or not any(plan.meant_bytes for plan in plans):
        return ()
    return (
        f"Moves: bytes, the rate that they are sent at and the rate at which work writes to its state are divided by "
        f"{scale}.",
    )


def expected(settings: Settings) -> str:
    """The answer, before the run."""
    return (
        "what is called for, or all that the lever has, is off after two ways of messages and the lever's declared "
        f"time, within {TOLERANCE_S * 1e3:g} ms; by moves after the light's time and bytes / rate too, within "
        f"{100 * MOVE_SHARE:g} %; it stays off for as long as asked, or until batteries are empty; what was held back "
        f"is made up within {REBOUND_MWH:g} MWh, but for work that is named as undone"
    )


def judge(results: Sequence[Row], settings: Settings) -> Verdict:
    """Every call, also those that come to nothing."""
    return judge_rows(results, _claims, KEY)


def _claims(row: Mapping[str, Any]) -> Iterator[Claim]:
    predicted_mw, predicted_s = row["predicted_mw"], row["predicted_s"]
    if row["whole_jobs"] or row["by"] == "move":
        yield at_least("load off", row["delivered_mw"], predicted_mw - SLACK_MW, "MW")
    else:
        yield near("load off", row["delivered_mw"], predicted_mw, 2 * SLACK_MW, "MW")
    if predicted_s is None or predicted_mw <= SLACK_MW:
        yield same("load off", row["delivered_s"], None)
        return
    if row["by"] == "move":
        yield near_share("time until it is off", row["delivered_s"], predicted_s, MOVE_SHARE, "s")
    else:
        yield near("time until it is off", row["delivered_s"], predicted_s, TOLERANCE_S, "s")
        answered = row["predicted_answered_s"]
        yield near("time until the operator knows", row["answered_s"], answered, TOLERANCE_S, "s")
    within_s = MOVE_SHARE * predicted_s if row["by"] == "move" else TOLERANCE_S
    yield near("time for which it is off", row["held_s"], row["predicted_held_s"], within_s, "s")
    yield near("made up", row["rebound_mwh"], row["predicted_rebound_mwh"], REBOUND_MWH, "MWh")


KEY = ("network", "by", "mw", "connection")
EXPERIMENT = Experiment(
    name="demand_response",
    question="How fast do data centres draw less when the grid calls, for how long, and what is drawn afterwards?",
    topology="tokyo-osaka",
    settings=Settings,
    key=KEY,
    prepare=prepare,
    arrange=arrange,
    approximates=approximated,
    stages=stages,
    rows=rows,
    expected=expected,
    judge=judge,
    shown=SHOWN,
    networks=("apn",),
)
