# SPDX-License-Identifier: BSD-3-Clause
"""Theory of blocking: exact for a single link, a lower bound for a network."""

from __future__ import annotations

from itertools import combinations

from apnemu.model.plant import Plant
from apnemu.planning.blocking.arrivals import MEAN_REDRAWN
from apnemu.planning.blocking.rules import Rules


def erlang_b(load_erlang: float, servers: int) -> float:
    """Share of requests lost where `servers` serve a Poisson load and no request waits (Erlang 1917).

    The recursion is B(n) = a B(n-1) / (n + a B(n-1)), B(0) = 1; it holds for any distribution of holding times.

    >>> f"{erlang_b(30.0, 40):.5f} {erlang_b(40.0, 40):.5f} {erlang_b(5.0, 10):.5f}"
    '0.01441 0.11616 0.01838'
    """
    blocking = 1.0
    for server in range(1, servers + 1):
        blocking = load_erlang * blocking / (server + load_erlang * blocking)
    return blocking


def least_blocking(plant: Plant, rules: Rules, load_erlang: float) -> float:
    """Lower bound of the blocking of any planner that decides request by request.

    Each request of a site needs room on the site's fibres. The bound is the largest over the sites of (share of
    requests that begin or end there) x Erlang B, with as many servers as narrowest requests fit on the site's fibres at
    once (the cut bound of Gibbens and Kelly, "Dynamic routing in fully connected networks", IMA J. Math. Control Inf.
    7, 1990, taken at cuts around single sites only).
    """
    names = [site.name for site in plant.data_centres]
    weight = dict(zip(names, rules.site_weights or (1.0,) * len(names), strict=True))
    pairs = {pair: weight[pair[0]] * weight[pair[1]] for pair in combinations(names, 2)}
    fit = rules.slots // rules.needed(0.0, min(rules.sizes))
    true = load_erlang * (MEAN_REDRAWN if rules.redrawn else 1.0)
    bounds = []
    for site in names:
        share = sum(product for pair, product in pairs.items() if site in pair) / sum(pairs.values())
        fibres = sum(site in (fibre.a, fibre.b) for fibre in plant.fibres)
        bounds.append(share * erlang_b(true * share / (2 if rules.separate else 1), fibres * fit))
    return max(bounds)


def is_exact(plant: Plant, rules: Rules) -> bool:
    """Whether `least_blocking` is the blocking itself: two sites, all fibres between them tried, one slot a request."""
    return len(plant.sites) == 2 and rules.grid == "fixed" and rules.k >= len(plant.fibres)
