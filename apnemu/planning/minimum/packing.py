# SPDX-License-Identifier: BSD-3-Clause
"""Packing of lightpaths into a given number of wavelengths: first fit; a pair without room is served earlier next time.

"Squeaky wheel" optimisation (Joslin and Clements, Journal of Artificial Intelligence Research 10, 1999) over the order
of the pairs; it starts with the pairs that are farthest apart.
"""

from __future__ import annotations

from collections.abc import Sequence

from apnemu.planning.graph import Route

WORK = 300_000
"""Lightpaths placed before the packing gives up, which takes seconds."""
Packed = tuple[tuple[Route, int], ...]
"""Route and wavelength of each pair."""


def packed(routes: Sequence[Sequence[Route]], count: int) -> Packed | None:
    """Find a route and a wavelength below `count` for each pair, given each pair's routes from the shortest.

    Each pair takes the first of its routes on which a wavelength is dark, and the lowest such wavelength. None means
    that no packing was found; it does not prove that there is none.
    """
    fibres = {
        name: index for index, name in enumerate(sorted({name for pair in routes for r in pair for name in r.fibres}))
    }
    steps = [[[fibres[name] for name in route.fibres] for route in pair] for pair in routes]
    pleas = [0] * len(routes)
    for _ in range(max(1, WORK // len(routes))):
        order = sorted(range(len(routes)), key=lambda pair: (-pleas[pair], -len(steps[pair][0]), pair))
        chosen = _placed(steps, order, len(fibres), count)
        left_out = [pair for pair, place in enumerate(chosen) if place is None]
        if not left_out:
            return tuple((routes[pair][place[0]], place[1]) for pair, place in enumerate(chosen) if place)
        for pair in left_out:
            pleas[pair] += 1
    return None


def _placed(
    steps: list[list[list[int]]], order: Sequence[int], fibres: int, count: int
) -> list[tuple[int, int] | None]:
    """Place the pairs in an order: index of the route and wavelength of each pair, None where a pair has no room.

    `lit` has a bit for each wavelength of a fibre.
    """
    lit = [0] * fibres
    every = (1 << count) - 1
    chosen: list[tuple[int, int] | None] = [None] * len(steps)
    for pair in order:
        for index, route in enumerate(steps[pair]):
            taken = 0
            for fibre in route:
                taken |= lit[fibre]
            if taken != every:
                lowest = ~taken & (taken + 1)
                for fibre in route:
                    lit[fibre] |= lowest
                chosen[pair] = index, lowest.bit_length() - 1
                break
    return chosen
