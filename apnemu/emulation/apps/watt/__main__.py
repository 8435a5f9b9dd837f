# SPDX-License-Identifier: BSD-3-Clause
"""[guest] A party's program, alone or under a keeper that kills it and starts it again.

    python3 -m apnemu.emulation.apps.watt BEGIN_NS PAPERS

PAPERS is JSON: what this party alone is told. `role` (forecaster, aggregator, centre, tso, agent), `name`, `slots`,
`slot_ns`, `horizon`, `lease`, `decision_ns`; `peers`, name -> {key, address, port}, of whom it calls those that have an
address; `port` where it listens; `own`, what its role needs (an agent's `moving`: `mover.Ways`, the scale of its moves
and the job of which one goes at full size); `dead`, [[from ns, until ns]] after the first slot's
begin, when it is killed and started again.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Mapping
from functools import partial
from typing import Any

from apnemu.emulation.apps.watt.agent import Agent, Peers
from apnemu.emulation.apps.watt.aggregator import Aggregator
from apnemu.emulation.apps.watt.alone import cheapest_at_home
from apnemu.emulation.apps.watt.bids import MoveCosts
from apnemu.emulation.apps.watt.calendar import Calendar
from apnemu.emulation.apps.watt.centre import Centre
from apnemu.emulation.apps.watt.cover import shown_names
from apnemu.emulation.apps.watt.desk import Desk, Party, RealDesk
from apnemu.emulation.apps.watt.forecaster import Forecaster
from apnemu.emulation.apps.watt.jobs import Book, Job
from apnemu.emulation.apps.watt.moving import Carrier
from apnemu.emulation.apps.watt.states import States
from apnemu.emulation.apps.watt.supply import supply_of
from apnemu.emulation.apps.watt.tso import Line, Tso
from apnemu.emulation.loop import now_ns
from apnemu.units import NS_PER_S

LISTENING = "listening"


def calendar_of(papers: Mapping[str, Any], begin_ns: int) -> Calendar:
    """Instants of the day that the papers are of."""
    times = {name: papers[name] for name in ("slot_ns", "slots", "horizon", "lease", "decision_ns")}
    return Calendar(begin_ns=begin_ns, **times)


def party_of(papers: Mapping[str, Any], desk: Desk, calendar: Calendar, carrier: Carrier | None = None) -> Party:
    """The party of a role; an agent whose papers say how state moves has a carrier for it."""
    own, role = papers["own"], papers["role"]
    if role == "forecaster":
        return Forecaster(desk, calendar, own["aggregator"], own["believed"])
    if role == "centre":
        return Centre(desk, calendar, own["aggregator"], own["agents"], own["homes"])
    if role == "tso":
        return Tso(desk, [Line(**line) for line in own["lines"]], calendar.slots)
    if role == "agent":
        book = Book(calendar, own["room_kw"], [Job(**job) for job in own["jobs"]])
        if own["prices"]:
            book.own_plan = partial(cheapest_at_home, calendar, book, own["prices"])
        peers, states, costs = Peers(**own["peers"]), None, MoveCosts(**own["costs"])
        if carrier is not None:
            moving, shown = own["moving"], shown_names(own["site"], book, own["hides"])
            between = tuple(moving.get("full_bytes", (0, 0)))
            full = moving["full"], (between[0], between[1])
            states = States(desk, calendar, own["site"], peers.agents, book, carrier, moving["scale"], *full, shown)
        return Agent(
            desk,
            calendar,
            own["site"],
            book,
            peers,
            own["hides"],
            may_wait=own["may_wait"],
            supply=supply_of(own.get("supply")),
            states=states,
            costs=costs,
        )
    # numpy takes seconds of the lab's computing to import: no other party needs it
    from apnemu.emulation.apps.watt.planner import Planner
    from apnemu.power.horizon import Asked

    planner = Planner(own["told"], Asked(**own["asked"]))
    market = None
    if own["sells"]:
        from apnemu.emulation.apps.watt.trader import Trader

        market = Trader(desk, calendar, planner, own["agents"])
    return Aggregator(desk, calendar, planner, own["centre"], own["operators"], own["feeds"], market)


def serve(papers: Mapping[str, Any], begin_ns: int) -> None:
    """Be a party until the day is over."""
    calendar = calendar_of(papers, begin_ns)
    keys = {peer: bytes.fromhex(of["key"]) for peer, of in papers["peers"].items()}
    desk = RealDesk(papers["name"], keys)
    mover = None
    if "moving" in papers["own"]:
        from apnemu.emulation.apps.watt.mover import Mover, Ways  # what it imports costs time where nothing moves

        mover = Mover(desk, Ways(**papers["own"]["moving"]["ways"]))
    desk.party = party_of(papers, desk, calendar, mover)
    if papers["port"]:
        desk.post.serve(papers["port"])
    for peer, of in papers["peers"].items():
        if of.get("address"):
            desk.post.call(peer, of["address"], of["port"])
    desk.party.begin()
    print(LISTENING, flush=True)
    desk.loop.run(calendar.starts_ns(calendar.slots))
    if mover is not None:
        mover.close()
    desk.note(sent_bytes=desk.post.sent_bytes)
    desk.post.close()


def keep(papers: Mapping[str, Any], begin_ns: int) -> None:
    """Run the party in a process of its own, and kill it for as long as its papers say."""
    over_ns = calendar_of(papers, begin_ns).starts_ns(papers["slots"])
    spans = [(begin_ns + since, begin_ns + until) for since, until in papers["dead"]]
    for since_ns, until_ns in spans:
        child = _start(papers, begin_ns)
        _sleep_until(min(since_ns, over_ns))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        print("@record", json.dumps({"party": papers["name"], "killed_ns": now_ns() - begin_ns}), flush=True)
        _sleep_until(min(until_ns, over_ns))
    if not spans or spans[-1][1] < over_ns:
        _, status = os.waitpid(_start(papers, begin_ns), 0)
        if status:
            raise SystemExit(f"{papers['name']} ended with status {status}")


def _start(papers: Mapping[str, Any], begin_ns: int) -> int:
    argv = [sys.executable, "-m", "apnemu.emulation.apps.watt", str(begin_ns), json.dumps({**papers, "dead": []})]
    return os.posix_spawn(sys.executable, argv, os.environ)


def _sleep_until(instant_ns: int) -> None:
    while (left_ns := instant_ns - now_ns()) > 0:
        time.sleep(left_ns / NS_PER_S)


if __name__ == "__main__":
    PAPERS = json.loads(sys.argv[2])
    (keep if PAPERS["dead"] else serve)(PAPERS, int(sys.argv[1]))
