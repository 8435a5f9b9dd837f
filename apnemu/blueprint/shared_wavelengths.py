# SPDX-License-Identifier: BSD-3-Clause
"""Compiles lightpaths that tenants share: the equipment that stands before the transceivers.

Each tenant has a place of its own at both ends: a host that probes and an injector of load, behind a client switch.
Between that and the ROADM:

- `own`: the client switch's port is the transceiver, with the wavelength's line and a queue.
- `slots`: a framer. A tenant's port has a line of the tenant's share and a queue of its own, then the mapping's
  delay; what the framer sends on never waits, for the shares together are no more than the wavelength's line.
- `statistical`: a multiplexer. All tenants' frames wait in one queue for the wavelength's line.

The tag on the wire tells a tenant's probes and load apart, so that their frames are counted where they come out; to
the ROADMs all tags of a lightpath are one wavelength, for they go the same way.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from apnemu.blueprint.addressing import HIGHEST_TAG, LOWEST_TAG, load_mac
from apnemu.blueprint.apn import transceiver_line
from apnemu.blueprint.document import End, Hop, Host, Injection, Line, LitPath, Peer, Switch, Wire
from apnemu.blueprint.ports import Ports
from apnemu.errors import InputError
from apnemu.model.assignment import Assignment, Lightpath, Share
from apnemu.model.plant import Plant, Site
from apnemu.units import gbps_to_bytes_per_s, serialisation_ns

UPLINK_PORT = 1
"""Uplink of every client switch: load is addressed to this port."""


def place(share: Share, site: str) -> str:
    """Name of a tenant's place at a site: its host is probed, and its load enters and leaves there."""
    return f"{share.lightpath}-{share.tenant}-{site}"


def shared_delay_ns(path: Lightpath, share: Share, frame_bytes: int) -> int:
    """One-way delay of a lone frame: serialisation at the share's rate, mapping, and the lightpath."""
    return serialisation_ns(frame_bytes, share.rate_gbps) + share.mapping_ns + path.delay_ns


def compile_sharing(
    plant: Plant, assignment: Assignment
) -> tuple[tuple[Host, ...], tuple[Switch, ...], tuple[Wire, ...], tuple[LitPath, ...], tuple[Injection, ...]]:
    """Return hosts, switches, wires, lit paths and injections of all lightpaths that have tenants.

    Raises:
        InputError: more shares than the wire can tell apart.
    """
    parts = [
        (path, tuple(share for share in assignment.shares if share.lightpath == path.name))
        for path in assignment.lightpaths
    ]
    if 2 * len(assignment.shares) > HIGHEST_TAG:
        raise InputError(
            f"{len(assignment.shares)} shares; a wire can tell {HIGHEST_TAG // 2} apart; share fewer wavelengths"
        )
    builder = _Builder(plant, [(path, shares) for path, shares in parts if shares])
    for path, shares in builder.parts:
        builder.join(path, shares)
    return builder.hosts(), builder.ports.switches(), tuple(builder.wires), tuple(builder.lit), tuple(builder.enters)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Way:
    """A tenant at one end: the ports passed from the client's side to the ROADM's add port, in that order."""

    host: End
    access_port: int
    load_port: int
    hops: tuple[tuple[str, int, int], ...]
    add_port: int


class _Builder:
    """The plant with the tenants' places as further sites, and the parts built so far."""

    def __init__(self, plant: Plant, parts: Sequence[tuple[Lightpath, tuple[Share, ...]]]) -> None:
        self.plant = plant
        self.parts = parts
        self.ports = Ports(replace(plant, sites=(*_bare(plant), *_places(parts))))
        self.wires = [self.ports.lit_fibre(fibre) for fibre in plant.fibres]
        self.address = {site: (name, address) for name, site, address in self.ports.hosts()}
        self.lit: list[LitPath] = []
        self.enters: list[Injection] = []
        self.peers: dict[str, Peer] = {}

    def hosts(self) -> tuple[Host, ...]:
        return tuple(
            Host(name=name, site=site, address=address, peers=(self.peers[site],))
            for site, (name, address) in self.address.items()
        )

    def join(self, path: Lightpath, shares: tuple[Share, ...]) -> None:
        near, far = (self._end(path, shares, site) for site in (path.source, path.target))
        for share in shares:
            one, other = place(share, path.source), place(share, path.target)
            for here, there, end in ((one, other, far[share.tenant]), (other, one, near[share.tenant])):
                self.peers[here] = Peer(address=self.address[there][1], mac=end.host.mac, interface="eth0")
            self._light(path, share, near[share.tenant], far[share.tenant], load=False)
            self._light(path, share, near[share.tenant], far[share.tenant], load=True)

    def _end(self, path: Lightpath, shares: tuple[Share, ...], site: str) -> dict[str, _Way]:
        """Build client switches, and the framer or multiplexer if there is one, at one end of a lightpath."""
        queue = self.plant.packet.buffer_bytes
        light_ns = transceiver_line(self.plant, path).delay_ns
        line = Line(
            rate_bytes_per_s=gbps_to_bytes_per_s(path.rate_gbps),
            queue_bytes=queue,
            mark_bytes=self.plant.packet.at(path.rate_gbps).mark_bytes,
            delay_ns=light_ns,
        )
        if shares[0].scheme == "own":
            assert len(shares) == 1, f"{path.name} is one tenant's own and has {len(shares)}"
            at_client, at_roadm = self._wire(place(shares[0], site), site, line)
            return {shares[0].tenant: self._client(shares[0], site, at_client.port, (), at_roadm.port)}
        joint = _joint(path, site)
        hard = shares[0].scheme == "slots"
        trunk, at_roadm = self._wire(joint, site, Line(delay_ns=light_ns) if hard else line)
        ways = {}
        for share in shares:
            slots = Line(
                rate_bytes_per_s=gbps_to_bytes_per_s(share.rate_gbps),
                queue_bytes=queue,
                mark_bytes=self.plant.packet.at(share.rate_gbps).mark_bytes,
                delay_ns=share.mapping_ns,
            )
            at_client, at_joint = self._wire(place(share, site), joint, slots if hard else Line())
            through = ((joint, at_joint.port, trunk.port),)
            ways[share.tenant] = self._client(share, site, at_client.port, through, at_roadm.port)
        return ways

    def _client(
        self, share: Share, site: str, uplink: int, through: tuple[tuple[str, int, int], ...], add_port: int
    ) -> _Way:
        """Build the host and the injector behind a client switch whose uplink is there already."""
        assert uplink == UPLINK_PORT
        here = place(share, site)
        host, access = self.ports.at_host(self.address[here][0], Line()), self.ports.at_switch(here, Line())
        self.wires.append(Wire(name=f"access@{host.node}", kind="access", a=host, b=access))
        injector, entry = self.ports.injector(here), self.ports.at_switch(here, Line())
        self.wires.append(Wire(name=f"load@{here}", kind="load", a=injector, b=entry, site=here))
        number = self.ports.number[here]
        self.enters.append(Injection(dpid=number, port_in=entry.port, mac=load_mac(uplink), port=uplink))
        return _Way(host=host, access_port=access.port, load_port=entry.port, hops=through, add_port=add_port)

    def _wire(self, client_side: str, line_side: str, sends: Line) -> tuple[End, End]:
        """Join two switches: towards the light with the line `sends`, from it without delay."""
        a, b = self.ports.at_switch(client_side, sends), self.ports.at_switch(line_side, Line())
        self.wires.append(Wire(name=f"{client_side}>{line_side}", kind="access", a=a, b=b))
        return a, b

    def _light(self, path: Lightpath, share: Share, near: _Way, far: _Way, *, load: bool) -> None:
        here, there = place(share, path.source), place(share, path.target)
        fibres = self.ports.fibre_port
        comes = [near.add_port] + [fibres[at, name] for at, name in zip(path.route[1:], path.fibres, strict=True)]
        goes = [fibres[at, name] for at, name in zip(path.route, path.fibres, strict=False)] + [far.add_port]
        passed = [
            (here, near.load_port if load else near.access_port, UPLINK_PORT),
            *near.hops,
            *zip(path.route, comes, goes, strict=True),
            *((at, out, back) for at, back, out in reversed(far.hops)),
            (there, UPLINK_PORT, far.load_port if load else far.access_port),
        ]
        self.lit.append(
            LitPath(
                name=f"{path.name}/{share.tenant}/{'load' if load else 'probes'}",
                source=here,
                target=there,
                source_host=near.host.node,
                target_host=far.host.node,
                tag=LOWEST_TAG + len(self.lit),
                slot_n=path.slot.n,
                slot_m=path.slot.m,
                line_rate_gbps=share.rate_gbps,
                hops=tuple(
                    Hop(dpid=self.ports.number[at], port_in=port_in, port_out=port_out)
                    for at, port_in, port_out in passed
                ),
            )
        )


def _bare(plant: Plant) -> list[Site]:
    """The plant's sites, whose own hosts have no part in this."""
    return [replace(site, kind="exchange", hosts=0) for site in plant.sites]


def _places(parts: Sequence[tuple[Lightpath, tuple[Share, ...]]]) -> list[Site]:
    """Sites of tenants, framers and multiplexers, each beside the ROADM that it uses."""
    return [
        Site(name=name, kind="edge" if hosts else "exchange", lat=0.0, lon=0.0, hosts=hosts)
        for path, shares in parts
        for site in (path.source, path.target)
        for name, hosts in _at_end(path, shares, site)
    ]


def _at_end(path: Lightpath, shares: Sequence[Share], site: str) -> list[tuple[str, int]]:
    """Places at one end of a lightpath, each with its number of hosts."""
    joint = [(_joint(path, site), 0)] if shares[0].scheme != "own" else []
    return [*((place(share, site), 1) for share in shares), *joint]


def stands_at(assignment: Assignment) -> dict[str, str]:
    """Site of each place that the shares of lightpaths have: it stands beside that site's ROADM."""
    return {
        name: site
        for path in assignment.lightpaths
        if (shares := [share for share in assignment.shares if share.lightpath == path.name])
        for site in (path.source, path.target)
        for name, _ in _at_end(path, shares, site)
    }


def _joint(path: Lightpath, site: str) -> str:
    """The framer or the multiplexer of a lightpath at one end."""
    return f"{path.name}@{site}"
