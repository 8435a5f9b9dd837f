# SPDX-License-Identifier: BSD-3-Clause
"""Work of plans that go on side by side: what a later one decides stands, and what it needs is free when it comes."""

from __future__ import annotations

import dataclasses
from typing import Any

from apnemu.controllers.apn import Apn
from apnemu.controllers.work import Work
from apnemu.model.assignment import LightId, Lightpath
from apnemu.model.spectrum import Slot
from apnemu.planning.online import Change, Service
from apnemu.planning.online.changes import set_up, take_down
from tests.controllers.on_demand import on_demand

REST_NS = 200_000_000_000
BLUEPRINT = on_demand("jpn12", transceivers=4)


def service(name: str, protection: Any = "none") -> Service:
    return Service(name=name, source="tokyo", target="osaka", rate_gbps=100.0, protection=protection)


def port(apn: Apn, fibre: str, now_ns: int, *, up: bool) -> None:
    """Both ends say so, as switches do."""
    for (site, name), number in apn.wiring.port.items():
        if name == fibre:
            apn.port(apn.wiring.dpid[site], number, up, now_ns)


def carrying(apn: Apn) -> Lightpath:
    return next(lit.lightpath for lit in apn.lit("one") if lit.carries)


def received(apn: Apn) -> list[LightId | None]:
    """Lightpath that is dropped to the host at each end."""
    found = []
    for site in ("tokyo", "osaka"):
        client = apn.light.client("one", site)
        assert client is not None
        found.append(apn.hosts.devices.received(site, client))
    return found


def test_a_receiver_does_not_go_back_to_light_that_failed_while_it_was_moved_to_it() -> None:
    apn = Apn(BLUEPRINT)
    apn.request(service("one", "1+1"), 0)
    apn.run(REST_NS)
    first = carrying(apn).fibres[0]
    port(apn, first, REST_NS, up=False)
    apn.run(2 * REST_NS)
    moved = apn.move("one", 2 * REST_NS)
    assert moved.accepted and any(change.kind == "select" for change in moved.changes)
    new = carrying(apn)
    kept = {fibre for lit in apn.lit("one") if not lit.carries for fibre in lit.lightpath.fibres}
    dead = next(fibre for fibre in new.fibres if fibre not in kept)
    port(apn, dead, 2 * REST_NS + 1, up=False)
    apn.run(3 * REST_NS)
    on = carrying(apn).id
    assert on != new.id and received(apn) == [on, on]
    port(apn, dead, 3 * REST_NS, up=True)
    apn.run(4 * REST_NS)
    port(apn, first, 4 * REST_NS, up=True)
    apn.run(5 * REST_NS)
    assert carrying(apn).id == on and received(apn) == [on, on]


def told(work: Work) -> list[Change]:
    """Changes in the order in which devices are told them."""
    found = []
    while work.due_ns() is not None:
        taken = work.pop()
        if taken is not None:
            found.append(taken[0])
    return found


def light(name: str) -> Lightpath:
    apn = Apn(BLUEPRINT)
    apn.request(service(name), 0)
    return apn.lit(name)[0].lightpath


def test_a_slot_and_a_transceiver_are_given_up_before_others_have_them() -> None:
    """However much later the earlier plan comes to it: here behind 70 s of tuning."""
    old, new = light("old"), light("new")
    assert old.slot == new.slot and old.fibres == new.fibres
    work = Work(Apn(BLUEPRINT).plant)
    waits = set_up(dataclasses.replace(old, id=LightId(service="old", number=9), slot=Slot(n=-200, m=4)), (1, 1))
    work.begin((*waits, *take_down(old, (0, 0), step=2)), 0)
    work.begin(set_up(new, (0, 0)), 1)
    order = told(work)
    for site in old.route:
        here = [(change.kind, change.lightpath.service) for change in order if change.site == site]
        assert here.index(("disconnect", "old")) < here.index(("cross-connect", "new"))
    for site in (old.source, old.target):
        here = [(change.kind, change.lightpath.service) for change in order if change.site == site]
        assert here.index(("dark", "old")) < here.index(("tune", "new"))


def test_other_slots_wait_for_nothing() -> None:
    old, new = light("old"), dataclasses.replace(light("new"), slot=Slot(n=-200, m=4))
    work = Work(Apn(BLUEPRINT).plant)
    work.begin(take_down(old, (0, 0)), 0)
    work.begin(set_up(new, (1, 1)), 0)
    order = [(change.kind, change.lightpath.service) for change in told(work)]
    assert order.index(("cross-connect", "new")) < order.index(("disconnect", "old"))


def test_a_name_that_is_given_again_has_nothing_of_the_service_before() -> None:
    """Released amid a move: the rest of the move would have moved the hosts of whoever has the name next."""
    apn = Apn(BLUEPRINT)
    apn.request(service("one"), 0)
    apn.run(REST_NS)
    assert apn.move("one", REST_NS).accepted
    assert apn.release("one", REST_NS + 1)
    assert apn.request(service("one"), REST_NS + 2).accepted
    apn.run(2 * REST_NS)
    (lit,) = apn.lit("one")
    ends = {(site, number) for site, number in zip(("tokyo", "osaka"), lit.transceivers, strict=True)}
    wanted = {(apn.wiring.transceiver[end].host, apn.wiring.transceiver[end].interface) for end in ends}
    assert {(order.host, order.interface) for order in apn.standing_orders()} == wanted
    assert all(apn.hosts.devices.received(site, number) == lit.lightpath.id for site, number in ends)
