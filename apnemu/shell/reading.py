# SPDX-License-Identifier: BSD-3-Clause
"""Reading of a guest's answers to calls, which are believed to be nothing.

A text of the guest's is bounded and is held to be text; a number is held to be one, within what can be. What is neither
raises ValueError, which the caller turns into a LabError.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from apnemu.escapes import printable
from apnemu.shell.answers import Done, Flow, FlowEntry, Light, Ping
from apnemu.units import NS_PER_S, ns_to_s

MOST_NS = 1 << 62
MOST_NAME = 200
MOST_PRINTED = 1 << 20
MOST_MATCHES = 10_000
STATISTICS = (
    "cookie",
    "duration",
    "table",
    "n_packets",
    "n_bytes",
    "idle_timeout",
    "hard_timeout",
    "idle_age",
    "hard_age",
    "importance",
    "priority",
)
"""Words of `ovs-ofctl dump-flows` that are no part of a match."""


def ping(told: Any, count: int) -> Ping:
    """Read an answer with at most `count` probes."""
    probes = _list(_key(told, "probes"), count)
    if any(not isinstance(one, list) or len(one) != 3 for one in probes):
        raise ValueError("a probe is no instant with two delays")
    return Ping(
        source=_name(_key(told, "source")),
        target=_name(_key(told, "target")),
        sent_at_ns=tuple(_count(one[0]) for one in probes),
        round_trips_ns=tuple(None if one[1] is None else _count(one[1]) for one in probes),
        one_way_ns=tuple(None if one[2] is None else _count(one[2]) for one in probes),
    )


def flow(told: Any) -> Flow:
    """Read what was carried; of datagrams the lost ones' bytes are taken away."""
    sent, lost = _count(told.get("sent", 0)), _count(told.get("lost", 0))
    carried, lasted_ns = _count(_key(told, "bytes")), _key(told, "duration_ns")
    if lost > sent:
        raise ValueError(f"{lost} of {sent} datagrams are lost")
    return Flow(
        source=_name(_key(told, "source")),
        target=_name(_key(told, "target")),
        bytes=carried * (sent - lost) // sent if sent else carried,
        duration_ns=0 if lasted_ns is None else _count(lasted_ns),
        retransmits=_count(told.get("retransmits", 0)),
        sent=sent,
        lost=lost,
    )


def done(told: Any) -> Done:
    """Read what has become of a program."""
    code = _key(told, "code")
    texts = [_text(_key(told, name), MOST_PRINTED) for name in ("out", "err")]
    printed = [_count(_key(told, f"{name}_bytes")) for name in ("out", "err")]
    if code is not None and (type(code) is not int or not -256 < code < 256):
        raise ValueError(f"an exit code is {_shown(code)}")
    return Done(code=code, out=texts[0], err=texts[1], is_cut=max(printed) > MOST_PRINTED)


def light(told: Any) -> Light:
    """Read light as the controller has it."""
    names = {key: _name(_key(told, key)) for key in ("name", "source", "target", "protection", "state", "mode")}
    centre, rate = _key(told, "centre_thz"), _key(told, "rate_gbps")
    return Light(
        **names,
        rate_gbps=_number(rate),
        route=tuple(_name(one) for one in _list(_key(told, "route"), MOST_MATCHES)),
        centre_thz=None if centre is None else _number(centre),
        reason=_text(_key(told, "reason"), MOST_PRINTED),
    )


def lights(told: Any) -> list[Light]:
    """Read all light."""
    return [light(one) for one in _list(told, MOST_MATCHES)]


def names(told: Any) -> list[str]:
    """Read names of fibres and sites."""
    return [_name(one) for one in _list(told, MOST_MATCHES)]


def events(told: Any) -> list[tuple[float, str]]:
    """Read what has happened, with instants in s."""
    pairs = _list(told, MOST_PRINTED)
    if any(not isinstance(one, list) or len(one) != 2 for one in pairs):
        raise ValueError("an event is no instant with a text")
    return [(ns_to_s(_count(at_ns)), _text(text, MOST_PRINTED)) for at_ns, text in pairs]


def table(told: Any) -> list[FlowEntry]:
    """Read a flow table as `ovs-ofctl dump-flows` prints it.

    >>> line = ' cookie=0x0, duration=1s, table=0, n_packets=3, n_bytes=294, priority=1,ip,in_port="a:b" actions=drop'
    >>> print(*table({"table": line}))
    priority 1: ip,in_port=a:b -> drop, 3 packets
    """
    lines = _text(_key(told, "table"), 1 << 24).splitlines()
    return [_entry(*line.split(" actions=", 1)) for line in lines if " actions=" in line]


def whole(told: Any) -> int:
    """Read a whole number from 0."""
    return _count(told)


def text(told: Any) -> str:
    """Read a text."""
    return _text(told, MOST_PRINTED)


def _entry(matched: str, actions: str) -> FlowEntry:
    fields = dict(_pair(word) for word in matched.replace('"', "").split(",") if word.strip())
    return FlowEntry(
        table=_digits(fields.get("table", "0")),
        priority=_digits(fields.get("priority", "32768")),
        packets=_digits(fields.get("n_packets", "0")),
        bytes=_digits(fields.get("n_bytes", "0")),
        match={name: value for name, value in fields.items() if name not in STATISTICS},
        actions=actions.replace('"', ""),
    )


def _pair(word: str) -> tuple[str, str]:
    name, _, value = word.strip().partition("=")
    return name, value


def _digits(word: str) -> int:
    if not word.isascii() or not word.isdecimal() or len(word) > 19:
        raise ValueError(f"a count is {_shown(word)}")
    return int(word)


def _key(told: Any, key: str) -> Any:
    if not isinstance(told, dict) or key not in told:
        raise ValueError(f"it has no {key}")
    return told[key]


def _list(told: Any, most: int) -> Sequence[Any]:
    if not isinstance(told, list) or len(told) > most:
        raise ValueError(f"it is no list of at most {most}")
    return told


def _count(told: Any) -> int:
    if type(told) is not int or not 0 <= told <= MOST_NS:
        raise ValueError(f"a number is {_shown(told)}")
    return told


def _number(told: Any) -> float:
    if type(told) not in (int, float) or not 0 <= told < NS_PER_S:
        raise ValueError(f"a number is {_shown(told)}")
    return float(told)


def _name(told: Any) -> str:
    return _text(told, MOST_NAME)


def _text(told: Any, most: int) -> str:
    if not isinstance(told, str) or len(told) > most:
        raise ValueError(f"a text is {_shown(told)}")
    return told


def _shown(value: Any) -> str:
    return printable(repr(value)[:60])
