# SPDX-License-Identifier: BSD-3-Clause
"""What a page may ask for, read from what a browser sends: an order of a known kind, whose parts are checked.

An order becomes at most one line of the shell's; a run takes a few kinds of them.
"""

from __future__ import annotations

import json
import math
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from apnemu.errors import InputError
from apnemu.units import duration_ns

MOST_BYTES: Final = 16_384
"""Most bytes of a message of a browser's."""
LONGEST_LINE: Final = 2_000
LONGEST_NAME: Final = 200
FASTEST: Final = 1e6


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """An order of a page's.

    `pause` stops the clock; `run` lets it go at `pace` virtual seconds in one of the wall's, 0: as fast as it can;
    `advance` lets `ns` pass; `now` takes no time (`line` is cut or repair); `line` is any line of the
    shell's; `end` ends all.
    """

    kind: str
    pace: float = 1.0
    ns: int = 0
    line: str = ""
    network: str = ""


def read(text: str) -> Order:
    """Read a message of a browser's. Raises InputError.

    >>> read('{"do": "cut", "what": "tokyo-nagoya"}').line, read('{"do": "run", "pace": 10}').pace
    ('cut tokyo-nagoya', 10.0)
    >>> read('{"do": "light", "from": "a", "to": "b", "gbps": 100, "protection": "1+1"}').line
    'light request a b 100 --protection 1+1 --no-wait'
    >>> read('{"do": "cut", "what": "a; b"}').line
    "cut 'a; b'"
    """
    try:
        asked = json.loads(text) if len(text) <= MOST_BYTES else None
    except (ValueError, RecursionError):
        asked = None
    if not isinstance(asked, dict) or not isinstance(asked.get("do"), str):
        raise InputError("the page asked for what cannot be read; load it again")
    make = READERS.get(asked["do"])
    if make is None:
        raise InputError(f"'{asked['do'][:40]}' is nothing that a page asks for; load it again")
    return make(asked)


def _run(asked: Mapping[str, Any]) -> Order:
    pace = _number(asked.get("pace", 1.0))
    if not 0 <= pace <= FASTEST:
        raise InputError(f"the pace must be a number from 0 to {FASTEST:g}, for example 10")
    return Order(kind="run", pace=pace)


def _number(value: Any) -> float:
    """The value as a number, or one that is none: it compares with nothing."""
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else math.nan


def _advance(asked: Mapping[str, Any]) -> Order:
    return Order(kind="advance", ns=_duration_ns(asked, "by"))


def _duration_ns(asked: Mapping[str, Any], key: str) -> int:
    text = asked.get(key)
    try:
        return duration_ns(text if type(text) is str else "")
    except ValueError as error:
        raise InputError(str(error)) from None


def _now(asked: Mapping[str, Any]) -> Order:
    return Order(
        kind="now",
        line=shlex.join([asked["do"], *([_name(asked, "what")] if asked.get("what") else [])]),
        network=_name(asked, "network") if asked.get("network") else "",
    )


def _light(asked: Mapping[str, Any]) -> Order:
    gbps = _number(asked.get("gbps"))
    if not 0 < gbps <= FASTEST:
        raise InputError("the rate must be a number of Gbit/s above 0, for example 100")
    words = ["light", "request", _name(asked, "from"), _name(asked, "to"), f"{gbps:g}"]
    return Order(kind="line", line=shlex.join([*words, "--protection", _name(asked, "protection"), "--no-wait"]))


def _release(asked: Mapping[str, Any]) -> Order:
    return Order(kind="line", line=shlex.join(["light", "release", _name(asked, "name")]))


def _watch(asked: Mapping[str, Any]) -> Order:
    every_ns = _duration_ns(asked, "every")
    words = ["watch", _name(asked, "from"), _name(asked, "to"), "every", f"{every_ns}ns"]
    return Order(kind="line", line=shlex.join(words))


def _unwatch(asked: Mapping[str, Any]) -> Order:
    return Order(kind="line", line=shlex.join(["unwatch", _name(asked, "from"), _name(asked, "to")]))


def _line(asked: Mapping[str, Any]) -> Order:
    line = asked.get("line")
    if type(line) is not str or len(line) > LONGEST_LINE or not line.isprintable():
        raise InputError(f"a line has at most {LONGEST_LINE} characters that can be seen")
    return Order(kind="line", line=line)


def _name(asked: Mapping[str, Any], key: str) -> str:
    name = asked.get(key)
    if type(name) is not str or not 0 < len(name) <= LONGEST_NAME or not name.isprintable() or name.startswith("-"):
        raise InputError(f"'{key}' of what the page asked for is no name; load it again")
    return name


READERS: Final[Mapping[str, Callable[[Mapping[str, Any]], Order]]] = {
    "pause": lambda _: Order(kind="pause"),
    "end": lambda _: Order(kind="end"),
    "run": _run,
    "advance": _advance,
    "cut": _now,
    "repair": _now,
    "light": _light,
    "release": _release,
    "watch": _watch,
    "unwatch": _unwatch,
    "line": _line,
}
"""What a page may ask for, each with its reader."""
