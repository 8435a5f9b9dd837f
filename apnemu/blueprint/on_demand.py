# SPDX-License-Identifier: BSD-3-Clause
"""A network in which nothing is lit yet: fibres, ROADMs, and a pool of transceivers at each data centre."""

from __future__ import annotations

from apnemu.blueprint.document import Host, Line, Switch, Transceiver, Wire
from apnemu.blueprint.ports import Ports
from apnemu.model.plant import Plant


def compile_on_demand(
    plant: Plant,
) -> tuple[tuple[Host, ...], tuple[Switch, ...], tuple[Wire, ...], tuple[Transceiver, ...]]:
    """Return hosts, ROADMs, wires and the pool of transceivers, dealt out to a site's hosts in turn.

    A transceiver has no line rate, and its host no route by it, until it is tuned: the controller then has both set.
    """
    ports = Ports(plant)
    wires = [ports.lit_fibre(fibre) for fibre in plant.fibres]
    hosts = list(ports.hosts())
    pool = []
    for site in plant.data_centres:
        own = [(name, address) for name, of_site, address in hosts if of_site == site.name]
        for number in range(plant.transceivers):
            host, address = own[number % len(own)]
            near, far = ports.at_host(host, Line()), ports.at_switch(site.name, Line())
            wires.append(Wire(name=f"{site.name}/{number}", kind="access", a=near, b=far))
            pool.append(
                Transceiver(
                    site=site.name,
                    number=number,
                    host=host,
                    address=address,
                    interface=near.interface,
                    mac=near.mac,
                    port=far.port,
                )
            )
    return (
        tuple(Host(name=name, site=site, address=address, peers=()) for name, site, address in hosts),
        ports.switches(),
        tuple(wires),
        tuple(pool),
    )
