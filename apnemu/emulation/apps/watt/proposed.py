# SPDX-License-Identifier: BSD-3-Clause
"""[guest] What a planner proposes, and the plan that carries out a part of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction

Series = Sequence[int]
Draws = Mapping[str, tuple[str, Sequence[tuple[float, float]]]]
"""Area of each site, and the lines (kW at no load, kW for each kW of load) whose greatest it needs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """State of a job that is to go from one site to another until a slot begins; `at` counts from a proposal's first
    slot."""

    job: str
    origin: str
    target: str
    at: int
    bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """Power of a job in the slots of a proposal: `base_kw` as it arrives, `total_kw` as proposed, `away_kw` of it by
    the site where it runs."""

    home: str
    base_kw: Series
    total_kw: Series
    away_kw: Mapping[str, Series] = field(default_factory=dict)
    bytes: int = 0
    whole: bool = False
    """Whether it is done as proposed or not at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Supplied:
    """Energy of a battery (above 0: it is charged) or of an own plant in each slot: `base_wh` while nothing shifts,
    `total_wh` as proposed."""

    base_wh: Series
    total_wh: Series

    def part(self, parts: Sequence[Fraction]) -> list[int]:
        """Energy where only a part of the change is carried out, for each slot its own."""
        both = zip(self.base_wh, self.total_wh, parts, strict=False)
        return [base + int(part * (total - base)) for base, total, part in both]


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """What a planner proposes from its first slot on: `stays_kw` is what does not move, by site, `change_kw` the
    change of what is drawn from the grid, by area and by feed of a site; `charge_wh` and `own_wh` are by site,
    `transfers` the state that moves, and `draws` what sites need for what runs there."""

    jobs: Mapping[str, Share]
    stays_kw: Mapping[str, Series]
    change_kw: Mapping[str, Series]
    charge_wh: Mapping[str, Supplied] = field(default_factory=dict)
    own_wh: Mapping[str, Supplied] = field(default_factory=dict)
    transfers: Sequence[Transfer] = ()
    draws: Draws = field(default_factory=dict)


def plan_of(proposal: Proposal, parts: Sequence[Fraction], first: int) -> dict[str, object]:
    """Body of the plan that carries out a part of a proposal, for each slot its own.

    >>> share = Share(home="a", base_kw=[10], total_kw=[10], away_kw={"b": [8]})
    >>> half = Proposal(jobs={"j": share}, stays_kw={"a": [1], "b": [2]}, change_kw={})
    >>> body = plan_of(half, [Fraction(1, 2)], 7)
    >>> body["kw"], body["work_kw"], body["moves"]
    ({'a': [7], 'b': [6]}, {'j': [6]}, [{'job': 'j', 'to': 'b', 'slot': 7, 'kw': 4, 'bytes': 0}])
    """
    kw = {site: list(series) for site, series in proposal.stays_kw.items()}
    work: dict[str, list[int]] = {}
    moves = []
    for name, share in proposal.jobs.items():
        work[name] = []
        for at, part in enumerate(parts):
            home = share.base_kw[at] + int(part * (share.total_kw[at] - share.base_kw[at]))
            for to, series in share.away_kw.items():
                away = min(int(part * series[at]), home)
                home -= away
                if away:
                    moves.append({"job": name, "to": to, "slot": first + at, "kw": away, "bytes": share.bytes})
                    kw[to][at] += away
            work[name].append(home)
            kw[share.home][at] += home
    for move in proposal.transfers:
        if size := int(parts[move.at] * move.bytes):
            between = {"job": move.job, "from": move.origin, "to": move.target}
            moves.append({**between, "slot": first + move.at, "kw": 0, "bytes": size})
    body: dict[str, object] = {"kw": kw, "work_kw": work, "moves": moves}
    for name, supplied in (("charge_wh", proposal.charge_wh), ("own_wh", proposal.own_wh)):
        if supplied:
            body[name] = {site: each.part(parts) for site, each in supplied.items()}
    return body


def later(proposal: Proposal, skip: int) -> Proposal:
    """The proposal from a later slot on."""

    def cut(by_name: Mapping[str, Series]) -> dict[str, Series]:
        return {name: series[skip:] for name, series in by_name.items()}

    jobs = {
        name: replace(share, base_kw=share.base_kw[skip:], total_kw=share.total_kw[skip:], away_kw=cut(share.away_kw))
        for name, share in proposal.jobs.items()
    }
    supplied = {
        name: {site: Supplied(base_wh=each.base_wh[skip:], total_wh=each.total_wh[skip:]) for site, each in of.items()}
        for name, of in (("charge_wh", proposal.charge_wh), ("own_wh", proposal.own_wh))
    }
    return Proposal(
        jobs=jobs,
        stays_kw=cut(proposal.stays_kw),
        change_kw=cut(proposal.change_kw),
        **supplied,
        transfers=[replace(move, at=move.at - skip) for move in proposal.transfers if move.at >= skip],
        draws=proposal.draws,
    )
