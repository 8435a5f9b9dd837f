# SPDX-License-Identifier: BSD-3-Clause
"""Ports and interfaces, dealt out in the order of the plant: fibres first, then hosts, then load."""

from __future__ import annotations

from collections.abc import Iterator

from apnemu.blueprint.addressing import host_address, host_name, mac, switch_name
from apnemu.blueprint.document import End, Line, Switch, Wire
from apnemu.model.plant import Fibre, Plant


class Ports:
    """Hands out OpenFlow ports, interface names and MAC addresses, each once."""

    def __init__(self, plant: Plant) -> None:
        self.plant = plant
        self.number = {site.name: number for number, site in enumerate(plant.sites, 1)}
        self._next_port = {site.name: 1 for site in plant.sites}
        self._next_interface: dict[str, int] = {}
        self._macs: Iterator[int] = iter(range(1, 1 << 32))
        self.fibre_port: dict[tuple[str, str], int] = {}
        """(site, fibre name) -> port of that site's switch."""

    def switches(self) -> tuple[Switch, ...]:
        return tuple(Switch(name=switch_name(number), site=site, dpid=number) for site, number in self.number.items())

    def hosts(self) -> Iterator[tuple[str, str, str]]:
        """(name, site, address) of every host."""
        for site in self.plant.data_centres:
            for number in range(1, site.hosts + 1):
                yield host_name(site.name, number), site.name, host_address(self.number[site.name], number)

    def at_switch(self, site: str, sends: Line) -> End:
        port = self._next_port[site]
        self._next_port[site] += 1
        name = switch_name(self.number[site])
        return End(node=name, interface=f"{name}-eth{port}", port=port, mac=mac(next(self._macs)), sends=sends)

    def at_host(self, host: str, sends: Line) -> End:
        number = self._next_interface.get(host, 0)
        self._next_interface[host] = number + 1
        return End(node=host, interface=f"eth{number}", port=number, mac=mac(next(self._macs)), sends=sends)

    def injector(self, site: str) -> End:
        name = switch_name(self.number[site])
        return End(node="", interface=f"{name}-load", port=0, mac=mac(next(self._macs)), sends=Line())

    def lit_fibre(self, fibre: Fibre) -> Wire:
        """Wire of a fibre pair that carries light: each way is that of its own fibre."""
        out, back = fibre.ways
        return self.fibre(fibre, Line().over(out), Line().over(back))

    def fibre(self, fibre: Fibre, a_sends: Line, b_sends: Line) -> Wire:
        a, b = self.at_switch(fibre.a, a_sends), self.at_switch(fibre.b, b_sends)
        self.fibre_port[fibre.a, fibre.name] = a.port
        self.fibre_port[fibre.b, fibre.name] = b.port
        return Wire(name=fibre.name, kind="fibre", a=a, b=b)
