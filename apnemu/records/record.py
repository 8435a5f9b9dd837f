# SPDX-License-Identifier: BSD-3-Clause
"""The record of one observation, and its line in `records.jsonl`. The guest imports this file: the standard library
alone."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from typing import Any, Final

KINDS: Final = ("probe", "flow", "interval", "queue", "event", "application")
INT64_MAX: Final = 2**63 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """Observation in the lab at the virtual instant `at_ns`. None: not measured, or not meant for this kind.

    - `probe`: a packet sent out at `at_ns`; `rtt_ns` there and back (None: lost), `one_way_ns` there.
    - `flow`: a transfer begun at `at_ns`; `sent` bytes asked for, `bytes` arrived, `duration_ns` from the first byte to
      the last (None: unfinished), `retransmits` segments sent again, `load` the offered share of the line rate.
    - `interval`: a steady stretch of traffic; `bytes` arrived in the `duration_ns` that began at `at_ns`. Records with
      the same `at_ns` ran side by side. `detail` is JSON: `flows`, `congestion_control` and, unless the host knows
      it, `line_rate_gbps`.
    - `queue`: an output queue's counters over the `duration_ns` that began at `at_ns`; `sent` and `drops` in frames.
      `detail` is JSON, where the queue marks frames: `marks`, how many.
    - `application`: what a program in a site printed for the record; `name` is its name, `source` its site.
    - `event`: something done to the network; `name` says what, `source` and `target` where.

    `phase` tells stretches of one run apart ("idle", "load=0.7"), `name` the flow, queue, case or event, `source` and
    `target` are names of sites ("": no site), `seq` counts within (phase, name, source, target).

    Raises:
        ValueError: an unknown kind, a count that is no whole number of 64 bits, a text that is no text, or a load
            that is no share of the line rate.

    >>> Record(network="apn", kind="probe", at_ns=7, source="tokyo", target="osaka", rtt_ns=5_412_000).to_line()
    '{"network":"apn","kind":"probe","at_ns":7,"source":"tokyo","target":"osaka","rtt_ns":5412000}'
    """

    network: str
    kind: str
    at_ns: int
    phase: str = ""
    name: str = ""
    source: str = ""
    target: str = ""
    seq: int = 0
    rtt_ns: int | None = None
    one_way_ns: int | None = None
    duration_ns: int | None = None
    bytes: int | None = None
    retransmits: int | None = None
    drops: int | None = None
    sent: int | None = None
    load: float | None = None
    detail: str | None = None

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"kind is {self.kind!r}; it must be one of {', '.join(KINDS)}")
        for key in TEXTS:
            _check_text(key, getattr(self, key))
        for key in COUNTS:
            value = getattr(self, key)
            if value is not None:
                _check_count(key, value)
        for key in ("at_ns", "seq"):
            _check_count(key, getattr(self, key))
        if self.load is not None:
            object.__setattr__(self, "load", _as_load(self.load))
        if self.detail is not None:
            _check_text("detail", self.detail)

    def to_line(self) -> str:
        """JSON text of the record without a newline; fields left at their default are left out."""
        pairs = ((key, getattr(self, key)) for key in FIELDS)
        return json.dumps(
            {key: value for key, value in pairs if value != DEFAULTS.get(key)},
            ensure_ascii=False,
            separators=(",", ":"),
        )

    @classmethod
    def from_line(cls, line: str) -> Record:
        """Read a record from its line; `detail` may be an object there, and is kept as its JSON text.

        Raises:
            ValueError: the line is no record; the message says why.

        >>> Record.from_line('{"network": "apn", "kind": "event", "at_ns": 0, "colour": "red"}')
        Traceback (most recent call last):
        ValueError: unknown field colour; a record has network, kind, at_ns, phase, name, source, target, seq, rtt_ns, \
one_way_ns, duration_ns, bytes, retransmits, drops, sent, load, detail
        """
        try:
            values = json.loads(line)
        except ValueError as error:
            raise ValueError(f"not a whole JSON object ({error})") from None
        if not isinstance(values, dict):
            raise ValueError("not a JSON object")  # the text is wrong, not a type in our code
        unknown = [key for key in values if key not in FIELD_SET]
        if unknown:
            raise ValueError(f"unknown field {unknown[0]}; a record has {', '.join(FIELDS)}")
        missing = [key for key in FIELDS if key not in values and key not in DEFAULTS]
        if missing:
            raise ValueError(f"field {missing[0]} is missing")
        if isinstance(values.get("detail"), dict):
            values["detail"] = json.dumps(values["detail"], ensure_ascii=False, separators=(",", ":"))
        return cls(**values)


def _check_text(key: str, value: object) -> None:
    if type(value) is not str or not (value.isascii() or _is_unicode(value)):
        raise ValueError(f"{key} is {value!r}; it must be text")


def _is_unicode(text: str) -> bool:
    """Whether a text can be written: JSON can name half a character."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _check_count(key: str, value: object) -> None:
    if type(value) is not int or abs(value) > INT64_MAX:
        raise ValueError(f"{key} is {value!r}; it must be a whole number of 64 bits")


def _as_load(value: Any) -> float:
    if type(value) not in (int, float) or not 0 <= value < float("inf"):
        raise ValueError(f"load is {value!r}; it must be a share of the line rate, 0 or more")
    return float(value)


FIELDS: Final = tuple(field.name for field in fields(Record))
FIELD_SET: Final = frozenset(FIELDS)
TEXTS: Final = ("network", "phase", "name", "source", "target")
COUNTS: Final = ("rtt_ns", "one_way_ns", "duration_ns", "bytes", "retransmits", "drops", "sent")
DEFAULTS: Final = {
    field.name: field.default for field in fields(Record) if field.name not in ("network", "kind", "at_ns")
}
