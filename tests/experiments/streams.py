# SPDX-License-Identifier: BSD-3-Clause
"""What TCP carried by a run's captures of whole frames: each stream put together from what every port saw, by scapy."""

from __future__ import annotations

import struct
from collections import defaultdict
from pathlib import Path

from scapy.layers.inet import IP, TCP
from scapy.utils import RawPcapNgReader

End = tuple[str, int]
LINK_BYTES = 20
"""Header of a frame in a capture of all interfaces (LINUX_SLL2); its first two bytes are the EtherType."""
VLAN, IPV4 = 0x8100, 0x0800


def streams(capture: Path) -> dict[tuple[End, End], bytes]:
    """Bytes of each direction of each connection, from its first segment on.

    Raises:
        AssertionError: a frame is not whole, a segment is missing, or two ports saw different bytes in one place.
    """
    seen: dict[tuple[End, End], dict[int, bytes]] = defaultdict(dict)
    begins: dict[tuple[End, End], int] = {}
    with RawPcapNgReader(str(capture)) as reader:
        for data, about in reader:
            assert len(data) == about.wirelen, f"{about.wirelen - len(data)} bytes of a frame are cut off"
            kind, at = struct.unpack_from("!H", data)[0], LINK_BYTES
            while kind == VLAN:
                kind, at = struct.unpack_from("!H", data, at + 2)[0], at + 4
            if kind != IPV4 or data[at + 9] != 6:
                continue
            packet = IP(data[at:])
            segment = packet[TCP]
            way = (packet.src, segment.sport), (packet.dst, segment.dport)
            size = packet.len - 4 * packet.ihl - 4 * segment.dataofs
            if segment.flags.S:
                begins[way] = segment.seq + 1
            elif size:
                held = bytes(segment.payload)[:size]
                if len(seen[way].setdefault(segment.seq, held)) < size:
                    seen[way][segment.seq] = held
    return {way: _joined(begins[way], parts) for way, parts in seen.items()}


def _joined(begin: int, parts: dict[int, bytes]) -> bytes:
    whole = bytearray()
    for place, held in sorted((seq - begin & 0xFFFFFFFF, held) for seq, held in parts.items()):
        assert place <= len(whole), "a segment is missing"
        known = whole[place : place + len(held)]
        assert known == held[: len(known)], "two ports saw different bytes"
        whole += held[len(known) :]
    return bytes(whole)
