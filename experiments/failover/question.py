# SPDX-License-Identifier: BSD-3-Clause
"""A fibre is cut under a steady stream of frames: how long is the receiver without, and how many never come?

On the all-photonics network light is asked for from the controller, under one of its schemes of protection, and cut
once it is lit: two lightpaths of which the receiver takes one (`1+1`), or one that is set up anew over a route that was
reserved before (`restoration-prepared`) or is sought then (`restoration-computed`).

On the packet network real routing daemons find another way: OSPF alone, where the routers are not told of lost light
(`ospf`: a neighbour is gone when its hellos stay out), with BFD (`ospf-bfd`), and where a port without light says so at
once (`ospf-link`). For the latter two hellos are sent every second, which shortens the start and decides nothing.

Where an amplifier's gain sags, light that no longer closes is lost and no port goes down: the line system tells the
controller. The packet network's light is regenerated at every hop, which is taken to bear it: routers notice nothing.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from apnemu.experiments.failover.fates import CONVERGED_NS
from apnemu.experiments.failover.rows import TOLERANCE_NS, rows
from apnemu.experiments.failover.settings import Settings
from apnemu.experiments.failover.shown import SHOWN
from apnemu.experiments.failover.stages import stages
from apnemu.model.assignment import Assignment
from apnemu.model.plant import Plant
from apnemu.question.context import Row
from apnemu.question.controller import with_controller
from apnemu.question.experiment import Experiment, Program
from apnemu.question.verdict import Claim, Verdict, at_least, at_most, judge_rows, missing, same
from apnemu.units import NS_PER_S, ns_to_ms


def prepare(plant: Plant, settings: Settings) -> Plant:
    """The plant with as many transceivers at a data centre as the most demanding scheme needs, and its controller."""
    return with_controller(dataclasses.replace(plant, transceivers=2), settings.controller)


def arrange(planned: Assignment, settings: Settings) -> Assignment:
    """A plan without light: none is lit before it is asked for."""
    return Assignment(lightpaths=(), refusals=())


def expected(settings: Settings) -> str:
    """The answer, before the run."""
    return (
        "light comes back as declared device times, ways of messages and the fibres say, within"
        f" {ns_to_ms(TOLERANCE_NS):g} ms; the routers' outage is no shorter than their timers say and at most"
        f" {CONVERGED_NS / NS_PER_S:g} s longer; where nothing is to go dark no frame is lost"
    )


def judge(results: Sequence[Row], settings: Settings) -> Verdict:
    """Every row but those of refused light, of which there is nothing to cut."""
    return judge_rows(results, _claims, KEY, about="frames that were sent; all light is refused")


def _claims(row: Mapping[str, Any]) -> Iterator[Claim]:
    if row["gap_ns"] is None:  # refused
        return
    yield at_least("frames sent", row["frames_sent"], 1)
    yield same("frames in the end", row["restored"], row["predicted_restored"])
    if not row["restored"] or not row["predicted_restored"]:
        return
    if row["predicted_outage_ns"] is None:
        yield at_most("frames lost", row["frames_lost"], 0)
        return
    if row["outage_ns"] is None:
        yield missing("outage")
        return
    least_ns, most_ns = row["predicted_least_ns"], row["predicted_outage_ns"] + row["slack_ns"]
    if row["network"] == "apn":
        least_ns -= row["slack_ns"]
    yield at_most("time between the frames around the outage", row["unresolved_ns"], row["slack_ns"], "ns")
    yield at_least("outage", row["outage_ns"], least_ns, "ns")
    yield at_most("outage", row["outage_ns"], most_ns, "ns")


KEY = ("network", "scheme")
EXPERIMENT = Experiment(
    name="failover",
    question="How long is a receiver without frames when a fibre is cut?",
    topology="jpn12",
    needs=(Program(path="/usr/lib/frr/ospfd", package="frr", why="OSPF and BFD of the packet network's routers"),),
    settings=Settings,
    key=KEY,
    prepare=prepare,
    arrange=arrange,
    stages=stages,
    rows=rows,
    expected=expected,
    judge=judge,
    shown=SHOWN,
    plays_scenario=lambda settings: not settings.event,
)
