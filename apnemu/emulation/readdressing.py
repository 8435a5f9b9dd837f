# SPDX-License-Identifier: BSD-3-Clause
"""[guest] The addresses of the lab's hosts in frames that somebody captured elsewhere.

Nothing of a frame is changed but its addresses (Ethernet's two, IPv4's two) and the sums over them, which are brought
up to date by what has changed (RFC 1624): a sum that was wrong stays wrong, as network cards leave it in captures of
what they send. The addresses of IPv6 stay too: the lab's networks pass it on by Ethernet's.
"""

from __future__ import annotations

from dataclasses import dataclass

IPV4 = b"\x08\x00"
TCP, UDP = 6, 17
SUM_AT = {TCP: 16, UDP: 6}
"""Place in a segment or a datagram of the sum over its content and its IP addresses."""
LEAST_BYTES = 60
"""Ethernet's shortest frame without its check sequence."""
OFFSET = 0x1FFF
"""Bits of IPv4's offset of a fragment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Addresses:
    """Addresses of the two hosts between which frames are sent: MAC and IPv4 of the sender, then of the receiver."""

    macs: tuple[bytes, bytes]
    addresses: tuple[bytes, bytes]


def readdressed(frame: bytes, ends: Addresses) -> bytes:
    """The frame from the one host to the other, of at least Ethernet's least length."""
    content = bytearray(ends.macs[1] + ends.macs[0] + frame[12:])
    if content[12:14] == IPV4 and len(content) >= 34:
        before = bytes(content[26:34])
        content[26:34] = ends.addresses[0] + ends.addresses[1]
        after = bytes(content[26:34])
        _update(content, 24, before, after)
        header = 14 + (content[14] & 15) * 4
        first = not int.from_bytes(content[20:22]) & OFFSET
        at = header + SUM_AT.get(content[23], 0)
        none = content[23] == UDP and not any(content[at : at + 2])
        if content[23] in SUM_AT and first and not none and at + 2 <= len(content):
            _update(content, at, before, after, zero_is_none=content[23] == UDP)
    return bytes(content).ljust(LEAST_BYTES, b"\0")


def _update(content: bytearray, at: int, before: bytes, after: bytes, *, zero_is_none: bool = False) -> None:
    """Bring an Internet checksum up to date: HC' = ~(~HC + ~m + m') (RFC 1624, eq. 3)."""
    total = ~int.from_bytes(content[at : at + 2]) & 0xFFFF
    for place in range(0, len(before), 2):
        total += (~int.from_bytes(before[place : place + 2]) & 0xFFFF) + int.from_bytes(after[place : place + 2])
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    changed = ~total & 0xFFFF
    content[at : at + 2] = (0xFFFF if zero_is_none and not changed else changed).to_bytes(2)
