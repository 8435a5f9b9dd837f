# SPDX-License-Identifier: BSD-3-Clause
"""Gradients summed over all workers: which worker sends what to which, and a training step's time beforehand.

Ring: Patarasuk and Yuan, "Bandwidth optimal all-reduce algorithms", JPDC 69(2), 2009: each of k workers sends
2 (k - 1) / k of the gradients. Hierarchical: a site's workers give their gradients to its first worker; the first
workers form a ring and hand the sum back. Buckets and their overlap with the backward pass: Li et al., "PyTorch
Distributed", VLDB 13(12), 2020.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from math import inf
from typing import Literal

from apnemu.placement.ring import Ring, Way

Algorithm = Literal["ring", "hierarchical"]
FORWARD = 1 / 3
"""Share of a step's computing that is the forward pass: 2 operations per parameter and token forward, 4 backward
(Kaplan et al., 2020, 2.1)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """An act of a worker on the `part`-th of a bucket's `parts`: send it, or wait for it and `add` it to the worker's
    own, or `replace` the worker's own by it. `peer` is the other worker's rank."""

    kind: Literal["send", "add", "replace"]
    peer: int
    part: int
    parts: int


def ring(members: Sequence[int], rank: int) -> tuple[Act, ...]:
    """Acts of worker `rank` in a ring of `members`: reduce-scatter, then all-gather.

    Of n members each sends 2 (n - 1) parts to the next and receives as many from the previous member.
    """
    size, place = len(members), members.index(rank)
    following, previous = members[(place + 1) % size], members[place - 1]
    acts = []
    for step in range(2 * (size - 1)):
        kind: Literal["add", "replace"] = "add" if step < size - 1 else "replace"
        acts.append(Act(kind="send", peer=following, part=(place - step) % size, parts=size))
        acts.append(Act(kind=kind, peer=previous, part=(place - step - 1) % size, parts=size))
    return tuple(acts)


def acts(algorithm: Algorithm, sites: int, per_site: int, rank: int) -> tuple[Act, ...]:
    """Acts of worker `rank` on each bucket, in order; ranks are counted site by site.

    >>> [(act.kind, act.peer, act.part) for act in acts("ring", 2, 1, 0)]
    [('send', 1, 0), ('add', 1, 1), ('send', 1, 1), ('replace', 1, 0)]
    """
    if algorithm == "ring":
        return ring(range(sites * per_site), rank)
    first = rank - rank % per_site
    if rank != first:
        return tuple(Act(kind=kind, peer=first, part=0, parts=1) for kind in ("send", "replace"))
    mine = range(first + 1, first + per_site)
    return (
        *(Act(kind="add", peer=peer, part=0, parts=1) for peer in mine),
        *ring(range(0, sites * per_site, per_site), rank),
        *(Act(kind="send", peer=peer, part=0, parts=1) for peer in mine),
    )


def span(size: int, part: int, parts: int, grain: int = 8) -> tuple[int, int]:
    """Beginning and end of the `part`-th of `parts` of `size` bytes; whole grains, so that no number is cut.

    >>> span(100, 0, 3), span(100, 1, 3), span(100, 2, 3)
    ((0, 32), (32, 64), (64, 100))
    """
    grains = size // grain
    begin, end = (grains * number // parts * grain for number in (part, part + 1))
    return begin, size if part == parts - 1 else end


@dataclass(frozen=True, slots=True, kw_only=True)
class Training:
    """Data-parallel training with `per_site` workers at each of `sites` data centres.

    `bytes_per_s` is what TCP gets of the line between neighbours, `local_bytes_per_s` inside a data centre. `ways_s`
    are the delays from each site to the next and back, where they are not half of `rtt_s`. `steps` follow each other.
    """

    sites: int
    gradient_bytes: int
    compute_s: float
    bytes_per_s: float
    rtt_s: float
    local_bytes_per_s: float
    per_site: int = 1
    algorithm: Algorithm = "ring"
    buckets: int = 8
    overlap: bool = True
    ways_s: tuple[tuple[float, float], ...] = ()
    window_bytes: float = inf
    steps: int = 1

    def at_home(self) -> Training:
        """Training by the same workers in one data centre."""
        return dataclasses.replace(
            self, sites=1, per_site=self.sites * self.per_site, algorithm="ring", rtt_s=0.0, ways_s=()
        )


def ready_s(plan: Training) -> list[float]:
    """Instants, in s from the step's beginning, at which a worker has computed each bucket's gradients.

    With overlap they are spread over the backward pass; without, all buckets are ready at its end.
    """
    if not plan.overlap:
        return [plan.compute_s] * plan.buckets
    backward_s = plan.compute_s * (1 - FORWARD)
    return [plan.compute_s - backward_s * (1 - (number + 1) / plan.buckets) for number in range(plan.buckets)]


def sent_between_sites(plan: Training) -> float:
    """Bytes that each site sends to the next in a step: 2 (n - 1) / n of the gradients for a ring of n."""
    if plan.sites == 1:
        return 0.0
    size = plan.sites * plan.per_site if plan.algorithm == "ring" else plan.sites
    return 2 * (size - 1) / size * plan.gradient_bytes


def ways(plan: Training) -> list[Way]:
    """Ways from each worker to the next; of ways that repeat round the ring, those that stand for all."""
    local = Way(bytes_per_s=plan.local_bytes_per_s)
    if plan.sites == 1:
        return [local]
    trips = plan.ways_s or ((plan.rtt_s / 2, plan.rtt_s / 2),)
    inside = plan.per_site - 1 if plan.algorithm == "ring" else 0
    between = (
        Way(bytes_per_s=plan.bytes_per_s, out_s=out_s, back_s=back_s, window_bytes=plan.window_bytes)
        for out_s, back_s in (trips[:1] if len(set(trips)) == 1 else trips)
    )
    return [way for crossing in between for way in (*(local for _ in range(inside)), crossing)]


def step_s(plan: Training) -> float:
    """Time of a training step in s, the mean of its steps: what computing and `ring` make of lengths and rates.

    Of a hierarchy, a bucket goes to the site's first worker before it goes round, and comes back after it.

    *Not modelled:* loss; buckets of a hierarchy that wait for each other inside a data centre.
    """
    size = plan.sites * plan.per_site if plan.algorithm == "ring" or plan.sites == 1 else plan.sites
    if plan.sites * plan.per_site == 1:
        return plan.compute_s
    inside_s = 0.0
    if plan.algorithm == "hierarchical" and plan.per_site > 1 and plan.sites > 1:
        inside_s = plan.gradient_bytes / plan.buckets / plan.local_bytes_per_s
    ready = [own_s + inside_s for own_s in ready_s(plan)]
    part_bytes = plan.gradient_bytes / plan.buckets / size
    ring = Ring(ways(plan), part_bytes, 2 * (size - 1), ready, plan.steps)
    return ring.done_s(inside_s) / plan.steps


def fitted_bytes_per_compute_s(plan: Training, ratio: float) -> float:
    """Gradient bytes per second of computing with which a step of `plan` takes `ratio` times as long as at home.

    `plan.compute_s` stays; `plan.gradient_bytes` is ignored.

    Raises:
        ValueError: no amount of gradients gives this ratio: it is below that of the round trips alone, or above that
            of the lines alone.
    """
    low, high = 0, 1 << 60

    def ratio_with(gradient_bytes: int) -> float:
        tried = dataclasses.replace(plan, gradient_bytes=gradient_bytes)
        return step_s(tried) / step_s(tried.at_home())

    least, most = ratio_with(low), ratio_with(high)
    if not least <= ratio <= most:
        raise ValueError(f"a ratio of {ratio:g} is outside {least:.4g} to {most:.4g}, which these lines allow")
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if ratio_with(middle) <= ratio else (low, middle)
    return low / plan.compute_s
