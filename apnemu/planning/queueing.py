# SPDX-License-Identifier: BSD-3-Clause
"""What frames feel in the queues of routers: closed forms of M/D/1 and M/G/1, and of M/D/1 with room for a few."""

from __future__ import annotations

from collections.abc import Sequence
from math import exp, inf, sqrt
from statistics import fmean

NORMAL_P99 = 2.3263
"""The standard normal distribution's 99th percentile."""


def mean_wait_ns(load: float, services_ns: Sequence[float], weights: Sequence[float]) -> float:
    """Mean wait in an endless queue to which frames of several lengths come at Poisson instants; infinite from 1.

    `services_ns` are the times in which the line sends each length, `weights` how often each comes. M/G/1:
    lambda E[S^2] / (2 (1 - rho)), rho = lambda E[S] (Pollaczek and Khinchine; Kleinrock, Queueing Systems I, 1975,
    eq. 5.70). With one length it is M/D/1's rho S / (2 (1 - rho)).

    >>> [round(mean_wait_ns(0.8, *mix), 3) for mix in (([1211], [1]), ([48, 472, 1211], [7, 4, 1]))]
    [2422.0, 1382.116]
    """
    if load >= 1:
        return inf
    mean_ns, square = (fmean([service**power for service in services_ns], weights) for power in (1, 2))
    return load * square / mean_ns / (2 * (1 - load))


def bounded(load: float, service_ns: float, room: int) -> tuple[float, float]:
    """Share of frames that a queue drops, and the mean wait of the others, in ns; all frames are of one length.

    M/D/1/K: the port has room for `room` frames, the one in transmission included. The frames left behind by departures
    are a Markov chain: from n > 0 to n - 1 + a, from 0 to a, where a, the arrivals in one service, is Poisson with mean
    `load`, and no more than K - 1 are left. With its stationary distribution q, an arrival finds n < K frames with
    probability q(n) / (q(0) + rho), and is dropped with 1 - 1 / (q(0) + rho) (Gross et al., Fundamentals of Queueing
    Theory, 4th ed., 2008, section 5.1.8). Any load above 0.

    >>> share, wait_ns = bounded(0.5, 1000, 1)  # Erlang's loss formula: rho / (1 + rho), and nobody waits
    >>> round(share, 9), round(wait_ns, 9)
    (0.333333333, 0.0)
    >>> round(bounded(0.8, 1211, 400)[1], 3)  # as good as endless
    2422.0
    """
    import numpy as np  # a guest imports this room, and needs no numpy for it

    came = np.zeros(room)
    came[0] = exp(-load)
    for count in range(1, room):
        came[count] = came[count - 1] * load / count
    moves = np.zeros((room, room))
    for left in range(room):
        first = max(0, left - 1)
        moves[left, first:] = came[: room - first]
        moves[left, room - 1] += 1 - moves[left].sum()
    balance = np.vstack([moves.T[:-1] - np.eye(room)[:-1], np.ones(room)])
    left_behind = np.linalg.solve(balance, np.append(np.zeros(room - 1), 1.0))
    crowd = float(left_behind[0]) + load
    dropped = 1 - 1 / crowd
    found = float(np.arange(room) @ left_behind) / crowd + room * dropped
    return dropped, service_ns * (found * crowd / load - 1)


def wait_p99_ns(load: float, service_ns: int, queues: int) -> float:
    """The 99th percentile of the wait in so many queues in a row, each M/D/1 at this load; infinite from 1.

    Mean rho s / (2 (1 - rho)) and variance mean^2 + rho s^2 / (3 (1 - rho)) of one queue (Kleinrock, Queueing Systems
    I, 1975, ch. 5.7: Pollaczek and Khinchin's second moment), their sum taken as normal.

    *Not modelled:* that one queue's departures, not Poisson arrivals, come to the next; the true tail is a little
    heavier for few queues.

    >>> round(wait_p99_ns(0.7, 1211, 1)), wait_p99_ns(0, 1211, 9), wait_p99_ns(1, 1211, 1)
    (5533, 0.0, inf)
    """
    if load >= 1:
        return float("inf")
    mean_ns = load * service_ns / (2 * (1 - load))
    variance = mean_ns**2 + load * service_ns**2 / (3 * (1 - load))
    return queues * mean_ns + NORMAL_P99 * sqrt(queues * variance)


def loss(load: float, buffer_frames: float, queues: int) -> float:
    """The share of frames that so many queues in a row drop, each with room for this many frames.

    Below a load of 1 e^(-theta B), theta the root of rho (e^theta - 1) = theta (the exponential tail of M/D/1; its
    factor, below 1, is taken as 1); from 1 on what does not fit through the line, 1 - 1/rho.

    >>> loss(0.5, 825, 3), round(loss(1.25, 825, 1), 3), loss(0, 825, 1)
    (0.0, 0.2, 0.0)
    """
    if load <= 0:
        return 0.0
    one = 1 - 1 / load if load > 1 else exp(-_decay(load) * buffer_frames)
    return 1 - (1 - one) ** queues if one > 1e-300 else 0.0


def _decay(load: float) -> float:
    """The positive root of rho (e^theta - 1) = theta, by bisection; 0 at a load of 1."""
    low, high = 0.0, 1.0
    while load * (exp(high) - 1) < high:
        high *= 2
    for _ in range(200):
        middle = (low + high) / 2
        if load * (exp(middle) - 1) < middle:
            low = middle
        else:
            high = middle
    return low
