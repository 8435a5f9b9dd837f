# SPDX-License-Identifier: BSD-3-Clause
"""Settings of the disaster experiment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from apnemu.power.poles import Placing
from apnemu.question.controller import CONTROLLER
from apnemu.question.settings import Setting
from apnemu.units import NS_PER_S, gbps_to_bytes_per_s

Replication = Literal["sync", "async"]
LONGEST_GAP_NS = 10_000_000
"""Longest time between two writes: what is lost is told to one write."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What `--set` may change."""

    hazard: Annotated[
        tuple[str, ...], Setting("Hazards of the power file; empty: all that it has", example="nankai")
    ] = ()
    poles: Annotated[tuple[int, ...], Setting("Data centres that share the service in equal parts", low=1, high=64)] = (
        1,
        2,
        4,
        8,
    )
    placing: Annotated[
        tuple[Placing, ...],
        Setting("Where further poles stand: the farthest from each other outside the hazard, or the nearest"),
    ] = ("apart",)
    spare: Annotated[
        float, Setting("Room that each pole keeps free for others' work, as a share of its own", low=0, high=100)
    ] = 0.5
    replication: Annotated[
        tuple[Replication, ...], Setting("Whether a write counts once the keeper of copies has it, or at once")
    ] = ("sync", "async")
    keeper: Annotated[
        str,
        Setting(
            "Data centre that keeps copies; empty: that with the nearest farthest pole", example="osaka", of="site"
        ),
    ] = ""
    write_gbps: Annotated[float, Setting("Data that each pole writes", "Gbit/s", low=0.001, high=20)] = 1.0
    write_bytes: Annotated[int, Setting("Data of one write", "bytes", low=1000, high=1_000_000)] = 25_000
    rate_gbps: Annotated[float, Setting("Rate of the light that is asked for", "Gbit/s", low=1, high=1600)] = 100.0
    lit_pairs: Annotated[
        int,
        Setting(
            "Pairs left for which light is asked after the hazard; evenly out of all where there are more",
            low=0,
            high=200,
        ),
    ] = 66
    owner: Annotated[str, Setting("Owner's country of the cables that count; empty: all", example="JP")] = ""
    controller: Annotated[str, CONTROLLER] = ""

    def __post_init__(self) -> None:
        if self.write_gbps >= self.rate_gbps:
            fact = f"write_gbps is {self.write_gbps:g} and rate_gbps {self.rate_gbps:g}"
            raise ValueError(f"{fact}; light must carry more than is written; make write_gbps smaller")
        if self.gap_ns > LONGEST_GAP_NS:
            fact = (
                f"writes of {self.write_bytes} bytes at {self.write_gbps:g} Gbit/s are {self.gap_ns / 1e6:g} ms apart"
            )
            raise ValueError(f"{fact}; they may be at most {LONGEST_GAP_NS / 1e6:g}; give smaller write_bytes")
        for name in ("hazard", "poles", "placing", "replication"):
            given = getattr(self, name)
            twice = next((value for value in given if given.count(value) > 1), None)
            if twice is not None:
                raise ValueError(f"{name} has {twice} twice; each is played once; take one out")

    @property
    def gap_ns(self) -> int:
        """Time between two writes."""
        return self.write_bytes * NS_PER_S // gbps_to_bytes_per_s(self.write_gbps)
