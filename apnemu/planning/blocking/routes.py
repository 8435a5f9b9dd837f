# SPDX-License-Identifier: BSD-3-Clause
"""Tables that the planner's loops read: routes, fibres and slots needed as flat arrays of whole numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from apnemu.errors import InputError
from apnemu.model.plant import Plant
from apnemu.planning.blocking.candidates import candidates
from apnemu.planning.blocking.rules import Rules

Whole = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RouteTable:
    """Routes of every pair: pair p may take the routes `first[p]` to `first[p + 1]` - 1.

    `first` has shape (pairs + 1,). Route r passes `links[link_at[r]:link_at[r + 1]]`; `link_at` has shape
    (routes + 1,). `needed[r, s]`, of shape (routes, sizes), is the number of slots that a request of size s takes on
    route r. A link is a fibre pair, or with separate directions one of its fibres. `shares` are the
    pairs' shares of the requests; None if all are equally likely.
    """

    first: Whole
    link_at: Whole
    links: Whole
    needed: Whole
    link_count: int
    shares: tuple[float, ...] | None

    @property
    def pairs(self) -> int:
        """Number of pairs."""
        return len(self.first) - 1


def route_table(plant: Plant, rules: Rules) -> RouteTable:
    """Make the table of a plant's candidate routes.

    Raises:
        InputError: no fibres join two data centres, or see `candidates`.
    """
    routes_of = candidates(plant, rules.k, rules.order, one_way=rules.separate, bits=rules.bits)
    if not routes_of:
        raise InputError(f"no fibres join two data centres of {plant.name}; add a fibre, or a second data centre")
    number = {fibre.name: index for index, fibre in enumerate(plant.fibres)}
    first, link_at, links, needed = [0], [0], list[int](), list[list[int]]()
    for routes in routes_of.values():
        for route in routes:
            for name, site in zip(route.fibres, route.sites, strict=False):
                links.append(2 * number[name] + (site == plant.fibre[name].b) if rules.separate else number[name])
            link_at.append(len(links))
            needed.append([rules.needed(route.length_km, rate) for rate in rules.sizes])
        first.append(len(needed))
    return RouteTable(
        first=np.array(first, np.int64),
        link_at=np.array(link_at, np.int64),
        links=np.array(links, np.int64),
        needed=np.array(needed, np.int64),
        link_count=len(plant.fibres) * (2 if rules.separate else 1),
        shares=_shares(plant, rules, list(routes_of)),
    )


def _shares(plant: Plant, rules: Rules, pairs: Sequence[tuple[str, str]]) -> tuple[float, ...] | None:
    """Shares of the pairs: products of their sites' weights, together 1. Raises InputError for too few or many."""
    weights = rules.site_weights
    if weights is None:
        return None
    names = [site.name for site in plant.data_centres]
    if len(weights) != len(names):
        raise InputError(
            f"site_weights has {len(weights)} numbers; {plant.name} has {len(names)} data centres: {', '.join(names)}; "
            "give one for each, in this order",
            file="--set",
        )
    weight = dict(zip(names, weights, strict=True))
    products = [weight[a] * weight[b] for a, b in pairs]
    return tuple(product / sum(products) for product in products)
