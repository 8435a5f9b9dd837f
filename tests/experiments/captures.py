# SPDX-License-Identifier: BSD-3-Clause
"""Captures of every kind of frame, drawn from a seed and written by scapy."""

from __future__ import annotations

import random
from pathlib import Path

from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import ARP, Dot1Q, Ether
from scapy.packet import Packet, Raw
from scapy.utils import PcapWriter

from apnemu.units import NS_PER_S

BEGINS_NS = 1_700_000_000 * NS_PER_S
HERE, THERE = "192.168.1.5", "203.0.113.9"


def drawn_frame(draws: random.Random, number: int) -> Packet:
    """Frame of one of seven kinds, one way or the other."""
    source, target = draws.choice([(HERE, THERE), (THERE, HERE)])
    ethernet = Ether(src="00:11:22:33:44:55", dst="66:77:88:99:aa:bb")
    content = Raw(draws.randbytes(draws.randrange(1000)))
    ends = {"src": source, "dst": target}
    hops = draws.randrange(20, 255)
    stamps = [("Timestamp", (number, 2))]
    kinds: list[Packet] = [
        ethernet / IP(**ends, ttl=hops, id=number) / TCP(sport=1000, dport=80, seq=number, options=stamps) / content,
        ethernet / IP(**ends) / UDP(sport=53, dport=999) / content,
        ethernet / IP(**ends) / UDP(sport=53, dport=999, chksum=0) / content,
        ethernet / IP(**ends) / ICMP(id=3, seq=number) / content,
        ethernet / IP(**ends, frag=100) / content,
        ethernet / IPv6(src="2001:db8::1", dst="2001:db8::2") / UDP(sport=5, dport=7) / content,
        ethernet / ARP(psrc=source, pdst=target),
        ethernet / Dot1Q(vlan=77) / IP(**ends) / UDP(sport=1, dport=2) / content,
    ]
    return draws.choice(kinds)


def write_capture(
    path: Path, count: int, seed: int, *, least_gap_ns: int = 100, most_gap_ns: int = 1_000_000
) -> list[int]:
    """Write so many frames whose gaps, from the end of one at 100 Gbit/s, are within limits; returns their instants."""
    draws = random.Random(seed)
    instants, now_ns = [], BEGINS_NS
    with PcapWriter(str(path), nano=True, linktype=1) as writer:
        for number in range(count):
            content = bytes(drawn_frame(draws, number))
            if not number:
                writer.write_header(content)
            writer.write_packet(content, sec=now_ns // NS_PER_S, usec=now_ns % NS_PER_S)
            instants.append(now_ns)
            gap_ns = round(least_gap_ns * (most_gap_ns / least_gap_ns) ** draws.random())
            now_ns += gap_ns + max(60, len(content)) * 8 // 100 + 1
    return instants
