# SPDX-License-Identifier: BSD-3-Clause
"""An amplifier's gain sags: by hand what its fibre counts, what light does about it, and how long frames are out."""

from __future__ import annotations

import dataclasses
from math import log10

import pytest
from plants import ANEW, DEVICES, MS, make_plant

from apnemu.model.activities import Event
from apnemu.model.plant import Fibre, Plant
from apnemu.planning.online import Light, Service, survival
from apnemu.units import VirtualNs

DOUBLED_DB = 10 * log10(2)
SQUARE = [("ab", "a", "b", 90.0), ("bc", "b", "c", 120.0), ("cd", "c", "d", 140.0), ("da", "d", "a", 200.0)]


def plant_of(*fibres: tuple[str, str, str, float]) -> Plant:
    """With an amplifier in the middle of each fibre."""
    plant = make_plant(list(fibres))
    amplified = tuple(dataclasses.replace(fibre, amplifiers=1) for fibre in plant.fibres)
    return dataclasses.replace(plant, fibres=amplified, devices=DEVICES, transceivers=2)


def light_of(plant: Plant) -> Light:
    return Light(plant, transceivers=dict.fromkeys(plant.site, plant.transceivers))


def asked(protection: str, rate_gbps: float = 400) -> Service:
    return Service(name="s", source="a", target="b", rate_gbps=rate_gbps, protection=protection)  # type: ignore[arg-type]


def sag(at_ms: int, fibre: str, db: float) -> Event:
    return Event(at_ns=VirtualNs(at_ms * MS), kind="sag", what=fibre, fibres=(fibre,), db=db)


def repair(at_ms: int, *fibres: str) -> Event:
    return Event(at_ns=VirtualNs(at_ms * MS), kind="repair", what="", fibres=fibres)


@pytest.mark.parametrize(("amplifiers", "db", "km"), [(1, DOUBLED_DB, 150), (2, DOUBLED_DB, 200), (2, 10, 1800)])
def test_all_spans_behind_the_amplifier_weigh_more(amplifiers: int, db: float, km: float) -> None:
    """Twice the noise of one span of two, of two of three; ten times that of 200 km is 1800 km more."""
    fibre = Fibre(name="ab", a="a", b="b", length_km=300, amplifiers=amplifiers)
    assert fibre.sag_km(db) == pytest.approx(km)
    assert fibre.sag_km(0) == 0


def test_light_that_still_closes_stays() -> None:
    """fast-400 reaches 100 km: 90 km may count 10 km more, which 45 km do where noise weighs 10 / 45 more."""
    light = light_of(plant_of(*SQUARE))
    light.request(asked("none"))
    assert light.sag("ab", 10 * log10(1 + 9.99 / 45)) == ()
    (lost,) = light.sag("ab", 10 * log10(1 + 10.5 / 45))
    assert lost.kind == "lost"
    assert lost.reason == (
        "reach: amplifiers sag (fibre ab by 0.910805 dB): 90 km count as 100.5 km, fast-400 reaches 100 km"
    )
    light.check()
    assert light.lit() == ()
    (again,) = light.sag("ab", 0)
    assert (again.kind, again.how) == ("restored", "repaired")
    assert light.sagging == {}


def test_it_comes_back_over_the_same_fibre_in_a_mode_that_reaches_further() -> None:
    light = light_of(plant_of(*SQUARE))
    decision = light.request(asked("restoration-computed"))
    assert decision.working is not None and decision.working.mode == "fast-400"
    (restored,) = light.sag("ab", 3)
    assert restored.lightpath is not None
    assert (restored.how, restored.lightpath.fibres) == ("computed", ("ab",))
    assert restored.lightpath.mode == "wide-400"
    (restored,) = light.sag("ab", 12)
    assert restored.lightpath is not None and restored.lightpath.fibres == ("da", "cd", "bc")
    light.check()
    assert light.sag("ab", 0) == ()


def test_what_nothing_can_bring_back_is_lost_with_the_reason() -> None:
    light = light_of(plant_of(("ab", "a", "b", 90.0)))
    light.request(asked("restoration-computed"))
    (lost,) = light.sag("ab", 12)
    assert lost.reason.endswith(
        "; reach: on the shortest route amplifiers sag (fibre ab by 12 dB): 90 km count as 758.2 km, and no mode with"
        " 400 Gbit/s reaches so far; repair, or ask for a lower rate"
    )
    refused = light_of(plant_of(("ab", "a", "b", 90.0)))
    refused.sag("ab", 12)
    assert refused.request(asked("none")).reason.startswith("reach: on the shortest route amplifiers sag")
    assert refused.request(asked("none", 100)).accepted


def test_a_fibre_that_is_dead_and_sags_needs_both_mended() -> None:
    light = light_of(plant_of(*SQUARE))
    light.request(asked("none"))
    light.fail(["ab"])
    assert light.sag("ab", 3) == ()
    assert light.repair(["ab"]) == ()
    assert [outcome.kind for outcome in light.sag("ab", 0)] == ["restored"]


def test_what_cannot_sag_is_refused() -> None:
    plant = make_plant([("ab", "a", "b", 50.0)])
    with pytest.raises(ValueError, match="ab with 0 amplifiers is to sag by 3 dB; it must have one"):
        Light(plant, transceivers={}).sag("ab", 3)
    with pytest.raises(KeyError):
        Light(plant, transceivers={}).sag("xy", 3)


def test_how_long_frames_are_out() -> None:
    """1+1 for detection and switching; what is set up anew from the sag until it is filled."""
    plant = plant_of(*SQUARE)
    way_ns = plant.fibre["ab"].way("a").delay_ns
    both = survival(plant, asked("1+1"), [sag(0, "ab", 3)])
    assert [(dark.from_ns, dark.lasts_ns, dark.how) for dark in both.dark] == [(0, 600_007 * MS, "switched")]
    fate = survival(plant, asked("restoration-computed"), [sag(0, "ab", 3)])
    assert [dark.lasts_ns for dark in fate.dark] == [(7 + 50_000) * MS + ANEW + way_ns + 15_000]  # FEC of wide-400
    fate = survival(plant, asked("none"), [sag(0, "ab", 3), repair(1000, "ab")])
    assert [dark.lasts_ns for dark in fate.dark] == [(1000 + 7) * MS + ANEW + way_ns + 10_000]  # FEC of fast-400
    assert not survival(plant, asked("none"), [sag(0, "ab", 3)]).restored
    small = survival(plant, asked("none"), [sag(0, "ab", 0.5)])
    assert small.restored and small.dark == ()


def test_a_sag_that_the_controller_does_not_hear_of_is_over_with_its_repair() -> None:
    plant = plant_of(*SQUARE)
    lost, back = (
        Event(at_ns=VirtualNs(at * MS), kind=kind, what="", controller=True)  # type: ignore[arg-type]
        for at, kind in ((0, "lose"), (5000, "repair"))
    )
    fate = survival(plant, asked("none"), [lost, sag(1000, "ab", 3), repair(1500, "ab"), back])
    assert [(dark.from_ns, dark.lasts_ns, dark.how) for dark in fate.dark] == [(1000 * MS, 500 * MS, "unheard of")]
    fate = survival(plant, asked("1+1"), [lost, sag(1000, "ab", 3), back])
    assert [dark.lasts_ns for dark in fate.dark] == [600_007 * MS]
