# SPDX-License-Identifier: BSD-3-Clause
"""Settings of the migration experiment, and the migration that they ask for on each path."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from apnemu.blueprint.tcp import payload_share
from apnemu.placement.precopy import Migration, Pattern
from apnemu.question.clients import AFFORDABLE_GBPS
from apnemu.question.context import Context
from apnemu.question.plants import NEAR, far_names
from apnemu.question.settings import Setting
from apnemu.units import gbps_to_bytes_per_s, ns_to_s

LONGEST_FRAME_BYTES = 1514
CALL_S = 500e-9
"""Time of a system call in the lab, unless a run asks for another (`--syscall-cost-ns`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What `--set` may change."""

    distance_km: Annotated[
        tuple[float, ...], Setting("Distance between the two data centres", "km", low=0, high=6000)
    ] = (10, 100, 1000)
    rate_gbps: Annotated[
        tuple[float, ...],
        Setting(
            "Rate of each path; the packet network's lines have the highest, and a sender holds itself to its own",
            "Gbit/s",
            low=0.1,
            high=1600,
        ),
    ] = (AFFORDABLE_GBPS,)
    memory_bytes: Annotated[int, Setting("Size of the machine's memory", "bytes", low=65_536, high=1e13)] = (
        1_073_741_824
    )
    dirty_bytes_per_s: Annotated[
        float, Setting("Declared rate at which the machine writes to its memory", "bytes/s", low=0, high=1e13)
    ] = 500_000_000.0
    page_bytes: Annotated[int, Setting("Page in which written memory is tracked", "bytes", low=4096, high=1 << 30)] = (
        65_536
    )
    pattern: Annotated[
        Pattern, Setting("Order of the writes: through all memory again and again, or each at a random place")
    ] = "sequential"
    stop_bytes: Annotated[int, Setting("Memory that may be left when the machine stops", "bytes", low=0, high=1e12)] = (
        4_194_304
    )
    most_rounds: Annotated[int, Setting("Rounds after which the machine stops in any case", low=1, high=10_000)] = 30
    machines: Annotated[int, Setting("Machines that move at once on each path", low=1, high=64)] = 1
    verify: Annotated[
        Literal["no", "yes"], Setting("Comparison of the memories of both ends, which takes twice the lab's memory")
    ] = "no"


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """A migration from the near site to `site` over a path of its own."""

    distance_km: float
    rate_gbps: float
    site: str
    plan: Migration

    @property
    def phase(self) -> str:
        """The stage in which it happens."""
        return f"{self.distance_km:.12g} km {self.rate_gbps:.12g} Gbit/s"


def paths(settings: Settings) -> list[tuple[float, float, str]]:
    """(distance in km, rate in Gbit/s, far site), each with a lightpath of its own."""
    asked = [(km, gbps) for km in settings.distance_km for gbps in settings.rate_gbps]
    return [(km, gbps, far_names(number)[0]) for number, (km, gbps) in enumerate(asked)]


def moves(context: Context[Settings]) -> list[Move]:
    """The migration on each path of this network; the packet network has its lines' rate and no more."""
    settings = context.settings
    asked: dict[tuple[float, float], Move] = {}
    rtts_ns = context.predicted_rtts(LONGEST_FRAME_BYTES)
    for km, asked_gbps, site in paths(settings):
        if (NEAR, site) not in rtts_ns:
            continue
        gbps = min(asked_gbps, context.line_rate_gbps((NEAR, site)))
        share = payload_share(context.plant.packet.mtu_bytes)
        plan = Migration(
            memory_bytes=settings.memory_bytes,
            dirty_bytes_per_s=settings.dirty_bytes_per_s,
            bytes_per_s=gbps_to_bytes_per_s(gbps) * share / settings.machines,
            rtt_s=ns_to_s(rtts_ns[NEAR, site]),
            page_bytes=settings.page_bytes,
            pattern=settings.pattern,
            stop_bytes=settings.stop_bytes,
            most_rounds=settings.most_rounds,
            call_s=CALL_S,
            window_bytes=context.plant.tcp_window_bytes,
        )
        asked.setdefault((km, gbps), Move(distance_km=km, rate_gbps=gbps, site=site, plan=plan))
    return list(asked.values())
