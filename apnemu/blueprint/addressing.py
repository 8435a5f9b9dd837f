# SPDX-License-Identifier: BSD-3-Clause
"""Names, addresses and tags on the wire. Every number follows from the order of sites, hosts and slots alone.

MAC addresses are locally administered (second hex digit 2): `02:0a:...` a network interface, `02:bb:...` load.
"""

from __future__ import annotations

from collections.abc import Iterable

from apnemu.errors import InputError
from apnemu.model.spectrum import Slot

LOWEST_TAG, HIGHEST_TAG = 1, 4094
"""VLAN ids that IEEE 802.1Q leaves for use."""
LOAD_MAC_PREFIX = "02:bb"


def host_name(site: str, number: int) -> str:
    """Name of a site's host; hosts count from 1.

    >>> host_name("tokyo", 1)
    'tokyo-h1'
    """
    return f"{site}-h{number}"


def host_address(site_number: int, host_number: int) -> str:
    """IPv4 address of a host; sites and hosts count from 1.

    >>> host_address(300, 2)
    '10.1.44.2'
    """
    return f"10.{site_number >> 8}.{site_number & 255}.{host_number}"


def mac(number: int) -> str:
    """MAC address of the run's `number`-th interface.

    >>> mac(258)
    '02:0a:00:00:01:02'
    """
    return "02:0a:" + ":".join(f"{number >> shift & 255:02x}" for shift in (24, 16, 8, 0))


def load_mac(port: int) -> str:
    """Destination MAC of load that is to leave a router by this port.

    >>> load_mac(7)
    '02:bb:00:00:00:07'
    """
    return f"{LOAD_MAC_PREFIX}:00:00:{port >> 8:02x}:{port & 255:02x}"


def switch_name(site_number: int) -> str:
    """Name of a site's switch: short, since a bridge's name is an interface's name, of at most 15 characters.

    >>> switch_name(3)
    's3'
    """
    return f"s{site_number}"


def tags(slots: Iterable[Slot]) -> dict[Slot, int]:
    """The table of wavelength <-> VLAN id: the distinct slots in order of their edges, counted from 1.

    >>> tags([Slot(n=12, m=6), Slot(n=0, m=6), Slot(n=12, m=6)])
    {Slot(n=0, m=6): 1, Slot(n=12, m=6): 2}
    """
    table = {slot: tag for tag, slot in enumerate(sorted(set(slots), key=lambda slot: (slot.low, slot.m)), LOWEST_TAG)}
    if len(table) > HIGHEST_TAG:
        raise InputError(
            f"the plan lights {len(table)} different slots; a wire can tell {HIGHEST_TAG} apart; use fewer slot widths"
        )
    return table
