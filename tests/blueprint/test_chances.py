# SPDX-License-Identifier: BSD-3-Clause
"""Loss, jitter, measured delays and marks on their way from a topology file to the lines of a blueprint."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from apnemu.blueprint.compiled import blueprint_for
from apnemu.blueprint.document import Blueprint
from apnemu.emulation.netem import normal
from apnemu.errors import InputError
from apnemu.model.activities import Flow
from apnemu.model.plant import Plant
from apnemu.model.scenario import Stage
from apnemu.planning import next_hops, plan
from apnemu.planning.judged import from_delays
from apnemu.question.chances import felt, unreckoned
from apnemu.question.context import Context
from apnemu.topology import read_plant
from apnemu.topology.writer import topology_text
from apnemu.units import VirtualNs, fibre_delay_ns

TEXT = """\
apnemu: 1
name: chances
sites:
  a: {kind: edge, lat: 35.0, lon: 135.0}
  b: {kind: edge, lat: 35.1, lon: 135.1}
  c: {kind: edge, lat: 35.2, lon: 135.2}
fibres:
  - {between: [a, b], delay_ns: {out: 300100, back: 300700}, loss: {out: 0.01, back: 0}}
  - {between: [b, c], length_km: 60, jitter_us: 2.5, jitter: normal, line: {delay_ns: 400000, loss: 0.5, jitter_us: 0}}
demands:
  - {name: a-c, from: a, to: c, rate_gbps: 10}
"""


@pytest.fixture
def plant(tmp_path: Path) -> Plant:
    (tmp_path / "t.yaml").write_text(TEXT)
    return read_plant(tmp_path / "t.yaml")


def compiled(plant: Plant, network: str, *, seed: int = 1, control: str = "cubic") -> Blueprint:
    flow = Flow(name="f", source="a", target="c", congestion_control=control)
    stage = Stage(phase="p", duration_ns=VirtualNs(1), activities=(flow,))
    kind = "apn" if network == "apn" else "packet"
    return blueprint_for(kind, plant, plan(plant), next_hops(plant), (stage,), seed=seed)


def fibre_lines(blueprint: Blueprint) -> list[tuple[int, float, int]]:
    ends = [end for wire in blueprint.wires if wire.kind == "fibre" for end in (wire.a, wire.b)]
    return [(end.sends.delay_ns, end.sends.loss, end.sends.jitter_ns) for end in ends]


def test_each_network_has_its_own_and_each_end_its_own_draws(plant: Plant) -> None:
    light = compiled(plant, "apn")
    own_ns = fibre_delay_ns(60)
    assert fibre_lines(light) == [(300_100, 0.01, 0), (300_700, 0, 0), (own_ns, 0, 2_500), (own_ns, 0, 2_500)]
    held_ns = plant.packet.forwarding_ns + plant.packet.oeo_ns + plant.packet.fec_ns
    routed = compiled(plant, "packet")
    assert fibre_lines(routed) == [
        (held_ns + 300_100, 0.01, 0),
        (held_ns + 300_700, 0, 0),
        (held_ns + 400_000, 0.5, 0),
        (held_ns + 400_000, 0.5, 0),
    ]
    draws = [end.sends.draws for wire in routed.wires for end in (wire.a, wire.b) if end.sends.draws]
    assert len(draws) == len(set(draws)) == 3
    assert compiled(plant, "packet") == routed and compiled(plant, "packet", seed=2).wires != routed.wires
    assert Blueprint.from_json(routed.to_json()) == routed
    assert light.segments == "mtu", "a frame is lost alone, and not with the others of its segment"


def test_light_and_packets_are_predicted_with_the_measured_delay(plant: Plant, tmp_path: Path) -> None:
    lit, hops = plan(plant), next_hops(plant)
    path = lit.by_pair()["a", "c"]
    assert path.delay_ns - path.delay_back_ns == 300_100 - 300_700
    (way,) = (
        Context(plant=plant, assignment=lit, hops=hops, network="packet", seed=1, settings=None, folder=tmp_path),
    )
    nearer = replace(plant, fibres=(plant.fibres[0], replace(plant.fibres[1], line=None)))
    shorter = replace(way, plant=nearer)
    assert way.predicted_rtts(98)["a", "c"] - shorter.predicted_rtts(98)["a", "c"] == 2 * (400_000 - fibre_delay_ns(60))


def test_a_length_follows_from_a_delay_and_the_file_reads_back(plant: Plant, tmp_path: Path) -> None:
    first = plant.fibres[0]
    assert [fibre_delay_ns(way.length_km) for way in first.ways] == [300_100, 300_700]
    assert from_delays(plant) == (
        "Fibre a-b has a delay and no length: light is planned over 61.3 km, as far as it goes in that time.",
    )
    (tmp_path / "again.yaml").write_text(topology_text(plant, beside=tmp_path))
    again = read_plant(tmp_path / "again.yaml")
    assert [(fibre.ways, fibre.routed.ways) for fibre in again.fibres] == [
        (fibre.ways, fibre.routed.ways) for fibre in plant.fibres
    ]


def test_who_feels_what(plant: Plant) -> None:
    assert felt(plant, "apn") == {"a-b": ("loss",), "b-c": ("jitter",)}
    assert felt(plant, "packet") == {"a-b": ("loss",), "b-c": ("loss",)}
    assert unreckoned(plant, ("apn", "packet"), ("loss", "jitter")) == {}
    assert list(unreckoned(plant, ("apn", "packet"), ("loss",))) == ["apn"]


def test_the_table_of_the_normal_distribution() -> None:
    table = [value / 8192 for value in normal()]
    assert len(table) == 4096
    assert sum(table) / 4096 == pytest.approx(0, abs=1e-4)
    assert sum(value**2 for value in table) / 4096 == pytest.approx(1, abs=2e-3)
    assert min(table) > -3.7 and max(table) < 3.7


def test_queues_mark_as_they_are_told_and_dctcp_needs_it(plant: Plant) -> None:
    with pytest.raises(InputError, match=r"is dctcp, and no queue of the network marks frames.*--set mark_us=50"):
        compiled(plant, "packet", control="dctcp")
    marking = replace(plant, packet=replace(plant.packet, mark_ns=50_000).at(10))
    blueprint = compiled(marking, "packet", control="dctcp")
    marks = {end.sends.mark_bytes for wire in blueprint.wires for end in (wire.a, wire.b) if end.sends.queue_bytes}
    assert marks == {62_500}
    never = replace(marking, packet=replace(marking.packet, buffer_bytes=60_000, buffer_ns=0))
    with pytest.raises(InputError, match="is dctcp"):
        compiled(never, "packet", control="dctcp")
