# SPDX-License-Identifier: BSD-3-Clause
"""Closed forms beside which plans are held: two areas, a battery, a move, a loop of ties, headroom.

Each is worked out by hand from its arguments alone and calls no optimiser.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Literal

from apnemu.model.power import Area, Power, Shift, Tie
from apnemu.model.profile import Profile, series
from apnemu.units import joules_to_mwh, s_to_h


def two_areas(
    prices: Sequence[tuple[float, float]],
    pues: tuple[float, float],
    *,
    mw: float,
    room_mw: float,
    slot_h: float,
    shift: Shift,
    never_idle: bool,
) -> float:
    """Cost of work that arrives at the first of two sites at `mw` in every slot and may run at `room_mw` at either.

    `prices` has both areas' price per MWh for each slot. Work that may wait takes the cheapest of all rooms there are;
    where GPUs never idle each slot's work takes the cheapest site of its slot.

    >>> day = [(8000 if h < 6 else 16000, 4000 if 10 <= h < 16 else 12000) for h in range(24)]
    >>> for never_idle in (False, True):
    ...     [two_areas(day, (1.4, 1.2), mw=50, room_mw=100, slot_h=1, shift=shift, never_idle=never_idle) / 1e6
    ...      for shift in ("none", "time", "space", "both")]
    [23.52, 20.16, 13.44, 9.6]
    [23.52, 23.52, 13.44, 13.44]
    """
    costs = [(a * pues[0], b * pues[1]) for a, b in prices]
    if shift in ("time", "none"):
        costs = [(a,) * 2 for a, _ in costs]
    if shift in ("none", "space") or never_idle:
        return sum(_filled(pair, mw, room_mw, shift) for pair in costs) * slot_h
    rooms = [cost for pair in costs for cost in (pair[:1] if shift == "time" else pair)]
    left_mw, spent = mw * len(costs), 0.0
    for cost in sorted(rooms):
        taken_mw = min(room_mw, left_mw)
        spent, left_mw = spent + cost * taken_mw, left_mw - taken_mw
    return spent * slot_h


def _filled(pair: tuple[float, ...], mw: float, room_mw: float, shift: Shift) -> float:
    """Cost of one slot's work in the cheaper of two rooms, and what does not fit there in the other."""
    if shift in ("none", "time"):
        return pair[0] * mw
    first_mw = min(mw, room_mw)
    return min(pair) * first_mw + max(pair) * (mw - first_mw)


def battery_gain(*, mwh: float, low: float, high: float, round_trip: float) -> float:
    """What a full cycle earns that takes power at a low price and gives it back at a high one; 0 if it does not pay.

    >>> round(battery_gain(mwh=40, low=8000, high=16000, round_trip=0.88))
    276364
    >>> battery_gain(mwh=40, low=8000, high=16000, round_trip=0.49)
    0.0
    """
    return max(0.0, mwh * (high - low / round_trip))


def move_cost(
    *, state_bytes: float, mw: float, price_from: float, price_to: float, nj_per_bit: float, stop_s: float, gpu: float
) -> float:
    """Cost of a move: half of its energy is bought at each end, and its GPUs stand still for the stop."""
    energy_mwh = joules_to_mwh(state_bytes * 8 * nj_per_bit * 1e-9)
    return energy_mwh * (price_from + price_to) / 2 + gpu * mw * s_to_h(stop_s)


def move_break_even_s(*, cost: float, mw: float, staying: float, leaving: float) -> float:
    """Time of remaining work from which a move pays: prices per MWh of IT, each its area's price times the site's PUE.

    >>> cost = move_cost(state_bytes=2e12, mw=20, price_from=12000, price_to=8000, nj_per_bit=20, stop_s=30, gpu=150000)
    >>> round(move_break_even_s(cost=cost, mw=20, staying=12000 * 1.4, leaving=8000 * 1.2), 2)
    625.02
    """
    return cost / (mw * (staying - leaving)) * 3600


def idle_price(*, gpu: float, pue: float) -> float:
    """Price per MWh from which idling pays: a MWh of IT is worth `gpu` and takes PUE MWh.

    >>> round(idle_price(gpu=147_000, pue=1.4))
    105000
    """
    return gpu / pue


def loop(ab: float, bc: float, ac: float, mw: float = 1000.0) -> Power:
    """Three areas a, b, c whose AC ties, of these reactances and of equal MW, are a loop; nothing else is in it."""
    ties = (("a", "b", ab), ("b", "c", bc), ("a", "c", ac))
    return Power(
        name="loop",
        source="made up",
        licence="CC0-1.0",
        inferred=(),
        currency="JPY",
        clearing="price",
        profile=Profile(begin=datetime(2030, 1, 1, tzinfo=UTC), slot_s=3600, values={"a": {"demand_mw": series([0])}}),
        areas=tuple(Area(name=name) for name in "abc"),
        ties=tuple(Tie(name=a + b, a=a, b=b, mw=mw, back_mw=mw, reactance=x) for a, b, x in ties),
    )


def loop_share(ab: float, bc: float, ac: float) -> float:
    """Share of what moves from b to a that flows over their own tie: reactances divide it as resistors do a current.

    >>> round(loop_share(1, 1, 1), 6)
    0.666667
    """
    return (bc + ac) / (ab + bc + ac)


def loop_most_mw(ab: float, bc: float, ac: float, mw: tuple[float, float, float]) -> float:
    """Most that may move between a and b if the power flow is known; `mw` limits the ties ab, bc and ac.

    >>> round(loop_most_mw(1, 1, 1, (1000, 1000, 1000)), 6)
    1500.0
    """
    share = loop_share(ab, bc, ac)
    return min(mw[0] / share, min(mw[1:]) / (1 - share))


def loop_blind_mw(mw: tuple[float, float, float]) -> float:
    """Most that may move between a and b if each tie is a pipe of its own.

    >>> loop_blind_mw((1000, 1000, 1000))
    2000
    """
    return mw[0] + min(mw[1:])


def headroom_mw(*, lines: int, mw: float, connection: Literal["firm", "tripped"]) -> float:
    """What may be connected behind some equal lines: firm, with one of them out; tripped, with all.

    >>> headroom_mw(lines=2, mw=100, connection="firm"), headroom_mw(lines=2, mw=100, connection="tripped")
    (100, 200)
    """
    return mw * (lines if connection == "tripped" else lines - 1)
