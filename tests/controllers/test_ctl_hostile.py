# SPDX-License-Identifier: BSD-3-Clause
"""`apnemu ctl` beside servers that are no controller: silent, slow, endless, elsewhere, or with answers of any form."""

from __future__ import annotations

import json
import random
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from apnemu.cli import app, calling, ctl
from apnemu.errors import ApnemuError, InputError, LabError
from tests.fuzz.mutations import documents

SERVICE = {
    "uuid": "6ba7b810-9dad-11d1-80b4-00c04fd430c8",
    "lifecycle-state": "INSTALLED",
    "operational-state": "ENABLED",
    "apnemu:reason": "",
    "connection": [{"apnemu:route": ["a", "b"], "apnemu:mode": "m", "apnemu:carries": True}],
}
LISTED = {"tapi-connectivity:connectivity-service": [SERVICE]}


@contextmanager
def server(answer: Callable[[socket.socket, bytes], None]) -> Iterator[str]:
    """A server that hands each connection, with the request it sent, to `answer`."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        is_over = threading.Event()

        def serve() -> None:
            while not is_over.is_set():
                try:
                    taken, _ = listening.accept()
                except OSError:
                    return
                with taken, suppress(OSError):
                    asked = taken.recv(65536)
                    answer(taken, asked)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            is_over.set()
            with suppress(OSError):
                listening.shutdown(socket.SHUT_RDWR)


def replies(body: bytes, status: str = "200 OK", *headers: str) -> Callable[[socket.socket, bytes], None]:
    head = "\r\n".join((f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", ""))
    return lambda taken, _: taken.sendall(head.encode() + body)


def drips(taken: socket.socket, _: bytes) -> None:
    for byte in b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + b"[" * 1000:
        taken.sendall(bytes([byte]))
        time.sleep(0.05)


def never_ends(taken: socket.socket, _: bytes) -> None:
    taken.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        taken.sendall(b" " * 65536)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (lambda taken, _: time.sleep(3), "took more than 1 s"),
        (drips, "1 s"),
        (never_ends, "more than 1 MiB"),
        (lambda taken, _: None, "no controller answers"),
        (lambda taken, _: taken.sendall(b"SSH-2.0-OpenSSH_9.2\r\n"), "no controller answers"),
        (
            lambda taken, _: taken.sendall(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100_000 + b"\r\n\r\n"),
            "no controller answers",
        ),
        (lambda taken, _: taken.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{}"), "no controller answers"),
        (replies(b"<html>"), "no JSON"),
        (replies(b"[" * 100_000), "no JSON"),
        (replies(b"\xff\xfe"), "no JSON"),
        (replies(b"{}"), "another form"),
        (replies(b"null"), "another form"),
        (replies(json.dumps({"tapi-connectivity:connectivity-service": [{"uuid": 1}]}).encode()), "another form"),
        (replies(b"", "500 Internal Server Error"), "failed"),
    ],
)
def test_whatever_answers_ends_in_one_line(
    answer: Any, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(calling, "CALL_LIMIT_S", 1.0)
    monkeypatch.setattr(calling, "MOST_BYTES", 1 << 20)
    begun_s = time.monotonic()
    with server(answer) as at, pytest.raises(LabError) as refused:
        ctl.show_all(at=at)
    assert said in str(refused.value) and "\n" not in str(refused.value)
    assert time.monotonic() - begun_s < 10
    assert capsys.readouterr().out == ""


def test_a_token_goes_nowhere_else() -> None:
    taken_elsewhere: list[bytes] = []
    with server(lambda taken, asked: taken_elsewhere.append(asked)) as elsewhere:
        moved = replies(b"", "302 Found", f"Location: {elsewhere}/")
        with server(moved) as at, pytest.raises(LabError, match="sends callers elsewhere"):
            ctl.show_all(at=at, token="secret")
    assert taken_elsewhere == []


def test_escapes_of_an_answer_reach_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    evil = {**SERVICE, "uuid": "\x1b]0;gone\x07\x9b2J", "connection": [], "apnemu:reason": "\x1b[2J\u202e"}
    body = json.dumps({"tapi-connectivity:connectivity-service": [evil]}).encode()
    with server(replies(body)) as at:
        ctl.show_all(at=at)
    printed = capsys.readouterr().out.replace("\n", "")
    assert printed.isprintable() and "gone" in printed


@pytest.mark.parametrize("option", ["--start-in-s", "--end-in-s", "--rate-gbps"])
@pytest.mark.parametrize("number", ["nan", "inf", "1e300", "-1"])
def test_a_number_that_no_clock_can_tell_is_refused(option: str, number: str) -> None:
    if (option, number) == ("--rate-gbps", "1e300"):
        pytest.skip("whether a rate can be had is the controller's to say")
    body = json.dumps({calling.POINTS_LIST: [{"uuid": "u", "name": [{"value": site}]} for site in "ab"]}).encode()
    with server(replies(body)) as at:
        ran = CliRunner().invoke(app, ["ctl", "request", "mine", "a", "b", "--at", at, f"{option}={number}"])
    assert isinstance(ran.exception, InputError) or ran.exit_code == 2, (ran.exception, ran.output)


@pytest.mark.parametrize(
    "at", ["file:///etc/passwd", "ftp://h/", "http://h:0", "http://h:99999", "http://é/", "http://a\nb"]
)
def test_an_address_of_another_kind(at: str) -> None:
    with pytest.raises(InputError, match="it must be like"):
        ctl.show_all(at=at)


def test_mutated_answers(capsys: pytest.CaptureFixture[str]) -> None:
    """Whatever stands in an answer, it is shown or refused."""
    shown = 0
    for text in documents(LISTED, seed=3, count=400):
        try:
            found = calling.services("http://h", calling._parsed("http://h", text.encode("utf-8", "surrogatepass")))
            ctl._show(found, as_json=random.Random(text).random() < 0.5)
            shown += 1
        except (ApnemuError, typer.Exit):
            continue
    assert 20 < shown < 380
    assert capsys.readouterr().out
