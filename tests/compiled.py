# SPDX-License-Identifier: BSD-3-Clause
"""Blueprints of the shipped topologies and of small plants, and who is at the other end of which wire."""

from __future__ import annotations

from pathlib import Path

from hypothesis import strategies as st

from apnemu.blueprint.compiled import blueprint_for
from apnemu.blueprint.document import Blueprint, End
from apnemu.model.demand import Demand
from apnemu.model.plant import Fibre, Mode, PacketNetwork, Plant, Roadm, Site
from apnemu.planning import next_hops, plan
from apnemu.question.context import Context, Network
from apnemu.topology import read_plant

TOPOLOGIES = Path(__file__).parents[1] / "topologies"
NETWORKS: tuple[Network, ...] = ("apn", "packet")


def shipped(name: str) -> Plant:
    return read_plant(TOPOLOGIES / f"{name}.yaml")


def context_of(plant: Plant, network: Network) -> Context[None]:
    """As the corridor makes it, of an experiment without settings."""
    return Context(
        plant=plant,
        assignment=plan(plant),
        hops=next_hops(plant),
        network=network,
        seed=1,
        settings=None,
        folder=Path("nowhere"),
    )


def compiled(plant: Plant, network: Network) -> Blueprint:
    return blueprint_for(network, plant, plan(plant), next_hops(plant), (), seed=1)


def ends(blueprint: Blueprint) -> list[End]:
    return [end for wire in blueprint.wires for end in (wire.a, wire.b)]


def far_ends(blueprint: Blueprint) -> dict[tuple[str, int], tuple[End, End]]:
    """(node, port) -> the end there and the end that its wire leads to. Injectors belong to no node."""
    found = {}
    for wire in blueprint.wires:
        for near, far in ((wire.a, wire.b), (wire.b, wire.a)):
            if near.node:
                assert (near.node, near.port) not in found
                found[near.node, near.port] = (near, far)
    return found


@st.composite
def joined_plants(draw: st.DrawFn) -> Plant:
    """Up to 6 sites, all joined (a tree and up to 4 fibres more, some side by side), exchanges among them."""
    count = draw(st.integers(2, 6))
    names = [f"s{number}" for number in range(count)]
    pair = st.lists(st.sampled_from(names), min_size=2, max_size=2, unique=True).map(tuple)
    joined = [(names[draw(st.integers(0, number - 1))], names[number]) for number in range(1, count)]
    joined += draw(st.lists(pair, max_size=4))
    lengths = st.sampled_from([0.5, 40.0, 40.0, 333.3])
    kinds = [draw(st.sampled_from(["edge", "exchange"])) if number > 1 else "edge" for number in range(count)]
    centres = [name for name, kind in zip(names, kinds, strict=True) if kind == "edge"]
    wanted = st.lists(st.sampled_from(centres), min_size=2, max_size=2, unique=True).map(tuple)
    return Plant(
        name="drawn",
        source="test",
        licence="test",
        inferred=(),
        sites=tuple(
            Site(name=name, kind=kind, lat=0.0, lon=0.0, hosts=draw(st.integers(1, 3)))
            for name, kind in zip(names, kinds, strict=True)
        ),
        fibres=tuple(
            Fibre(name=f"f{number}", a=a, b=b, length_km=draw(lengths), amplifiers=number, amplifier_delay_ns=125)
            for number, (a, b) in enumerate(joined)
        ),
        demands=tuple(
            Demand(name=f"d{number}", source=source, target=target, rate_gbps=draw(st.sampled_from([100.0, 400.0])))
            for number, (source, target) in enumerate(draw(st.lists(wanted, max_size=8)))
        ),
        modes=(
            Mode(name="far", rate_gbps=100, slot_m=4, reach_km=3000, fec_ns=15_000, source="test"),
            Mode(name="fast", rate_gbps=400, slot_m=6, reach_km=400, fec_ns=9_000, source="test"),
        ),
        roadm=Roadm(add_ns=11, drop_ns=13, express_ns=17),
        packet=PacketNetwork(
            line_rate_gbps=10, mtu_bytes=1500, buffer_bytes=10**6, forwarding_ns=7_000, oeo_ns=90_000, fec_ns=3_000
        ),
    )
