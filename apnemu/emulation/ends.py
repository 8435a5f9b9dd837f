# SPDX-License-Identifier: BSD-3-Clause
"""Finds the hosts that stand for a pair of sites, and opens sockets in them."""

from __future__ import annotations

import socket
from itertools import permutations

from apnemu.blueprint.document import Blueprint, Host
from apnemu.emulation.namespaces import inside
from apnemu.emulation.netlink import Netlink, interfaces
from apnemu.errors import LabError


class Ends:
    """The hosts that stand for a pair of sites: those that its first lightpath joins.

    On the packet network they are the first hosts of both sites. Where light is on demand they are the hosts of both
    sites' first transceivers, which the controller gives first.
    """

    def __init__(self, blueprint: Blueprint, namespaces: dict[str, int]) -> None:
        self._namespaces = namespaces
        self._pairs: dict[tuple[str, str], tuple[Host, Host]] = {}
        by_name = {host.name: host for host in blueprint.hosts}
        for path in blueprint.lit_paths:
            self._join(by_name[path.source_host], by_name[path.target_host])
        meshed = blueprint.hosts if blueprint.network == "packet" else ()
        if blueprint.transceivers:
            meshed = tuple(by_name[each.host] for each in blueprint.transceivers if each.number == 0)
        for near, far in permutations(meshed, 2):
            if near.site != far.site:
                self._join(near, far)

    def _join(self, near: Host, far: Host) -> None:
        self._pairs.setdefault((near.site, far.site), (near, far))
        self._pairs.setdefault((far.site, near.site), (far, near))

    def between(self, source: str, target: str) -> tuple[Host, Host]:
        """Return the two hosts. Raises LabError where no lightpath joins the sites, so that no host reaches another."""
        hosts = self._pairs.get((source, target))
        if hosts is None:
            raise LabError(f"no host of {source} reaches one of {target} on this network")
        return hosts

    def joins(self, source: str, target: str) -> bool:
        """Whether a host of the one site reaches one of the other."""
        return (source, target) in self._pairs

    def transceiver(self, host: Host, peer: Host) -> tuple[Netlink, int]:
        """Open a netlink socket in a host; return it and the index of the host's interface towards its peer."""
        netlink = Netlink(self._namespaces[host.name])
        name = next(known.interface for known in host.peers if known.address == peer.address)
        return netlink, interfaces(netlink)[name]

    def socket(self, host: Host, family: int, kind: int, protocol: int = 0) -> socket.socket:
        """Open a non-blocking socket in a host."""
        with inside(self._namespaces[host.name]):
            return socket.socket(family, kind | socket.SOCK_NONBLOCK, protocol)
