# SPDX-License-Identifier: BSD-3-Clause
"""The blueprint survives its file: what the guest reads is what the host wrote."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest
from hypothesis import given, settings

from apnemu.blueprint.as_json import built_from
from apnemu.blueprint.document import Blueprint
from apnemu.model.activities import Arrivals, Flow, Probes, Saturation, UnknownActivity
from apnemu.model.plant import Plant
from apnemu.model.scenario import Stage
from apnemu.question.context import Network
from apnemu.units import VirtualNs
from tests.compiled import NETWORKS, TOPOLOGIES, compiled, joined_plants, shipped

STAGES = (
    Stage(phase="quiet", duration_ns=VirtualNs(1)),
    Stage(
        phase="all",
        duration_ns=VirtualNs(2**62 + 1),
        load=0.1,
        observe="waits",
        activities=(
            Probes(pairs=(("a", "b"), ("b", "a")), count=3, gap_ns=VirtualNs(7)),
            Flow(name="sized", source="a", target="b", size_bytes=10**12),
            Arrivals(site="a", file="a.npy", frames=9),
            Flow(name="paced", source="a", target="b", pace_gbps=0.3, streams=8, congestion_control="bbr"),
            Saturation(source="a", target="b", circulating_bytes=2**40),
        ),
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


def test_an_activity_that_nobody_declared_is_read_as_unknown() -> None:
    blueprint = dataclasses.replace(compiled(shipped("three-sites"), "apn"), stages=STAGES)
    document = blueprint.to_json()
    document["stages"][1]["activities"][0]["activity"] = "Juggling"
    assert Blueprint.from_json(document).stages[1].activities[0] == UnknownActivity(kind="Juggling")


def test_a_union_is_a_type_or_none() -> None:
    @dataclasses.dataclass
    class Odd:
        value: int | str

    with pytest.raises(TypeError, match="a union there is a type or None"):
        built_from(Odd, {"value": 1})


def test_a_stage_has_its_activities_by_kind_in_their_order() -> None:
    assert [flow.name for flow in STAGES[1].of(Flow)] == ["sized", "paced"]
    assert STAGES[0].of(Flow) == ()
    probes = STAGES[1].of(Probes)
    with pytest.raises(ValueError, match="stage 'twice' has 2 Probes; it may have one"):
        Stage(phase="twice", duration_ns=VirtualNs(1), activities=probes + probes)
