# SPDX-License-Identifier: BSD-3-Clause
"""Answers of a server to `apnemu ctl`: mutated documents of a controller's, mutated HTTP, and bad behaviour."""

from __future__ import annotations

import itertools
import json
import random
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path

from apnemu.blueprint.requests import LIST
from apnemu.cli import calling
from tests.fuzz import trial
from tests.fuzz.mutations import mutated, mutated_text
from tests.fuzz.trial import AT, BAD_INPUT, DONE, LAB_FAILED, UNMET, Case, warmed

SITES = ("tokyo", "osaka")
POINTS = {
    calling.POINTS_LIST: [
        {"uuid": f"6ba7b810-9dad-11d1-80b4-00c04fd430c{number}", "name": [{"value-name": "site", "value": site}]}
        for number, site in enumerate(SITES)
    ]
}
SERVICE = {
    "uuid": "6ba7b810-9dad-11d1-80b4-00c04fd430c8",
    "lifecycle-state": "INSTALLED",
    "operational-state": "ENABLED",
    "apnemu:reason": "",
    "connection": [
        {"apnemu:route": ["tokyo", "osaka"], "apnemu:mode": "400zr", "apnemu:carries": True, "apnemu:slot": {"n": 1}}
    ],
}
LISTED = {LIST: [SERVICE]}
REFUSED = {"ietf-restconf:errors": {"error": [{"error-tag": "x", "error-message": "there is no light"}]}}
COMMANDS: dict[tuple[str, ...], Sequence[object]] = {
    ("list",): (LISTED,),
    ("list", "--json"): (LISTED,),
    ("request", "mine", *SITES): (POINTS, LISTED),
    ("request", "mine", *SITES, "--json"): (POINTS, LISTED),
    ("release", "mine"): (None,),
    ("move", "mine"): (LISTED,),
    ("watch", "--for-s", "0"): (LISTED,),
}
"""Commands, and the documents with which a controller answers them."""
STATUS = ("200 OK", "201 Created", "204 No Content", "409 Conflict", "404 Not Found", "500 Internal Server Error")
ODD_STATUS = (
    "302 Found",
    "100 Continue",
    "199 x",
    "999 x",
    "0 x",
    "-1 x",
    "２００ x",
    "",
    "200",
    "2e2 OK",
    "999999999999",
)
ODD_HEADERS = (
    "Content-Length: -1", "Content-Length: 99999999999999999999", "Content-Length: x", "Content-Length: 0",
    "Content-Length: 5\r\nContent-Length: 6", "Transfer-Encoding: chunked", "Content-Encoding: gzip",
    "x" * 70_000, "\r\n".join(f"H{number}: x" for number in range(200)), ": x", "\x00",
    "Location: http://127.0.0.1:1/", "é: é", "Content-Type: text/html; charset=\x1b[2J", " folded",
    "Connection: keep-alive",
)  # fmt: skip
CHUNKED = (
    b"5\r\nhello\r\n0\r\n\r\n",
    b"ffffffffffffffff\r\nx",
    b"-5\r\nx",
    b"zz\r\n",
    b"0\r\n",
    b"5\r\nhel",
    b"5;x=" + b"y" * 99999,
)
CALL_LIMIT_S = 1.5
"""Limit of a call in these trials; 30 s in the program."""
Answer = Callable[[socket.socket], None]


def case(seed: int, number: int, folder: Path) -> Case:
    """A command, and a server that answers each of its calls in one of these ways."""
    del folder
    draw = random.Random(f"ctl {seed} {number}")
    words = draw.choice(list(COMMANDS))
    documents = COMMANDS[words]
    turn = draw.randrange(len(documents))
    answers = [_sound(document) for document in documents]
    kind, answers[turn] = _hostile(documents[turn], draw)
    return Case(
        kind=f"{words[0]} {kind}",
        steps=(("ctl", *words, "--at", AT),),
        names=("127.0.0.1", "(4", "is no data centre"),
        codes=(DONE, UNMET, BAD_INPUT, LAB_FAILED),
        timed=True,
        before=partial(_serving, answers),
    )


def _hostile(document: object, draw: random.Random) -> tuple[str, Answer]:
    roll = draw.random()
    body = b"" if document is None else json.dumps(document).encode()
    if roll < 0.55:
        tree = REFUSED if document is None or draw.random() < 0.2 else document
        text = json.dumps(mutated(tree, draw)) if draw.random() < 0.8 else mutated_text(json.dumps(tree), draw)
        status = draw.choice(STATUS if tree is REFUSED else STATUS[:1])
        return "document", partial(_send, [_reply(text.encode("utf-8", "surrogatepass"), status)])
    if roll < 0.75:
        body = draw.choice((body, json.dumps(REFUSED).encode(), *CHUNKED))
        headers = draw.sample(ODD_HEADERS, draw.choice((0, 1, 1, 2)))
        return "http", partial(_send, [_reply(body, draw.choice(STATUS + ODD_STATUS), *headers)])
    if roll < 0.92:
        reply = _reply(body, draw.choice(STATUS))
        at = draw.randrange(len(reply))
        noise = draw.randbytes(draw.choice((0, 1, 10)))
        return "bytes", partial(
            _send, [draw.choice((reply[:at], reply[:at] + noise + reply[at + 1 :], reply * 2, noise))]
        )
    return "behaviour", draw.choice((_silent, _dripping, _endless, _endless_head, _closing, _reset))


def _sound(document: object) -> Answer:
    return partial(_send, [_reply(b"" if document is None else json.dumps(document).encode(), "200 OK")])


def _reply(body: bytes, status: str, *headers: str) -> bytes:
    own = (
        ()
        if any(header.startswith(("Content-Length", "Transfer")) for header in headers)
        else (f"Content-Length: {len(body)}",)
    )
    return "\r\n".join((f"HTTP/1.1 {status}", *own, *headers, "", "")).encode("utf-8", "surrogatepass") + body


def _serving(answers: Sequence[Answer]) -> str:
    """Serve from now on, each connection with the next answer, twice more with the last; returns the address."""
    calling.CALL_LIMIT_S = CALL_LIMIT_S  # type: ignore[misc]
    calling.MOST_BYTES = 1 << 20  # type: ignore[misc]
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        for answer in itertools.chain(answers, itertools.repeat(answers[-1], 2)):
            taken, _ = listening.accept()
            with taken, suppress(OSError):
                taken.recv(1 << 20)
                answer(taken)
        listening.close()

    threading.Thread(target=serve, daemon=True).start()
    return f"http://127.0.0.1:{listening.getsockname()[1]}"


def _send(parts: Sequence[bytes], taken: socket.socket) -> None:
    for part in parts:
        taken.sendall(part)


def _silent(taken: socket.socket) -> None:
    time.sleep(2 * CALL_LIMIT_S)


def _dripping(taken: socket.socket) -> None:
    for byte in _drops():
        taken.sendall(bytes([byte]))
        time.sleep(0.02)


def _drops() -> Iterator[int]:
    yield from b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"
    yield from itertools.repeat(ord("["), 1000)


def _endless(taken: socket.socket) -> None:
    taken.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        taken.sendall(b" " * 65536)


def _endless_head(taken: socket.socket) -> None:
    taken.sendall(b"HTTP/1.1 200 OK\r\n")
    while True:
        taken.sendall(b"HTTP/1.1 100 Continue\r\n\r\n" * 1000)


def _closing(taken: socket.socket) -> None:
    taken.shutdown(socket.SHUT_RDWR)


def _reset(taken: socket.socket) -> None:
    taken.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")


def sound() -> None:
    """Do each command with a controller that answers as it should."""
    for words, documents in COMMANDS.items():
        assert trial.command(("ctl", *words, "--at", _serving([_sound(each) for each in documents]))) == DONE


warmed(sound)
