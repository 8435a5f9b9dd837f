# SPDX-License-Identifier: BSD-3-Clause
"""[guest] Frames in words: what is in an Ethernet frame's headers, in one line, as a wall's log has it."""

from __future__ import annotations

import socket
import struct

IPV4, IPV6, VLAN = 0x0800, 0x86DD, 0x8100
PROTOCOLS = {1: "icmp", 6: "tcp", 17: "udp"}


def described(frame: bytes) -> str:
    """Protocol and ends of a frame.

    >>> described(bytes(12) + b"\\x08\\x06" + bytes(28))
    'ethernet type 0806 00:00:00:00:00:00 > 00:00:00:00:00:00'
    """
    if len(frame) < 14:
        return f"{len(frame)} bytes"
    kind = struct.unpack_from("!H", frame, 12)[0]
    if kind == IPV4 and len(frame) >= 34:
        return _datagram(frame[14:])
    if kind == IPV6 and len(frame) >= 54:
        source, target = (socket.inet_ntop(socket.AF_INET6, frame[at : at + 16]) for at in (22, 38))
        return f"ipv6 {source} > {target}"
    source, target = (":".join(f"{byte:02x}" for byte in frame[at : at + 6]) for at in (6, 0))
    tag = f" vlan {struct.unpack_from('!H', frame, 14)[0] & 0xFFF}" if kind == VLAN and len(frame) >= 16 else ""
    return f"ethernet type {kind:04x}{tag} {source} > {target}"


def _datagram(packet: bytes) -> str:
    header = (packet[0] & 15) * 4
    source, target = (socket.inet_ntoa(packet[at : at + 4]) for at in (12, 16))
    protocol = PROTOCOLS.get(packet[9], f"ipv4 protocol {packet[9]}")
    if protocol in ("tcp", "udp") and len(packet) >= header + 4:
        ports = struct.unpack_from("!HH", packet, header)
        return ended(protocol, (source, ports[0]), (target, ports[1]))
    if protocol == "icmp" and len(packet) >= header + 8:
        return f"icmp {source} > {target} id {struct.unpack_from('!H', packet, header + 4)[0]}"
    return f"{protocol} {source} > {target}"


def ended(protocol: str, source: tuple[str, int], target: tuple[str, int]) -> str:
    """Words for a protocol with ports.

    >>> ended("tcp", ("10.0.1.1", 20001), ("10.0.2.1", 443))
    'tcp 10.0.1.1:20001 > 10.0.2.1:443'
    """
    return f"{protocol} {source[0]}:{source[1]} > {target[0]}:{target[1]}"
