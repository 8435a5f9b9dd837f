# SPDX-License-Identifier: BSD-3-Clause
"""How well does light arrive over each route, and which ways to run a transceiver does that leave?

Every row is GNPy's: a candidate route of a demand in one mode, every slot lit by neighbours of the same mode. What is
expected is checked by a second way to the same figure: routes are put together from fibres computed one by one (and
kept), so the longest lightpaths are propagated once more by GNPy from end to end over the whole network's export.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from apnemu.errors import InputError
from apnemu.experiments.quality.rows import quality_rows, route_text, sites_of
from apnemu.experiments.quality.shown import quality_figures, quality_table, sentence
from apnemu.model.plant import Plant
from apnemu.question.context import Row
from apnemu.question.experiment import Experiment
from apnemu.question.settings import Setting
from apnemu.question.verdict import Claim, Verdict, at_least, judge_rows, near, same, told_apart
from apnemu.report.shown import Shown

SAME_DB = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What `--set` may change."""

    k: Annotated[int, Setting("Candidate routes of each demand", low=1, high=50)] = 3
    mode: Annotated[tuple[str, ...], Setting("Transceiver modes that are judged, or all of the equipment's")] = ("all",)
    checked: Annotated[int, Setting("Lightpaths that GNPy propagates from end to end", low=0, high=1000)] = 3


def computed(plant: Plant, settings: Settings, seed: int) -> list[Row]:
    """A row for each demand, candidate route and mode. Raises InputError for no demands and for unknown modes."""
    if not plant.demands:
        raise InputError(f"{plant.name} asks for no light; add demands to the topology", file="--topology")
    names = {mode.name: mode for mode in plant.modes}
    wanted = tuple(names) if settings.mode == ("all",) else settings.mode
    unknown = [name for name in wanted if name not in names]
    if unknown:
        raise InputError(
            f"mode is '{unknown[0]}'; the equipment has {', '.join(names)}; for example --set mode=all", file="--set"
        )
    modes = [names[name] for name in dict.fromkeys(wanted)]
    return quality_rows(plant, k=settings.k, modes=modes, checked=settings.checked)


def expected(settings: Settings) -> str:
    """The answer, before the run."""
    return (
        "every lightpath of the plan has the margin that is wanted; a route that has more fibre through the same sites "
        "and some more has less GSNR; and GNPy from end to end over the exported network gives the "
        f"{'longest lightpath' if settings.checked == 1 else f'{settings.checked:g} longest lightpaths'} the same GSNR"
        f" within {SAME_DB:g} dB"
    )


def judge(results: Sequence[Row], settings: Settings) -> Verdict:
    """Every lightpath of the plan, and every route that goes on from another one."""
    by_route = {(row["mode"], row["route"]): row["gsnr_db"] for row in results}
    return judge_rows(
        results,
        lambda row: [*_of_lightpath(row), *_of_longer(row, by_route)],
        KEY,
        about="a lightpath of the plan or a route that goes on from another",
    )


def _of_lightpath(row: Mapping[str, Any]) -> Iterator[Claim]:
    if row["planned"]:
        margin_db, wanted_db = row["margin_db"], row["wanted_db"]
        if margin_db is not None:
            yield at_least("margin", margin_db, wanted_db, "dB")
        if margin_db is None or margin_db >= wanted_db:  # else the margin says by how much
            yield same("light that closes", bool(row["closes"]), True)
        if row["end_to_end_gsnr_db"] is not None:
            yield near("GSNR from end to end", row["end_to_end_gsnr_db"], row["gsnr_db"], SAME_DB, "dB")


def _of_longer(row: Mapping[str, Any], by_route: Mapping[tuple[str, str], float]) -> Iterator[Claim]:
    """A route has less GSNR than every route that it begins with."""
    sites = sites_of(row["route"])
    beginnings = [(row["mode"], route_text(sites[:length])) for length in range(2, len(sites))]
    shorter = [by_route[beginning] for beginning in beginnings if beginning in by_route]
    if not shorter:
        return
    gsnr_db, least_db = by_route[row["mode"], row["route"]], min(shorter)
    told, least = told_apart(gsnr_db, least_db, "dB")
    yield Claim(
        what="GSNR",
        measured=told,
        expected=f"less than the {least} of a route that it begins with",
        held=gsnr_db < least_db,
        excess=max(0.0, gsnr_db - least_db) / SAME_DB,
    )


KEY = ("demand", "rank", "mode")
EXPERIMENT = Experiment(
    name="quality",
    question="How well does light arrive over each route, and which modes does that leave?",
    topology="jpn12",
    networks=("apn",),
    settings=Settings,
    key=KEY,
    expected=expected,
    judge=judge,
    computed=computed,
    by_quality=True,
    shown=Shown(sentence=sentence, figures=(quality_figures,), table=quality_table),
)
