# SPDX-License-Identifier: BSD-3-Clause
"""Rules and splitters of a switch, in OpenFlow 1.3's words but in no framework's classes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Action = tuple[Literal["push", "output", "group"], int] | tuple[Literal["pop", "decrement_ttl"]]
"""`push` a tag (VLAN id), `output` by a port, `pop` the tag, hand to a `group`, `decrement_ttl` of the datagram."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Entry of a switch's table: frames that match every field that is given undergo `actions`, in order; without any
    they are dropped."""

    priority: int
    actions: tuple[Action, ...]
    port_in: int | None = None
    tag: int | None = None
    mac_to: str | None = None
    mac_mask: str | None = None
    address_to: str | None = None
    address_from: str | None = None
    ipv6: bool = False
    """Whether it is for IPv6's datagrams alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A splitter: a group of type ALL, each bucket's actions done to a copy of the frame (OpenFlow 1.3.5, 5.6.1)."""

    number: int
    buckets: tuple[tuple[Action, ...], ...]
