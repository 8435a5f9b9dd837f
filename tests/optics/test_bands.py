# SPDX-License-Identifier: BSD-3-Clause
"""A slot that is lit is a slot that arrives: light only where every amplifier and ROADM on the way carries it."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import pytest

from apnemu.errors import InputError
from apnemu.model.demand import Demand
from apnemu.model.plant import Plant
from apnemu.model.spectrum import Band, Bands, Slot, told
from apnemu.optics import carried, read_gnpy
from apnemu.planning import plan
from apnemu.planning.judged import plan_judged
from apnemu.planning.minimum import minimum_wavelengths
from apnemu.planning.online import Light, Service
from apnemu.topology import read_plant
from tests.optics.lines import EXAMPLES, TOPOLOGIES
from tests.planning.plants import make_plant

C = Band(low=-292, high=484)
C_AND_L = (Band(low=-1092, high=-468), C)
THREE = read_plant(TOPOLOGIES / "three-sites.yaml")
BELOW = Band(low=-1376, high=-1136)
"""184.5 to 186.0 THz."""


def within(bands: Bands, slot: Slot) -> bool:
    return any(band.holds(slot) for band in bands)


def test_our_own_amplifiers_carry_the_c_band_alone() -> None:
    wide = replace(THREE, band=Band(low=-1376, high=480))
    for by_quality in (True, False):
        judged = plan_judged(wide, by_quality=by_quality)
        (path,) = judged.assignment.lightpaths
        assert C.holds(path.slot)
        assert any("191.275 to 196.1 THz (C band)" in warning for warning in judged.warnings)
        outside = plan_judged(replace(THREE, band=BELOW), by_quality=by_quality).assignment
        assert outside.lightpaths == ()
        assert "carry 191.275 to 196.125 THz (C band)" in outside.refusals[0].reason
    assert carried(THREE) == THREE


def test_the_solvers_and_light_on_demand_refuse_with_the_band() -> None:
    below = carried(replace(THREE, band=BELOW))
    with pytest.raises(InputError, match=r"carry 191.275 to 196.125 THz \(C band\)"):
        minimum_wavelengths(below)
    asked = Service(name="s", source="tokyo", target="osaka", rate_gbps=100)
    refused = Light(below, transceivers={"tokyo": 1, "osaka": 1}).request(asked)
    assert not refused.accepted
    assert "carry 191.275 to 196.125 THz (C band)" in refused.reason
    wide = carried(replace(THREE, band=Band(low=-1376, high=480)))
    lit = Light(wide, transceivers={"tokyo": 1, "osaka": 1}).request(asked)
    assert lit.working is not None
    assert C.holds(lit.working.slot)


@pytest.mark.parametrize("seed", range(4))
def test_a_route_carries_what_all_its_fibres_carry(seed: int) -> None:
    draw = random.Random(seed)
    kinds: tuple[Bands, ...] = ((C,), C_AND_L, (C_AND_L[0],))
    ends = [("a", "b"), ("b", "c"), ("c", "d"), ("a", "d"), ("b", "d")]
    fibres = [("".join(pair), *pair, draw.uniform(10, 80)) for pair in ends]
    plain = make_plant(fibres, [(*draw.sample("abcd", 2), 100) for _ in range(60)], band=Band(low=-1092, high=484))
    plant = replace(plain, fibres=tuple(replace(each, carries=draw.choice(kinds)) for each in plain.fibres))
    found = plan(plant)
    assert found.lightpaths
    for path in found.lightpaths:
        assert all(within(plant.fibre[name].carries or (), path.slot) for name in path.fibres)


def imported(spectrum: Band) -> Plant:
    network = read_gnpy(EXAMPLES / "multiband_example_network.json", equipment=EXAMPLES / "eqpt_config_multiband.json")
    plant = replace(network.plant(THREE), band=spectrum)
    ends = ("site-a", "site-d"), ("site-a", "site-l")
    demands = tuple(Demand(name="-".join(pair), source=pair[0], target=pair[1], rate_gbps=100) for pair in ends)
    return replace(network.carried(plant), demands=demands)


@pytest.mark.slow
def test_gnpys_multiband_network_carries_what_gnpy_propagates() -> None:
    """The bands told are those of the channels that arrive when GNPy is sent light in every slot of 50 GHz."""
    network = read_gnpy(EXAMPLES / "multiband_example_network.json", equipment=EXAMPLES / "eqpt_config_multiband.json")
    plant = imported(Band(low=-1136, high=560))
    for name, chain in network.chains.items():
        form = {"f_min": 186.1e12, "f_max": 196.5e12, "slot_width": 50e9, "baud_rate": 32e9, "roll_off": 0.15}
        (arrival,) = network.foreign.arrivals(network.stations([chain]), [[form]])
        sent = [Slot(n=n, m=4) for n in range(-1120, 545, 8)]
        assert arrival.line.slots == tuple(slot.n for slot in sent if within(plant.carried([name]), slot))
    assert len(plant.carried(["site-a-site-d"])) == 2, told(plant.carried(["site-a-site-d"]))


@pytest.mark.slow
def test_each_slot_has_the_gsnr_of_its_own_channel() -> None:
    network = read_gnpy(EXAMPLES / "multiband_example_network.json", equipment=EXAMPLES / "eqpt_config_multiband.json")
    plant = imported(Band(low=-1092, high=480))
    lit = plan(plant, judge=network.judge_of(plant))
    assert {path.name for path in lit.lightpaths} == {"site-a-site-d", "site-a-site-l"}
    for path in lit.lightpaths:
        assert within(plant.carried(path.fibres), path.slot)
        verdict = network.judge_of(plant)(path.fibres).verdict(path.mode, path.slot)
        assert path.channel_gsnr_db == dict(verdict.channels)[path.slot.n]
        assert path.gsnr_db == pytest.approx(
            sum(verdict_gsnr for _, verdict_gsnr in verdict.channels) / len(verdict.channels)
        )


def test_a_spectrum_that_nothing_carries_leaves_no_light(tmp_path: Path) -> None:
    text = (TOPOLOGIES / "three-sites.yaml").read_text()
    file = tmp_path / "t.yaml"
    file.write_text(
        text.replace(
            "sites:", "spectrum: {from_thz: 192, to_thz: 196, gaps: [{from_thz: 192, to_thz: 194}]}\nsites:", 1
        )
    )
    plant = read_plant(file)
    (path,) = plan(plant).lightpaths
    assert path.slot.low >= 144
