# SPDX-License-Identifier: BSD-3-Clause
"""The watch for broadcast storms: from which traffic on frames are looked at."""

from __future__ import annotations

from apnemu.emulation.storms import MUCH, StormWatch
from tests.compiled import compiled, shipped


def test_frames_are_looked_at_where_fibres_carry_much_since_the_last_look() -> None:
    blueprint = compiled(shipped("three-sites"), "packet")
    watch = StormWatch(blueprint)
    names = [end.interface for wire in blueprint.wires for end in (wire.a, wire.b)]
    fibres = [end.interface for wire in blueprint.wires if wire.kind == "fibre" for end in (wire.a, wire.b)]

    def devices(count: int) -> str:
        return "head\nhead\n" + "".join(
            f"{name}: 0 {count if name in fibres else 10**9} 0 0 0 0 0 0 0 10000000000\n" for name in [*names, "lo"]
        )

    assert not watch.is_much(devices(10**6)), "what was before the first look"
    assert not watch.is_much(devices(10**6 + MUCH - 1))
    assert watch.is_much(devices(10**6 + 2 * MUCH - 1))
