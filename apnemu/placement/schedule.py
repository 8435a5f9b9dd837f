# SPDX-License-Identifier: BSD-3-Clause
"""Scheduling of tasks onto sites, one task after another, each at the site where it will be done first.

List scheduling by earliest finish (as HEFT chooses places: Topcuoglu, Hariri, Wu, IEEE TPDS 13(3), 2002): a task is
placed beside what earlier tasks have taken of processors, accelerators and links. Ties go to the earlier place. Every
resource serves in the order of placement, so that a schedule can be carried out; it is not claimed to be the best.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from heapq import heapify, heapreplace

from apnemu.placement.job import Job, Place, Pool
from apnemu.placement.links import Links


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """Schedule of a job: when it is done, the share of the accelerators' time that was computing, and how many tasks of
    a round each place with accelerators took."""

    makespan_s: float
    utilisation: float
    tasks_at: dict[str, int]


@dataclass(slots=True)
class _Taken:
    """Instants at which each resource is free again, in s from the round's beginning."""

    cpus: dict[str, list[float]]
    gpus: dict[str, list[float]]
    links: dict[tuple[str, str], float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Trial:
    """Instants at which the steps of a task would end at a pair of places, in s from the round's beginning."""

    cpu: Place
    gpu: Place
    loaded_s: float
    cpu_done_s: float
    handed_s: float
    gpu_done_s: float
    done_s: float


def schedule(job: Job, pool: Pool, links: Links) -> Schedule:
    """Place every task of a round; rounds are alike, since a barrier stands between them. O(tasks x places).

    Raises:
        KeyError: a transfer that the pool needs was not measured.
        ValueError: the pool has no processors or no accelerators.
    """
    if not pool.cpus or not pool.gpus:
        raise ValueError(f"the pool has {pool.cpus} processors and {pool.gpus} accelerators; it needs some of each")
    taken = _Taken(
        cpus={place.site: [0.0] * place.cpus for place in pool.places},
        gpus={place.site: [0.0] * place.gpus for place in pool.places},
    )
    for heap in (*taken.cpus.values(), *taken.gpus.values()):
        heapify(heap)
    whole = [(place, place) for place in pool.places if place.cpus and place.gpus]
    pairs = whole or [(cpu, gpu) for cpu in pool.places if cpu.cpus for gpu in pool.places if gpu.gpus]
    tasks_at = {gpu.site: 0 for _, gpu in pairs}
    round_s = 0.0
    for _ in range(job.tasks):
        best = min((_try(job, pool, links, taken, *pair) for pair in pairs), key=lambda trial: trial.done_s)
        _take(job, pool, links, taken, best)
        tasks_at[best.gpu.site] += 1
        round_s = max(round_s, best.done_s)
    return Schedule(
        makespan_s=job.rounds * round_s,
        utilisation=job.tasks * job.gpu_s / (pool.gpus * round_s) if round_s else 0.0,
        tasks_at=tasks_at,
    )


def _try(job: Job, pool: Pool, links: Links, taken: _Taken, cpu: Place, gpu: Place) -> _Trial:
    loaded_s = _arrives(links, taken, (pool.storage, cpu.site), job.input_bytes, 0.0)
    cpu_done_s = max(loaded_s, taken.cpus[cpu.site][0]) + job.cpu_s
    handed_s = _arrives(links, taken, (cpu.site, gpu.site), job.between_bytes, cpu_done_s)
    gpu_done_s = max(handed_s, taken.gpus[gpu.site][0]) + job.gpu_s
    done_s = _arrives(links, taken, (gpu.site, pool.storage), job.output_bytes, gpu_done_s)
    return _Trial(cpu, gpu, loaded_s, cpu_done_s, handed_s, gpu_done_s, done_s)


def _take(job: Job, pool: Pool, links: Links, taken: _Taken, trial: _Trial) -> None:
    heapreplace(taken.cpus[trial.cpu.site], trial.cpu_done_s)
    heapreplace(taken.gpus[trial.gpu.site], trial.gpu_done_s)
    for way, size, ready_s in (
        ((pool.storage, trial.cpu.site), job.input_bytes, 0.0),
        ((trial.cpu.site, trial.gpu.site), job.between_bytes, trial.cpu_done_s),
        ((trial.gpu.site, pool.storage), job.output_bytes, trial.gpu_done_s),
    ):
        link = links[way]
        if link.shared and size:
            taken.links[way] = max(taken.links.get(way, 0.0), ready_s) + link.busy_s(size)


def _arrives(links: Links, taken: _Taken, way: tuple[str, str], size: int, ready_s: float) -> float:
    """Instant, in s, at which the last byte of a transfer arrives that may begin at `ready_s`."""
    if not size:
        return ready_s
    link = links[way]
    begins_s = max(ready_s, taken.links.get(way, 0.0)) if link.shared else ready_s
    return begins_s + link.busy_s(size) + link.after_s(size)
