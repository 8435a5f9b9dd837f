# SPDX-License-Identifier: BSD-3-Clause
"""Calls of an APN controller over HTTP, and its answers as far as they have the form that is asked for.

Whatever answers is not trusted: it may be silent, slow, endless, somebody else, or not speak HTTP. A call takes so long
and reads so much and no more, goes to the address given and nowhere else (the token with it), and what comes back is
checked before anything reads it.
"""

from __future__ import annotations

import http.client
import json
import socket
import threading
import urllib.parse
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

import typer

from apnemu.blueprint.requests import LIST
from apnemu.cli.shown import show_json, to_stdout
from apnemu.errors import InputError, LabError
from apnemu.model.naming import ids_of, told

LAB: Final = "http://127.0.0.1:8181"
NO_LIGHT: Final = 1
CALL_LIMIT_S: Final = 30.0
"""Longest time that a call may take, from the first packet to the last byte of the answer."""
MOST_BYTES: Final = 64 << 20
"""Most bytes of an answer: the services of 1,000 sites with 50 each are below this."""
MOST_SAID: Final = 200
"""Most characters of what the other side said that stand in a message."""
POINTS_LIST: Final = "tapi-common:service-interface-point"


def call(method: str, at: str, path: str, token: str, body: Any = None, *, as_json: bool = False) -> Any:
    """Call the controller. No light ends the command with 1, and the reason is printed (`as_json`: `{"reason": WHY}`).

    Raises InputError for what the controller does not take, LabError where no controller is, or it does not answer.
    """
    status, said = _exchanged(method, at, path, token, body)
    if 200 <= status < 300:
        return _parsed(at, said) if said else None
    why = _why(said) or http.client.responses.get(status, "no reason given")
    if status == 409:
        show_json({"reason": why}) if as_json else to_stdout(why)
        raise typer.Exit(NO_LIGHT)
    if 300 <= status < 400:
        raise LabError(
            f"what is at {at} sends callers elsewhere ({status}), which is not followed; --at names the place"
        )
    if status >= 500:
        raise LabError(f"the controller at {at} failed: {why}")
    if status < 400:
        raise LabError(f"what is at {at} answers with {status}, which no APN controller does; --at names one")
    raise InputError(f"{why} ({status})")


def services(at: str, answer: Any) -> list[dict[str, Any]]:
    """Services of an answer, in the form that `ctl` reads. Raises LabError where they have another."""
    found = _listed(at, answer, LIST)
    for one in found:
        lit = one.get("connection")
        texts = ("uuid", "lifecycle-state", "operational-state", "apnemu:reason")
        if not (
            isinstance(lit, list) and all(isinstance(one.get(key), str) for key in texts) and all(map(_is_lit, lit))
        ):
            raise _other_form(at)
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """Service interface point: its UUID, and the label of its site, "" where it has none."""

    uuid: str
    label: str


def points(at: str, answer: Any) -> dict[str, Point]:
    """Service interface points of an answer, by the ids of sites. Raises LabError where they have another form."""
    found = {}
    for one in _listed(at, answer, POINTS_LIST):
        with suppress(KeyError, IndexError, TypeError, AttributeError):
            labels = [str(name["value"]) for name in one["name"][1:] if name["value-name"] == "label"]
            found[str(one["name"][0]["value"])] = Point(uuid=str(one["uuid"]), label="".join(labels[:1]))
            continue
        raise _other_form(at)
    return found


def point_of(word: str, known: Mapping[str, Point]) -> str:
    """The UUID of the point of a site, which a person names by its id or its label.

    Raises InputError where no site has it, or several.
    """
    labels = {name: point.label for name, point in known.items()}
    meant = ids_of(word, labels)
    if len(meant) == 1:
        return known[meant[0]].uuid
    sites = ", ".join(told(name, label) for name, label in labels.items())
    fact = f"is the label of {' and of '.join(meant)}" if meant else "is no data centre of this network"
    raise InputError(f"'{word}' {fact}; there are {sites}; name one by its id")


def _is_lit(connection: Any) -> bool:
    if not isinstance(connection, Mapping) or not isinstance(connection.get("apnemu:carries"), bool):
        return False
    route = connection.get("apnemu:route")
    texts = isinstance(route, list) and all(isinstance(site, str) for site in route)
    return texts and isinstance(connection.get("apnemu:mode"), str)


def _listed(at: str, answer: Any, key: str) -> list[dict[str, Any]]:
    found = answer.get(key) if isinstance(answer, dict) else None
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise _other_form(at)
    return found


def _other_form(at: str) -> LabError:
    return LabError(f"what answers at {at} is no APN controller: its answer has another form; --at names one")


def _exchanged(method: str, at: str, path: str, token: str, body: Any) -> tuple[int, bytes]:
    """Send a request and read the answer: its status and its body."""
    parts = _address(at)
    headers = {"Content-Type": "application/json", "Connection": "close"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(str(parts.hostname), parts.port, timeout=CALL_LIMIT_S)
    is_late = threading.Event()

    def end() -> None:
        is_late.set()
        if connection.sock is not None:
            with suppress(OSError):
                connection.sock.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(CALL_LIMIT_S, end)  # a time-out of the socket counts from each byte anew
    timer.daemon = True
    timer.start()
    try:
        data = None if body is None else json.dumps(body).encode()
        connection.request(method, parts.path.rstrip("/") + path, data, headers)
        with connection.getresponse() as answer:
            said = answer.read(MOST_BYTES + 1)
            if len(said) <= MOST_BYTES and answer.length:
                raise http.client.IncompleteRead(said, answer.length)
    except (OSError, ValueError, http.client.HTTPException) as error:
        is_slow = is_late.is_set() or isinstance(error, TimeoutError)
        why = f"it took more than {CALL_LIMIT_S:.0f} s" if is_slow else _said(error)
        raise LabError(f"no controller answers at {at}: {why}; apnemu lab net starts one, --at names one") from None
    finally:
        timer.cancel()
        connection.close()
    if is_late.is_set():
        raise LabError(f"what is at {at} had not answered whole after {CALL_LIMIT_S:.0f} s; --at names a controller")
    if len(said) > MOST_BYTES:
        raise LabError(f"what is at {at} answers with more than {MOST_BYTES >> 20} MiB; --at names a controller")
    return answer.status, said


def _said(error: Exception) -> str:
    """What an error says, in one line that is not long: it may hold what the other side sent."""
    return " ".join(str(error).split())[:MOST_SAID] or type(error).__name__


def _address(at: str) -> urllib.parse.SplitResult:
    with suppress(ValueError):
        parts = urllib.parse.urlsplit(at)
        if (
            parts.scheme in ("http", "https")
            and parts.hostname
            and parts.port != 0
            and at.isascii()
            and at.isprintable()
        ):
            return parts
    raise InputError(f"--at is '{at}'; it must be like {LAB}")


def _parsed(at: str, said: bytes) -> Any:
    try:
        return json.loads(said)
    except (ValueError, RecursionError):
        raise LabError(f"what answers at {at} is no APN controller: its answer is no JSON; --at names one") from None


def _why(said: bytes) -> str:
    try:
        return str(json.loads(said)["ietf-restconf:errors"]["error"][0]["error-message"])
    except (ValueError, KeyError, TypeError, IndexError, RecursionError):
        return ""
