# SPDX-License-Identifier: BSD-3-Clause
"""What a capture says of itself: which network it is of, and where each interface is, with the labels of sites."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from apnemu.blueprint.document import Blueprint, Wire
from apnemu.model.naming import told


@dataclass(frozen=True, slots=True, kw_only=True)
class Captured:
    """Comment of a capture; of each of its interfaces, by the kernel's name, what it is called and what is said of it.

    A port is called as at the shell's prompt: `tokyo:tokyo-nagoya` on a fibre, `tokyo:tokyo-h1/eth0` to a host.
    """

    comment: str = ""
    interfaces: Mapping[str, str] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)


def captured(blueprint: Blueprint, labels: Mapping[str, str]) -> Captured:
    """What a capture of a network says; `labels` are those of sites and fibres."""
    stand = {node.name: node.site for node in blueprint.switches} | {node.name: node.site for node in blueprint.routers}
    at = {node: told(site, labels.get(site, "")) for node, site in stand.items()}
    said, names = {}, {}
    for wire in blueprint.wires:
        for near, far in ((wire.a, wire.b), (wire.b, wire.a)):
            if wire.kind == "load":
                said[near.interface] = f"others' traffic at {told(wire.site, labels.get(wire.site, ''))}"
                names[near.interface] = f"{wire.site}:load" + ("" if near.node else "-in")
            elif near.node in at:
                behind = wire.name if wire.kind == "fibre" else f"{far.node}/{far.interface}"
                names[near.interface] = f"{stand[near.node]}:{behind}"
                said[near.interface] = f"{at[near.node]} to {at.get(far.node, far.node)}{_named(wire, labels)}"
    for wall in blueprint.walls:
        if wall.gate:
            place = told(wall.site, labels.get(wall.site, ""))
            said[wall.gate] = f"{place} to {wall.host}, data communication network"
            said[wall.onward] = f"{place} to the controller from {wall.host}, data communication network"
    stands = ", ".join(f"{name} {place}" for name, place in at.items())
    return Captured(
        comment=f"apnemu: {blueprint.network} network of {blueprint.topology}, seed {blueprint.seed}: {stands}",
        interfaces=said,
        names=names,
    )


def _named(wire: Wire, labels: Mapping[str, str]) -> str:
    return f", fibre {told(wire.name, labels.get(wire.name, ''))}" if wire.kind == "fibre" else ""
