"""Which hosts stand for a pair of sites, and how to open a socket in one of them."""

from __future__ import annotations

import socket

from apnemu.blueprint.document import Blueprint, Host
from apnemu.emulation.namespaces import inside
from apnemu.errors import LabError


class Ends:
    """Finds, for a pair of sites, the first hosts that can reach one another."""

    def __init__(self, blueprint: Blueprint, namespaces: dict[str, int]) -> None:
        self._namespaces = namespaces
        self._pairs: dict[tuple[str, str], tuple[Host, Host]] = {}
        by_address = {host.address: host for host in blueprint.hosts}
        for host in blueprint.hosts:
            for peer in host.peers:
                far = by_address[peer.address]
                self._pairs.setdefault((host.site, far.site), (host, far))

    def between(self, source: str, target: str) -> tuple[Host, Host]:
        """Raises LabError where no host of the one site reaches one of the other (no lightpath joins them)."""
        found = self._pairs.get((source, target))
        if found is None:
            raise LabError(f"no host of {source} reaches one of {target} on this network")
        return found

    def socket(self, host: Host, family: int, kind: int, protocol: int = 0) -> socket.socket:
        """A non-blocking socket that belongs to a host."""
        with inside(self._namespaces[host.name]):
            return socket.socket(family, kind | socket.SOCK_NONBLOCK, protocol)
