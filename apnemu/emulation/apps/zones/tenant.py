# SPDX-License-Identifier: BSD-3-Clause
"""[guest] A tenant of light: speaks to its peer without a pause, and notes the last that it was told.

    python3 -m apnemu.emulation.apps.zones.tenant START_NS FILE

FILE is JSON. `peer` and `port`: whom it speaks to, by UDP, `talk_ns` from when until when after the start, `gap_ns`
apart, and in the span `fine_ns` at `fine_gap_ns`. The owner has `ask`, {path, body}, at the start, and `revoke`, {path,
body}, at `revoke_ns`. Each datagram has the instant at which it was sent, so that the receiver knows when the last that
came was sent: what is measured is at the wire's end, and needs no word of the sender.
"""

from __future__ import annotations

import json
import socket
import struct
import sys
import threading
import time
from pathlib import Path
from typing import Any

from apnemu.emulation.apps.zones.rest import call, why
from apnemu.emulation.loop import now_ns
from apnemu.units import NS_PER_S

STAMP = struct.Struct("!q")
DATAGRAM_BYTES = 1000


def note(**what: Any) -> None:
    """Print a record."""
    print("@record", json.dumps(what), flush=True)


def wait_until(instant_ns: int) -> None:
    """Sleep until an instant of the lab's clock."""
    while (left_ns := instant_ns - now_ns()) > 0:
        time.sleep(left_ns / NS_PER_S)


class Ear:
    """Receives what the peer says."""

    def __init__(self, port: int) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("", port))
        self.datagrams, self.last_sent_ns, self.last_came_ns = 0, 0, 0
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        while True:
            data = self.socket.recv(2 * DATAGRAM_BYTES)
            if len(data) == DATAGRAM_BYTES:
                self.datagrams += 1
                self.last_sent_ns, self.last_came_ns = STAMP.unpack_from(data)[0], now_ns()


def own(start_ns: int, told: dict[str, Any]) -> None:
    """Ask for light, and withdraw it at its time."""
    status, answer = call("POST", told["ask"]["path"], told["ask"]["body"])
    note(asked=status, why=why(answer))
    wait_until(start_ns + told["revoke_ns"])
    sent_ns = now_ns()
    status, answer = call("POST", told["revoke"]["path"], told["revoke"]["body"])
    taken_down = answer.get("apnemu:taken-down", []) if isinstance(answer, dict) else []
    note(revoked=status, sent_ns=sent_ns, why=why(answer), taken_down=taken_down)


def talk(start_ns: int, told: dict[str, Any]) -> None:
    """Speak to the peer for as long as there is a way to it."""
    mouth = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    (from_ns, until_ns), fine_ns = ([start_ns + at for at in told[span]] for span in ("talk_ns", "fine_ns"))
    next_ns, refused = from_ns, 0
    while next_ns < until_ns:
        wait_until(next_ns)
        try:
            mouth.sendto(STAMP.pack(now_ns()).ljust(DATAGRAM_BYTES, b"\0"), (told["peer"], told["port"]))
        except OSError:
            refused += 1
        fine = fine_ns[0] <= next_ns < fine_ns[1]
        step_ns = told["fine_gap_ns"] if fine else told["gap_ns"]
        next_ns = min(next_ns + step_ns, fine_ns[0]) if next_ns < fine_ns[0] else next_ns + step_ns
    note(refused_datagrams=refused)


def main(start_ns: int, told: dict[str, Any]) -> None:
    """Be a tenant until the end of its talk."""
    ear = Ear(told["port"])
    owner = threading.Thread(target=own, args=(start_ns, told)) if "ask" in told else None
    wait_until(start_ns)
    if owner:
        owner.start()
    talk(start_ns, told)
    if owner:
        owner.join()
    time.sleep(1)
    note(datagrams=ear.datagrams, last_sent_ns=ear.last_sent_ns, last_came_ns=ear.last_came_ns)


if __name__ == "__main__":
    main(int(sys.argv[1]), json.loads(Path(sys.argv[2]).read_text()))
