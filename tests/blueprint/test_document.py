"""The blueprint survives its file: what the guest reads is what the host wrote."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest
from hypothesis import given, settings

from apnemu.blueprint.document import Blueprint
from apnemu.model.plant import Plant
from apnemu.model.scenario import Arrivals, Flow, Probes, Saturation, Stage
from apnemu.question.experiment import Network
from apnemu.units import VirtualNs
from tests.compiled import NETWORKS, TOPOLOGIES, compiled, joined_plants, shipped

STAGES = (
    Stage(phase="quiet", duration_ns=VirtualNs(1)),
    Stage(
        phase="all",
        duration_ns=VirtualNs(2**62 + 1),
        load=0.1,
        probes=Probes(pairs=(("a", "b"), ("b", "a")), count=3, gap_ns=VirtualNs(7)),
        flows=(
            Flow(name="sized", source="a", target="b", size_bytes=10**12),
            Flow(name="paced", source="a", target="b", pace_gbps=0.3, streams=8, congestion_control="bbr"),
        ),
        saturations=(Saturation(source="a", target="b", circulating_bytes=2**40),),
        arrivals=(Arrivals(site="a", file="a.npy", frames=9),),
        observe="waits",
    ),
)


def through_a_file(blueprint: Blueprint, folder: Path) -> Blueprint:
    (folder / "blueprint.json").write_text(json.dumps(blueprint.to_json()))
    return Blueprint.read(folder / "blueprint.json")


@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.parametrize("topology", [path.stem for path in sorted(TOPOLOGIES.glob("*.yaml"))])
def test_every_shipped_topology_round_trips(topology: str, network: Network, tmp_path: Path) -> None:
    blueprint = dataclasses.replace(compiled(shipped(topology), network), stages=STAGES)
    read = through_a_file(blueprint, tmp_path)
    assert read == blueprint
    assert hash(read) == hash(blueprint)  # tuples all the way down: a list would compare unequal or not hash


@settings(max_examples=40, deadline=None)
@given(joined_plants())
def test_any_plant_round_trips(plant: Plant) -> None:
    for network in NETWORKS:
        blueprint = compiled(plant, network)
        assert Blueprint.from_json(json.loads(json.dumps(blueprint.to_json()))) == blueprint


def test_a_document_with_a_key_too_many_is_refused() -> None:
    document = compiled(shipped("three-sites"), "apn").to_json()
    document["hosts"][0]["colour"] = "red"
    with pytest.raises(KeyError, match="colour"):
        Blueprint.from_json(document)
