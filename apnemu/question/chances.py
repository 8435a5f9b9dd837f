# SPDX-License-Identifier: BSD-3-Clause
"""Loss and jitter that a topology declares of fibres: which networks feel them, and what a lone packet does.

An experiment whose expectation has a term for them says so (`Experiment.reckons_with`); rows of others, on a network
that feels them, are not judged, and the run says why.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from apnemu.model.activities import Pair
from apnemu.model.fibre import Fibre, Way
from apnemu.model.plant import Plant
from apnemu.question.context import Context, Network, Row
from apnemu.report import words

Chance = Literal["loss", "jitter"]
EVERY: tuple[Chance, ...] = ("loss", "jitter")


@dataclass(frozen=True, slots=True, kw_only=True)
class Met:
    """What a probe meets by chance there and back: the probability that it is lost, and how far its round trip may
    differ from the mean."""

    loss: float
    farthest_ns: int


def felt(plant: Plant, network: Network) -> dict[str, tuple[str, ...]]:
    """Fibres that lose frames by chance, or let their delay vary, and which of both, as one network feels them."""
    fibres = {fibre.name: _as(network, fibre).disturbs for fibre in plant.fibres}
    return {name: chances for name, chances in fibres.items() if chances}


def unreckoned(plant: Plant, networks: Sequence[Network], reckons_with: Sequence[str]) -> dict[Network, str]:
    """Networks of a run that feel a chance of which the expectation knows nothing, each with a sentence on it."""
    told: dict[Network, str] = {}
    for network in networks:
        strange = {
            name: [chance for chance in chances if chance not in reckons_with]
            for name, chances in felt(plant, network).items()
        }
        strange = {name: chances for name, chances in strange.items() if chances}
        if strange:
            first, chances = next(iter(strange.items()))
            more = f" and {words.count(len(strange) - 1, 'other fibre')}" if len(strange) > 1 else ""
            told[network] = (
                f"the topology declares {' and '.join(chances)} of {first}{more}, for which the expectation has no term"
            )
    return told


def met(context: Context[Any], pair: Pair) -> Met:
    """What probes between a pair meet on the fibres of their way, there and back."""
    ways = [way for ends in (pair, pair[::-1]) for way in _ways(context, ends)]
    arrives = 1.0
    for way in ways:
        arrives *= 1 - way.loss
    return Met(loss=1 - arrives, farthest_ns=sum(way.farthest_ns for way in ways))


def with_chances(rows: Sequence[Row], contexts: Sequence[Context[Any]]) -> list[Row]:
    """Rows of probes, each with `predicted_loss` and `declared_jitter_ns` where some network of the run has any."""
    if not any(felt(context.plant, context.network) for context in contexts):
        return list(rows)
    by_network: Mapping[str, Context[Any]] = {context.network: context for context in contexts}
    found = []
    for row in rows:
        meets = met(by_network[row["network"]], (row["from"], row["to"]))
        found.append({**row, "predicted_loss": round(meets.loss, 12), "declared_jitter_ns": meets.farthest_ns})
    return found


def _as(network: Network, fibre: Fibre) -> Fibre:
    return fibre.routed if network == "packet" else fibre


def _ways(context: Context[Any], pair: Pair) -> list[Way]:
    """The fibres of the way from one site to another, each as it is passed."""
    plant, site = context.plant, pair[0]
    if context.network == "apn":
        path = context.assignment.by_pair()[pair]
        route, fibres = (path.route, path.fibres) if path.source == site else (path.route[::-1], path.fibres[::-1])
        return [plant.fibre[name].way(here) for here, name in zip(route, fibres, strict=False)]
    ways = []
    for hop in context.hops.way(*pair):
        ways.append(plant.fibre[hop.fibre].routed.way(site))
        site = hop.site
    return ways
