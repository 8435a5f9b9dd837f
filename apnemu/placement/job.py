# SPDX-License-Identifier: BSD-3-Clause
"""A job in rounds, and the three forms of the pool that does it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Form = Literal["one", "copies", "disaggregated"]
"""Form of a pool: a single data centre of the summed size; a small whole data centre at every site; or processors,
accelerators and storage each at a site of their own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A job: `rounds` of `tasks` alike, a barrier behind each round (bulk-synchronous: Valiant, CACM 33(8), 1990).

    A task reads `input_bytes` from storage, computes `cpu_s` on a processor, hands `between_bytes` to an accelerator,
    computes `gpu_s` there, and writes `output_bytes` to storage. Both times are declared.

    *Not modelled:* tasks that differ, talk among themselves, or fail.
    """

    tasks: int
    rounds: int
    cpu_s: float
    gpu_s: float
    input_bytes: int
    between_bytes: int
    output_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A site's part of a pool: how many processors and accelerators it has (a slot is one of each in a whole site)."""

    site: str
    cpus: int
    gpus: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    """A pool: `places` in the order that breaks ties; all data lies at the site `storage`."""

    places: tuple[Place, ...]
    storage: str

    @property
    def cpus(self) -> int:
        """Processors of all places."""
        return sum(place.cpus for place in self.places)

    @property
    def gpus(self) -> int:
        """Accelerators of all places."""
        return sum(place.gpus for place in self.places)


def pool_of(form: Form, slots: dict[str, int], *, inside: str) -> Pool:
    """Make the pool of `form` out of sites with `slots` each; the first site holds the storage unless disaggregated.

    `inside` names the place of the form `one`, which holds everything. Disaggregated: processors at the first site,
    accelerators at the second, storage at the third (of two sites: at the first), as many of each as all slots
    together.

    Raises:
        ValueError: the form is disaggregated and there is a single site.
    """
    total = sum(slots.values())
    sites = list(slots)
    if form == "one":
        return Pool(places=(Place(site=inside, cpus=total, gpus=total),), storage=inside)
    if form == "copies":
        places = tuple(Place(site=site, cpus=count, gpus=count) for site, count in slots.items())
        return Pool(places=places, storage=sites[0])
    if len(sites) < 2:
        raise ValueError("a disaggregated pool needs two sites at least")
    processors = Place(site=sites[0], cpus=total, gpus=0)
    accelerators = Place(site=sites[1], cpus=0, gpus=total)
    return Pool(places=(processors, accelerators), storage=sites[2] if len(sites) > 2 else sites[0])


def lower_bound_s(job: Job, pool: Pool) -> float:
    """Time of the job, in s, that no schedule beats, however good the network.

    A round takes at least the longest of three: the computing of a single task; all work of the processors, and the
    accelerator's part of the last task behind it; the processor's part of the first task, and all work of the
    accelerators behind it.

    >>> job = Job(tasks=4, rounds=2, cpu_s=1, gpu_s=2, input_bytes=0, between_bytes=0, output_bytes=0)
    >>> lower_bound_s(job, pool_of("copies", {"a": 1, "b": 1}, inside=""))
    10.0
    """
    return job.rounds * max(
        job.cpu_s + job.gpu_s,
        job.tasks * job.cpu_s / pool.cpus + job.gpu_s,
        job.cpu_s + job.tasks * job.gpu_s / pool.gpus,
    )
