# SPDX-License-Identifier: BSD-3-Clause
"""The way to the controller: where it stands, and what its messages cost, in closed form."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st
from plants import ANEW, DEVICES, MS, make_plant, plants

from apnemu.model.activities import Event
from apnemu.model.plant import Controller, Plant
from apnemu.planning.dcn import LEAST_NS, dcn
from apnemu.planning.graph import Graph
from apnemu.planning.online import Light, Service, carries_ns, setup_ns, survival, without_dcn
from apnemu.units import VirtualNs, fibre_delay_ns

KM = {name: fibre_delay_ns(km, 1.468) for name, km in {"ab": 100.0, "bc": 200.0, "cd": 400.0, "da": 900.0}.items()}


def ring(at: str) -> Plant:
    fibres = [("ab", "a", "b", 100.0), ("bc", "b", "c", 200.0), ("cd", "c", "d", 400.0), ("da", "d", "a", 900.0)]
    plant = make_plant(fibres)
    return dataclasses.replace(plant, devices=DEVICES, transceivers=2, controller=Controller(at=at))


def asked(protection: str) -> Service:
    return Service(name="s", source="a", target="c", rate_gbps=100, protection=protection)  # type: ignore[arg-type]


def test_the_way_is_the_shortest_over_the_fibres_and_at_least_ten_us() -> None:
    way = dcn(ring("a"))
    assert way.at == "a"
    assert dict(way.delay_ns) == {
        "a": LEAST_NS,
        "b": KM["ab"],
        "c": KM["ab"] + KM["bc"],
        "d": KM["ab"] + KM["bc"] + KM["cd"],
    }


def test_without_a_word_it_stands_where_the_farthest_site_is_the_nearest() -> None:
    """From c the farthest are a (300 km) and d (400); from b d is 600 away, from a and d 700."""
    assert dcn(ring("")).at == "c"


def test_a_declared_delay_goes_before_the_fibres_and_may_be_none() -> None:
    plant = dataclasses.replace(ring(""), controller=Controller(at="d", delay_ns=5))
    assert set(dcn(plant).delay_ns.values()) == {5}
    assert set(dcn(without_dcn(plant)).delay_ns.values()) == {0}
    assert dcn(without_dcn(plant)).at == "d"


@given(plants(), st.data())
def test_every_site_has_a_way_whatever_the_plant(plant: Plant, data: st.DataObject) -> None:
    """The most central one's farthest site is no farther than that of any site that is named."""
    plant = dataclasses.replace(plant, controller=Controller())
    named = Controller(at=data.draw(st.sampled_from([site.name for site in plant.sites])))
    central, other = dcn(plant), dcn(dataclasses.replace(plant, controller=named))
    assert set(central.delay_ns) == set(plant.site)
    assert min(central.delay_ns.values()) >= LEAST_NS
    assert other.at == named.at
    if None not in Graph(plant).costs_to(0):  # all sites are joined
        assert max(central.delay_ns.values()) <= max(other.delay_ns.values())


@pytest.mark.parametrize("at", ["a", "c", "d"])
def test_a_setup_waits_for_every_answer(at: str) -> None:
    """Cross-connections at a, b, c and their answers; then both ends tune, and light has 300 km to go."""
    plant = ring(at)
    way = dcn(plant).delay_ns
    decision = Light(plant, transceivers={"a": 2, "c": 2}).request(asked("none"))
    assert decision.working is not None and decision.working.route == ("a", "b", "c")
    crossed = DEVICES.wss_switching_ns + 2 * max(way[site] for site in "abc")
    tuned = ANEW - DEVICES.wss_switching_ns
    light = decision.working.delay_ns
    assert setup_ns(plant, decision.changes) == DEVICES.controller_computing_ns + crossed + tuned + max(
        way["a"], way["c"]
    )
    assert carries_ns(plant, decision.changes, decision.working) == crossed + tuned + max(way["a"] + light, way["c"])


@pytest.mark.parametrize("at", ["a", "b", "d"])
def test_a_restoration_waits_for_the_alarm_and_every_answer_and_one_plus_one_for_nobody(at: str) -> None:
    plant = ring(at)
    way = dcn(plant).delay_ns
    cut = Event(at_ns=VirtualNs(0), kind="cut", what="ab", fibres=("ab",))
    fate, near = (survival(each, asked("restoration-prepared"), [cut]) for each in (plant, without_dcn(plant)))
    assert fate.longest is not None and near.longest is not None
    light = KM["da"] + KM["cd"] + 30_000  # FEC of the test's mode
    end = max(way["a"] + light, way["c"]) - light
    dcn_ns = min(way["a"], way["b"]) + 2 * max(way.values()) + end
    assert (fate.longest.lasts_ns or 0) - (near.longest.lasts_ns or 0) == dcn_ns
    fate, near = (survival(each, asked("1+1"), [cut]) for each in (plant, without_dcn(plant)))
    assert [dark.lasts_ns for dark in fate.dark] == [dark.lasts_ns for dark in near.dark] == [600_007 * MS - KM["bc"]]
