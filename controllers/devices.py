# SPDX-License-Identifier: BSD-3-Clause
"""Ways from the controller to its devices: flow tables that only get what differs, and the transponders' agents."""

from __future__ import annotations

import socket
import threading
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from apnemu.blueprint.addressing import TRANSPONDERS_PORT
from apnemu.controllers.orders import Order
from apnemu.controllers.rules import Rule

Key = tuple[int, int | None, int | None, str | None, str | None, str | None, str | None]


def key(rule: Rule) -> Key:
    """Key of an entry in its table (OpenFlow 1.3, clause 5.2): match and priority."""
    return rule.priority, rule.port_in, rule.tag, rule.mac_to, rule.mac_mask, rule.address_to, rule.address_from


def differences(had: Iterable[Rule], wanted: Iterable[Rule]) -> tuple[list[Rule], list[Rule]]:
    """Rules to install, which a table lacks or has otherwise, and rules to remove, which it should not have.

    >>> differences([], [])
    ([], [])
    """
    before, after = {key(rule): rule for rule in had}, {key(rule): rule for rule in wanted}
    install = [rule for name, rule in after.items() if before.get(name) != rule]
    return install, [rule for name, rule in before.items() if name not in after]


@dataclass(slots=True)
class Tables:
    """Tables of the connected ROADMs. A ROADM whose table is not known yet is left alone."""

    has: dict[int, list[Rule]] = field(default_factory=dict)

    def update(self, dpid: int, wanted: Sequence[Rule]) -> tuple[list[Rule], list[Rule]]:
        """Rules to install and to remove at a ROADM, which is taken to have done so from now on."""
        if dpid not in self.has:
            return [], []
        differing = differences(self.has[dpid], wanted)
        self.has[dpid] = list(wanted)
        return differing


class Transponders:
    """Connections to the transponders' agents of all sites over the data communication network.

    `answered` is called with a site and the number of a change, from a thread of its own, when that is done.
    """

    def __init__(self, addresses: Mapping[str, str], answered: Callable[[str, int], None]) -> None:
        self._answered = answered
        self._sockets = {
            site: socket.create_connection((address, TRANSPONDERS_PORT)) for site, address in addresses.items()
        }
        self._told: dict[str, deque[int]] = {site: deque() for site in addresses}
        """Site -> numbers of the orders that are not answered yet; 0 for an order whose answer nobody waits for."""
        for site, connected in self._sockets.items():
            connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self._listen, args=(site, connected), daemon=True).start()

    def tell(self, site: str, orders: Sequence[Order], number: int) -> None:
        """Give a site's transceivers orders; the last one's answer counts for all.

        Raises:
            OSError: the agent is gone.
        """
        self._told[site].extend([0] * (len(orders) - 1) + [number])
        self._sockets[site].sendall(b"".join(order.to_line() for order in orders))

    def _listen(self, site: str, connected: socket.socket) -> None:
        with connected.makefile("rb") as answers:
            for _ in answers:
                number = self._told[site].popleft()
                if number:
                    self._answered(site, number)
