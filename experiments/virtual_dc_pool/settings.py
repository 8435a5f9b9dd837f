# SPDX-License-Identifier: BSD-3-Clause
"""Settings of the pool experiment: the job, the sites, and the ways between them that they ask for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from apnemu.model.activities import Pair
from apnemu.placement.job import Form, Job
from apnemu.question.clients import AFFORDABLE_GBPS
from apnemu.question.plants import NEAR, far_names
from apnemu.question.settings import Setting


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What `--set` may change."""

    distance_km: Annotated[
        tuple[float, ...], Setting("Distance of the other sites from the first", "km", low=0, high=6000)
    ] = (0, 100, 1000)
    sizes_mw: Annotated[
        tuple[float, ...], Setting("IT power of the sites; the first holds the data", "MW", low=0.001, high=10_000)
    ] = (100, 50, 50)
    slot_mw: Annotated[float, Setting("IT power that the place of one task takes", "MW", low=0.001, high=1000)] = 1
    form: Annotated[
        tuple[Form, ...],
        Setting(
            "Form of the pool: one data centre of the summed size; copies, sites that each have all resources; or"
            " disaggregated, with processors, accelerators and storage at different sites"
        ),
    ] = ("one", "copies", "disaggregated")
    rate_gbps: Annotated[float, Setting("Rate of every lightpath", "Gbit/s", low=1, high=1600)] = AFFORDABLE_GBPS
    tasks: Annotated[int, Setting("Tasks in a round; 0: two for each slot", low=0, high=100_000)] = 0
    rounds: Annotated[
        int, Setting("Rounds of the job; each begins when all tasks of the last have ended", low=1, high=1_000_000)
    ] = 10
    cpu_s: Annotated[float, Setting("Declared time of a task on a processor", "s", low=0, high=1e6)] = 0.5
    gpu_s: Annotated[float, Setting("Declared time of a task on an accelerator", "s", low=0.000001, high=1e6)] = 2.0
    input_bytes: Annotated[
        int, Setting("Data of each task from storage to its processor", "bytes", low=0, high=1e11)
    ] = 50_000_000
    between_bytes: Annotated[
        int, Setting("Data of each task from its processor to its accelerator", "bytes", low=0, high=1e11)
    ] = 50_000_000
    output_bytes: Annotated[
        int, Setting("Data of each task from its accelerator to storage", "bytes", low=0, high=1e11)
    ] = 5_000_000
    seconds: Annotated[float, Setting("Virtual time of each measured rate", "s", low=0.001, high=100)] = 0.02


def slots(settings: Settings) -> list[int]:
    """The number of tasks that each site has room for at once."""
    return [int(size_mw // settings.slot_mw) for size_mw in settings.sizes_mw]


def job(settings: Settings) -> Job:
    """The job that is placed."""
    return Job(
        tasks=settings.tasks or 2 * sum(slots(settings)),
        rounds=settings.rounds,
        cpu_s=settings.cpu_s,
        gpu_s=settings.gpu_s,
        input_bytes=settings.input_bytes,
        between_bytes=settings.between_bytes,
        output_bytes=settings.output_bytes,
    )


def distances(settings: Settings) -> list[float]:
    """The distances asked for, once each, and 0 km, which stands for the inside of a data centre."""
    return list(dict.fromkeys((0.0, *settings.distance_km)))


def places(settings: Settings) -> dict[float, list[str]]:
    """The sites of the pool at each distance that was asked for."""
    others = len(settings.sizes_mw) - 1
    return {
        distance_km: [NEAR, *far_names(number, others)]
        for number, distance_km in enumerate(distances(settings))
        if distance_km in settings.distance_km
    }


def between(settings: Settings) -> list[Pair]:
    """The second and the third site at each distance, where they hold accelerators and storage."""
    if len(settings.sizes_mw) < 3 or "disaggregated" not in settings.form:
        return []
    return [(sites[1], sites[2]) for sites in places(settings).values()]


def ways(settings: Settings) -> list[Pair]:
    """Every direction that a form may use, the reference first."""
    asked: list[Pair] = [(NEAR, far_names(0, len(settings.sizes_mw) - 1)[0])]
    for sites in places(settings).values():
        for site in sites[1:]:
            asked += [(NEAR, site), (site, NEAR)]
    return list(dict.fromkeys([*asked, *between(settings)]))
