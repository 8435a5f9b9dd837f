"""An Assignment over a Plant, compiled into ROADMs, transceivers and fibres."""

from __future__ import annotations

from apnemu.blueprint.addressing import tags
from apnemu.blueprint.document import End, Hop, Host, Line, LitPath, Peer, Switch, Wire
from apnemu.blueprint.ports import Ports
from apnemu.model.assignment import Assignment, Lightpath
from apnemu.model.plant import Plant
from apnemu.units import gbps_to_bytes_per_s


def compile_apn(
    plant: Plant, assignment: Assignment
) -> tuple[tuple[Host, ...], tuple[Switch, ...], tuple[Wire, ...], tuple[LitPath, ...]]:
    """Hosts, ROADMs, wires and lit paths.

    A site's lightpaths are dealt out to its hosts in turn; a host has one interface, its transceiver, for each.
    A transceiver sends at its mode's line rate; what its light is delayed by outside the fibres (FEC, ROADMs) is
    put at the sending end, so that a fibre's veth has the delay of the fibre alone.
    """
    ports = Ports(plant)
    wires = [ports.fibre(fibre, Line(delay_ns=fibre.delay_ns), Line(delay_ns=fibre.delay_ns)) for fibre in plant.fibres]
    hosts = list(ports.hosts())
    address = {name: address for name, _, address in hosts}
    of_site: dict[str, list[str]] = {}
    for name, site, _ in hosts:
        of_site.setdefault(site, []).append(name)
    dealt = dict.fromkeys(of_site, 0)
    peers: dict[str, dict[str, Peer]] = {name: {} for name, _, _ in hosts}
    table = tags(path.slot for path in assignment.lightpaths)
    lit = []
    for path in assignment.lightpaths:
        ends: list[tuple[End, End]] = []
        for site in (path.source, path.target):
            host = of_site[site][dealt[site] % len(of_site[site])]
            dealt[site] += 1
            transceiver = ports.at_host(host, transceiver_line(plant, path))
            ends.append((transceiver, ports.at_switch(site, Line())))
        for index, (transceiver, added) in enumerate(ends):
            far = ends[1 - index][0]
            wires.append(Wire(name=f"{path.name}@{transceiver.node}", kind="access", a=transceiver, b=added))
            peers[transceiver.node].setdefault(
                address[far.node], Peer(address=address[far.node], mac=far.mac, interface=transceiver.interface)
            )
        hops = _hops(ports, path, ends[0][1].port, ends[1][1].port)
        lit.append(_lit(plant, path, table[path.slot], (ends[0][0].node, ends[1][0].node), hops))
    return (
        tuple(Host(name=name, site=site, address=own, peers=tuple(peers[name].values())) for name, site, own in hosts),
        ports.switches(),
        tuple(wires),
        tuple(lit),
    )


def transceiver_line(plant: Plant, path: Lightpath) -> Line:
    """Line rate of the path's mode, and every delay of the path but that of its fibres."""
    mode = next(mode for mode in plant.modes if mode.name == path.mode)
    in_fibres = sum(plant.fibre[name].delay_ns for name in path.fibres)
    return Line(rate_bytes_per_s=gbps_to_bytes_per_s(mode.rate_gbps), delay_ns=path.delay_ns - in_fibres)


def _hops(ports: Ports, path: Lightpath, added: int, dropped: int) -> tuple[Hop, ...]:
    """From the transceiver that the light is added at, ROADM by ROADM, to the one it is dropped at."""
    comes = [added] + [ports.fibre_port[site, fibre] for site, fibre in zip(path.route[1:], path.fibres, strict=True)]
    goes = [ports.fibre_port[site, fibre] for site, fibre in zip(path.route, path.fibres, strict=False)] + [dropped]
    return tuple(
        Hop(dpid=ports.number[site], port_in=port_in, port_out=port_out)
        for site, port_in, port_out in zip(path.route, comes, goes, strict=True)
    )


def _lit(plant: Plant, path: Lightpath, tag: int, hosts: tuple[str, str], hops: tuple[Hop, ...]) -> LitPath:
    mode = next(mode for mode in plant.modes if mode.name == path.mode)
    return LitPath(
        name=path.name,
        source=path.source,
        target=path.target,
        source_host=hosts[0],
        target_host=hosts[1],
        tag=tag,
        slot_n=path.slot.n,
        slot_m=path.slot.m,
        line_rate_gbps=mode.rate_gbps,
        hops=hops,
    )
