# SPDX-License-Identifier: BSD-3-Clause
"""[guest] What the process of a move does: light, a connection bound to it, the copying; or the receiver's part.

The controller answers once the light carries (`Prefer: wait`), and the receiver connects to a sender that listens: no
instant of a move depends on when somebody looks.
"""

from __future__ import annotations

import json
import signal
import socket
import time
from collections.abc import Callable
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from apnemu.blueprint.addressing import CONTROLLER_ADDRESS, REST_PORT
from apnemu.blueprint.requests import LIST, SERVICES, service, service_uuid
from apnemu.emulation.apps.migration import copy, take
from apnemu.emulation.loop import now_ns
from apnemu.units import NS_PER_S

if TYPE_CHECKING:
    from collections.abc import Iterator

    from apnemu.emulation.apps.watt.mover import Ways
    from apnemu.emulation.apps.watt.moving import Moving

Tell = Callable[..., None]
WAIT_S = 600
"""Time for which the controller may hold back its answer until light is there."""
LOOK_S = 1.0
"""Time between two looks whether light is there, where a controller answers at once, or has gone."""
AGAIN_S = 10.0
"""Time until light that was refused is asked for again."""
CONNECT_S = 0.001


class TimeIsUpError(OSError):
    """A move was not over when it had to be."""


class NoLightError(OSError):
    """The controller gives no light for a move."""


def send(ways: Ways, moving: Moving, port: int, until_ns: int, tell: Tell) -> None:
    """Ask for light, tell who is to receive where to fetch the state, copy, and give the light back.

    Whoever is told finds a sender that listens already, so that nothing is waited for but light and messages. Light is
    given back whatever happens, however long the controller is away.
    """
    light = Light(ways, moving) if ways.light_s else None
    try:
        with _until(until_ns):
            near, far = light.get() if light else (-1, 0)
            if light:
                tell(lit_ns=now_ns(), asked=light.asked, refused=light.refused)
            with _socket(f"eth{near}" if light else "") as server:
                server.bind(("0.0.0.0", port))
                server.listen(1)
                tell(port=port, transceiver=far)
                peer, _ = server.accept()
            with peer:
                tell(**copy(peer, ways.told(moving)))
    except (OSError, SystemExit) as error:
        tell(given_up=str(error), at_ns=now_ns())
    finally:
        if light:
            light.give_back()
            tell(released_ns=now_ns())


def receive(address: str, port: int, interface: str, until_ns: int, tell: Tell) -> None:
    """Fetch a move's state from a port of its sender, over light that comes to an interface, and say once all of it is
    there."""
    with _until(until_ns), _connected(address, port, interface) as peer:
        take(peer, False)
        tell(came=True)


class Light:
    """A lightpath for one move, of the APN controller."""

    def __init__(self, ways: Ways, moving: Moving) -> None:
        name = f"move {ways.day} {' '.join(map(str, moving.key))}"
        ends = ways.points[moving.origin], ways.points[moving.target]
        self._body = json.dumps(service(name, ends, ways.light_gbps(moving), "none")).encode()
        self._path = f"{SERVICES}={service_uuid(name)}"
        self._most_asks = ways.most_asks
        self.asked = 0
        self.refused = ""
        self._unanswered = False

    def get(self) -> tuple[int, int]:
        """Ask until there is light, and wait until it carries: the transceivers of both ends.

        Raises:
            NoLightError: it was refused as often as it may be.
        """
        while True:
            self.asked += 1
            self._unanswered = True
            status, answer = call("POST", SERVICES, self._body)
            self._unanswered = False
            if status == 201:
                break
            self.refused = answer["ietf-restconf:errors"]["error"][0]["error-message"]
            if status == 409 and call("GET", self._path)[0] == 200:
                break  # it was granted, and the answer was lost
            if self.asked == self._most_asks:
                raise NoLightError(f"no light: {self.refused}")
            time.sleep(AGAIN_S)
        while True:
            asked_ns = now_ns()
            status, answer = call("GET", self._path, prefer=f"wait={WAIT_S}")
            shown = answer[LIST][0] if status == 200 else {}
            carrying = [each for each in shown.get("connection", ()) if each["apnemu:carries"]]
            if shown.get("operational-state") == "ENABLED" and shown["lifecycle-state"] == "INSTALLED" and carrying:
                near, far = carrying[0]["apnemu:transceivers"]
                return near, far
            if now_ns() - asked_ns < NS_PER_S:  # this controller does not wait
                time.sleep(LOOK_S)

    def give_back(self) -> None:
        """Give the light back; a controller that has none of that name has given none.

        A request whose answer has not come may still be granted: it is looked for again, a while later.
        """
        while (status := call("DELETE", self._path)[0]) != 204:
            if status == 404 and not self._unanswered:
                return
            self._unanswered = self._unanswered and status != 404
            time.sleep(AGAIN_S)


def call(method: str, path: str, body: bytes = b"", prefer: str = "") -> tuple[int, Any]:
    """Status and document of an answer of the controller; while it is away it is called again and again."""
    head = f"{method} {path} HTTP/1.0\r\n" + (f"Prefer: {prefer}\r\n" if prefer else "")
    if body:
        head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    while True:
        said = b""
        try:
            with socket.create_connection((CONTROLLER_ADDRESS, REST_PORT)) as peer:
                peer.sendall(head.encode() + b"\r\n" + body)
                while piece := peer.recv(1 << 16):
                    said += piece
        except TimeIsUpError:
            raise
        except OSError:
            said = b""
        start, gap, content = said.partition(b"\r\n\r\n")
        if gap:
            return int(start.split()[1]), json.loads(content) if content else None
        time.sleep(LOOK_S)


def _socket(interface: str) -> socket.socket:
    """A socket that speaks by an interface alone, "": by any."""
    own = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    own.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if interface:
        own.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, interface.encode() + b"\0")
    return own


def _connected(address: str, port: int, interface: str) -> socket.socket:
    """A connection to the sender, over light whose end here may come on a moment later."""
    while True:
        peer = _socket(interface)
        try:
            peer.connect((address, port))
        except TimeIsUpError:
            raise
        except OSError:
            peer.close()
            time.sleep(CONNECT_S)
            continue
        return peer


@contextmanager
def _until(instant_ns: int) -> Iterator[None]:
    """Raise TimeIsUpError in what is done within, at an instant."""

    def up(*_: object) -> None:
        raise TimeIsUpError("it was not over when it had to be")

    before = signal.signal(signal.SIGALRM, up)
    signal.setitimer(signal.ITIMER_REAL, max(1e-6, (instant_ns - now_ns()) / NS_PER_S))
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
