# SPDX-License-Identifier: BSD-3-Clause
"""Several services in one event: alone each fares as `survival` says; the controller takes one after another."""

from __future__ import annotations

import dataclasses

from hypothesis import given
from hypothesis import strategies as st
from plants import DEVICES, MS, make_plant

from apnemu.model.activities import Event
from apnemu.model.plant import Plant
from apnemu.planning.online import Service, ask, fates, light_of, survival
from apnemu.units import VirtualNs

RING = [("ab", "a", "b", 100.0), ("bc", "b", "c", 120.0), ("cd", "c", "d", 140.0), ("da", "d", "a", 200.0)]


def plant_of(fibres: list[tuple[str, str, str, float]], transceivers: int = 4) -> Plant:
    return dataclasses.replace(make_plant(fibres), devices=DEVICES, transceivers=transceivers)


def service(name: str, source: str, target: str) -> Service:
    return Service(name=name, source=source, target=target, rate_gbps=100, protection="restoration-computed")


@given(
    st.sampled_from("abcd"),
    st.sampled_from("abcd"),
    st.lists(st.sampled_from(["ab", "bc", "cd", "da"]), max_size=1),
    st.lists(st.sampled_from("abcd"), max_size=1),
)
def test_one_service_fares_as_survival_says(source: str, target: str, cut: list[str], lost: list[str]) -> None:
    if source == target or (not cut and not lost):
        return
    plant, only = plant_of(RING), service("s", source, target)
    event = Event(at_ns=VirtualNs(0), kind="region", what="", fibres=tuple(cut), sites=tuple(lost))
    alone = survival(plant, only, [event])
    (fate,) = fates(plant, [only], cut, lost)
    assert fate.asked.ready_ns == alone.ready_ns
    assert fate.hit == bool(alone.dark)
    assert fate.lives == alone.restored
    if fate.hit:
        (dark,) = alone.dark
        assert (fate.from_ns, fate.until_ns) == (dark.from_ns, dark.until_ns)


def test_the_controller_computes_one_route_after_another() -> None:
    plant = plant_of(RING)
    computing_ns = DEVICES.controller_computing_ns
    one, two = fates(plant, [service("1", "a", "b"), service("2", "a", "b")], ["ab"], [])
    assert one.until_ns is not None and two.until_ns is not None
    assert two.until_ns - one.until_ns == computing_ns == 50_000 * MS
    first, second = ask(plant, light_of(plant), [one.asked.service, two.asked.service])
    assert second.ready_ns - first.ready_ns == computing_ns - 1_000


def test_what_ends_at_a_lost_site_is_lost_and_what_is_refused_says_why() -> None:
    plant = plant_of(RING, transceivers=1)
    dead, spared, refused = fates(
        plant, [service("1", "a", "b"), service("2", "c", "d"), service("3", "a", "c")], [], ["b"]
    )
    assert (dead.hit, dead.lives, dead.until_ns) == (True, False, None) and "dead" in dead.why
    assert (spared.hit, spared.lives) == (False, True)
    assert (refused.hit, refused.lives, refused.asked.decision.accepted) == (False, False, False)
    assert "transceivers" in refused.why
