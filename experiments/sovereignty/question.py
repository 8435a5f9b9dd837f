# SPDX-License-Identifier: BSD-3-Clause
"""Does any data leave its zone, how soon does light stop that its owner withdraws, and what does obeying cost?

Light on demand joins two data centres of the zone. An intruder with all rights of a host in it tries to get data out:
it asks for light that leaves, sends to hosts outside by TCP, UDP, ICMP and IPv6, under another's address, and repeats
the owner's request. In the midst of it the owner withdraws its light. It also sends to the controller's computer what
is no request. Over the packet network there is no light to ask for, nor to withdraw: the two speak as they like, and
routers and walls hold what may not leave.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from apnemu.blueprint.requests import REVOKE, revoked
from apnemu.experiments.sovereignty.cast import SPARE_NS, Cast, bound
from apnemu.experiments.sovereignty.rows import rows
from apnemu.experiments.sovereignty.settings import Settings
from apnemu.experiments.sovereignty.shown import SHOWN
from apnemu.model.activities import Application, Tally
from apnemu.model.assignment import Assignment
from apnemu.model.plant import Plant
from apnemu.model.scenario import Stage
from apnemu.question.context import Context, Row
from apnemu.question.controller import with_controller
from apnemu.question.experiment import Experiment
from apnemu.question.verdict import Claim, Verdict, at_least, judge_rows, near, same
from apnemu.shared_folder import write_text
from apnemu.units import NS_PER_S, VirtualNs, s_to_ns

BEGIN_NS = 10 * NS_PER_S
"""Time for all programs to start."""
PORT = 7000
GAP_NS, FINE_GAP_NS = 10_000_000, 50_000
"""Time between two datagrams of a tenant: always, and around the withdrawal."""
FINE_BEFORE_NS, FINE_AFTER_NS = 20_000_000, 200_000_000
AFTER_NS = 5 * NS_PER_S
TOLERANCE_S = 1e-3
PROGRAMS = "apnemu.emulation.apps.zones"


def prepare(plant: Plant, settings: Settings) -> Plant:
    """The zone binds whom it is to bind, each data centre has its transceivers, and nothing is planned."""
    plant = bound(plant, settings)
    plant = dataclasses.replace(plant, transceivers=settings.transceivers, demands=(), trees=())
    plant = with_controller(plant, settings.controller)
    cast = Cast(plant=plant, settings=settings)
    assert cast.outside and cast.pair and any(True for _ in cast.attempts())  # each refuses what cannot be played
    return plant


def arrange(planned: Assignment, settings: Settings) -> Assignment:
    """A plan without light: none is lit before it is asked for."""
    return Assignment(lightpaths=(), refusals=())


def stages(context: Context[Settings]) -> tuple[Stage, ...]:
    """All at once: the owner and its peer talk, the intruder tries, and all bytes are counted."""
    cast = Cast(plant=context.plant, settings=context.settings, network=context.network)
    lit = context.network == "apn"
    revoke_ns = s_to_ns(context.settings.revoke_at_s)
    attempts = list(cast.attempts())
    end_ns = max(revoke_ns, attempts[-1]["at_ns"]) + AFTER_NS
    talk = {
        "port": PORT,
        "talk_ns": [cast.lit_ns + SPARE_NS, end_ns],
        "fine_ns": [revoke_ns - FINE_BEFORE_NS, revoke_ns + FINE_AFTER_NS],
        "gap_ns": GAP_NS,
        "fine_gap_ns": FINE_GAP_NS,
    }
    source, target = cast.pair
    owns = {
        "ask": cast.asked("owned", cast.pair),
        "revoke": {"path": REVOKE, "body": json.loads(revoked(cast.zone.name, cast.owner))},
        "revoke_ns": revoke_ns,
    }
    parts = [
        ("owner", source, "tenant", talk | (owns if lit else {}) | {"peer": cast.address(target)}),
        ("peer", target, "tenant", talk | {"peer": cast.address(source)}),
        ("intruder", cast.intruder, "intruder", {"own": cast.address(cast.intruder), "attempts": attempts}),
    ]
    for name, _, _, told in parts:
        write_text(context.folder, f"{name}.json", json.dumps(told))
    applications = tuple(
        Application(
            name=name,
            site=site,
            role="job",
            argv=("{python}", "-m", f"{PROGRAMS}.{program}", f"{{start:{BEGIN_NS}}}", f"{{run}}/{name}.json"),
            limit_s=(BEGIN_NS + end_ns) / NS_PER_S + 120,
        )
        for name, site, program, _ in parts
    )
    return (Stage(phase="zone", duration_ns=VirtualNs(1_000_000), activities=(*applications, Tally())),)


def expected(settings: Settings) -> str:
    """The answer, before the run."""
    if not settings.obey:
        return "nothing is bound, and nothing is expected: what leaves is what a zone would hold back"
    return (
        "0 bytes on any fibre and at any host outside the zone; every attempt is blocked and in the log; on the APN"
        f" light that its owner withdraws stops within {TOLERANCE_S * 1e3:g} ms of a message's way to its devices and"
        " the declared deletion of its flows"
    )


def judge(results: Sequence[Row], settings: Settings) -> Verdict:
    """Hold the run against what a zone promises."""
    return judge_rows(results, _claims, KEY, about="a zone that is obeyed")


def _claims(row: Mapping[str, Any]) -> Iterator[Claim]:
    if row["obey"]:
        yield same("bytes outside", row["bytes_outside"], 0)
        yield same("attempts blocked", row["blocked"], row["attempts"])
        if row["network"] == "apn":
            yield near("withdrawal to last frame", row["revoke_s"], row["predicted_revoke_s"], TOLERANCE_S, "s")
        yield at_least("bytes inside", row["bytes_inside"], 1, "bytes")
    if row["cost_yen"] is not None:
        yield at_least("cost of obeying", row["cost_yen"], -1.0, "yen")


KEY = ("network", "zone")
EXPERIMENT = Experiment(
    name="sovereignty",
    question="Do data leave their zone, how soon does withdrawn light stop, and what does obeying cost?",
    topology="kyushu-zone",
    settings=Settings,
    key=KEY,
    prepare=prepare,
    arrange=arrange,
    stages=stages,
    rows=rows,
    expected=expected,
    judge=judge,
    shown=SHOWN,
    networks=("apn", "packet"),
    usual=("apn",),
)
