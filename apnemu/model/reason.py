# SPDX-License-Identifier: BSD-3-Clause
"""Reasons why something cannot be had: a class that programs act on, and a text that people read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal, get_args

Code = Literal[
    "rate",  # no mode, or no way of serving, is fast enough
    "route",  # no fibres lead there, or every route passes what is dead
    "reach",  # the way is too long for every mode, by the modes' table
    "quality",  # the light would arrive too weak or too noisy, by GNPy
    "spectrum",  # no slot is free from end to end
    "splitting",  # a light tree's splitters cost more than the light can spare
    "subcarriers",  # the equipment has none, or too few
    "leaves",  # the plant has fewer sites than the tree is to have leaves
    "slots",  # a wavelength has too few tributary slots
    "transceivers",  # all of a site are in use
    "protection",  # one lightpath could be had, a second could not
    "name",  # there is a service of that name already
    "site",  # there is no such site, or it is dead
    "period",  # the time that is asked for is over
    "state",  # the service is in no state to be moved
    "dead",  # the light passes a fibre or a site that is dead
    "zone",  # an end, or every route, lies outside a zone that data may not leave
    "delay",  # a round trip takes longer than allowed
    "jitter",  # queues add more than allowed
    "loss",  # more frames are lost than allowed
]
"""Class of a reason. It stands before the colon wherever a reason is written."""

_CODES: dict[str, Code] = {code: code for code in get_args(Code)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Class and text of a reason; the text states the fact, the value, the limit and the way out.

    >>> str(Reason(code="route", text="no fibres lead from a to b; add a fibre"))
    'route: no fibres lead from a to b; add a fibre'
    """

    code: Code
    text: str

    def __str__(self) -> str:
        return f"{self.code}: {self.text}"


def write_reasons(reasons: Iterable[Reason]) -> str:
    """All reasons in one line, as rows of results, REST answers and terminals show them; empty without any."""
    return "; ".join(map(str, reasons))


def read_reasons(line: str) -> tuple[Reason, ...]:
    """Reasons of a line by `write_reasons`; whatever stands before the first of them is left out.

    A semicolon begins a reason only where a class and a colon follow, since texts have semicolons too, and not within
    brackets, where a text may quote reasons.

    >>> dead, route = read_reasons("dead: fibre bc; route: no fibres lead from a to b; add a fibre")
    >>> dead.code, route.code, route.text
    ('dead', 'route', 'no fibres lead from a to b; add a fibre')
    >>> [reason.code for reason in read_reasons("state: it is lost (dead: fibre bc; route: none); wait")]
    ['state']
    >>> read_reasons("no light was asked for")
    ()
    """
    reasons: list[Reason] = []
    for part in line.split("; "):
        before, colon, after = part.partition(": ")
        within = reasons and reasons[-1].text.count("(") > reasons[-1].text.count(")")
        if colon and before in _CODES and not within:
            reasons.append(Reason(code=_CODES[before], text=after))
        elif reasons:
            reasons[-1] = replace(reasons[-1], text=f"{reasons[-1].text}; {part}")
    return tuple(reasons)
