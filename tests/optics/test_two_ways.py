# SPDX-License-Identifier: BSD-3-Clause
"""Two directions of an imported cable are two fibres, matched by what they are and not by the file's order."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import pytest

from apnemu.blueprint.apn import compile_apn
from apnemu.blueprint.prediction import lightpath_rtt_ns
from apnemu.model.demand import Demand
from apnemu.model.plant import Fibre, Plant
from apnemu.optics import judge_of, read_gnpy
from apnemu.planning import plan
from apnemu.topology import read_plant
from apnemu.topology.writer import topology_text
from apnemu.units import fibre_delay_ns, serialisation_ns
from tests.optics.lines import TOPOLOGIES, row_of
from tests.optics.networks import network_form, written

LIKE = read_plant(TOPOLOGIES / "three-sites.yaml")


def imported(folder: Path, *spans: tuple[str, str, str, float], roadms: bool = True) -> Plant:
    sites = sorted({site for _, a, b, _ in spans for site in (a, b)})
    return read_gnpy(written(folder, network_form(sites, spans, roadms=roadms))).plant(LIKE)


@pytest.mark.parametrize("seed", range(3))
def test_each_way_has_its_own_length_and_delay(tmp_path: Path, seed: int) -> None:
    draw = random.Random(seed)
    out_km, back_km = (float(draw.randrange(10, 100)) for _ in range(2))
    plant = imported(tmp_path, ("x", "u", "v", out_km), ("y", "v", "u", back_km))
    (fibre,) = plant.fibres
    assert [way.length_km for way in fibre.ways] == [out_km, back_km]
    lit = plan(replace(plant, demands=(Demand(name="d", source="u", target="v", rate_gbps=100),)))
    (path,) = lit.lightpaths
    mode = next(mode for mode in plant.modes if mode.name == path.mode)
    light_ns = sum(fibre_delay_ns(km) for km in (out_km, back_km))
    sent_ns = 2 * (serialisation_ns(100, path.rate_gbps) + mode.fec_ns)
    roadms_ns = 2 * (plant.roadm.add_ns + plant.roadm.drop_ns)
    assert lightpath_rtt_ns(path, 100) == light_ns + sent_ns + roadms_ns
    wire = next(wire for wire in compile_apn(plant, lit)[2] if wire.kind == "fibre")
    assert (wire.a.sends.delay_ns, wire.b.sends.delay_ns) == (fibre_delay_ns(out_km), fibre_delay_ns(back_km))


@pytest.mark.parametrize("seed", range(6))
def test_parallel_cables_are_matched_by_length_whatever_the_order(tmp_path: Path, seed: int) -> None:
    draw = random.Random(seed)
    lengths = draw.sample(range(20, 100, 5), 3)
    spans = [
        (f"{end}{number}", *way, float(km + draw.random()))
        for end, way in (("a", "uv"), ("b", "vu"))
        for number, km in enumerate(draw.sample(lengths, 3), 10 if end == "a" else 20)
    ]
    draw.shuffle(spans)
    plant = imported(tmp_path, *spans)
    assert len(plant.fibres) == 3
    assert all(abs(out.length_km - back.length_km) < 1 for out, back in (fibre.ways for fibre in plant.fibres))


def test_a_word_that_two_chains_alone_share_goes_before_their_lengths(tmp_path: Path) -> None:
    plant = imported(
        tmp_path,
        ("north out", "u", "v", 60.0),
        ("south out", "u", "v", 90.0),
        ("south back", "v", "u", 61.0),
        ("north back", "v", "u", 89.0),
    )
    found = {frozenset(way.length_km for way in fibre.ways) for fibre in plant.fibres}
    assert found == {frozenset((60.0, 89.0)), frozenset((90.0, 61.0))}


def test_transceivers_alone_and_lines_that_lead_one_way(tmp_path: Path) -> None:
    both = imported(tmp_path, ("x", "u", "v", 60.0), ("y", "v", "u", 70.0), roadms=False)
    assert [way.length_km for way in both.fibres[0].ways] == [60.0, 70.0]
    one = imported(tmp_path, ("x", "u", "v", 60.0))
    assert [way.length_km for way in one.fibres[0].ways] == [60.0, 60.0]


def test_the_file_says_both_ways_and_reads_back(tmp_path: Path) -> None:
    plant = imported(tmp_path, ("x", "u", "v", 50.0), ("y", "v", "u", 90.0))
    amplified = replace(plant.fibres[0], length_km=240.0, amplifiers=2, back_km=90.5, back_amplifiers=None)
    file = tmp_path / "t.yaml"
    for fibre in (plant.fibres[0], amplified, replace(amplified, back_amplifiers=0)):
        file.write_text(topology_text(replace(plant, fibres=(fibre,)), beside=tmp_path))
        (back,) = read_plant(file).fibres
        assert [(way.length_km, way.amplifiers) for way in back.ways] == [
            (way.length_km, way.amplifiers) for way in fibre.ways
        ]
    assert "length_km: {out: 240, back: 90.5}" in file.read_text()


def test_our_own_optics_judge_each_way(kept: Path) -> None:
    """A way back of 400 km is what a pair of 400 km both ways has; and light must close both ways."""
    row = row_of([80.0])
    longer = replace(row.fibres[0], back_km=400.0, back_amplifiers=4)
    pair = replace(row, fibres=(longer,))
    quality = judge_of(pair, folder=kept)(("f0",))
    whole = judge_of(row_of([400.0]), folder=kept)(("f0",))
    short = judge_of(row, folder=kept)(("f0",))
    mode = row.modes[0].name
    assert quality.verdict(mode).gsnr_db == short.verdict(mode).gsnr_db
    assert quality.verdict(mode, back=True).gsnr_db == whole.verdict(mode).gsnr_db
    assert [quality.closes(mode.name) for mode in row.modes] == [whole.closes(mode.name) for mode in row.modes]
    assert (quality.length_km, quality.dispersion_ps_per_nm) == (400.0, whole.dispersion_ps_per_nm)


def test_a_fibre_turned_round_is_the_same_fibre() -> None:
    there = Fibre(
        name="f", a="u", b="v", length_km=50, back_km=90, amplifiers=0, back_amplifiers=1, amplifier_delay_ns=9
    )
    turned = Fibre(
        name="f", a="v", b="u", length_km=90, back_km=50, amplifiers=1, back_amplifiers=0, amplifier_delay_ns=9
    )
    assert [there.way(site) for site in "uv"] == [turned.way(site) for site in "uv"]
    assert there.mean_km == turned.mean_km == 70
