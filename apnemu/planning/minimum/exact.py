# SPDX-License-Identifier: BSD-3-Clause
"""Exact search: HiGHS decides whether a number of wavelengths suffices, on networks that are small enough."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.optimize import Bounds, LinearConstraint, milp  # type: ignore[import-untyped]  # it ships no types

from apnemu.model.plant import Plant
from apnemu.planning.graph import Route, longer_km
from apnemu.planning.minimum.bound import matrix
from apnemu.planning.minimum.packing import Packed

MOST_VARIABLES = 6_000
MOST_NODES = 20_000
"""Most nodes of the search tree; nodes and not seconds, so that the answer is the same on every machine."""


def is_small(plant: Plant, pairs: int, count: int) -> bool:
    """Whether the network is small enough for HiGHS: `pairs` lightpaths in `count` wavelengths."""
    return pairs * count * (2 * len(plant.fibres) + 1) <= MOST_VARIABLES


def packed_exactly(plant: Plant, pairs: list[tuple[str, str]], count: int) -> tuple[bool, Packed | None]:
    """Search for an assignment with `count` wavelengths: whether the answer is known, and the assignment if it exists.

    Binary variables: pair p has wavelength w; pair p passes arc a on wavelength w. At every site what enters leaves; a
    fibre carries a wavelength once, whichever way. Flows that run in circles are allowed, and cut off afterwards.
    """
    number = {site.name: index for index, site in enumerate(plant.sites)}
    arcs = [(number[x], number[y]) for fibre in plant.fibres for x, y in ((fibre.a, fibre.b), (fibre.b, fibre.a))]
    sites, fibres, block = len(plant.sites), len(plant.fibres), len(arcs) + 1
    kept, capacity, served = list[tuple[int, int, int]](), list[tuple[int, int, int]](), list[tuple[int, int, int]]()
    for pair, (source, target) in enumerate(pairs):
        for wave in range(count):
            begin = (pair * count + wave) * block
            row = (pair * count + wave) * sites
            for arc, (leave, enter) in enumerate(arcs):
                kept += [(1, row + leave, begin + arc), (-1, row + enter, begin + arc)]
                capacity.append((1, wave * fibres + arc // 2, begin + arc))
            kept += [(-1, row + number[source], begin + len(arcs)), (1, row + number[target], begin + len(arcs))]
            served.append((1, pair, begin + len(arcs)))
    columns = len(pairs) * count * block
    solved = milp(
        np.zeros(columns),
        integrality=np.ones(columns),
        bounds=Bounds(0, 1),
        constraints=[
            LinearConstraint(matrix(kept, len(pairs) * count * sites, columns), 0, 0),
            LinearConstraint(matrix(capacity, count * fibres, columns), -np.inf, 1),
            LinearConstraint(matrix(served, len(pairs), columns), 1, 1),
        ],
        options={"node_limit": MOST_NODES},
    )
    if solved.x is None:
        return solved.status == 2, None
    passed = np.round(solved.x).astype(bool).reshape(len(pairs), count, block)
    return True, tuple(_lightpath(plant, pair, passed[index]) for index, pair in enumerate(pairs))


def _lightpath(plant: Plant, pair: tuple[str, str], passed: npt.NDArray[np.bool_]) -> tuple[Route, int]:
    """Walk from the source along arcs in use; a site met again closes a circle, which is cut off.

    `passed` has shape (wavelengths, arcs + 1): the arcs in use, and in the last column whether the pair has the
    wavelength.
    """
    wave = int(np.flatnonzero(passed[:, -1])[0])
    used = [index for index in range(len(plant.fibres) * 2) if passed[wave, index]]
    sites, fibres = [pair[0]], list[str]()
    while sites[-1] != pair[1]:
        arc = next(arc for arc in used if _ends(plant, arc)[0] == sites[-1])
        used.remove(arc)
        fibres.append(plant.fibres[arc // 2].name)
        sites.append(_ends(plant, arc)[1])
        first = sites.index(sites[-1])
        if first < len(sites) - 1:
            del sites[first + 1 :], fibres[first:]
    return (
        Route(
            sites=tuple(sites),
            fibres=tuple(fibres),
            length_km=longer_km([plant.fibre[name] for name in fibres], sites),
        ),
        wave,
    )


def _ends(plant: Plant, arc: int) -> tuple[str, str]:
    fibre = plant.fibres[arc // 2]
    return (fibre.b, fibre.a) if arc % 2 else (fibre.a, fibre.b)
