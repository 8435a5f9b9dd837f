# SPDX-License-Identifier: BSD-3-Clause
"""The online planner as machine code (numba): free slots as bits of whole words, departures in a binary heap.

A request costs a few words per link of a route and O(log active) for its departure. `dark` has shape (links, words) and
a bit for each free slot, the lowest slot the lowest bit of word 0. A bit that is left of a word ANDed n - 1 times with
itself shifted marks a place where n slots in a row are free; that takes O(log n) steps.

Numba turns mixed signed and unsigned operands into floating-point numbers, so words are combined with words alone.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numpy as np
import numpy.typing as npt
from numba import config as numba_config
from numba import njit

from apnemu.caches import own_cache
from apnemu.planning.blocking.routes import RouteTable
from apnemu.planning.blocking.rules import Rules

Words = npt.NDArray[np.uint64]
Whole = npt.NDArray[np.int64]
Float = npt.NDArray[np.float64]
F = TypeVar("F", bound=Callable[..., Any])

ONE, ALL = np.uint64(1), np.uint64(2**64 - 1)
DE_BRUIJN = np.uint64(0x03F79D71B4CB0A89)
LOWEST = np.zeros(64, np.int64)
"""Place of a word's only bit, by the top 6 bits of that bit times the De Bruijn word, shape (64,) (Leiserson, Prokop,
Randall, "Using de Bruijn Sequences to Index a 1 in a Computer Word", MIT 1998)."""
for _place in range(64):
    LOWEST[((int(DE_BRUIJN) << _place) & int(ALL)) >> 58] = _place
FITS = {"first": 0, "best": 1, "fragments": 2}


def _machine_code(function: F) -> F:
    """Compile a function, or take it from a cache in which nobody else can have put it: numba unpickles what is there.

    numba's own choice of a folder stands beside this file, or in $XDG_CACHE_HOME, wherever that may lie.
    """
    config: Any = numba_config
    usual, own = config.CACHE_DIR, own_cache("numba")
    config.CACHE_DIR = usual or str(own or "")
    try:
        return cast(F, njit(cache=bool(usual or own))(function))  # it is called as the function is
    finally:
        config.CACHE_DIR = usual


class CompiledPlanner:
    """State of the network between parts of the requests: `dark` slots, and a heap of departures (`ends_at`, `lit`)."""

    def __init__(self, routes: RouteTable, rules: Rules) -> None:
        self.routes = routes
        self.slots = rules.slots
        self.fit = FITS[rules.fit]
        words = (rules.slots + 63) // 64
        self.dark = np.full((routes.link_count, words), ALL, np.uint64)
        if rules.slots % 64:
            self.dark[:, -1] = np.uint64((1 << rules.slots % 64) - 1)
        self.ends_at = np.zeros(routes.link_count * rules.slots + 1)
        self.lit = np.zeros(len(self.ends_at), np.int64)
        self.now, self.active = 0.0, 0

    def serve(self, gap: Float, holding: Float, pair: Whole, size: Whole) -> npt.NDArray[np.bool_]:
        """Serve requests in their order; compiled on the first call.

        All four arrays have the shape (requests,) of `arrivals.Part`; so has the answer, which is True for a refusal.
        """
        refused = np.zeros(len(gap), np.bool_)
        table = self.routes
        self.now, self.active = _serve(
            gap, holding, pair, size, refused, table.first, table.link_at, table.links, table.needed,
            self.dark, self.slots, self.fit, self.ends_at, self.lit, self.now, self.active,
        )  # fmt: skip
        return refused


@_machine_code
def _serve(
    gap: Float, holding: Float, pair: Whole, size: Whole, refused: npt.NDArray[np.bool_],
    first: Whole, link_at: Whole, links: Whole, needed: Whole,
    dark: Words, slots: int, fit: int, ends_at: Float, lit: Whole, now: float, active: int,
) -> tuple[float, int]:  # fmt: skip
    words = dark.shape[1]
    common, starts = np.empty(words, np.uint64), np.empty(words, np.uint64)
    for request in range(len(gap)):
        now += gap[request]
        while active and ends_at[0] <= now:
            light = lit[0]
            active = _pop(ends_at, lit, active)
            route, slot, width = light >> 20, (light >> 10) & 1023, light & 1023
            _flip(dark, links[link_at[route] : link_at[route + 1]], slot, width)
        refused[request] = True
        for route in range(first[pair[request]], first[pair[request] + 1]):
            width = needed[route, size[request]]
            if width > slots:
                continue
            passed = links[link_at[route] : link_at[route + 1]]
            if not _room(dark, passed, width, common, starts):
                continue
            if fit == 0:
                slot = _lowest(starts)
            elif fit == 1:
                slot = _best(common, slots, width)
            else:
                slot = _fewest_fragments(dark, passed, starts, slots, width)
            _flip(dark, passed, slot, width)
            active = _push(ends_at, lit, active, now + holding[request], (route << 20) | (slot << 10) | width)
            refused[request] = False
            break
    return now, active


@_machine_code
def _room(dark: Words, passed: Whole, width: int, common: Words, starts: Words) -> bool:
    """Fill `common` with the slots that are free on all links, `starts` with those at which `width` free slots begin.

    Says whether any such place is left. Both have shape (words,).
    """
    words = len(common)
    some = np.uint64(0)
    for word in range(words):
        free = ALL
        for link in passed:
            free &= dark[link, word]
        common[word] = starts[word] = free
        some |= free
    have = 1
    while have < width and some:
        shift = min(have, width - have, 63)
        some = np.uint64(0)
        for word in range(words):
            above = starts[word + 1] << np.uint64(64 - shift) if word + 1 < words else np.uint64(0)
            starts[word] &= (starts[word] >> np.uint64(shift)) | above
            some |= starts[word]
        have += shift
    return bool(some != np.uint64(0))


@_machine_code
def _lowest(bits: Words) -> int:
    for word in range(len(bits)):
        if bits[word]:
            lowest = bits[word] & (~bits[word] + ONE)
            return 64 * word + LOWEST[(lowest * DE_BRUIJN) >> np.uint64(58)]  # type: ignore[no-any-return]  # int64
    return -1


@_machine_code
def _best(common: Words, slots: int, width: int) -> int:
    best, shortest, length = -1, slots + 1, 0
    for slot in range(slots + 1):
        if slot < slots and _is_set(common, slot):
            length += 1
            continue
        if width <= length < shortest:
            best, shortest = slot - length, length
        length = 0
    return best


@_machine_code
def _fewest_fragments(dark: Words, passed: Whole, starts: Words, slots: int, width: int) -> int:
    best, fewest = -1, 2 * len(passed) + 1
    for slot in range(slots - width + 1):
        if not _is_set(starts, slot):
            continue
        neighbours = 0
        for link in passed:
            if slot > 0 and _is_set(dark[link], slot - 1):
                neighbours += 1
            if slot + width < slots and _is_set(dark[link], slot + width):
                neighbours += 1
        if neighbours < fewest:
            best, fewest = slot, neighbours
    return best


@_machine_code
def _is_set(bits: Words, slot: int) -> bool:
    return (bits[slot >> 6] >> np.uint64(slot & 63)) & ONE != np.uint64(0)  # type: ignore[no-any-return]  # numpy's bool


@_machine_code
def _flip(dark: Words, passed: Whole, slot: int, width: int) -> None:
    """Light or darken slots on all links."""
    end = slot + width
    for word in range(slot >> 6, ((end - 1) >> 6) + 1):
        low, high = max(slot - 64 * word, 0), min(end - 64 * word, 64)
        mask = (ALL >> np.uint64(64 - (high - low))) << np.uint64(low)
        for link in passed:
            dark[link, word] ^= mask


@_machine_code
def _push(ends_at: Float, lit: Whole, active: int, at: float, light: int) -> int:
    here = active
    while here > 0:
        above = (here - 1) >> 1
        if ends_at[above] <= at:
            break
        ends_at[here], lit[here] = ends_at[above], lit[above]
        here = above
    ends_at[here], lit[here] = at, light
    return active + 1


@_machine_code
def _pop(ends_at: Float, lit: Whole, active: int) -> int:
    active -= 1
    at, light = ends_at[active], lit[active]
    here, below = 0, 1
    while below < active:
        if below + 1 < active and ends_at[below + 1] < ends_at[below]:
            below += 1
        if at <= ends_at[below]:
            break
        ends_at[here], lit[here] = ends_at[below], lit[below]
        here, below = below, 2 * below + 1
    ends_at[here], lit[here] = at, light
    return active
