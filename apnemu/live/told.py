# SPDX-License-Identifier: BSD-3-Clause
"""What a guest tells of a network for a page, read: values of known kinds, names that are known, and no more of them
than there may be. Whatever else a program of the lab writes to the gate is refused.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from apnemu.errors import GuestError
from apnemu.escapes import printable

MOST_NS: Final = 1 << 62
MOST_SAMPLES: Final = 100_000
"""Most answers of watches, or of probes, in one message."""
MOST_EVENTS: Final = 10_000
MOST_LIGHTS: Final = 2_000
MOST_PATHS: Final = 16
MOST_SLOT: Final = 1 << 16
LONGEST_TEXT: Final = 400
STATES: Final = ("planned", "lit", "dark")
Value = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """Names of a network's sites and fibres: no message has others."""

    sites: frozenset[str]
    fibres: frozenset[str]


def read(text: str, known: Known) -> Value:
    """Read a message; what it holds is as the page takes it. Raises GuestError.

    >>> known = Known(sites=frozenset(["a", "b"]), fibres=frozenset(["a-b"]))
    >>> read('{"clock_ns": 5, "cut": ["a-b"], "samples": [["a", "b", 4, 3750000]]}', known)
    {'clock_ns': 5, 'cut': ['a-b'], 'samples': [['a', 'b', 4, 3750000]]}
    >>> read('{"cut": ["<b>"]}', known)
    Traceback (most recent call last):
    apnemu.errors.GuestError: a program in the lab told the page a wrong cut: '<b>' is no name of this network
    """
    told = loaded(text)
    seen: Value = {}
    for key, value in told.items():
        if key not in READERS:
            raise GuestError(f"a program in the lab told the page something unknown: {_shown(key)}")
        try:
            seen[key] = READERS[key](value, known)
        except ValueError as error:
            raise GuestError(f"a program in the lab told the page a wrong {key}: {error}") from None
    return seen


def loaded(text: str) -> Value:
    """The JSON object of a message. Raises GuestError for what is none."""
    try:
        told = json.loads(text)
    except (ValueError, RecursionError):
        told = None
    if not isinstance(told, dict):
        raise GuestError(f"a program in the lab wrote to the gate what is no message: {_shown(text)}")
    return told


def instant(value: Any, _: Known | None = None) -> int:
    """An instant, or a duration, in ns. Raises ValueError.

    >>> instant(12)
    12
    """
    if type(value) is not int or not 0 <= value < MOST_NS:
        raise ValueError(f"{_shown(value)} is no time in ns")
    return value


def _names(value: Any, known: frozenset[str]) -> list[str]:
    names = [_name(each, known) for each in _listed(value, len(known))]
    return list(dict.fromkeys(names))


def _name(value: Any, known: frozenset[str]) -> str:
    if type(value) is not str or value not in known:
        raise ValueError(f"{_shown(value)} is no name of this network")
    return value


def _listed(value: Any, most: int, length: int | None = None) -> list[Any]:
    if type(value) is not list or len(value) > most or (length is not None and len(value) != length):
        raise ValueError(f"{_shown(value)} is no list of at most {most}")
    return value


def _pairs(value: Any, known: Known) -> list[list[str]]:
    return [_pair(each, known) for each in _listed(value, len(known.sites) ** 2)]


def _pair(value: Any, known: Known) -> list[str]:
    return [_name(each, known.sites) for each in _listed(value, 2, 2)]


def _samples(value: Any, known: Known) -> list[list[Any]]:
    """Answers: source, target, instant of sending, round trip in ns or None for a lost one."""
    seen = []
    for each in _listed(value, MOST_SAMPLES):
        source, target, at_ns, rtt_ns = _listed(each, 4, 4)
        ends = _pair([source, target], known)
        seen.append([*ends, instant(at_ns), None if rtt_ns is None else instant(rtt_ns)])
    return seen


def _events(value: Any, _: Known) -> list[list[Any]]:
    return [
        [instant(at_ns), text_of(text)] for at_ns, text in (_listed(each, 2, 2) for each in _listed(value, MOST_EVENTS))
    ]


def text_of(value: Any, _: Known | None = None) -> str:
    """A text, cut where it is long, control characters written out. Raises ValueError.

    >>> text_of("cut a-b"), len(text_of("x" * 9999))
    ('cut a-b', 400)
    """
    if type(value) is not str:
        raise ValueError(f"{_shown(value)} is no text")
    return printable(value[:LONGEST_TEXT])[:LONGEST_TEXT]


def _number(value: Any, _: Known | None = None) -> float:
    if type(value) not in (int, float) or not math.isfinite(value) or not 0 <= value < 1e15:
        raise ValueError(f"{_shown(value)} is no number from 0")
    return float(value)


def _lights(value: Any, known: Known) -> list[Value]:
    return [_light(each, known) for each in _listed(value, MOST_LIGHTS)]


def _light(value: Any, known: Known) -> Value:
    keys = ("name", "source", "target", "rate_gbps", "protection", "state", "reason", "paths")
    if type(value) is not dict or set(value) != set(keys):
        raise ValueError(f"{_shown(value)} does not have {', '.join(keys)}")
    if value["state"] not in STATES:
        raise ValueError(f"{_shown(value['state'])} is no state; there are {', '.join(STATES)}")
    return {
        "name": text_of(value["name"]),
        "source": _name(value["source"], known.sites),
        "target": _name(value["target"], known.sites),
        "rate_gbps": _number(value["rate_gbps"]),
        "protection": text_of(value["protection"]),
        "state": value["state"],
        "reason": text_of(value["reason"]),
        "paths": [_path(each, known) for each in _listed(value["paths"], MOST_PATHS)],
    }


def _path(value: Any, known: Known) -> Value:
    """A lightpath: its sites, its slot as ITU-T G.694.1's n and m, its mode, and whether it carries frames."""
    if type(value) is not dict or set(value) != {"route", "n", "m", "mode", "carries"}:
        raise ValueError(f"{_shown(value)} does not have route, n, m, mode, carries")
    n, m, carries = value["n"], value["m"], value["carries"]
    if type(n) is not int or type(m) is not int or abs(n) > MOST_SLOT or not 0 < m <= MOST_SLOT:
        raise ValueError(f"{_shown((n, m))} is no slot")
    if type(carries) is not bool:
        raise ValueError(f"{_shown(carries)} is not true or false")
    route = [_name(each, known.sites) for each in _listed(value["route"], len(known.sites))]
    return {"route": route, "n": n, "m": m, "mode": text_of(value["mode"]), "carries": carries}


READERS: Final[Mapping[str, Callable[[Any, Known], Any]]] = {
    "clock_ns": instant,
    "stage": text_of,
    "cut": lambda value, known: _names(value, known.fibres),
    "lost": lambda value, known: _names(value, known.sites),
    "watched": _pairs,
    "samples": _samples,
    "events": _events,
    "light": _lights,
    "load": _number,
}
"""Kinds of what a message may hold, each with its reader."""


def _shown(value: Any) -> str:
    text = ascii(value)
    return text if len(text) <= 60 else text[:57] + "..."
