# SPDX-License-Identifier: BSD-3-Clause
"""Names, addresses and tags on the wire. Every number follows from the order of sites, hosts and slots alone.

MAC addresses are locally administered (second hex digit 2): `02:0a:...` a network interface, `02:bb:...` load,
`02:dc:...` an end of a line of the data communication network.
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


DCN_NETWORK = "172.16.0.0/12"
"""Addresses of the data communication network."""
CONTROLLER_ADDRESS = "172.31.255.1"
"""Address of the controller's computer, by which hosts reach its interfaces."""

LIGHT_PRIORITY = 100
"""Priority of a ROADM's rules."""
REST_PORT = 8181
"""TCP port of the on-demand controller's REST interface."""
EXPLORED_SOCKET = "/run/apnemu-explored.sock"
"""Socket by which a lab that is explored tells its controller what to do beside its work (`controllers.explored`)."""
TRANSPONDERS_PORT = 9339
"""TCP port of the transponders' agent at a site: gNMI's (IANA)."""


def dcn_addresses(site_number: int) -> tuple[str, str]:
    """IPv4 addresses at a site's end of its line to the controller, and at the controller's end.

    >>> dcn_addresses(300)
    ('172.16.1.44', '172.17.1.44')
    """
    low = f"{site_number >> 8}.{site_number & 255}"
    return f"172.16.{low}", f"172.17.{low}"


def mac(number: int) -> str:
    """MAC address of the run's `number`-th interface.

    >>> mac(258)
    '02:0a:00:00:01:02'
    """
    return "02:0a:" + ":".join(f"{number >> shift & 255:02x}" for shift in (24, 16, 8, 0))


def dcn_mac(line: int, end: int) -> str:
    """MAC address of an end of a line of the data communication network; lines count from 1, ends are 0 and 1.

    >>> dcn_mac(258, 1)
    '02:dc:01:00:01:02'
    """
    return f"02:dc:{end:02x}:" + ":".join(f"{line >> shift & 255:02x}" for shift in (16, 8, 0))


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
