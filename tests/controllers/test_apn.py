# SPDX-License-Identifier: BSD-3-Clause
"""The on-demand controller: rules that frames follow, time that devices take, what it knows after a restart."""

from __future__ import annotations

from typing import Any

import pytest

from apnemu.controllers.apn import Apn
from apnemu.controllers.devices import Tables, differences
from apnemu.controllers.rules import Rule
from apnemu.planning.online import Service, setup_ns
from tests.controllers.on_demand import on_demand
from tests.controllers.table import Arrived, Fabric, Frame

START_NS = 1_000_000_000
LONG_NS = 200_000_000_000
BLUEPRINT = on_demand("jpn12", transceivers=4)


def service(name: str, protection: Any = "none") -> Service:
    return Service(name=name, source="tokyo", target="osaka", rate_gbps=100.0, protection=protection)


def sent(apn: Apn, site: str, number: int) -> list[Arrived]:
    """What comes of a frame that a transceiver sends now."""
    fabric = Fabric(BLUEPRINT, lambda _, dpid: apn.rules(dpid))
    one = apn.wiring.transceiver[site, number]
    port = next(wire.a.port for wire in BLUEPRINT.wires if wire.name == f"{site}/{number}")
    return fabric.send(one.host, port, Frame())


def reaches(apn: Apn, name: str) -> bool:
    """Whether the service's clients have each other's frames, each once and untagged."""
    lit = next(one for one in apn.lit(name) if one.carries)
    ends = list(zip(("tokyo", "osaka"), lit.transceivers, strict=True))
    for near, far in (ends, ends[::-1]):
        wanted = apn.wiring.transceiver[far]
        came = [(one.end.node, one.end.interface, one.frame) for one in sent(apn, *near)]
        if came != [(wanted.host, wanted.interface, Frame())]:
            return False
    return True


def test_light_carries_when_the_last_device_is_done_and_not_before() -> None:
    apn = Apn(BLUEPRINT)
    decision = apn.request(service("one"), START_NS)
    done_ns = START_NS + setup_ns(apn.plant, decision.changes) - apn.plant.devices.controller_computing_ns
    apn.run(done_ns - 1)
    assert not reaches(apn, "one") and not apn.orders
    apn.run(done_ns)
    assert reaches(apn, "one") and len(apn.orders) == 2
    apn.release("one", done_ns + 1)
    apn.run(done_ns + LONG_NS)
    assert not any(apn.rules(switch.dpid) for switch in BLUEPRINT.switches)
    assert [order.kind for order in apn.orders] == ["carry"] * 2 + ["quiet"] * 2


def test_one_thing_is_computed_after_another() -> None:
    apn = Apn(BLUEPRINT)
    takes = apn.plant.devices.controller_computing_ns
    assert [apn.computed_ns(5) for _ in range(3)] == [5 + takes, 5 + 2 * takes, 5 + 3 * takes]


def cut(apn: Apn, fibre: str, now_ns: int, *, up: bool = False) -> None:
    """Both ends say so, as switches do."""
    for (site, name), port in apn.wiring.port.items():
        if name == fibre:
            apn.port(apn.wiring.dpid[site], port, up, now_ns)


def test_one_plus_one_switches_after_detection_and_switching() -> None:
    apn = Apn(BLUEPRINT)
    apn.request(service("one", "1+1"), START_NS)
    apn.run(LONG_NS)
    assert reaches(apn, "one")
    first = next(one for one in apn.lit("one") if one.carries)
    client = first.transceivers
    cut(apn, first.lightpath.fibres[0], LONG_NS)
    devices = apn.plant.devices
    switched_ns = LONG_NS + devices.loss_of_light_detection_ns + devices.protection_switching_ns

    def dropped_from() -> tuple[int, ...]:
        (arrived,) = sent(apn, "tokyo", client[0])
        return arrived.passed

    apn.run(switched_ns - 1)
    before = dropped_from()
    apn.run(switched_ns)
    after = dropped_from()
    second = next(one for one in apn.lit("one") if one.carries)
    assert before == tuple(apn.wiring.dpid[site] for site in first.lightpath.route)
    assert after == tuple(apn.wiring.dpid[site] for site in second.lightpath.route)


def test_one_plus_one_receives_the_light_that_still_closes_when_an_amplifier_sags() -> None:
    """Its client is told of the other light's fibres when it is switched, at both ends, and of none before."""
    apn = Apn(BLUEPRINT)
    apn.request(service("one", "1+1"), START_NS)
    apn.run(LONG_NS)
    first, second = apn.lit("one")
    fibre = next(name for name in first.lightpath.fibres if apn.plant.fibre[name].amplifiers)
    spare_km = apn.plant.modes[[mode.name for mode in apn.plant.modes].index(first.lightpath.mode)].reach_km
    spare_km -= first.lightpath.length_km
    assert [(order.fibres, order.spare_km) for order in apn.orders] == [(first.lightpath.fibres, spare_km)] * 4
    before = apn.orders[2:]
    assert [[leg.fibres for leg in order.legs] for order in before] == [
        [one.lightpath.fibres for one in (first, second)]
    ] * 2, "once both are lit"
    apn.orders.clear()
    apn.sag(fibre, 20.0, LONG_NS)
    devices = apn.plant.devices
    switched_ns = LONG_NS + devices.loss_of_light_detection_ns + devices.protection_switching_ns
    apn.run(switched_ns - 1)
    assert not apn.orders
    apn.run(switched_ns)
    assert [order.fibres for order in apn.orders] == [second.lightpath.fibres] * 4
    assert [len(order.legs) for order in apn.orders] == [2, 2, 0, 0], "selected, and then the other one is dark"
    assert [order.interface for order in apn.orders] == [order.interface for order in before] * 2
    apn.light.check()


@pytest.mark.parametrize("protection", ["restoration-prepared", "restoration-computed"])
def test_a_cut_is_restored_and_nothing_is_left_on_the_dead_fibre(protection: str) -> None:
    apn = Apn(BLUEPRINT)
    apn.request(service("one", protection), START_NS)
    apn.run(LONG_NS)
    dead = apn.lit("one")[0].lightpath.fibres[0]
    cut(apn, dead, LONG_NS)
    apn.run(LONG_NS + 1)
    apn.run(2 * LONG_NS)
    apn.light.check()
    assert reaches(apn, "one")
    assert dead not in apn.lit("one")[0].lightpath.fibres


def test_moving_never_leaves_a_frame_without_a_way() -> None:
    """At every instant of the move what the host sends by, arrives."""
    apn = Apn(BLUEPRINT)
    apn.request(service("one"), START_NS)
    apn.run(LONG_NS)
    old = apn.lit("one")[0].transceivers
    assert apn.move("one", LONG_NS).accepted
    while (due := apn.due_ns()) is not None:
        on_old = not any(order.kind == "quiet" for order in apn.orders)
        if on_old:
            assert len(sent(apn, "tokyo", old[0])) == 1
        else:
            assert reaches(apn, "one")
        apn.run(due)
    assert reaches(apn, "one") and apn.lit("one")[0].transceivers != old


def test_a_controller_that_starts_again_knows_what_it_knew() -> None:
    """Killed amid a set-up: nothing that is right is sent again, and what was due meanwhile is done."""
    journal: list[dict[str, Any]] = []
    apn = Apn(BLUEPRINT, journal.append)
    apn.request(service("one", "1+1"), START_NS)
    apn.run(LONG_NS)
    cut(apn, apn.lit("one")[0].lightpath.fibres[0], LONG_NS)
    apn.request(service("two"), LONG_NS + START_NS)
    apn.sag(next(fibre.name for fibre in apn.plant.fibres if fibre.amplifiers), 20.0, LONG_NS + START_NS)
    had = {switch.dpid: apn.rules(switch.dpid) for switch in BLUEPRINT.switches}
    again = Apn(BLUEPRINT)
    again.replay(journal)
    assert {dpid: again.rules(dpid) for dpid in had} == had
    assert [differences(had[dpid], again.rules(dpid)) for dpid in had] == [([], [])] * len(had)
    for one in (apn, again):
        one.run(3 * LONG_NS)
    assert again.light.services() == apn.light.services()
    assert again.light.sagging == apn.light.sagging != {}
    assert again.standing_orders() == apn.standing_orders()
    assert [again.rules(dpid) for dpid in had] == [apn.rules(dpid) for dpid in had]


def test_only_what_differs_is_sent() -> None:
    right, wrong, new = (Rule(priority=100, port_in=n, actions=(("output", 9),)) for n in (1, 2, 3))
    changed = Rule(priority=100, port_in=2, actions=(("output", 8),))
    tables = Tables()
    assert tables.update(1, [right]) == ([], [])
    tables.has[1] = [right, wrong]
    assert tables.update(1, [right, changed, new]) == ([changed, new], [])
    assert tables.update(1, [right]) == ([], [changed, new])
