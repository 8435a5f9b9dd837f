# SPDX-License-Identifier: BSD-3-Clause
"""Signal quality of every candidate route in every mode, and what the plan makes of it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from math import isfinite

from apnemu.model.plant import Mode, Plant
from apnemu.model.quality import Judge, Quality, Verdict
from apnemu.optics import judge_of, network_of
from apnemu.optics.exchange import end_to_end_gsnr_db
from apnemu.planning import plan
from apnemu.planning.graph import Graph, Route
from apnemu.question.context import Row


def quality_rows(plant: Plant, *, k: int, modes: Sequence[Mode], checked: int) -> list[Row]:
    """A row for each demand, each of its k shortest routes and each mode, in that order.

    `planned` marks what `plan` lights. Of the planned ones the `checked` longest are propagated by GNPy once more, from
    end to end over the plant's export (`end_to_end_gsnr_db`, None elsewhere; an imported plant is judged that way
    always).

    Raises:
        InputError: a mode has no optical figures, or an imported plant does not fit its files.
    """
    judge = network_of(plant).judge_of(plant) if plant.gnpy else judge_of(plant)
    lit = {path.name: path for path in plan(plant, k=k, judge=judge).lightpaths}
    longest = sorted(lit.values(), key=lambda path: (-path.length_km, path.name))[: 0 if plant.gnpy else checked]
    whole_db = dict(
        zip(
            (path.name for path in longest),
            end_to_end_gsnr_db(plant, [(path.source, path.fibres, path.mode) for path in longest]),
            strict=True,
        )
    )
    graph = Graph(plant)
    rows = []
    for demand in plant.demands:
        path = lit.get(demand.name)
        for rank, route in enumerate(islice(graph.routes(demand.source, demand.target), k), 1):
            for mode in modes:
                planned = path is not None and (path.fibres, path.mode) == (route.fibres, mode.name)
                rows.append(
                    {
                        "demand": demand.name,
                        "from": demand.source,
                        "to": demand.target,
                        "demand_gbps": demand.rate_gbps,
                        "rank": rank,
                        "route": route_text(route.sites),
                        **_figures(route, mode, judge),
                        "planned": planned,
                        "end_to_end_gsnr_db": whole_db.get(demand.name) if planned else None,
                    }
                )
    return rows


def route_text(sites: Sequence[str]) -> str:
    """A route in a row."""
    return " > ".join(sites)


def sites_of(route: str) -> list[str]:
    """Sites of a route in a row.

    >>> sites_of(route_text(["tokyo", "nagoya", "osaka"]))
    ['tokyo', 'nagoya', 'osaka']
    """
    return route.split(" > ")


def _figures(route: Route, mode: Mode, judge: Judge) -> Row:
    quality = judge(route.fibres)
    verdict = quality.verdict(mode.name)
    bears = quality.weak_db == 0 and isfinite(verdict.penalty_db)
    return {
        "length_km": round(route.length_km, 6),
        "mode": mode.name,
        "rate_gbps": mode.rate_gbps,
        "closes": quality.closes(mode.name),
        "gsnr_db": verdict.gsnr_db,
        "worst_gsnr_db": verdict.worst_gsnr_db,
        "osnr_ase_db": verdict.osnr_ase_db,
        "need_db": verdict.need_db,
        "penalty_db": verdict.penalty_db if bears else None,
        "margin_db": verdict.margin_db if bears else None,
        "wanted_db": verdict.wanted_db,
        "dispersion_ps_per_nm": quality.dispersion_ps_per_nm,
        "pmd_ps": quality.pmd_ps,
        "reason": _why_not(quality, verdict),
    }


def _why_not(quality: Quality, verdict: Verdict) -> str:
    """What keeps the mode from closing; empty where it closes."""
    if quality.weak_db > 0:
        return f"light reaches a ROADM {quality.weak_db:.1f} dB too weak"
    if verdict.beyond:
        return f"does not bear {' nor '.join(verdict.beyond)}"
    return f"{verdict.missing_db:.2f} dB of margin are missing" if verdict.missing_db > 0 else ""
