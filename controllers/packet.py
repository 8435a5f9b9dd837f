# SPDX-License-Identifier: BSD-3-Clause
"""The conventional network's controller: per-hop forwarding by destination along the shortest route.

Load that was injected at a router leaves by the port that its destination MAC names, and ends at the next router.
"""

from __future__ import annotations

from apnemu.blueprint.addressing import LOAD_MAC_PREFIX
from apnemu.blueprint.document import Blueprint
from apnemu.controllers.rules import Rule

FORWARD, INJECT, DISCARD = 100, 300, 200
"""Priorities: injected load comes first, then load that arrives (which is discarded), then datagrams."""


def rules(blueprint: Blueprint, dpid: int) -> list[Rule]:
    """Rules that one router must have."""
    injected = [
        Rule(
            priority=INJECT,
            port_in=injection.port_in,
            mac_to=injection.mac,
            actions=(("output", injection.port),),
        )
        for injection in blueprint.injections
        if injection.dpid == dpid
    ]
    ended = Rule(priority=DISCARD, mac_to=f"{LOAD_MAC_PREFIX}:00:00:00:00", mac_mask="ff:ff:00:00:00:00", actions=())
    forwarded = [
        Rule(priority=FORWARD, address_to=route.address, actions=(("decrement_ttl",), ("output", route.port)))
        for route in blueprint.routes
        if route.dpid == dpid
    ]
    return [*injected, ended, *forwarded]
