# SPDX-License-Identifier: BSD-3-Clause
"""A transceiver has one owner, whatever is asked for, moved, released, cut and repaired, and in whatever order.

What the ledger of `Light`, the rules of the ROADMs and the orders to hosts say of a transceiver is the same: no host
gets a frame of another customer, no light goes by a transceiver that is not its own, and every state has a reason.
"""

from __future__ import annotations

import dataclasses
import random
from typing import Any

import pytest

from apnemu.controllers.apn import Apn
from apnemu.planning.online import Service
from apnemu.planning.online.service import PROTECTIONS
from tests.controllers.on_demand import on_demand
from tests.controllers.table import Arrived, Fabric, Frame

SEEDS = (*range(8), 10, 119)
"""The last two lost a service that was moved, or set up, while what it was to be on was cut."""
S = 1_000_000_000
MOVED = on_demand("jpn12", transceivers=3)
FEW = dataclasses.replace(
    MOVED, plant=dataclasses.replace(MOVED.plant, band=dataclasses.replace(MOVED.plant.band, high=-240))
)
"""With few slots, so that what one service leaves the next one takes."""
FEW_SITES = ("tokyo", "naha", "osaka", "sapporo", "hakata")


def service(name: str, source: str, target: str, protection: Any) -> Service:
    return Service(name=name, source=source, target=target, rate_gbps=100.0, protection=protection)


def holds(apn: Apn) -> None:
    """What must be so at every instant."""
    apn.light.check()
    fabric = Fabric(MOVED, lambda _, dpid: apn.rules(dpid))
    place = {(own.host, own.interface): key for key, own in apn.wiring.transceiver.items()}
    mac = {own.mac: key for key, own in apn.wiring.transceiver.items()}
    port = {wire.name: wire.a.port for wire in MOVED.wires}
    for (site, number), own in apn.wiring.transceiver.items():
        owner = apn.light.owner(site, number)
        came: list[Arrived] = fabric.send(own.host, port[f"{site}/{number}"], Frame())
        for one in came:
            there = place[one.end.node, one.end.interface]
            assert owner and apn.light.owner(*there) == owner, f"{owner or 'nobody'} at {site} reaches {there}"
    for order in apn.standing_orders():
        near, far = place[order.host, order.interface], mac[order.peer_mac]
        assert apn.light.owner(*near) == apn.light.owner(*far) != "", f"{near} is to speak to {far}"
    for progress in apn.progress():
        status = progress.status
        if progress.done and status.state in ("working", "protecting"):
            assert progress.carries, f"{status.service.name} is {status.state} and carries nothing"
        assert progress.carries or progress.reason, f"{status.service.name} carries nothing, and no word why"


def on(apn: Apn, until_ns: int) -> None:
    """Let time go on, and look whenever something has happened."""
    while (due := apn.due_ns()) is not None and due <= until_ns:
        apn.run(due)
        holds(apn)
    apn.run(until_ns)


def test_what_a_move_leaves_is_not_its_services_any_longer() -> None:
    """The next customer at that transceiver gets its own frames, and the moved service goes on with its own."""
    apn = Apn(MOVED)
    assert apn.request(service("one", "tokyo", "naha", "1+1"), 0).accepted
    on(apn, 100 * S)
    assert apn.move("one", 100 * S).accepted
    on(apn, 200 * S)
    two = apn.request(service("two", "tokyo", "hachioji", "none"), 200 * S)
    assert two.accepted
    on(apn, 300 * S)
    assert [(each.done, each.carries, each.reason) for each in apn.progress()] == [(True, True, "")] * 2


def test_what_a_move_leaves_is_taken_until_its_light_is_out() -> None:
    """Traffic is on it until then: neither its transceivers nor its slots can be given to anybody else."""
    apn = Apn(MOVED)
    apn.request(service("one", "tokyo", "naha", "none"), 0)
    on(apn, 100 * S)
    apn.move("one", 100 * S)
    held = [apn.light.owner("tokyo", number) for number in range(3)]
    assert held == ["one", "one", ""]
    on(apn, 101 * S)
    assert apn.request(service("two", "tokyo", "hachioji", "none"), 101 * S).accepted
    refused = apn.request(service("three", "tokyo", "hachioji", "none"), 102 * S)
    assert "transceivers: 1 needed at tokyo, 0 of 3 free" in refused.reason
    on(apn, 250 * S)
    assert [apn.light.owner("tokyo", number) for number in range(3)] == ["", "one", "two"]


@pytest.mark.parametrize("seed", SEEDS)
def test_whatever_is_asked_for_and_whatever_breaks(seed: int) -> None:
    draws = random.Random(seed)
    apn, now_ns, number = Apn(FEW), 0, 0
    cut: list[str] = []
    for _ in range(25):
        now_ns += draws.choice([0, S // 3, 30 * S, 71 * S, 200 * S])
        on(apn, now_ns)
        names = [each.status.service.name for each in apn.progress()]
        what = draws.choice(["request", "request", "move", "move", "release", "cut", "repair", "sag"])
        if what == "request":
            number = number % 6 + 1  # names come again
            a, b = draws.sample(FEW_SITES, 2)
            apn.request(service(f"s{number}", a, b, draws.choice(PROTECTIONS)), now_ns)
        elif what == "move" and names:
            apn.move(draws.choice(names), now_ns)
        elif what == "release" and names:
            apn.release(draws.choice(names), now_ns)
        elif what == "cut" and len(cut) < 3:
            cut.append(draws.choice(FEW.plant.fibres).name)
            both_ends(apn, cut[-1], now_ns, up=False)
        elif what == "repair" and cut:
            both_ends(apn, cut.pop(draws.randrange(len(cut))), now_ns, up=True)
        elif what == "sag":
            fibre = draws.choice([fibre.name for fibre in FEW.plant.fibres if fibre.amplifiers])
            apn.sag(fibre, draws.choice([0.0, 20.0]), now_ns)
        holds(apn)
    on(apn, now_ns + 500 * S)
    assert all(each.done for each in apn.progress())


def both_ends(apn: Apn, fibre: str, now_ns: int, *, up: bool) -> None:
    """Both ends say that their port is up or down, as switches do."""
    for (site, name), port in apn.wiring.port.items():
        if name == fibre:
            apn.port(apn.wiring.dpid[site], port, up, now_ns)
