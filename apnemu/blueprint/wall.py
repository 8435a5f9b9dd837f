# SPDX-License-Identifier: BSD-3-Clause
"""The wall around a host: what it may send, and where it is held."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Wall:
    """What a host whose data are bound by a zone may send: datagrams from its own address to those `allowed`.

    It stands at the switches' `ports` (node, interface) to the host. `outside` are the addresses of all other hosts,
    and `interface` that by which the host tries them. Of the data communication network it stands at `gate`, where the
    host's line enters the site, and lets through to `onward`, the site's line to the controller, what asks the
    controller's REST interface; both are "" where there is no such network.
    """

    host: str
    site: str
    address: str
    interface: str
    allowed: tuple[str, ...]
    outside: tuple[str, ...]
    ports: tuple[tuple[str, str], ...]
    gate: str = ""
    onward: str = ""
