# SPDX-License-Identifier: BSD-3-Clause
"""What a lone frame of one flow feels in routers that others load: closed forms of the M/D/1 queue."""

from __future__ import annotations

from math import exp, sqrt

NORMAL_P99 = 2.3263
"""The standard normal distribution's 99th percentile."""


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
