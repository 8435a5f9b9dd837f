# SPDX-License-Identifier: BSD-3-Clause
"""Queues that mark frames from a length on (ECN), and what DCTCP keeps in them where its flows take marks together."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """Frames in a queue as they swing: the least, the mean, the most."""

    least: float
    mean: float
    most: float


def kept_frames(under_way: float, mark: float, flows: int) -> Kept:
    """Frames that DCTCP's flows of one round trip keep in a queue that marks from `mark` frames on; `under_way` are
    those that the line carries in a round trip without a queue.

    Each window grows by a frame in a round trip, so that the queue is longest a round trip after the mark:
    K + N (Alizadeh et al., "Data Center TCP", SIGCOMM 2010, equations 4 to 12). DCTCP takes the share alpha / 2 of
    its window W* + 1 back, W* = (C RTT + K) / N, alpha^2 (1 - alpha / 4) = (2 W* + 1) / (W* + 1)^2; all flows
    together swing by N times that.

    *Not modelled:* flows that do not take their marks together swing less.

    >>> kept = kept_frames(165, 41, 1)
    >>> [round(figure, 1) for figure in (kept.least, kept.mean, kept.most)]
    [31.7, 36.9, 42]
    >>> kept_frames(858, 10, 4).least
    0.0
    """
    most = mark + flows
    window = (under_way + mark) / flows
    swing = flows * (window + 1) * _alpha((2 * window + 1) / (window + 1) ** 2) / 2
    least = most - swing
    if least >= 0:
        return Kept(least=least, mean=most - swing / 2, most=most)
    return Kept(least=0.0, mean=most**2 / 2 / swing, most=most)  # empty for a part of the time


def _alpha(share: float) -> float:
    """The root of a^2 (1 - a / 4) = share between 0 and 1, by bisection.

    >>> round(_alpha(0.75), 6), round(_alpha(0.01), 6)
    (1.0, 0.101291)
    """
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if middle**2 * (1 - middle / 4) < share else (low, middle)
    return low
