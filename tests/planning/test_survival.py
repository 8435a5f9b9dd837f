# SPDX-License-Identifier: BSD-3-Clause
"""How long a receiver must be without frames: by hand, and for any events at all."""

from __future__ import annotations

import dataclasses
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from plants import ANEW, DEVICES, MS, make_plant

from apnemu.model.activities import Event
from apnemu.model.plant import Plant
from apnemu.planning.online import Service, survival
from apnemu.units import VirtualNs

RING = [("ab", "a", "b", 100.0), ("bc", "b", "c", 120.0), ("cd", "c", "d", 140.0), ("da", "d", "a", 200.0)]


def plant_of(fibres: list[tuple[str, str, str, float]]) -> Plant:
    return dataclasses.replace(make_plant(fibres), devices=DEVICES, transceivers=2)


def happens(at_ms: int, kind: str, fibres: tuple[str, ...] = (), sites: tuple[str, ...] = ()) -> Event:
    return Event(at_ns=VirtualNs(at_ms * MS), kind=kind, what="", fibres=fibres, sites=sites)  # type: ignore[arg-type]


def asked(protection: str) -> Service:
    return Service(name="s", source="a", target="c", rate_gbps=100, protection=protection)  # type: ignore[arg-type]


def ways(plant: Plant, *names: str) -> int:
    return sum(plant.fibre[name].ways[0].delay_ns for name in names)


@pytest.mark.parametrize(("cut", "behind"), [("ab", ("bc",)), ("bc", ())])
def test_one_plus_one_is_dark_for_detection_and_switching(cut: str, behind: tuple[str, ...]) -> None:
    plant = plant_of(RING)
    fate = survival(plant, asked("1+1"), [happens(0, "cut", (cut,))])
    assert [dark.lasts_ns for dark in fate.dark] == [(7 + 600_000) * MS - ways(plant, *behind)]
    assert fate.longest is not None
    assert (fate.longest.declared_ns, fate.longest.how) == ((7 + 600_000) * MS, "switched")


def test_what_is_set_up_anew_is_filled_over_its_whole_length() -> None:
    plant = plant_of(RING)
    other = ways(plant, "da", "cd") + 30_000  # FEC of the test's mode
    prepared = survival(plant, asked("restoration-prepared"), [happens(0, "cut", ("ab",))])
    computed = survival(plant, asked("restoration-computed"), [happens(0, "cut", ("ab",))])
    assert [dark.lasts_ns for dark in prepared.dark] == [7 * MS + ANEW + other - ways(plant, "bc")]
    assert [dark.lasts_ns for dark in computed.dark] == [(7 + 50_000) * MS + ANEW + other - ways(plant, "bc")]
    assert prepared.restored
    assert prepared.ready_ns == 50_000 * MS + ANEW + ways(plant, "ab", "bc") + 30_000


def test_light_without_protection_comes_back_with_the_fibre() -> None:
    plant = plant_of(RING)
    events = [happens(0, "lose", sites=("b",)), happens(10, "repair", ("ab",)), happens(9000, "repair", sites=("b",))]
    fate = survival(plant, asked("none"), events)
    own = ways(plant, "ab", "bc") + 30_000
    assert [dark.lasts_ns for dark in fate.dark] == [(9000 + 7) * MS + ANEW + own]
    assert not survival(plant, asked("none"), events[:1]).restored


def test_a_second_cut_before_the_first_was_made_good_is_one_dark_time() -> None:
    plant = plant_of([*RING, ("ac", "a", "c", 700.0)])
    events = [happens(0, "cut", ("ab",)), happens(1000, "cut", ("da",))]
    fate = survival(plant, asked("restoration-computed"), events)
    assert len(fate.dark) == 1
    assert fate.longest is not None
    # decided twice, one after the other; the second time from the end of the first, which is later than the second cut
    assert fate.longest.declared_ns == (7 + 2 * 50_000) * MS + ANEW


def test_receivers_of_one_plus_one_act_while_the_controller_is_lost_and_nobody_else() -> None:
    plant = plant_of(RING)
    lost, back = (
        dataclasses.replace(happens(at, kind), controller=True) for at, kind in ((0, "lose"), (5000, "repair"))
    )
    fate = survival(plant, asked("1+1"), [lost, happens(1000, "cut", ("bc",)), back])
    assert [dark.lasts_ns for dark in fate.dark] == [(7 + 600_000) * MS]
    fate = survival(plant, asked("restoration-computed"), [lost, happens(1000, "cut", ("bc",)), back])
    other = ways(plant, "da", "cd") + 30_000
    assert [dark.lasts_ns for dark in fate.dark] == [(4000 + 7 + 50_000) * MS + ANEW + other]
    mended = [lost, happens(1000, "cut", ("bc",)), happens(1001, "repair", ("bc",)), back]
    fate = survival(plant, asked("1+1"), mended)
    assert [(dark.lasts_ns, dark.how) for dark in fate.dark] == [(1 * MS + ways(plant, "bc"), "unheard of")]


@given(st.data())
def test_whatever_happens(data: st.DataObject) -> None:
    """Dark times do not overlap, each begins with an event, and after all is repaired there is light.

    The mode reaches 3000 km: 20 dB make each fibre count 99 times its half longer, 1 dB nothing that matters.
    """
    plant = plant_of([*RING, ("ac", "a", "c", 700.0), ("bd", "b", "d", 150.0)])
    plant = dataclasses.replace(plant, fibres=tuple(dataclasses.replace(one, amplifiers=1) for one in plant.fibres))
    names = st.lists(st.sampled_from([fibre.name for fibre in plant.fibres]), max_size=3, unique=True).map(tuple)
    sites = st.lists(st.sampled_from(["b", "d"]), max_size=1).map(tuple)
    kinds = st.sampled_from(["cut", "repair", "sag"])
    drawn = data.draw(st.lists(st.tuples(st.integers(0, 400_000), kinds, names, sites), max_size=6))
    events = [happens(*one) for one in sorted(drawn)]
    events = [
        dataclasses.replace(event, sites=(), db=data.draw(st.sampled_from([1.0, 20.0])))
        if event.kind == "sag"
        else event
        for event in events
    ]
    scheme = data.draw(st.sampled_from(["none", "1+1", "restoration-prepared", "restoration-computed"]))
    whole = happens(500_000, "repair", tuple(plant.fibre), ("b", "d"))
    fate = survival(plant, asked(scheme), [*events, whole])
    assert fate.decision.accepted
    assert fate.restored
    instants = {event.at_ns for event in events}
    spans = [(dark.from_ns, dark.until_ns) for dark in fate.dark]
    for from_ns, until_ns in spans:
        assert until_ns is not None
        assert from_ns < until_ns
        assert any(0 <= from_ns - at_ns < 20 * MS for at_ns in instants)
    for (_, until_ns), (from_ns, _) in itertools.pairwise(spans):
        assert until_ns is not None
        assert until_ns <= from_ns + 20 * MS
