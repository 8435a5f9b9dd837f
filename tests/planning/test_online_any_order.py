# SPDX-License-Identifier: BSD-3-Clause
"""Whatever happens in whatever order, no slot is given twice, no light is on over what is dead, no
service is forgotten, and after full repair everything that was accepted has light. Amplifiers sag among it."""

from __future__ import annotations

import dataclasses
from itertools import combinations
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from plants import plants

from apnemu.model.assignment import LightId
from apnemu.model.plant import Devices, Plant
from apnemu.model.reason import read_reasons
from apnemu.planning.online import Change, Light, Service
from apnemu.planning.online.service import PROTECTIONS
from apnemu.topology import read_plant

JPN12 = dataclasses.replace(
    read_plant(Path(__file__).parents[2] / "topologies" / "jpn12.yaml"),
    band=dataclasses.replace(read_plant(Path(__file__).parents[2] / "topologies" / "jpn12.yaml").band, high=-260),
)
"""With three slots of 50 GHz, so that spectrum is short."""


class Told:
    """What devices do when they are told, and nothing else: the fake that changes are played on."""

    def __init__(self) -> None:
        self.crossed: dict[tuple[str, LightId], Change] = {}
        self.shining: dict[tuple[str, int], Change] = {}

    def play(self, changes: tuple[Change, ...]) -> None:
        assert [change.step for change in changes] == sorted(change.step for change in changes)
        for change in changes:
            if change.kind == "cross-connect":
                self.crossed[change.site, change.lightpath] = change
            elif change.kind == "disconnect":
                del self.crossed[change.site, change.lightpath]
            elif change.kind == "tune":
                self.shining[change.site, change.port_in.number] = change
            elif (
                change.kind == "dark" and self.shining[change.site, change.port_in.number].lightpath == change.lightpath
            ):
                del self.shining[change.site, change.port_in.number]

    def lose(self, site: str) -> None:
        """A site that dies forgets everything."""
        self.crossed = {key: change for key, change in self.crossed.items() if key[0] != site}
        self.shining = {key: change for key, change in self.shining.items() if key[0] != site}

    def agree_with(self, light: Light) -> None:
        """Every lit lightpath is cross-connected from end to end and its transceivers shine; nothing else is."""
        lit = light.lit()
        assert {(site, one.lightpath.id) for one in lit for site in one.lightpath.route} == set(self.crossed)
        shine = {
            (site, number): one.lightpath.id
            for one in lit
            for site, number in zip((one.lightpath.source, one.lightpath.target), one.transceivers, strict=True)
        }
        assert shine == {key: change.lightpath for key, change in self.shining.items()}
        for one, other in combinations(self.crossed.values(), 2):
            if one.site == other.site and one.slot and other.slot and one.slot.overlaps(other.slot):
                ports = {one.port_in, one.port_out} & {other.port_in, other.port_out}
                assert not [port for port in ports if port and port.kind == "fibre"]


class Play:
    """Random events on a `Light`, the devices behind it, and what must hold after each."""

    def __init__(self, plant: Plant, data: st.DataObject, *, transceivers: int) -> None:
        self.plant, self.data = plant, data
        self.light = Light(plant, transceivers={site.name: transceivers for site in plant.sites}, k=3)
        self.devices = Told()
        self.count = 0
        self.schemes = PROTECTIONS

    def one(self) -> None:
        data, light = self.data, self.light
        names = [status.service.name for status in light.services()]
        event = data.draw(
            st.sampled_from(["request"] * 5 + ["fail", "fail", "sag", "repair", "release", "move", "advance"])
        )
        if event == "request":
            self.request()
        elif event == "fail":
            self.fail(
                data.draw(st.lists(st.sampled_from(self.plant.fibres).map(lambda f: f.name), max_size=2, unique=True)),
                data.draw(st.lists(st.sampled_from(self.plant.sites).map(lambda s: s.name), max_size=1)),
            )
        elif event == "sag" and (amplified := [fibre.name for fibre in self.plant.fibres if fibre.amplifiers]):
            self.outcomes(
                light.sag(data.draw(st.sampled_from(amplified)), data.draw(st.sampled_from([0.0, 3.0, 12.0])))
            )
        elif event == "repair":
            fibres, sites = light.dead
            self.repair(
                data.draw(st.lists(st.sampled_from(fibres), unique=True)) if fibres else [],
                data.draw(st.lists(st.sampled_from(sites), unique=True)) if sites else [],
            )
        elif event == "release" and names:
            self.devices.play(light.release(data.draw(st.sampled_from(names))))
        elif event == "move" and names:
            decision = light.move(data.draw(st.sampled_from(names)))
            assert decision.accepted or read_reasons(decision.reason) == decision.why != ()
            self.devices.play(decision.changes)
        elif event == "advance":
            self.outcomes(light.advance(light.now_ns + data.draw(st.integers(0, 5))))
        self.holds()

    def request(self) -> None:
        pair = self.data.draw(st.permutations([site.name for site in self.plant.sites]))[:2]
        start = self.data.draw(st.sampled_from([None, None, self.light.now_ns + 2, self.light.now_ns + 5]))
        self.count += 1
        service = Service(
            name=f"s{self.count}",
            source=pair[0],
            target=pair[1],
            rate_gbps=self.data.draw(st.sampled_from([100.0, 400.0])),
            protection=self.data.draw(st.sampled_from(self.schemes)),
            start_ns=start,
            end_ns=self.data.draw(st.sampled_from([None, (start or self.light.now_ns) + 4])),
        )
        decision = self.light.request(service)
        assert decision.accepted != bool(decision.why)
        assert read_reasons(decision.reason) == decision.why
        self.devices.play(decision.changes)

    def fail(self, fibres: list[str], sites: list[str]) -> None:
        for site in sites:
            self.devices.lose(site)
        self.outcomes(self.light.fail(fibres, sites))

    def repair(self, fibres: list[str] | tuple[str, ...], sites: list[str] | tuple[str, ...]) -> None:
        self.outcomes(self.light.repair(fibres, sites))

    def outcomes(self, outcomes) -> None:
        for outcome in outcomes:
            assert (outcome.kind in ("lost", "unprotected")) == bool(outcome.why)
            assert read_reasons(outcome.reason) == outcome.why
            self.devices.play(outcome.changes)

    def holds(self) -> None:
        self.light.check()
        self.devices.agree_with(self.light)

    def mend(self) -> None:
        """Full repair, in an order of its own."""
        fibres, sites = self.light.dead
        sagging = [("sag", name) for name in self.light.sagging]
        dead = [*(("fibre", name) for name in fibres), *(("site", name) for name in sites)]
        for kind, name in self.data.draw(st.permutations([*dead, *sagging])):
            if kind == "sag":
                self.outcomes(self.light.sag(name, 0.0))
            else:
                self.repair([name] if kind == "fibre" else [], [name] if kind == "site" else [])
            self.holds()
        assert (self.light.dead, self.light.sagging) == (((), ()), {})
        assert [status for status in self.light.services() if status.state == "lost"] == []


@settings(max_examples=150, deadline=None)
@given(plants(), st.data())
def test_random_plants(plant: Plant, data: st.DataObject) -> None:
    ducts = st.lists(st.sampled_from(["p", "q", "r"]), unique=True, max_size=1).map(tuple)
    risky = dataclasses.replace(
        plant,
        fibres=tuple(
            dataclasses.replace(fibre, risks=data.draw(ducts), amplifiers=data.draw(st.integers(0, 2)))
            for fibre in plant.fibres
        ),
        devices=Devices(controller_computing_ns=data.draw(st.integers(0, 6))),
    )
    play = Play(risky, data, transceivers=data.draw(st.integers(1, 6)))
    for _ in range(data.draw(st.integers(1, 25))):
        play.one()
    play.mend()


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_jpn12(data: st.DataObject) -> None:
    play = Play(JPN12, data, transceivers=8)
    for _ in range(data.draw(st.integers(1, 40))):
        play.one()
    play.mend()


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_two_cuts_at_once_a_region_lost_and_repair_in_another_order(data: st.DataObject) -> None:
    play = Play(JPN12, data, transceivers=40)
    play.schemes = data.draw(st.sampled_from([PROTECTIONS, ("restoration-prepared",)]))
    for _ in range(20):
        play.request()
    play.fail(data.draw(st.permutations([fibre.name for fibre in JPN12.fibres]))[:2], [])
    play.holds()
    east = [site.name for site in JPN12.sites if site.lon > 138 and site.lat < 37]
    play.fail([], east)
    play.holds()
    play.outcomes(play.light.advance(10))
    play.holds()
    play.mend()


@settings(max_examples=80, deadline=None)
@given(plants(), st.data())
def test_one_failure_is_survived_by_everything_that_is_protected(plant: Plant, data: st.DataObject) -> None:
    """Of fibres and of shared risks: what is shared by prepared restoration is never wanted twice."""
    ducts = st.lists(st.sampled_from(["p", "q", "r"]), unique=True, max_size=1).map(tuple)
    risky = dataclasses.replace(
        plant, fibres=tuple(dataclasses.replace(fibre, risks=data.draw(ducts)) for fibre in plant.fibres)
    )
    play = Play(risky, data, transceivers=8)
    for _ in range(12):
        play.request()
    play.outcomes(play.light.advance(3))
    before = {status.service.name: status for status in play.light.services()}
    cut = data.draw(st.sampled_from([(fibre.name,) for fibre in risky.fibres] + list(risky.at_risk.values())))
    outcomes = play.light.fail(cut)
    play.outcomes(outcomes)
    play.holds()
    what = {outcome.service: outcome for outcome in reversed(outcomes)}
    for name, status in before.items():
        if not status.protected or status.state == "booked":
            continue
        hit = set(cut) & set(status.working.fibres)
        if status.service.protection == "restoration-prepared" and hit:
            assert (what[name].kind, what[name].how) == ("restored", "prepared")
            assert status.protecting is not None and what[name].lightpath == status.protecting
        if status.service.protection == "1+1" and hit:
            assert what[name].kind == "switched"
