# SPDX-License-Identifier: BSD-3-Clause
"""Topology files for stock Mininet:

    sudo env PYTHONPATH=. mn --custom topologies/mn.py --topo apnemu,three-sites --link tc

The topology is a name or a file, as in `apnemu plan`. Where apnemu is installed, `apnemu topologies` says in which
folder this file is, and `sudo` needs the path of the environment's packages in PYTHONPATH.

One switch for each site, its hosts on it, and each fibre as a link with the fibre's delay, one way. The delay is set by
netem in microseconds, and what people feel on top of it is Mininet's own: no light is planned, no lab's clock is used,
and a network with rings needs a controller that breaks loops (for example `--switch ovsbr,stp=1`).
"""

from mininet.topo import Topo

from apnemu.question.discovery import find_topology
from apnemu.topology import read_plant
from apnemu.units import ns_to_us


class PlantTopo(Topo):
    """Sites of a topology as switches s1, s2, ... in the file's order, hosts as h1, h2, ..."""

    def build(self, path="three-sites", **_options):
        plant = read_plant(find_topology(path))
        switches = {}
        hosts = 0
        for number, site in enumerate(plant.sites, 1):
            switches[site.name] = self.addSwitch(f"s{number}", dpid=f"{number:016x}", site=site.name)
            for _ in range(site.hosts):
                hosts += 1
                self.addLink(self.addHost(f"h{hosts}", site=site.name), switches[site.name])
        for fibre in plant.fibres:
            # stock Mininet gives a link one delay: the mean of its ways, so that round trips are right
            delay_us = ns_to_us(sum(way.delay_ns for way in fibre.ways)) / 2
            self.addLink(switches[fibre.a], switches[fibre.b], delay=f"{delay_us:.3f}us", fibre=fibre.name)


topos = {"apnemu": PlantTopo}
