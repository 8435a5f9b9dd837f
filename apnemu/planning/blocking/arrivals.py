# SPDX-License-Identifier: BSD-3-Clause
"""Seeded draws of a simulation: a stream of its own for each purpose, in parts that fit a processor's cache."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from apnemu.seeds import generator

PART = 1 << 14
"""Requests drawn at a time. It is part of the result where holding times are redrawn: do not change it lightly."""
LONGEST = 2.0
"""Longest holding time, in mean holding times, where longer ones are redrawn."""
MEAN_REDRAWN = (1 - 3 * np.exp(-2.0)) / (1 - np.exp(-2.0))
"""Mean of an exponential variable of mean 1, given that it is at most 2: 0.687."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Part:
    """Consecutive requests, as four arrays of shape (requests,).

    `gap` is the time since the request before and `holding` the holding time, both in mean holding times; `pair` and
    `size` are indices into the pairs of `RouteTable` and into `Rules.sizes`.
    """

    gap: npt.NDArray[np.float64]
    holding: npt.NDArray[np.float64]
    pair: npt.NDArray[np.int64]
    size: npt.NDArray[np.int64]


def parts(
    seed: int,
    count: int,
    *,
    load: float,
    pairs: int,
    sizes: int,
    redrawn: bool,
    pair_shares: Sequence[float] | None = None,
    size_weights: Sequence[float] | None = None,
) -> Iterator[Part]:
    """Draw `count` requests, part by part; at another `load` (erlangs) the draws differ in the scale of gaps alone.

    Pairs and sizes are equally likely where their shares or weights are None.
    """
    gaps, holdings, chosen, asked = (
        generator(seed, f"blocking {purpose}") for purpose in ("gaps", "holdings", "pairs", "sizes")
    )
    for begin in range(0, count, PART):
        length = min(PART, count - begin)
        holding = holdings.standard_exponential(PART)
        while redrawn and (over := holding > LONGEST).any():
            holding[over] = holdings.standard_exponential(int(over.sum()))
        yield Part(
            gap=gaps.standard_exponential(PART)[:length] / load,
            holding=holding[:length],
            pair=_indices(chosen, pairs, pair_shares)[:length],
            size=_indices(asked, sizes, size_weights)[:length] if sizes > 1 else np.zeros(length, np.int64),
        )


def _indices(draws: np.random.Generator, count: int, weights: Sequence[float] | None) -> npt.NDArray[np.int64]:
    """Draw indices below `count` for a part, shape (PART,), with probabilities in the ratio of the weights."""
    if weights is None:
        return draws.integers(count, size=PART)
    ends = np.cumsum(weights)
    return np.minimum(np.searchsorted(ends / ends[-1], draws.random(PART), side="right"), count - 1)
