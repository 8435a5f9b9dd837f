# SPDX-License-Identifier: BSD-3-Clause
"""What the line system says of amplifiers, from a scenario's events: only what changes, in its order."""

from __future__ import annotations

from apnemu.emulation.play.sags import changes
from apnemu.model.activities import Event
from apnemu.units import VirtualNs


def event(at_ns: int, kind: str, *fibres: str, db: float = 0.0) -> Event:
    return Event(at_ns=VirtualNs(at_ns), kind=kind, what="", fibres=fibres, db=db)  # type: ignore[arg-type]


def test_only_what_changes_is_said() -> None:
    events = (
        event(9, "repair", "ab", "bc", "cd"),
        event(1, "cut", "cd"),
        event(2, "sag", "ab", db=3),
        event(3, "sag", "ab", db=3),
        event(4, "sag", "bc", db=1),
        event(5, "sag", "ab", db=2),
        event(6, "repair", "bc", "cd"),
        event(8, "repair", "bc"),
    )
    assert changes(events) == [(2, "ab", 3), (4, "bc", 1), (5, "ab", 2), (6, "bc", 0), (9, "ab", 0)]
