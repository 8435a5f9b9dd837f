# SPDX-License-Identifier: BSD-3-Clause
"""One big data centre or many small ones: how many jobs run at once, and how many are refused, in closed form.

Jobs are alike, come as a Poisson process, hold their power for a while and are lost where none is free (Erlang 1917).
A site by itself holds the whole part of size / job; sites that work as one hold the whole part of what they have
together, since a job may lie across them. That is all that dispersal costs here: the remainders of small sites
(fragmentation), and the smoothing that a large pool has and small ones lack.

*Not modelled:* jobs that wait, jobs of different sizes, sites that fail.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from fractions import Fraction

from scipy.special import gammaincinv  # type: ignore[import-untyped]  # it ships no types

from apnemu.placement.allreduce import Training, step_s
from apnemu.planning.blocking.erlang import erlang_b

MOST_SITES = 1000
FORM = re.compile(r"(\d{1,4})x(\d{1,7}(?:\.\d{1,6})?)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """A form of dispersal: `sites` data centres of `site_mw` each."""

    sites: int
    site_mw: float

    def __post_init__(self) -> None:
        if not 1 <= self.sites <= MOST_SITES:
            raise ValueError(f"a form has {self.sites} sites; it must have 1 to {MOST_SITES}; write for example 10x100")
        if not self.site_mw > 0:
            raise ValueError(f"a site of a form has {self.site_mw:g} MW; it must be above 0; write for example 10x100")

    @property
    def total_mw(self) -> float:
        """Power of all sites."""
        return self.sites * self.site_mw


def form_of(text: str) -> Form:
    """The form that a text such as 10x100 stands for: ten sites of 100 MW.

    >>> form_of("100x2.5")
    Form(sites=100, site_mw=2.5)

    Raises:
        ValueError: the text is no form.
    """
    read = FORM.fullmatch(text)
    if read is None:
        raise ValueError(f"form is '{text}'; it must be SITESxMW with at most {MOST_SITES} sites; for example 10x100")
    return Form(sites=int(read[1]), site_mw=float(read[2]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    """Sites that work as one: `servers` jobs run there at once, and `share` of all arrivals ask there.

    There are `count` such pools.
    """

    sites: int
    servers: int
    share: float
    count: int = 1


def exact(value: float) -> Fraction:
    """The number as it is written in decimals, so that 0.3 holds three jobs of 0.1.

    >>> int(exact(0.3) / exact(0.1)), int(0.3 / 0.1)
    (3, 2)
    """
    return Fraction(repr(float(value)))


def job_of(job_mw: float, efficiency: float) -> Fraction:
    """MW of a job whose work takes `efficiency` times less energy than today's.

    >>> job_of(60, 1.5)
    Fraction(40, 1)
    """
    return exact(job_mw) / exact(efficiency)


def pools_of(form: Form, job: Fraction, pooled: int) -> tuple[Pool, ...]:
    """Pools of a form of which `pooled` sites work as one and every other by itself, for jobs of `job` MW.

    >>> pools_of(Form(sites=10, site_mw=100), Fraction(60), 0)
    (Pool(sites=1, servers=1, share=0.1, count=10),)
    >>> pools_of(Form(sites=10, site_mw=100), Fraction(60), 10)
    (Pool(sites=10, servers=16, share=1.0, count=1),)
    """
    size = exact(form.site_mw)
    found = []
    if pooled > 1:
        found.append(Pool(sites=pooled, servers=int(pooled * size / job), share=pooled / form.sites))
    alone = form.sites - (pooled if pooled > 1 else 0)
    if alone:
        found.append(Pool(sites=1, servers=int(size / job), share=1 / form.sites, count=alone))
    return tuple(found)


def pooled_sites(form: Form, share: float) -> int:
    """Whole sites that a share of a form's sites is: what is run as one cannot be a part of a site.

    >>> pooled_sites(Form(sites=10, site_mw=100), 0.3), pooled_sites(Form(sites=10, site_mw=100), 0.39)
    (3, 3)
    """
    return int(exact(share) * form.sites)


def at_once(pools: tuple[Pool, ...]) -> int:
    """Jobs that run at once."""
    return sum(pool.count * pool.servers for pool in pools)


def refused_share(pools: tuple[Pool, ...], offered_erlang: float) -> float:
    """Share of jobs that find no power free: Erlang B of each pool, weighed by what asks there.

    >>> one, ten = Form(sites=1, site_mw=1000), Form(sites=10, site_mw=100)
    >>> [f"{refused_share(pools_of(form, Fraction(10), 0), 84.0):.5f}" for form in (one, ten)]
    ['0.00987', '0.13997']
    """
    return math.fsum(pool.count * pool.share * erlang_b(offered_erlang * pool.share, pool.servers) for pool in pools)


def refused_sd(pools: tuple[Pool, ...], offered_erlang: float) -> float:
    """Standard deviation of the share refused, times the root of the number of jobs, where that is large.

    Refusals come in bursts, so that it is far above that of independent ones. Pools are independent of one another, and
    each takes its part of the jobs at random.

    >>> one = pools_of(Form(sites=1, site_mw=1), Fraction(1), 0)
    >>> round(refused_sd(one, 1.0), 6), round(refused_sd(pools_of(Form(sites=1, site_mw=100), Fraction(1), 0), 84.0), 3)
    (0.5, 0.328)
    """
    mean = refused_share(pools, offered_erlang)
    return math.sqrt(
        math.fsum(
            pool.count * pool.share * (_variance(a, pool.servers) + (erlang_b(a, pool.servers) - mean) ** 2)
            for pool in pools
            for a in (offered_erlang * pool.share,)
        )
    )


def refused_between(pools: tuple[Pool, ...], offered_erlang: float, jobs: int, beyond: float) -> tuple[float, float]:
    """Least and most share refused of so many jobs, each passed by chance `beyond` of a time in two.

    Refusals come in bursts, of which few jobs have few: their share is skewed to the right, and a normal distribution
    calls an honest draw impossible. A sum of bursts whose sizes are exponential is near to a gamma distribution, which
    has this mean, this variance and the skew 2 sd / mean; with many jobs it is the normal one. Less than a job is none.

    >>> one = pools_of(Form(sites=1, site_mw=100), Fraction(1), 0)
    >>> [[round(share, 4) for share in refused_between(one, 84.0, jobs, 0.05)] for jobs in (2_000, 2_000_000)]
    [[0.001, 0.0286], [0.0094, 0.0103]]
    """
    mean, sd = refused_share(pools, offered_erlang), refused_sd(pools, offered_erlang) / math.sqrt(jobs)
    if not sd or not mean:
        return mean, mean
    shape = (mean / sd) ** 2
    least, most = (float(gammaincinv(shape, share)) / shape * mean for share in (beyond / 2, 1 - beyond / 2))
    return least if least * jobs >= 1 else 0.0, min(1.0, max(most, 1 / jobs))


def _variance(load_erlang: float, servers: int) -> float:
    """Variance of the number refused per job, of one pool over a long time.

    Refusals less their mean, plus B(servers) / B(n) for each job that there is beyond n, are a martingale (Poisson's
    equation of a birth and death process); its jumps at arrivals and departures give B (1 - B)^2 + the sum over n below
    `servers` of p(n) ((d - B)^2 + d^2), d = B / B(n), where B(n) is Erlang B of n servers. O(servers).
    """
    logs = [n * math.log(load_erlang) - math.lgamma(n + 1) for n in range(servers + 1)]
    most = max(logs)
    weights = [math.exp(one - most) for one in logs]
    whole, blocking = math.fsum(weights), [1.0]
    for server in range(1, servers + 1):
        blocking.append(load_erlang * blocking[-1] / (server + load_erlang * blocking[-1]))
    last = blocking[-1]
    rest = (
        weight / whole * ((last / below - last) ** 2 + (last / below) ** 2)
        for weight, below in zip(weights[:-1], blocking, strict=False)
    )
    return last * (1 - last) ** 2 + math.fsum(rest)


def step_ratio(training: Training) -> float:
    """Time of a training step over the sites of `training`, in those of the same workers in one data centre."""
    return step_s(training) / step_s(training.at_home()) if training.sites > 1 else 1.0
