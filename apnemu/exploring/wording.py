# SPDX-License-Identifier: BSD-3-Clause
"""Steps in words, for a terminal and a page."""

from __future__ import annotations

from apnemu.exploring.scenario import Step
from apnemu.units import NS_PER_S


def said_step(step: Step) -> str:
    """A step in words.

    >>> said_step(Step(at_ns=0, do="sag", what="a-b", db=3.0))
    'sag a-b by 3 dB'
    """
    said = f"{step.do} {step.what}"
    if step.do == "request":
        said += f" {step.source} {step.target} {step.rate_gbps:g} Gbit/s, {step.protection}"
    if step.db:
        said += f" by {step.db:g} dB"
    booked = [
        f"{word} {ns / NS_PER_S:g} s"
        for word, ns in (("from", step.start_ns), ("until", step.end_ns))
        if ns is not None
    ]
    return said + (f", booked {' '.join(booked)}" if booked else "")


def said_instant(at_ns: int) -> str:
    """An instant in seconds, to the nanosecond.

    >>> said_instant(200_000_000_001)
    '200.000000001 s'
    """
    return f"{at_ns // NS_PER_S}.{at_ns % NS_PER_S:09d} s"
