# SPDX-License-Identifier: BSD-3-Clause
"""Light on demand in a stage: what planning predicts, asked of the controller as a client asks it."""

from __future__ import annotations

from apnemu.model.activities import Request
from apnemu.planning.online import Service
from apnemu.units import VirtualNs


def request(service: Service, expected_ns: int, *, released: bool = False) -> Request:
    """The request that asks for a service, whose first frame is expected `expected_ns` after it."""
    return Request(
        name=service.name,
        source=service.source,
        target=service.target,
        rate_gbps=service.rate_gbps,
        protection=service.protection,
        expected_ns=VirtualNs(expected_ns),
        released=released,
    )
