# SPDX-License-Identifier: BSD-3-Clause
"""Ways from the controller to its devices: flow tables that only get what differs, and the transponders' agent."""

from __future__ import annotations

import socket
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from apnemu.controllers.orders import Order
from apnemu.controllers.rules import Rule

TRANSPONDERS = "/run/apnemu-transponders.sock"
Key = tuple[int, int | None, int | None, str | None, str | None, str | None]


def key(rule: Rule) -> Key:
    """Key of an entry in its table (OpenFlow 1.3, clause 5.2): match and priority."""
    return rule.priority, rule.port_in, rule.tag, rule.mac_to, rule.mac_mask, rule.address_to


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
    """Connection to the transponders' agent, which answers an order when it is done."""

    def __init__(self, path: str = TRANSPONDERS) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.connect(path)
        self._answers = self._socket.makefile("rb")

    def tell(self, orders: Iterable[Order]) -> None:
        """Give orders, and wait until all are done.

        Raises:
            ConnectionError: the agent is gone.
        """
        told = [order.to_line() for order in orders]
        if told:
            self._socket.sendall(b"".join(told))
        for _ in told:
            if not self._answers.readline():
                raise ConnectionError("the transponders' agent has gone")
