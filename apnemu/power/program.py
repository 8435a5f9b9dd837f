# SPDX-License-Identifier: BSD-3-Clause
"""Linear programs in named blocks, solved by HiGHS: the one place of this room that calls an optimiser.

A block is an array of column numbers, so rows are written with numpy and no loop runs over slots. No solver gets a time
limit, since a result would then differ from machine to machine. Equal optima are told apart by a second program, which
keeps the value of the first and takes the least rank; whole columns stay as the first has them.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import scipy.sparse as sp  # type: ignore[import-untyped]  # it ships no types
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import Bounds, LinearConstraint, linprog, milp  # type: ignore[import-untyped]  # it ships no types

Columns = NDArray[np.int64]
Floats = NDArray[np.float64]
MANY_COLUMNS = 100_000
"""Number of columns from which the interior point is taken; a day of 91,000 took it 17 s and the simplex 13."""
DUAL_TOLERANCE = 1e-6
"""Reduced cost above which a column is held where it is in the second program; HiGHS is exact to 1e-7."""
WHOLE_GAP = 1e-6
"""Relative gap to the proven bound at which a program with whole columns is solved."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Solution:
    """A best solution: `value` is the objective's, `bound` the proven least, `prices` of rows what one more costs."""

    value: float
    bound: float
    columns: Floats
    prices: Floats

    def of(self, block: Columns) -> Floats:
        """Values of a block, shaped as it is."""
        values: Floats = self.columns[block]
        return values

    def of_rows(self, rows: Columns) -> Floats:
        """Prices of rows, shaped as they are."""
        prices: Floats = self.prices[rows]
        return prices


class Program:
    """A program that is being written: least cost, subject to rows."""

    def __init__(self) -> None:
        self._blocks: dict[str, Columns] = {}
        self._stores: dict[str, list[Floats]] = {name: [] for name in ("cost", "low", "high", "whole", "rank")}
        self._terms: list[tuple[Columns, Columns, Floats]] = []
        self._right: list[Floats] = []
        self._equal: list[NDArray[np.bool_]] = []
        self.columns = self.rows_count = 0

    def block(
        self,
        name: str,
        shape: tuple[int, ...],
        *,
        low: ArrayLike = 0.0,
        high: ArrayLike = np.inf,
        cost: ArrayLike = 0.0,
        rank: ArrayLike = 0.0,
        whole: bool = False,
    ) -> Columns:
        """New columns with their limits, cost and rank among equals. Raises ValueError for a name that comes twice."""
        if name in self._blocks:
            raise ValueError(f"block {name} is there already; give it another name")
        count = int(np.prod(shape))
        columns = np.arange(self.columns, self.columns + count, dtype=np.int64).reshape(shape)
        given = {"cost": cost, "low": low, "high": high, "whole": float(whole), "rank": rank}
        for store, value in given.items():
            self._stores[store].append(np.broadcast_to(np.asarray(value, dtype=np.float64), shape).ravel())
        self.columns += count
        self._blocks[name] = columns
        return columns

    def rows(
        self,
        kind: Literal["equal", "most"],
        shape: tuple[int, ...],
        terms: list[tuple[Columns, ArrayLike]],
        right: ArrayLike,
    ) -> Columns:
        """New rows: the sum of the terms is `right`, or at most that.

        A term is columns and their coefficients; columns have the rows' shape, or further axes, which are summed.
        """
        count = int(np.prod(shape))
        rows = np.arange(self.rows_count, self.rows_count + count, dtype=np.int64).reshape(shape)
        self.rows_count += count
        self._right.append(np.broadcast_to(np.asarray(right, dtype=np.float64), shape).ravel())
        self._equal.append(np.full(count, kind == "equal"))
        for columns, coefficients in terms:
            further = (1,) * (columns.ndim - rows.ndim)
            self.more(np.broadcast_to(rows.reshape(rows.shape + further), columns.shape), columns, coefficients)
        return rows

    def more(self, rows: Columns, columns: Columns, coefficients: ArrayLike) -> None:
        """Further terms of rows that are there, one for each column; rows and columns have one shape."""
        values = np.broadcast_to(np.asarray(coefficients, dtype=np.float64), columns.shape).ravel()
        kept = values != 0
        self._terms.append((np.broadcast_to(rows, columns.shape).ravel()[kept], columns.ravel()[kept], values[kept]))

    def solve(self, *, gap: float = WHOLE_GAP, nodes: int | None = None) -> Solution:
        """The best solution; of equal ones that of the least rank. Raises ValueError where there is none.

        With whole columns the best is found to a relative `gap`, or as far as so many `nodes` of the search lead.
        """
        held, matrix, equal, right = self._written()
        if held["whole"].any():
            return _whole(held, matrix, equal, right, gap, nodes)
        return _solved(held, matrix, equal, right)

    def relaxed(self, rows: Columns, by: float) -> Solution:
        """A best solution in which whole columns may be parts, with the right side of some rows raised a little.

        Where nothing is used many prices are as good as each other; those of a little use are what use would cost.
        """
        held, matrix, equal, right = self._written()
        right[rows] += by
        return _solved({**held, "rank": np.zeros(self.columns)}, matrix, equal, right)

    def fixed(self, columns: Columns, values: ArrayLike) -> Solution:
        """The best solution in which some columns, whole ones all among them, have given values."""
        held, matrix, equal, right = self._written()
        held["low"][columns] = held["high"][columns] = np.asarray(values, dtype=np.float64)
        return _solved(held, matrix, equal, right)

    def _written(self) -> tuple[dict[str, Floats], Any, NDArray[np.bool_], Floats]:
        held = {name: np.concatenate(parts) if parts else np.zeros(0) for name, parts in self._stores.items()}
        equal = np.concatenate(self._equal) if self._equal else np.zeros(0, dtype=bool)
        right = np.concatenate(self._right) if self._right else np.zeros(0)
        return held, self._matrix(), equal, right

    def _matrix(self) -> Any:
        if not self._terms:
            return sp.csr_array((self.rows_count, self.columns))
        rows, columns, values = (np.concatenate([term[index] for term in self._terms]) for index in range(3))
        return sp.csr_array((values, (rows, columns)), shape=(self.rows_count, self.columns))


def _solved(held: dict[str, Floats], matrix: Any, equal: Any, right: Floats) -> Solution:
    """The best solution of a program without whole columns."""
    first = _linear(held["cost"], held["low"], held["high"], matrix, equal, right)
    prices = np.zeros(len(right))
    if equal.any():
        prices[equal] = first.eqlin.marginals
    if not equal.all():
        prices[~equal] = first.ineqlin.marginals
    columns = _least_rank(held, matrix, equal, right, first, prices)
    return Solution(value=float(first.fun), bound=float(first.fun), columns=columns, prices=prices)


def _linear(cost: Floats, low: Floats, high: Floats, matrix: Any, equal: Any, right: Floats) -> Any:
    found = linprog(
        cost,
        A_ub=None if equal.all() else matrix[~equal],
        b_ub=None if equal.all() else right[~equal],
        A_eq=matrix[equal] if equal.any() else None,
        b_eq=right[equal] if equal.any() else None,
        bounds=np.stack([low, high], axis=1),
        method="highs-ipm" if len(cost) > MANY_COLUMNS else "highs-ds",
    )
    if found.status != 0:
        raise ValueError(f"the program has no solution: {found.message}")
    return found


def _least_rank(held: dict[str, Floats], matrix: Any, equal: Any, right: Floats, first: Any, prices: Floats) -> Floats:
    """The columns of least rank among those of the same value: what has a price stays where it is."""
    columns: Floats = first.x
    if not held["rank"].any():
        return columns
    low, high = held["low"].copy(), held["high"].copy()
    at_low, at_high = first.lower.marginals > DUAL_TOLERANCE, first.upper.marginals < -DUAL_TOLERANCE
    high[at_low], low[at_high] = low[at_low], high[at_high]
    tight = equal | (np.abs(prices) > DUAL_TOLERANCE)
    try:
        second = _linear(held["rank"], low, high, matrix, tight, right)
    except ValueError:  # held columns left no room within the tolerance; the first solution is as good
        return columns
    columns = second.x
    return columns


def _whole(held: dict[str, Floats], matrix: Any, equal: Any, right: Floats, gap: float, nodes: int | None) -> Solution:
    """The best solution of a program with whole columns; with these as they are, the rest is that of least rank."""
    rows = LinearConstraint(matrix, np.where(equal, right, -np.inf), right)
    bounds = Bounds(held["low"], held["high"])
    with silent():
        found = milp(
            held["cost"],
            integrality=held["whole"],
            bounds=bounds,
            constraints=[rows],
            options={"mip_rel_gap": gap} | ({} if nodes is None else {"node_limit": nodes}),
        )
    if found.x is None:
        raise ValueError(f"the program has no solution: {found.message}")
    whole = held["whole"] > 0
    fixed = np.round(found.x[whole])
    low, high = held["low"].copy(), held["high"].copy()
    low[whole] = high[whole] = fixed
    settled = _solved({**held, "low": low, "high": high}, matrix, equal, right)
    return replace(settled, bound=float(found.mip_dual_bound), prices=np.zeros(len(right)))


@contextmanager
def silent() -> Iterator[None]:
    """Silence on standard output: HiGHS writes lines of its own there, which no option of scipy's keeps back."""
    sys.stdout.flush()
    kept, nowhere = os.dup(1), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 1)
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)
        os.close(nowhere)
