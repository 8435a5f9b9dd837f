# SPDX-License-Identifier: BSD-3-Clause
"""[guest] An intruder in a zone: has all rights of its host, and tries to get data out, one way after another.

    python3 -m apnemu.emulation.apps.zones.intruder START_NS FILE

FILE is JSON: `own`, the host's address, and `attempts`, each with its `kind`, `number` and `at_ns` after the start. A
kind that asks the controller has `path` and `body`; one that sends has `to`, the address of a host outside, and
`forged` has `as`, whose address it takes. What is sent as a frame goes out by every interface to the network. A record
for each attempt says whether it got `through` as far as its host can tell, what `answer` it had, and `what` others
would call it (`emulation.frames`). `route` asks where there is light to ask for; where it has `to` it sends there, and
`dcn` sends to the controller's computer what is no request.
"""

from __future__ import annotations

import errno
import json
import os
import select
import socket
import struct
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from apnemu.blueprint.addressing import mac
from apnemu.emulation.apps.zones.rest import call, why
from apnemu.emulation.apps.zones.tenant import note, wait_until
from apnemu.emulation.dcn import HOST_INTERFACE
from apnemu.emulation.frames import IPV4, IPV6, described, ended
from apnemu.emulation.loop import now_ns

PORT, SERVICE = 20_000, 443
"""Port of attempt 0, and the port that it tries."""
PATIENCE_S = 0.05
"""Time that a host outside has to answer."""
SECRET = b"data that may not leave" * 20
MANY = mac(1)
"""Some MAC address that a frame may be for; light reads none."""


def asks(attempt: dict[str, Any]) -> dict[str, Any]:
    """Ask the controller for light that leaves the zone."""
    status, answer = call("POST", attempt["path"], attempt["body"])
    return {"through": status == 201, "answer": f"{status} {why(answer)}", "what": attempt["what"]}


def tcp(attempt: dict[str, Any], own: str) -> dict[str, Any]:
    """Open a connection to a host outside."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM | socket.SOCK_NONBLOCK) as made:
        made.bind((own, PORT + attempt["number"]))
        code = made.connect_ex((attempt["to"], SERVICE))
        if code == errno.EINPROGRESS:
            ready = select.select([], [made], [], PATIENCE_S)[1]
            code = made.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) if ready else errno.ETIMEDOUT
    what = ended("tcp", (own, PORT + attempt["number"]), (attempt["to"], SERVICE))
    return {"through": code == 0, "answer": os.strerror(code), "what": what}


def udp(attempt: dict[str, Any], own: str) -> dict[str, Any]:
    """Send a datagram to a host outside."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as made:
        made.bind((own, PORT + attempt["number"]))
        answer = _sent(made, SECRET, (attempt["to"], SERVICE))
    what = ended("udp", (own, PORT + attempt["number"]), (attempt["to"], SERVICE))
    return {"through": False, "answer": answer, "what": what}


def icmp(attempt: dict[str, Any], own: str) -> dict[str, Any]:
    """Send an echo request to a host outside, with data in it."""
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP) as made:
        echo = struct.pack("!BBHHH", 8, 0, 0, PORT + attempt["number"], 1) + SECRET
        answer = _sent(made, echo, (attempt["to"], 0))
    return {"through": False, "answer": answer, "what": f"icmp {own} > {attempt['to']} id {PORT + attempt['number']}"}


def ipv6(attempt: dict[str, Any], own: str) -> dict[str, Any]:
    """Send a frame of IPv6, which no host here speaks, by every interface."""
    source, target = (socket.inet_pton(socket.AF_INET6, f"fd00::{part:x}") for part in (attempt["number"] + 1, 0xFFFF))
    packet = struct.pack("!IHBB", 6 << 28, len(SECRET), 59, 64) + source + target + SECRET
    return _framed(IPV6, packet)


def forged(attempt: dict[str, Any], own: str) -> dict[str, Any]:
    """Send a datagram to a host outside, as if it came from another host, by every interface."""
    datagram = struct.pack("!HHHH", PORT + attempt["number"], SERVICE, 8 + len(SECRET), 0) + SECRET
    ends = socket.inet_aton(attempt["as"]) + socket.inet_aton(attempt["to"])
    header = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(datagram), 0, 0, 64, 17, 0) + ends
    return _framed(IPV4, header[:10] + struct.pack("!H", _checksum(header)) + header[12:] + datagram)


SENDS = {"tcp": tcp, "udp": udp, "dcn": udp, "route": udp, "icmp": icmp, "ipv6": ipv6, "forged": forged}


def _sent(made: socket.socket, data: bytes, to: tuple[str, int]) -> str:
    try:
        made.sendto(data, to)
    except OSError as error:
        return os.strerror(error.errno or 0)
    return "sent"


def _framed(kind: int, packet: bytes) -> dict[str, Any]:
    made = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    frame = bytes.fromhex(MANY.replace(":", "")) * 2 + struct.pack("!H", kind) + packet
    for _, name in socket.if_nameindex():
        if name not in ("lo", HOST_INTERFACE):
            with suppress(OSError):  # an interface that is down
                made.sendto(frame, (name, 0))
    made.close()
    return {"through": False, "answer": "sent", "what": described(frame)}


def _checksum(header: bytes) -> int:
    """RFC 1071.

    >>> _checksum(bytes.fromhex("45000073000040004011") + bytes(2) + bytes.fromhex("c0a80001c0a800c7")) == 0xB861
    True
    """
    total: int = sum(struct.unpack(f"!{len(header) // 2}H", header))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def main(start_ns: int, told: dict[str, Any]) -> None:
    """Make all attempts, each at its instant or as soon as the one before it is over."""
    for attempt in told["attempts"]:
        wait_until(start_ns + attempt["at_ns"])
        began_ns = now_ns()
        kind = attempt["kind"]
        seen = asks(attempt) if "path" in attempt else SENDS[kind](attempt, told["own"])
        note(number=attempt["number"], kind=kind, attempt_ns=began_ns, **seen)


if __name__ == "__main__":
    main(int(sys.argv[1]), json.loads(Path(sys.argv[2]).read_text()))
