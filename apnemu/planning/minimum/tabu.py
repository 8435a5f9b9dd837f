# SPDX-License-Identifier: BSD-3-Clause
"""Tabu search for an assignment with a given number of wavelengths, as long as somebody wants to wait.

It keeps an assignment without conflicts that lacks some pairs (partial colouring; Bloechliger and Zufferey, "A graph
coloring heuristic using partial solutions and a reactive tabu scheme", Computers & Operations Research 35, 2008), with
routes chosen along with wavelengths. A step lights a pair that is dark, where it disturbs the fewest, puts out whom it
disturbs, and forbids those the wavelength for a while.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numba
import numpy as np
import numpy.typing as npt

from apnemu.planning.graph import Route
from apnemu.planning.minimum.packing import Packed
from apnemu.seeds import generator

TENURE = 0.6
"""Steps for which a pair put out may not have its wavelength again, for each dark pair; plus a draw below 10."""
STEPS = 2_000
"""Steps between two looks at the clock."""
NOBODY = -1

Whole = npt.NDArray[np.int64]


class Search:
    """Search with `count` wavelengths, begun from an assignment with more; it goes on where it was left.

    `fibres` has shape (pairs, routes, fibres of the longest route), padded with -1, as routes are that a pair lacks.
    `owner` of shape (fibres, wavelengths) has the pair that lights a fibre, or -1. `place` of shape (pairs, 2) has each
    pair's route and wavelength, -1 while it is dark; `dark` lists such pairs, `free_at` of shape (pairs, wavelengths)
    the step from which a pair may have a wavelength.
    """

    def __init__(self, routes: Sequence[Sequence[Route]], packed: Packed, count: int, seed: int) -> None:
        self.routes = routes
        names = sorted({name for pair in routes for route in pair for name in route.fibres})
        number = {name: index for index, name in enumerate(names)}
        longest = max(len(route.fibres) for pair in routes for route in pair)
        self.fibres = np.full((len(routes), max(map(len, routes)), longest), NOBODY)
        for pair, choices in enumerate(routes):
            for index, route in enumerate(choices):
                self.fibres[pair, index, : len(route.fibres)] = [number[name] for name in route.fibres]
        self.owner = np.full((len(names), count), NOBODY)
        self.place = np.full((len(routes), 2), NOBODY)
        self.free_at = np.zeros((len(routes), count), np.int64)
        dark = []
        for pair, (route, wave) in enumerate(packed):
            if wave < count:
                self.place[pair] = routes[pair].index(route), wave
                self.owner[[number[name] for name in route.fibres], wave] = pair
            else:
                dark.append(pair)
        self.dark = np.zeros(len(routes), np.int64)
        self.dark[: len(dark)] = dark
        self.dark_count = len(dark)
        self.step = 0
        self.draws = generator(seed, f"minimum wavelengths {count}")

    def run(self, goes_on: Callable[[], bool]) -> Packed | None:
        """Search while `goes_on`; the assignment, or None if time was up."""
        while self.dark_count and goes_on():
            self.dark_count = _search(
                self.fibres,
                self.owner,
                self.place,
                self.free_at,
                self.dark,
                self.dark_count,
                self.step,
                self.draws.random((STEPS, 3)),
            )
            self.step += STEPS
        if self.dark_count:
            return None
        return tuple((self.routes[pair][route], int(wave)) for pair, (route, wave) in enumerate(self.place))


@numba.njit(cache=True)
def _search(
    fibres: Whole,
    owner: Whole,
    place: Whole,
    free_at: Whole,
    dark: Whole,
    dark_count: int,
    step: int,
    draws: npt.NDArray[np.float64],
) -> int:
    """Take a step for each row of `draws`, of shape (steps, 3), or fewer; gives the number of pairs that are dark."""
    _, routes, longest = fibres.shape
    waves = owner.shape[1]
    disturbed = np.zeros(waves, np.int64)
    for draw in draws:
        if not dark_count:
            break
        step += 1
        chosen = int(draw[0] * dark_count)
        pair = dark[chosen]
        dark_count -= 1
        dark[chosen] = dark[dark_count]

        least, ties, best_route, best_wave = 1 << 40, 0, 0, 0
        state = np.uint64(draw[1] * 4294967296.0) + np.uint64(1)
        for route in range(routes):
            if fibres[pair, route, 0] < 0:
                break
            disturbed[:] = 0
            for index in range(longest):
                fibre = fibres[pair, route, index]
                if fibre < 0:
                    break
                for wave in range(waves):
                    disturbed[wave] += owner[fibre, wave] >= 0
            for wave in range(waves):
                cost = disturbed[wave] + (1 << 20) * (free_at[pair, wave] > step)
                if cost < least:
                    least, ties, best_route, best_wave = cost, 1, route, wave
                elif cost == least:
                    # one of equals by reservoir sampling; the bits are Marsaglia's xorshift's
                    ties += 1
                    state ^= state << np.uint64(13)
                    state ^= state >> np.uint64(7)
                    state ^= state << np.uint64(17)
                    if state % np.uint64(ties) == np.uint64(0):
                        best_route, best_wave = route, wave

        for index in range(longest):
            fibre = fibres[pair, best_route, index]
            if fibre < 0:
                break
            other = owner[fibre, best_wave]
            if other >= 0:
                for position in range(longest):
                    lit = fibres[other, place[other, 0], position]
                    if lit < 0:
                        break
                    owner[lit, best_wave] = -1
                place[other, 0] = place[other, 1] = -1
                dark[dark_count] = other
                dark_count += 1
                free_at[other, best_wave] = step + int(TENURE * dark_count + 10 * draw[2])
            owner[fibre, best_wave] = pair
        place[pair, 0], place[pair, 1] = best_route, best_wave
    return dark_count
