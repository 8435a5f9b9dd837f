# SPDX-License-Identifier: BSD-3-Clause
"""A capture made with scapy: numbered datagrams of IMIX lengths, whose gaps span five decades."""

from __future__ import annotations

import math

from apnemu.experiments.replay.captured import IPV4, Frame
from apnemu.question.traffic import IMIX
from apnemu.seeds import generator
from apnemu.units import serialisation_ns

SHORTEST_NS, LONGEST_NS = 100, 10_000_000
"""Gaps between the end of a frame and the beginning of the next: as likely in each decade as in any other."""
SENDER, RECEIVER, PORT = "192.0.2.1", "198.51.100.1", 9
"""Addresses for documentation (RFC 5737), and UDP's port of what is thrown away (RFC 863)."""


def made_frames(count: int, rate_gbps: float, seed: int) -> list[Frame]:
    """Draw frames that a line of `rate_gbps` sends with those very gaps."""
    from scapy.fields import IntField
    from scapy.layers.inet import IP, UDP
    from scapy.layers.l2 import Ether
    from scapy.packet import Packet, Raw

    class Numbered(Packet):
        """The number of a frame in its stream."""

        name = "Numbered"
        fields_desc = [IntField("number", 0)]  # noqa: RUF012  # scapy's way to declare fields

    draws = generator(seed, "replay made")
    lengths, weights = zip(*IMIX, strict=True)
    sizes = draws.choice(lengths, count, p=[weight / sum(weights) for weight in weights]).tolist()
    gaps = draws.uniform(math.log(SHORTEST_NS), math.log(LONGEST_NS), count).tolist()
    frames, at_ns = [], 0
    for number, (size, gap) in enumerate(zip(sizes, gaps, strict=True)):
        head = Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02") / IP(
            src=SENDER, dst=RECEIVER, id=number & 0xFFFF
        )
        frame = head / UDP(sport=PORT, dport=PORT) / Numbered(number=number)
        content = bytes(frame / Raw(bytes(size - len(frame))))
        frames.append(Frame(at_ns, content, content[26:30], IPV4))
        at_ns += serialisation_ns(size, rate_gbps) + round(math.exp(gap))
    return frames
