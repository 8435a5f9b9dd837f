# SPDX-License-Identifier: BSD-3-Clause
"""Figures of one form of dispersal: played job by job, with the closed form beside them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from apnemu.placement.allreduce import Training, sent_between_sites, step_s
from apnemu.placement.training_models import MODELS, ModelName
from apnemu.power.pools import (
    Form,
    at_once,
    exact,
    job_of,
    pooled_sites,
    pools_of,
    refused_between,
    refused_sd,
    refused_share,
    step_ratio,
)
from apnemu.power.pools_simulated import fill, play
from apnemu.question.context import Row
from apnemu.units import S_PER_DAY, fibre_delay_ns, gbps_to_bytes_per_s, ns_to_s

TCP_SHARE = (1500 - 52) / (1500 + 14)
"""Share of a line that TCP carries as payload: IPv4 and TCP with time stamps in an Ethernet frame of 1,500 bytes."""
BEYOND = 1 / 300
"""Chance that an honest row is called wrong: of the twelve that a run has by default one in 25 runs."""
NORMAL_95 = 1.96
"""Half width, in standard deviations, of the interval that holds 95 % of a normal distribution."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines:
    """What joins the sites, and the model that a divided job trains over them."""

    model: ModelName
    distance_km: float
    rate_gbps: float
    local_gbps: float

    def training(self, sites: int) -> Training:
        """A step of training over so many sites, a worker at each."""
        trained = MODELS[self.model]
        return Training(
            sites=sites,
            gradient_bytes=trained.gradient_bytes,
            compute_s=trained.compute_s,
            bytes_per_s=gbps_to_bytes_per_s(self.rate_gbps) * TCP_SHARE,
            rtt_s=ns_to_s(2 * fibre_delay_ns(self.distance_km)),
            local_bytes_per_s=gbps_to_bytes_per_s(self.local_gbps) * TCP_SHARE,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A form, whether jobs may be divided over its pooled sites, and what is asked of it.

    `load` is what jobs ask for, as a share of all power, at growth 1 and efficiency 1.
    """

    form: Form
    name: str
    split: bool
    pooled_share: float
    job_mw: float
    load: float
    growth: float
    efficiency: float


def row_of(case: Case, lines: Lines, *, requests: int, seed: int) -> Row:
    """The row of a case."""
    form, job = case.form, job_of(case.job_mw, case.efficiency)
    pooled = pooled_sites(form, case.pooled_share) if case.split else 0
    pools = pools_of(form, job, pooled)
    offered = float(exact(case.load) * exact(form.total_mw) / exact(case.job_mw) * exact(case.growth))
    played = play(form, job, pooled, offered_erlang=offered, requests=requests, seed=seed)
    carried = offered * (1 - played.refused_share)
    least, most = refused_between(pools, offered, requests, BEYOND)
    carried_mw = carried * float(job)
    return {
        "form": case.name,
        "split": case.split,
        "pooled_share": case.pooled_share if case.split else 0.0,
        "pooled_sites": pooled if pooled > 1 else 0,
        "job_mw": case.job_mw,
        "growth": case.growth,
        "efficiency": case.efficiency,
        "offered_erlang": offered,
        "at_once": fill(form, job, pooled),
        "closed_at_once": at_once(pools),
        "refused": played.refused_share,
        "ci95": NORMAL_95 * refused_sd(pools, offered) / math.sqrt(requests),
        "erlang_b": refused_share(pools, offered),
        "least_refused": least,
        "most_refused": most,
        "requests": requests,
        "utilisation": carried_mw / form.total_mw,
        "total_mw": carried_mw,
        **_between_sites(played.spans, carried, lines),
    }


def _between_sites(spans: Mapping[int, int], running: float, lines: Lines) -> Row:
    """Mean sites of a job, the time of its step in those of one data centre, and TB between sites in a day.

    `running` is the mean number of jobs at work. There is no figure where no job ran at all.
    """
    jobs = sum(spans.values())
    if not jobs:
        return {"sites_per_job": None, "step_ratio": None, "wan_tb": 0.0}
    share = {sites: count / jobs for sites, count in spans.items()}
    return {
        "sites_per_job": math.fsum(part * sites for sites, part in share.items()),
        "step_ratio": math.fsum(part * _ratio(lines, sites) for sites, part in share.items()),
        "wan_tb": running * math.fsum(part * _tb_a_day(lines, sites) for sites, part in share.items()),
    }


@cache
def _ratio(lines: Lines, sites: int) -> float:
    return step_ratio(lines.training(sites))


@cache
def _tb_a_day(lines: Lines, sites: int) -> float:
    """TB that all sites of one job send to the next ones in a day of training."""
    if sites == 1:
        return 0.0
    training = lines.training(sites)
    return sites * sent_between_sites(training) * S_PER_DAY / step_s(training) / 1e12
