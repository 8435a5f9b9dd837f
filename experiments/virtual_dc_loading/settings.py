# SPDX-License-Identifier: BSD-3-Clause
"""Settings of the loading experiment, and the job that they ask for at each distance and depth."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import Annotated

from apnemu.errors import InputError
from apnemu.placement.loading import Loading
from apnemu.question.clients import AFFORDABLE_GBPS
from apnemu.question.context import Context
from apnemu.question.plants import NEAR, far_names
from apnemu.question.settings import Setting
from apnemu.question.traffic import PROBE_BYTES
from apnemu.units import ns_to_s

BATCH_BYTES, COMPUTE_S = 400 * 114_660, 0.224
"""A batch of ResNet-50, and an H100's time for it: MLPerf Storage's resnet50_h100 (mlcommons/storage, 400 records of
114,660 bytes, computation_time 0.224)."""
UNDER_WAY_BYTES = 1 << 29
"""Most data of all batches that are asked for at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What `--set` may change."""

    distance_km: Annotated[tuple[float, ...], Setting("Distance to the data", "km", low=0, high=6000)] = (0, 100, 1530)
    depth: Annotated[
        tuple[int, ...],
        Setting("Batches asked for ahead; 0: the next is asked for when the last is computed", low=0, high=1024),
    ] = (0, 1, 2)
    batch_bytes: Annotated[int, Setting("Data of a step", "bytes", low=4096, high=UNDER_WAY_BYTES)] = BATCH_BYTES
    compute_s: Annotated[float, Setting("Declared computing time of a step", "s", low=0.0001, high=1000)] = COMPUTE_S
    steps: Annotated[int, Setting("Least number of steps that are measured", low=1, high=100_000)] = 4
    rate_gbps: Annotated[float, Setting("Rate of each lightpath", "Gbit/s", low=0.1, high=1600)] = AFFORDABLE_GBPS


def check(settings: Settings) -> None:
    """Raises InputError for more under way than the lab holds."""
    most = max(settings.depth) * settings.batch_bytes
    if most > UNDER_WAY_BYTES:
        raise InputError(
            f"depth is {max(settings.depth)}; of {settings.batch_bytes} bytes each that is {most / 2**20:.0f} MiB under"
            f" way; the lab holds {UNDER_WAY_BYTES >> 20}; give at most {UNDER_WAY_BYTES // settings.batch_bytes}, or"
            " less batch_bytes",
            file="--set",
        )


def distances(settings: Settings) -> list[float]:
    """The distances asked for, and 0 km to compare with."""
    return list(dict.fromkeys((0.0, *settings.distance_km)))


def phase_at(km: float) -> str:
    """The phase of the stage with the data at a distance."""
    return f"{km:.12g} km"


def sites(settings: Settings) -> dict[float, str]:
    """Site of the data at each distance."""
    return {km: far_names(number)[0] for number, km in enumerate(distances(settings))}


def measured_steps(settings: Settings, depth: int) -> int:
    """Steps that are measured, once as many as are asked for ahead have gone by: whole rounds of `depth`."""
    return ceil(settings.steps / max(1, depth)) * max(1, depth)


def job(context: Context[Settings], site: str, depth: int) -> Loading:
    """The job with its data at a site."""
    pair = (site, NEAR)
    return Loading(
        batch_bytes=context.settings.batch_bytes,
        compute_s=context.settings.compute_s,
        depth=depth,
        rtt_s=ns_to_s(context.predicted_rtts(PROBE_BYTES)[pair]),
        line_bytes_per_s=context.line_bytes_per_s(pair),
        most_bytes_per_s=min(context.tcp_bytes_per_s(pair), context.line_bytes_per_s(pair)),
        window_bytes=context.plant.tcp_window_bytes,
    )
