# SPDX-License-Identifier: BSD-3-Clause
"""Sites, fibres and transceivers of a plan as datapaths, ports and tags of the wire."""

from __future__ import annotations

from dataclasses import dataclass, field

from apnemu.blueprint.document import Blueprint, Transceiver
from apnemu.model.spectrum import Band, Slot
from apnemu.planning.online import Port


@dataclass(frozen=True, slots=True)
class Wiring:
    """Tables from names of the plan to numbers of the switches, and back."""

    dpid: dict[str, int]
    """Site -> datapath."""
    bridge: dict[str, str]
    """Site -> name of its ROADM."""
    port: dict[tuple[str, str], int]
    """(site, fibre) -> port of the ROADM."""
    fibre: dict[tuple[int, int], str]
    """(datapath, port) -> fibre."""
    end: dict[tuple[int, int], tuple[str, str]]
    """(datapath, port) -> (site, fibre)."""
    transceiver: dict[tuple[str, int], Transceiver]
    """(site, number) -> transceiver."""
    band: Band = field(default_factory=Band)

    @classmethod
    def of(cls, blueprint: Blueprint) -> Wiring:
        """Wiring of a blueprint that has a plant."""
        assert blueprint.plant is not None
        site = {switch.name: switch.site for switch in blueprint.switches}
        dpid = {switch.site: switch.dpid for switch in blueprint.switches}
        ends = [(wire.name, end) for wire in blueprint.wires if wire.kind == "fibre" for end in (wire.a, wire.b)]
        return cls(
            dpid=dpid,
            bridge={switch.site: switch.name for switch in blueprint.switches},
            port={(site[end.node], name): end.port for name, end in ends},
            fibre={(dpid[site[end.node]], end.port): name for name, end in ends},
            end={(dpid[site[end.node]], end.port): (site[end.node], name) for name, end in ends},
            transceiver={(own.site, own.number): own for own in blueprint.transceivers},
            band=blueprint.plant.band,
        )

    def number(self, site: str, port: Port) -> int:
        """OpenFlow port of a ROADM's port."""
        return self.port[site, port.name] if port.kind == "fibre" else self.transceiver[site, port.number].port

    def tag(self, slot: Slot) -> int:
        """VLAN id that stands for a slot: its lower edge, counted in 6.25 GHz from the band's.

        Slots of one fibre do not overlap, so no two have the same. 4,094 of them would be 25 THz.
        """
        return slot.low - self.band.low + 1
