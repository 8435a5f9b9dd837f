# SPDX-License-Identifier: BSD-3-Clause
"""Requests to the controller's REST interface, sound and mutated, one after another, as documents and as bytes.

What is refused (4xx, with a reason) has changed nothing; nothing is answered with 5xx.
"""

from __future__ import annotations

import json
import random
import socket
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from apnemu.blueprint.requests import LIST, MOVE, POINTS, PROTECTIONS, SAG, SERVICES, sagged, service_uuid
from apnemu.controllers.server import serve
from tests.controllers.test_northbound import Client, document
from tests.fuzz.mutations import mutated, mutated_text
from tests.fuzz.trial import Case, warmed

SITES = ("tokyo", "osaka", "sapporo", "naha", "nagoya")
NAMES = ("one", "two", "three")
PROTECTED = tuple(PROTECTIONS)
REQUESTS = 12
SCHEDULE = {"start-time": "1970-01-01T00:01:40Z", "end-time": "1970-01-01T00:05:00+00:00"}
ODD_PATHS = (
    "", "/", "//", "*", "/%00", "/\x00", "/é", f"{SERVICES}=", f"{SERVICES}={'x' * 70_000}",
    f"{SERVICES}=../../..", f"{SERVICES}=%2e%2e", f"{SERVICES}=\x1b[2J", POINTS + "/",
    SERVICES + "?depth=1", "http://127.0.0.1/", "/openapi.json",
)  # fmt: skip
ODD_ENVIRON = (
    {"CONTENT_TYPE": "text/plain"}, {"CONTENT_TYPE": ""}, {"CONTENT_TYPE": "application/json; charset=é"},
    {"CONTENT_LENGTH": ""}, {"CONTENT_LENGTH": "-1"}, {"CONTENT_LENGTH": "1e3"}, {"CONTENT_LENGTH": "٣"},
    {"CONTENT_LENGTH": "0"}, {"CONTENT_LENGTH": "5"}, {"CONTENT_LENGTH": "65536"},
    {"HTTP_AUTHORIZATION": "Bearer é"},
)  # fmt: skip
Call = tuple[str, str, bytes, dict[str, str]]
"""Method, path, body and further environment of a request."""


def case(seed: int, number: int, folder: Path) -> Case:
    """A dozen requests, of which half are mutated, or a request of mutated bytes to a server."""
    del folder
    draw = random.Random(f"tapi {seed} {number}")
    if draw.random() < 0.3:
        sent = _as_bytes(_sound(draw), draw)
        return Case(kind="bytes", steps=(partial(_over_a_socket, sent),), names=("",))
    calls = [_call(draw) for _ in range(REQUESTS)]
    return Case(kind="requests", steps=(partial(_one_after_another, calls, draw),), names=("",))


def _call(draw: random.Random) -> Call:
    method, path, body, _ = _sound(draw)
    match draw.randrange(8):
        case 0 | 1 | 2 | 3:
            return method, path, body, {}
        case 4 | 5 if body:
            return method, path, _mutated(body, draw), {}
        case 6:
            return draw.choice(("GET", "PUT", "PATCH", "DELETE", "get", "", "X" * 9999)), path, body, {}
        case 7:
            return method, path, body, dict(draw.choice(ODD_ENVIRON))
        case _:
            return method, draw.choice(ODD_PATHS), body, {}


def _sound(draw: random.Random) -> Call:
    """A request that may be made; whether there is light for it is another thing."""
    name, ends = draw.choice(NAMES), draw.sample(SITES, 2)
    match draw.randrange(7):
        case 0 | 1 | 2:
            asked = document(name, *ends, draw.choice(PROTECTED))
            if draw.random() < 0.4:
                asked[LIST][0]["schedule"] = dict(draw.sample(list(SCHEDULE.items()), draw.choice((0, 1, 2))))
            return "POST", SERVICES, json.dumps(asked).encode(), {}
        case 3:
            return "GET", draw.choice((SERVICES, POINTS, f"{SERVICES}={service_uuid(name)}")), b"", {}
        case 4:
            return "DELETE", f"{SERVICES}={service_uuid(name)}", b"", {}
        case 5:
            return "POST", MOVE, json.dumps({"input": {"uuid": service_uuid(name)}}).encode(), {}
        case _:
            return "POST", SAG, sagged("tokyo-nagoya", draw.choice((0, 3, 20))), {}


def _mutated(body: bytes, draw: random.Random) -> bytes:
    tree = json.loads(body)
    text = json.dumps(mutated(tree, draw)) if draw.random() < 0.8 else mutated_text(json.dumps(tree), draw)
    return text.encode("utf-8", "surrogatepass")


def _one_after_another(calls: Sequence[Call], draw: random.Random) -> None:
    client = Client()
    for method, path, body, environ in calls:
        client.desk.now_ns += draw.choice((0, 1_000_000_000, 60_000_000_000))
        client.apn.run(client.desk.now_ns)
        before = _state(client)
        status, said = client.call(method, path, body, **environ)
        print(status, said)
        assert status < 500, (method, path[:100], body[:500], said)
        if status >= 400:
            why = said["ietf-restconf:errors"]["error"][0]["error-message"]
            assert why and "\n" not in why and len(why) < 1000, why
            assert status == 409 or _state(client) == before, (method, path[:100], body[:500], why)
    client.desk.now_ns += 10**13
    client.apn.run(client.desk.now_ns)
    assert client.call("GET", SERVICES)[0] == 200


def _state(client: Client) -> Any:
    return client.apn.light.services(), client.apn.light.lit()


def _as_bytes(call: Call, draw: random.Random) -> bytes:
    """A request as it goes over the wire, mutated: its words, its headers, its bytes."""
    method, path, body, _ = call
    version = draw.choice(("HTTP/1.1", "HTTP/1.1", "HTTP/1.0", "HTTP/9.9", "HTTP/x", "", "HTTP/1.1 x"))
    length = draw.choice((len(body), len(body), len(body), 0, 7, 10**9, "x", "-1", ""))
    headers = [f"Content-Length: {length}", "Content-Type: application/json", "Connection: close"]
    headers += draw.choice(
        ([], [], ["Transfer-Encoding: chunked"], ["X: " + "x" * 70_000], ["é: é"], ["\x00"], ["no colon"])
    )
    headers *= draw.choice((1, 1, 1, 2, 60))
    wire = "\r\n".join((f"{method} {path} {version}", *headers, "", "")).encode() + body
    at = draw.randrange(len(wire))
    noise = draw.randbytes(draw.choice((1, 5, 50)))
    return draw.choice((wire, wire, wire[:at], wire[:at] + noise + wire[at + 1 :], wire.replace(b"\r\n", b"\n"), noise))


def _over_a_socket(sent: bytes) -> None:
    server = serve(Client().served)
    with socket.create_connection(("127.0.0.1", server.server_port), timeout=60) as connection:
        said = b""
        with suppress(OSError):  # it hangs up on what is no HTTP
            connection.sendall(sent)
            connection.shutdown(socket.SHUT_WR)
        with suppress(ConnectionResetError):  # TimeoutError is none of these: the server hangs
            while part := connection.recv(65536):
                said += part
    print(said[:12])
    status = said.split(b" ")[1:2] if said.startswith(b"HTTP/") else []
    assert not status or status[0] < b"500" or status[0] == b"505", said  # 505: another version of HTTP
    server.shutdown()


warmed(partial(_one_after_another, [("GET", SERVICES, b"", {})], random.Random(1)))
