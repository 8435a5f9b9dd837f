# SPDX-License-Identifier: BSD-3-Clause
"""Settings of the training experiment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from apnemu.errors import InputError
from apnemu.placement.allreduce import Algorithm
from apnemu.placement.training_models import ModelName
from apnemu.question.settings import Setting

LOWEST_GBPS = 0.001


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What `--set` may change."""

    sites: Annotated[int, Setting("Data centres that train together", low=2, high=16)] = 2
    distance_km: Annotated[
        tuple[float, ...] | None, Setting("Distance between neighbours", "km", low=0, high=20_000, example="35,350")
    ] = None
    rtt_ms: Annotated[float, Setting("Round trip between neighbours; 0: the topology's", "ms", low=0, high=10_000)] = 0
    rate_gbps: Annotated[
        float, Setting("Rate of light between neighbours; 0: the topology's", "Gbit/s", low=0, high=1600)
    ] = 0
    model: Annotated[ModelName, Setting("Model whose gradients and computing time are taken")] = "gpt2-medium"
    compute_s: Annotated[float, Setting("Declared computing time of a step; 0: the model's", "s", low=0, high=1e5)] = 0
    gradient_bytes: Annotated[int, Setting("Size of a step's gradients; 0: the model's", "bytes", low=0, high=1e13)] = 0
    steps: Annotated[int, Setting("Training steps, one after another", low=1, high=1000)] = 1
    algorithm: Annotated[Algorithm, Setting("Algorithm that sums the gradients")] = "ring"
    workers: Annotated[int, Setting("Workers in each data centre", low=1, high=16)] = 1
    buckets: Annotated[int, Setting("Buckets that the gradients are summed in", low=1, high=4096)] = 8
    overlap: Annotated[tuple[Literal["on", "off"], ...], Setting("Overlap of the sum with the backward pass")] = ("on",)
    collective: Annotated[
        Literal["own", "gloo"],
        Setting("Collective operation: the workers' own, or beside it a small sum by torch.distributed over gloo"),
    ] = "own"
    local_gbps: Annotated[
        float, Setting("Rate of a connection inside a data centre", "Gbit/s", low=0.001, high=10_000)
    ] = 100
    fit_ratio: Annotated[
        float, Setting("Published ratio that the gradients are fitted to; 0: none", low=0, high=1e6)
    ] = 0
    fit_rtt_ms: Annotated[float, Setting("Round trip at which the ratio was published", "ms", low=0, high=10_000)] = 15
    fit_rate_gbps: Annotated[
        float, Setting("Rate at which the ratio was published", "Gbit/s", low=0.001, high=1600)
    ] = 0.3


def check(settings: Settings) -> None:
    """Raises InputError for a distance given twice over, and for a rate that is next to nothing."""
    if settings.distance_km and settings.rtt_ms:
        raise InputError("distance_km and rtt_ms both say how far it is; give one of them", file="--set")
    if 0 < settings.rate_gbps < LOWEST_GBPS:
        raise InputError(
            f"rate_gbps is {settings.rate_gbps:g}; give 0 (as the topology) or at least {LOWEST_GBPS:g}",
            file="--set",
        )


def lengths_km(settings: Settings) -> list[float | None]:
    """The distances that are asked for; None is the topology's, or that of `rtt_ms`."""
    return [*settings.distance_km] if settings.distance_km else [None]
