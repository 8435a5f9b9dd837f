# SPDX-License-Identifier: BSD-3-Clause
"""A party's program in a call of the grid: `python3 -m apnemu.emulation.apps.watt.response BEGIN_NS PAPERS`.

PAPERS is JSON: what this party alone is told. `role` (tso, aggregator, agent), `name`, `states_ns`, `call_ns`,
`over_ns` after the stage's first instant; `peers`, name -> {key, address, port}, of whom it calls those that have an
address; `port` where it listens; `own`, what its role needs.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import Any

from apnemu.emulation.apps.watt.desk import Party, RealDesk
from apnemu.emulation.apps.watt.mover import Mover, Ways
from apnemu.emulation.apps.watt.response.answering import Answering, Lever
from apnemu.emulation.apps.watt.response.caller import Caller, Order
from apnemu.emulation.apps.watt.response.dispatcher import Dispatcher
from apnemu.emulation.apps.watt.response.load import Battery, Job, Site
from apnemu.emulation.apps.watt.response.moving import Moves
from apnemu.emulation.apps.watt.response.timed import Times


def site_of(own: Mapping[str, Any]) -> Site:
    """The site that an agent's papers tell of."""
    battery = Battery(**own["battery"], holds=own["battery"]["full"]) if own["battery"] else None
    jobs = [Job(**job) for job in own["jobs"]]
    return Site(
        room_w=own["room_w"],
        lines=[(at_none, slope) for at_none, slope in own["lines"]],
        feed_w=own["feed_w"],
        jobs=jobs,
        battery=battery,
        plant_w=own["plant_w"],
    )


def party_of(papers: Mapping[str, Any], desk: RealDesk, times: Times) -> Party:
    """The party of a role."""
    own, role = papers["own"], papers["role"]
    if role == "tso":
        return Caller(desk, times, own["aggregator"], Order(**own["order"]))
    if role == "aggregator":
        return Dispatcher(desk, own["operator"], own["agents"], own["areas"])
    mover = Mover(desk, Ways(**own["ways"]))
    lever, moves = Lever(**own["lever"]), Moves(**own["moves"])
    return Answering(desk, times, own["aggregator"], site_of(own["site"]), lever, moves, mover)


def main(begin_ns: int, papers: Mapping[str, Any]) -> None:
    """Be a party until all is over."""
    instants = {name: begin_ns + papers[name] for name in ("states_ns", "call_ns", "over_ns")}
    times = Times(begin_ns=begin_ns, **instants)
    desk = RealDesk(papers["name"], {peer: bytes.fromhex(of["key"]) for peer, of in papers["peers"].items()})
    desk.party = party_of(papers, desk, times)
    if papers["port"]:
        desk.post.serve(papers["port"])
    for peer, of in papers["peers"].items():
        if of.get("address"):
            desk.post.call(peer, of["address"], of["port"])
    desk.party.begin()
    desk.loop.run(times.over_ns)
    desk.note(sent_bytes=desk.post.sent_bytes)
    desk.post.close()


if __name__ == "__main__":
    main(int(sys.argv[1]), json.loads(sys.argv[2]))
