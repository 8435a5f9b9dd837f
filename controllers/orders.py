# SPDX-License-Identifier: BSD-3-Clause
"""Orders to transceivers and their hosts, as the agent in the lab reads them: one line of JSON for each."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Literal

from apnemu.blueprint.document import Line


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """A lightpath that is dropped to a client, or may be: its tag and the ROADM's port to its line, its fibres, and by
    how much longer they may count until it no longer closes."""

    tag: int
    line: int
    fibres: tuple[str, ...]
    spare_km: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """Order to a transceiver and its host: `carry` to a peer with this line, or `quiet`: the peer is no longer there.

    Of several ways to one peer the host takes the one with the lowest `preference`: the oldest. `fibres` are those of
    the light that it receives, which may count `spare_km` longer than they are until that no longer closes. Under 1+1
    `legs` are both lightpaths, while both are lit, of which `chosen` is received by `port` of the ROADM `bridge`.
    """

    kind: Literal["carry", "quiet"]
    site: str
    host: str
    interface: str
    address: str
    peer_address: str
    peer_mac: str
    preference: int
    line: Line
    fibres: tuple[str, ...]
    spare_km: float
    bridge: str = ""
    port: int = 0
    legs: tuple[Leg, ...] = ()
    chosen: int = 0

    def to_line(self) -> bytes:
        """Line of the agent's protocol."""
        return json.dumps(asdict(self)).encode() + b"\n"
