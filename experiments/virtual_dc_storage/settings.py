# SPDX-License-Identifier: BSD-3-Clause
"""Settings of the storage experiment, and what the lab cannot do of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from apnemu.errors import InputError
from apnemu.placement.remote_disk import Direction
from apnemu.question.clients import AFFORDABLE_GBPS
from apnemu.question.settings import Setting

DEVICE_NS = 10_000
"""A fast drive's order of magnitude: Intel Optane DC P5800X, 74,875 reads of 4 KiB a second one after another, which is
13 us with its host's software (kitguru.net, review of the 800 GB drive, page 7)."""
SECTOR_BYTES = 4096
UNDER_WAY_BYTES = 1 << 27
"""Most data of all commands under way: the lab maps each page of fio's buffers on its own, and a host maps no more
than 65,530."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What `--set` may change."""

    distance_km: Annotated[tuple[float, ...], Setting("Distance to the disk", "km", low=0, high=6000)] = (0, 100, 1000)
    block_bytes: Annotated[
        tuple[int, ...], Setting("Data of each command", "bytes", low=SECTOR_BYTES, high=1 << 20)
    ] = (4096, 131_072, 1_048_576)
    queue_depth: Annotated[tuple[int, ...], Setting("Commands under way at once", low=1, high=1000)] = (1, 8, 32, 128)
    rw: Annotated[
        tuple[Direction, ...], Setting("Direction of the commands; their places on the disk are drawn at random")
    ] = ("read", "write")
    device_ns: Annotated[int, Setting("Time of the disk itself for each command", "ns", low=1, high=1e10)] = DEVICE_NS
    inline_data_bytes: Annotated[
        int,
        Setting(
            "Most data that goes with a write command; the disk asks for more in a second round trip",
            "bytes",
            low=4096,
            high=1 << 20,
        ),
    ] = 16_384
    seconds: Annotated[float, Setting("Least virtual time in which a point is measured", "s", low=0.01, high=10)] = 0.1
    training_bytes: Annotated[
        int, Setting("Size of the training set that is read at the end; 0: none", "bytes", low=0, high=1 << 37)
    ] = 1 << 30
    training_jobs: Annotated[
        int, Setting("Jobs that read the training set, each its part in order", low=1, high=64)
    ] = 4
    training_block_bytes: Annotated[
        int, Setting("Data of each read of the training set", "bytes", low=SECTOR_BYTES, high=1 << 20)
    ] = 1_048_576
    training_queue_depth: Annotated[int, Setting("Reads that each job has under way at once", low=1, high=128)] = 4
    load: Annotated[
        float, Setting("Load of the packet network's lines by others, as a share of their rate", low=0, high=0.98)
    ] = 0
    rate_gbps: Annotated[float, Setting("Rate of each lightpath", "Gbit/s", low=1, high=1600)] = AFFORDABLE_GBPS
    setup_s: Annotated[float, Setting("Virtual time until the disk is connected", "s", low=0.1, high=600)] = 1.5


def check(settings: Settings) -> None:
    """Raises InputError for blocks that are no sectors, a training set that is too small, and too much under way."""
    for name, sizes in (
        ("block_bytes", settings.block_bytes),
        ("training_block_bytes", (settings.training_block_bytes,)),
    ):
        for size in sizes:
            if size % SECTOR_BYTES:
                raise InputError(
                    f"{name} is {size}; the disk has sectors of {SECTOR_BYTES} bytes; give a multiple, for example"
                    f" {-(-size // SECTOR_BYTES) * SECTOR_BYTES}",
                    file="--set",
                )
    jobs, block = settings.training_jobs, settings.training_block_bytes
    if 0 < settings.training_bytes < jobs * block:
        raise InputError(
            f"training_bytes is {settings.training_bytes}; {jobs} jobs read blocks of {block} bytes; give at least"
            f" {jobs * block}, or 0: no training set",
            file="--set",
        )
    _check_under_way("queue_depth", max(settings.queue_depth), max(settings.block_bytes))
    _check_under_way("training_queue_depth", settings.training_queue_depth, jobs * block)


def _check_under_way(name: str, depth: int, each_bytes: int) -> None:
    if depth * each_bytes > UNDER_WAY_BYTES:
        raise InputError(
            f"{name} is {depth}; of {each_bytes} bytes each that is {depth * each_bytes >> 20} MiB under way; the lab"
            f" holds {UNDER_WAY_BYTES >> 20}; give at most {UNDER_WAY_BYTES // each_bytes}, or smaller blocks",
            file="--set",
        )


def distances(settings: Settings) -> list[float]:
    """The distances asked for, and 0 km to compare with."""
    return list(dict.fromkeys((0.0, *settings.distance_km)))


def depths(settings: Settings) -> list[int]:
    """The numbers of commands asked for, and one alone."""
    return list(dict.fromkeys((1, *settings.queue_depth)))


def phase_at(km: float) -> str:
    """The phase of the stage with the disk at a distance."""
    return f"{km:.12g} km"
