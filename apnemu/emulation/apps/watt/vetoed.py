# SPDX-License-Identifier: BSD-3-Clause
"""[guest] What is left of a proposal with whole jobs that operators do not grant: some of these stay as they arrive.

A grant says that a part of a slot's change is borne, not which jobs of it. So the largest that fit into that part are
kept, the others stay, and operators are asked again for what that changes. Fluid work is scaled down in the end.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction

from apnemu.emulation.apps.watt.proposed import Proposal, Share, plan_of
from apnemu.emulation.apps.watt.tso import feed_name

ROUNDS = 6
"""Most times that operators are asked about one slot's plan."""


def shifted_kw(share: Share, at: int) -> int:
    """Power of a job in a slot that runs elsewhere, or more or less than arrives."""
    away = sum(series[at] for series in share.away_kw.values())
    return away + abs(share.total_kw[at] - share.base_kw[at])


def too_much(proposal: Proposal, parts: Sequence[Fraction]) -> dict[int, list[str]]:
    """Whole jobs, by slot, that do not fit into the part that is granted of it: the smallest, at least one."""
    found: dict[int, list[str]] = {}
    for at, part in enumerate(parts):
        kw = {name: shifted_kw(share, at) for name, share in proposal.jobs.items() if share.whole}
        moved = sorted((name for name in kw if kw[name]), key=lambda name: (-kw[name], name))
        if part < 1 and moved:
            left = part * sum(kw.values())
            dropped = []
            for name in moved:
                if kw[name] <= left:
                    left -= kw[name]
                else:
                    dropped.append(name)
            found[at] = dropped or moved[-1:]
    return found


def stayed(proposal: Proposal, dropped: Mapping[int, Collection[str]]) -> Proposal:
    """The proposal in which some jobs stay as they arrive in some slots; areas and feeds then draw what sites need."""
    jobs = dict(proposal.jobs)
    for at, names in dropped.items():
        for name in names:
            share = jobs[name]
            jobs[name] = replace(
                share,
                total_kw=_with(share.total_kw, at, share.base_kw[at]),
                away_kw={to: _with(series, at, 0) for to, series in share.away_kw.items()},
            )
    transfers = [move for move in proposal.transfers if move.job not in dropped.get(move.at, ())]
    after = replace(proposal, jobs=jobs, transfers=transfers)
    change = {name: list(series) for name, series in proposal.change_kw.items()}
    loads = [_loads(each) for each in (proposal, after)]
    for site, (area, lines) in proposal.draws.items():
        for at in dropped:
            had, has = (max(none + slope * of[site][at] for none, slope in lines) for of in loads)
            for name in (area, feed_name(site)):
                change[name][at] += round(has - had)
    return replace(after, change_kw=change)


def parts_of(proposal: Proposal, parts: Sequence[Fraction]) -> list[Fraction]:
    """Part of each slot's change that is carried out: all or nothing of it where a whole job is shifted."""
    whole = [share for share in proposal.jobs.values() if share.whole]
    return [
        Fraction(int(part)) if any(shifted_kw(share, at) for share in whole) else part for at, part in enumerate(parts)
    ]


def _loads(proposal: Proposal) -> Mapping[str, Sequence[int]]:
    slots = max((len(series) for series in proposal.change_kw.values()), default=0)
    kw = plan_of(proposal, [Fraction(1)] * slots, 0)["kw"]
    assert isinstance(kw, dict)
    return kw


def _with(series: Sequence[int], at: int, kw: int) -> list[int]:
    return [*series[:at], kw, *series[at + 1 :]]
