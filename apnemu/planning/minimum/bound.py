# SPDX-License-Identifier: BSD-3-Clause
"""Lower bound of the number of wavelengths: the load of the fullest fibre, if lightpaths could be divided among routes.

It is a linear programme, solved by HiGHS through scipy. It is never below the cut bound (lightpaths that must cross a
cut, over the fibres that cross it), and needs no list of cuts.
"""

from __future__ import annotations

from math import ceil

import numpy as np
from scipy.optimize import linprog  # type: ignore[import-untyped]  # it ships no types
from scipy.sparse import coo_array, csr_array  # type: ignore[import-untyped]  # it ships no types

from apnemu.errors import LabError
from apnemu.model.plant import Plant

SLACK = 1e-6
"""Slack of a load: as little above a whole number it counts as that number. Ten times HiGHS's own tolerance."""


def lower_bound(plant: Plant) -> int:
    """Compute the least possible load of the fullest fibre, in wavelengths, rounded up.

    The programme has a flow from each data centre to all data centres after it, a variable for each flow and fibre
    direction, and the load. It takes seconds for 48 sites.

    Raises:
        LabError: HiGHS finds no optimum.
    """
    number = {site.name: index for index, site in enumerate(plant.sites)}
    centres = [number[site.name] for site in plant.data_centres]
    arcs = [(number[x], number[y]) for fibre in plant.fibres for x, y in ((fibre.a, fibre.b), (fibre.b, fibre.a))]
    load = (len(centres) - 1) * len(arcs)
    kept, loads = list[tuple[int, int, int]](), list[tuple[int, int, int]]()
    supply = np.zeros((len(centres) - 1) * len(plant.sites))
    for flow, source in enumerate(centres[:-1]):
        for arc, (leave, enter) in enumerate(arcs):
            column = flow * len(arcs) + arc
            kept.append((1, flow * len(plant.sites) + leave, column))
            kept.append((-1, flow * len(plant.sites) + enter, column))
            loads.append((1, arc // 2, column))
        supply[flow * len(plant.sites) + source] = len(centres) - 1 - flow
        supply[[flow * len(plant.sites) + target for target in centres[flow + 1 :]]] = -1
    loads += [(-1, fibre, load) for fibre in range(len(plant.fibres))]
    solved = linprog(
        np.eye(1, load + 1, load)[0],
        A_ub=matrix(loads, len(plant.fibres), load + 1),
        b_ub=np.zeros(len(plant.fibres)),
        A_eq=matrix(kept, len(supply), load + 1),
        b_eq=supply,
        method="highs",
    )
    if solved.status != 0:
        raise LabError(f"HiGHS finds no bound for {plant.name}: {solved.message}")
    return ceil(float(solved.fun) - SLACK)


def matrix(entries: list[tuple[int, int, int]], rows: int, columns: int) -> csr_array:
    """Make a sparse matrix of shape (rows, columns) of entries (value, row, column); entries at one place add up."""
    values, row, column = zip(*entries, strict=True)
    return coo_array((values, (row, column)), shape=(rows, columns)).tocsr()
