# SPDX-License-Identifier: BSD-3-Clause
"""The process of a move: light that is asked for and given back whatever happens, and bytes that come over TCP."""

from __future__ import annotations

import json
import socket
import threading
from typing import Any

import pytest

from apnemu.blueprint.requests import LIST
from apnemu.emulation.apps.watt import carriage
from apnemu.emulation.apps.watt.mover import Ways
from apnemu.emulation.apps.watt.moving import Moving
from apnemu.emulation.loop import now_ns
from apnemu.units import NS_PER_S


class Controller:
    """A controller that grants light, with what it was asked; `answers` come first, as (status, document)."""

    def __init__(self, *answers: tuple[int, Any]) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []
        self.lit = False

    def __call__(self, method: str, path: str, body: bytes = b"", prefer: str = "") -> tuple[int, Any]:
        self.asked.append(method)
        if self.answers and method == "POST":
            return self.answers.pop(0)
        if method == "POST":
            self.lit = True
            return 201, None
        if not self.lit:
            return 404, None
        if method == "DELETE":
            self.lit = False
            return 204, None
        carries = [{"apnemu:carries": True, "apnemu:transceivers": [3, 5]}]
        state = {"operational-state": "ENABLED", "lifecycle-state": "INSTALLED"}
        return 200, {LIST: [{**state, "connection": carries}]}


REFUSED = (409, {"ietf-restconf:errors": {"error": [{"error-message": "no transceiver is free"}]}})


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LOOK_S", "AGAIN_S", "CONNECT_S"):
        monkeypatch.setattr(carriage, name, 0.001)


def ways(**changes: Any) -> Ways:
    told: dict[str, Any] = {
        "day": "d",
        "number": 0,
        "site": "a",
        "gbps": {"a": 1.0, "b": 1.0},
        "share": 1.0,
        "rtt_s": {"b": 0.001},
        "light_s": 80.0,
        "points": {"a": "x", "b": "y"},
        "addresses": {"b": "127.0.0.1"},
        "dirty_bytes_per_s": 1e6,
    }
    return Ways(**{**told, **changes})


def moving() -> Moving:
    return Moving(job="job", owner="agent-a", origin="a", target="b", slot=1, bytes=4 << 20, scale=4)


def sent(own: Ways, port: int, seconds: float = 10.0) -> list[dict[str, Any]]:
    said: list[dict[str, Any]] = []
    carriage.send(own, moving(), port, now_ns() + round(seconds * NS_PER_S), lambda **what: said.append(what))
    return said


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def received(port: int) -> tuple[threading.Thread, list[dict[str, Any]]]:
    """A receiver in a thread, which may not have the process's alarm; it is there before the sender listens."""
    said: list[dict[str, Any]] = []

    def take() -> None:
        with carriage._connected("127.0.0.1", port, "") as peer:
            carriage.take(peer, False)
        said.append({"came": True})

    thread = threading.Thread(target=take)
    thread.start()
    return thread, said


def test_a_move_without_light_is_what_pre_copy_sends() -> None:
    port = free_port()
    thread, said = received(port)
    told = sent(ways(light_s=0.0), port)
    thread.join(10)
    assert said == [{"came": True}]
    assert told[0] == {"port": port, "transceiver": 0}
    assert told[1]["moved_bytes"] >= 1 << 20 and told[1]["rounds"] >= 1
    assert len(told) == 2


def test_light_that_is_refused_is_asked_for_again_and_given_back(monkeypatch: pytest.MonkeyPatch) -> None:
    controller = Controller(REFUSED, REFUSED)
    monkeypatch.setattr(carriage, "call", controller)
    monkeypatch.setattr(carriage, "_socket", _gone)
    told = sent(ways(), 1)
    assert told[0]["asked"] == 3 and told[0]["refused"] == "no transceiver is free"
    assert told[1]["given_up"] == "over eth3" and "released_ns" in told[2]
    assert not controller.lit


def _gone(interface: str) -> socket.socket:
    raise ConnectionResetError(f"over {interface}")


def test_who_may_ask_once_gives_up_with_the_controllers_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    controller = Controller(REFUSED, REFUSED)
    monkeypatch.setattr(carriage, "call", controller)
    told = sent(ways(most_asks=1), 1)
    assert told[0]["given_up"] == "no light: no transceiver is free" and controller.asked == ["POST", "GET", "DELETE"]


def test_a_controller_that_does_not_wait_is_looked_at_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that knows nothing of `Prefer` answers at once that there is no light yet."""
    controller, preferred = Controller(), []

    def call(method: str, path: str, body: bytes = b"", prefer: str = "") -> tuple[int, Any]:
        if method != "GET":
            return controller(method, path, body)
        preferred.append(prefer)
        answer = controller(method, path, body)
        if len(preferred) < 3:
            answer[1][LIST][0]["operational-state"] = "DISABLED"
        return answer

    monkeypatch.setattr(carriage, "call", call)
    assert carriage.Light(ways(), moving()).get() == (3, 5)
    assert preferred == [f"wait={carriage.WAIT_S}"] * 3


def test_a_move_that_gets_no_light_ends_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    controller = Controller(*[REFUSED] * 10_000)
    monkeypatch.setattr(carriage, "call", controller)
    told = sent(ways(), 1, 0.2)
    assert told[0]["given_up"].startswith("it was not over")
    assert controller.asked.count("POST") > 3 and controller.asked[-1] == "DELETE"


def test_light_that_is_granted_after_its_asker_has_gone_is_given_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """The answer is lost, the first DELETE finds nothing, and then the light is there."""
    controller = Controller()

    def call(method: str, path: str, body: bytes = b"", prefer: str = "") -> tuple[int, Any]:
        if method == "POST":
            raise carriage.TimeIsUpError("no answer")
        answer = controller(method, path, body)
        controller.lit = controller.asked == ["DELETE"]
        return answer

    monkeypatch.setattr(carriage, "call", call)
    sent(ways(), 1)
    assert controller.asked == ["DELETE", "DELETE"] and not controller.lit


def test_a_controller_that_is_away_is_called_again(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = [b"", b"HTTP/1.0 200 OK\r\n\r\n" + json.dumps({"a": 1}).encode()]

    class Peer:
        def __init__(self) -> None:
            self.left = answers.pop(0)

        def __enter__(self) -> Peer:
            return self

        def __exit__(self, *_: object) -> None: ...

        def sendall(self, _: bytes) -> None:
            if not self.left:
                raise ConnectionRefusedError

        def recv(self, _: int) -> bytes:
            piece, self.left = self.left, b""
            return piece

    monkeypatch.setattr(carriage.socket, "create_connection", lambda address: Peer())
    assert carriage.call("GET", "/x") == (200, {"a": 1})
