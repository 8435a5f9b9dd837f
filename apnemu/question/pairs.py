# SPDX-License-Identifier: BSD-3-Clause
"""Pairs of data centres that a network joins: the pair that an experiment is about, its route, and who is refused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

from apnemu.errors import InputError
from apnemu.model.activities import Pair
from apnemu.model.plant import Fibre
from apnemu.question.context import Context
from apnemu.question.settings import Setting


@dataclass(frozen=True, slots=True, kw_only=True)
class PairSettings:
    """Settings of an experiment on one pair of data centres (`chosen_pair`)."""

    from_: Annotated[str, Setting("Data centre that sends; empty: the first demand's", example="tokyo", of="site")] = ""
    to: Annotated[str, Setting("Data centre that receives; empty: the first demand's", example="osaka", of="site")] = ""


P = TypeVar("P", bound=PairSettings)


def route(context: Context[Any], pair: Pair) -> list[tuple[str, Fibre]]:
    """The fibres of the packet network's route, each with the site that it is entered at."""
    site, found = pair[0], []
    for hop in context.hops.way(*pair):
        found.append((site, context.plant.fibre[hop.fibre]))
        site = hop.site
    return found


def fibres_both_ways(context: Context[Any], pair: Pair) -> list[tuple[str, Fibre]]:
    """Every fibre direction that the packet network uses between two sites, there and back."""
    return route(context, pair) + route(context, (pair[1], pair[0]))


def joined_pairs(context: Context[Any]) -> tuple[Pair, ...]:
    """The pairs of `Context.reachable`. Raises InputError where the network joins no pair."""
    pairs = context.reachable()
    if not pairs:
        refusals = context.assignment.refusals if context.network == "apn" else ()
        why = f" ({refusals[0].demand}: {refusals[0].reason})" if refusals else ""
        raise InputError(
            f"the {context.network} network of {context.plant.name} joins no two data centres{why}; ask for a demand "
            "that can be served: see apnemu plan"
        )
    return pairs


def wanted_pair(pairs: Sequence[Pair], settings: PairSettings) -> Pair:
    """The pair that `from` and `to` name, whether or not it is one of `pairs`; what they leave open is of the first."""
    wanted = (settings.from_ or pairs[0][0], settings.to or pairs[0][1])
    if not settings.from_ and settings.to:
        wanted = (next((a for a, b in pairs if b == wanted[1]), pairs[0][0]), wanted[1])
    if settings.from_ and not settings.to:
        wanted = (wanted[0], next((b for a, b in pairs if a == wanted[0]), pairs[0][1]))
    return wanted


def chosen_pair(context: Context[P]) -> Pair:
    """The pair that `from` and `to` name, or the first that was asked for.

    Raises InputError for a site that is none, and for a pair that the network does not join.
    """
    pairs = joined_pairs(context)
    wanted = wanted_pair(pairs, context.settings)
    if wanted not in pairs:
        said = context.plant.said
        joined = ", ".join(f"{a}-{b}" for a, b in (map(said, pair) for pair in pairs[:6]))
        raise InputError(
            f"no demand joins {said(wanted[0])} and {said(wanted[1])} on the {context.network} network of"
            f" {context.plant.name}; joined are {joined}{' and others' if len(pairs) > 6 else ''}",
            file="--set",
        )
    return wanted


def need_joined(context: Context[Any]) -> None:
    """Raises InputError, with planning's reason, for a demand of a star that this network does not serve."""
    missing = [demand for demand in context.plant.demands if (demand.source, demand.target) not in context.reachable()]
    if not missing:
        return
    asked = missing[0]
    reasons = {refusal.demand: refusal.reason for refusal in context.assignment.refusals}
    length_km = {fibre.b: fibre.length_km for fibre in context.plant.fibres}[asked.target]
    raise InputError(
        f"no light of rate_gbps={asked.rate_gbps:g} joins two places {length_km:g} km apart"
        f" ({reasons.get(asked.name, 'no reason given')}); give a lower rate_gbps, or less distance_km",
        file="--set",
    )
