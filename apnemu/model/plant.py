# SPDX-License-Identifier: BSD-3-Clause
"""The plant, in the ground and in the buildings: sites, fibres, and the equipment that lights them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING

from apnemu.model import naming
from apnemu.model.activities import Event
from apnemu.model.demand import Background as Background
from apnemu.model.demand import Demand, TreeDemand
from apnemu.model.fibre import Fibre as Fibre
from apnemu.model.fibre import LeasedLine as LeasedLine
from apnemu.model.fibre import Site as Site
from apnemu.model.fibre import SiteKind as SiteKind
from apnemu.model.fibre import amplifier_count as amplifier_count
from apnemu.model.spectrum import Band, Bands, common, without
from apnemu.model.zone import Zone
from apnemu.units import NS_PER_S, gbps_to_bytes_per_s

if TYPE_CHECKING:
    from apnemu.model.phase import Phase
    from apnemu.model.power import Power
else:
    Phase = Power = object  # a guest imports this file, and each module more would move its instants; it has neither

ETHERNET_HEADER_BYTES = 14
"""Header that a frame adds to its IP datagram; preamble, checksum and gap are not counted, as in Linux's queues."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mode:
    """A transceiver mode (APN-T): line rate, slot width in steps of 12.5 GHz, reach, delay.

    `fec_ns` is what coding and decoding add one way, both ends together. `reach_km` stands in for signal quality.
    """

    name: str
    rate_gbps: float
    slot_m: int
    reach_km: float
    fec_ns: int
    source: str
    power_w: float | None = None
    """Power that one transceiver takes in this mode; None: not stated."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Roadm:
    """Delays of light through a ROADM (APN-G and APN-I), one way, in ns: added, dropped, or passed (express)."""

    add_ns: int = 0
    drop_ns: int = 0
    express_ns: int = 0
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Splitter:
    """A splitter, which divides light among branches: `excess_loss_db` comes on top of 10 log10(branches)."""

    excess_loss_db: float = 0.0
    source: str = "not stated"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subcarriers:
    """A hub whose wavelength is `count` digital subcarriers, given to leaves of at most `leaf_count` each.

    `mode` is the hub's line. Moving subcarriers from leaf to leaf takes `moving_ns`, however many move at once.
    """

    mode: Mode
    count: int
    leaf_count: int
    leaf_power_w: float
    moving_ns: int

    @property
    def rate_gbps(self) -> float:
        """Rate of one subcarrier."""
        return self.mode.rate_gbps / self.count


@dataclass(frozen=True, slots=True, kw_only=True)
class Devices:
    """Times that devices and the controller take to act, each in ns; `source` says for each where the figure is from.

    A wavelength-selective switch takes `wss_switching_ns` to pass or to block a slot, a transceiver
    `laser_tuning_ns` until it sends at the frequency and in the mode that it is told; then the amplifiers of the route
    take `amplifier_settling_ns`, all at the same time, and the receiver `fec_lock_ns`. A receiver notices loss of light
    after `loss_of_light_detection_ns`, and a protection switch moves over in `protection_switching_ns`. When an owner
    withdraws light, a switch takes its flows out of the table within `flow_deletion_ns`, which is declared.
    """

    wss_switching_ns: int = 0
    amplifier_settling_ns: int = 0
    laser_tuning_ns: int = 0
    fec_lock_ns: int = 0
    controller_computing_ns: int = 0
    loss_of_light_detection_ns: int = 0
    protection_switching_ns: int = 0
    flow_deletion_ns: int = 1_000_000
    source: str = "not stated"


@dataclass(frozen=True, slots=True, kw_only=True)
class PacketNetwork:
    """The conventional network over the same fibres: a store-and-forward router at every site.

    `mtu_bytes` is the IP datagram; a frame is 14 bytes longer. `buffer_bytes` bounds each output port's queue, the
    frame in transmission included (drop-tail). A frame that finds more than `mark_bytes` in it, itself included, is
    marked (ECN, RFC 3168) if its sender understands that; 0 marks nothing. One hop adds `forwarding_ns + oeo_ns +
    fec_ns` to serialisation and fibre; `fec_ns` is per line, both ends together, `oeo_ns` per router passed. Where
    `as_light`, nobody has said how fast its lines are: they are as fast as the light that is asked for (`equal_lines`).
    """

    line_rate_gbps: float
    mtu_bytes: int
    buffer_bytes: int
    forwarding_ns: int
    oeo_ns: int
    fec_ns: int
    background: Background = field(default_factory=Background)
    source: str = ""
    as_light: bool = False
    buffer_ns: int = 0
    """Queue of a port as the time in which its line sends it; 0: `buffer_bytes` holds whatever the line."""
    mark_bytes: int = 0
    mark_ns: int = 0
    """The length of a queue from which on it marks, as time; 0: `mark_bytes` holds whatever the line."""

    def at(self, line_rate_gbps: float) -> PacketNetwork:
        """The network with lines of another rate; a queue that is given in time holds, and marks, as much of it."""
        least = self.mtu_bytes + ETHERNET_HEADER_BYTES
        held, marked = (
            max(least, gbps_to_bytes_per_s(line_rate_gbps) * time_ns // NS_PER_S)
            for time_ns in (self.buffer_ns, self.mark_ns)
        )
        return replace(
            self,
            line_rate_gbps=line_rate_gbps,
            buffer_bytes=held if self.buffer_ns else self.buffer_bytes,
            mark_bytes=marked if self.mark_ns else self.mark_bytes,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Controller:
    """The controller of the network: where it stands, and how far everything is from it.

    `at` is a site; "" is the most central one. `delay_ns` is the delay, one way, of the data communication network to
    every site; None: that of the shortest way over the fibres (`planning.dcn`).
    """

    at: str = ""
    delay_ns: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GnpyFiles:
    """GNPy's own files that a plant came from: its routes are judged over the elements that stand in them.

    An empty `equipment` or `sim_params` means that none was given, and GNPy's defaults hold.
    """

    network: str
    equipment: str = ""
    sim_params: str = ""


@dataclass(frozen=True, kw_only=True)
class Plant:
    """A checked topology: everything that planning, optics and the blueprint need to know, and its origin.

    Sites and fibres are in the file's order; that order is part of the value (it breaks ties).
    """

    name: str
    source: str
    licence: str
    inferred: tuple[str, ...]
    sites: tuple[Site, ...]
    fibres: tuple[Fibre, ...]
    demands: tuple[Demand, ...]
    modes: tuple[Mode, ...]
    roadm: Roadm
    packet: PacketNetwork
    band: Band = field(default_factory=Band)
    gaps: Bands = ()
    """Spectrum within the band that is kept dark: guard bands."""
    gnpy: GnpyFiles | None = None
    span_km: float = 80.0
    """Distance between amplifiers of fibres that do not say their own; an experiment lays such fibres."""
    devices: Devices = field(default_factory=Devices)
    scenario: tuple[Event, ...] = ()
    """Events that happen to the plant, in the order of their instants; at equal instants in the file's order."""
    trees: tuple[TreeDemand, ...] = ()
    """Demands for light from one site to many, in the file's order."""
    splitter: Splitter = field(default_factory=Splitter)
    subcarriers: Subcarriers | None = None
    controller: Controller = Controller()
    zones: tuple[Zone, ...] = ()
    """Zones of this file, then those of its power file."""
    phase: Phase | None = None
    """Years in which it is so, if the file says that it is a phase of something that grows."""
    power: Power | None = None
    """The power system around the data centres, if the file names one."""
    transceivers: int = 0
    """Number of transceivers at each data centre, for light on demand; 0: all light is planned before the run, and each
    lightpath has the transceivers that it needs."""
    tcp_window_bytes: int = 65_535 << 14
    """Most that each TCP connection of the hosts has under way in a round trip; as given, TCP's largest window."""

    @cached_property
    def site(self) -> Mapping[str, Site]:
        """Sites by name."""
        return MappingProxyType({site.name: site for site in self.sites})

    @cached_property
    def fibre(self) -> Mapping[str, Fibre]:
        """Fibres by name."""
        return MappingProxyType({fibre.name: fibre for fibre in self.fibres})

    @property
    def named(self) -> tuple[tuple[str, str], ...]:
        """All sites, then all fibres, as (id, label)."""
        sites = ((site.name, site.label) for site in self.sites)
        return (*sites, *((fibre.name, fibre.label) for fibre in self.fibres))

    @property
    def labels(self) -> dict[str, str]:
        """Labels of sites and fibres that have one: id -> label, the sites first."""
        return {name: label for name, label in self.named if label}

    def said(self, name: str) -> str:
        """A site or a fibre in a message: its id, with its label."""
        return naming.told(name, self.labels.get(name, ""))

    @cached_property
    def at_risk(self) -> Mapping[str, tuple[str, ...]]:
        """Fibres that go down together, by the name of the risk that they share. Both in the file's order."""
        fibres_at: dict[str, tuple[str, ...]] = {}
        for fibre in self.fibres:
            for risk in fibre.risks:
                fibres_at[risk] = (*fibres_at.get(risk, ()), fibre.name)
        return MappingProxyType(fibres_at)

    def equal_lines(self) -> Plant:
        """The plant whose packet network is as fast as the fastest light that is asked for, unless somebody has said
        how fast it is."""
        asked = [demand.rate_gbps for demand in self.demands] + [tree.rate_gbps for tree in self.trees]
        return replace(self, packet=self.packet.at(max(asked))) if self.packet.as_light and asked else self

    def carried(self, fibres: Iterable[str]) -> Bands:
        """Spectrum in which light passes all of some fibres."""
        bands = without((self.band,), self.gaps)
        for name in fibres:
            own = self.fibre[name].carries
            bands = bands if own is None else common(bands, own)
        return bands

    @property
    def data_centres(self) -> tuple[Site, ...]:
        """The sites with hosts, in the file's order."""
        return tuple(site for site in self.sites if site.kind != "exchange")
