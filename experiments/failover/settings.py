# SPDX-License-Identifier: BSD-3-Clause
"""Schemes by which light is kept alive or routers learn of a cut, and what else `--set` may change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from apnemu.question.controller import CONTROLLER
from apnemu.question.settings import Setting

LightScheme = Literal["1+1", "restoration-prepared", "restoration-computed"]
PacketScheme = Literal["ospf", "ospf-bfd", "ospf-link"]
Scheme = Literal[LightScheme, PacketScheme]
LIGHT: tuple[LightScheme, ...] = ("1+1", "restoration-prepared", "restoration-computed")
PACKET: tuple[PacketScheme, ...] = ("ospf", "ospf-bfd", "ospf-link")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What `--set` may change."""

    scheme: Annotated[
        tuple[Scheme, ...], Setting("Schemes by which light is kept alive, or the packet network learns of a cut")
    ] = (*LIGHT, *PACKET)
    event: Annotated[
        str,
        Setting(
            "Fibre to cut; empty: the topology's scenario, else the busiest fibre", example="tokyo-nagoya", of="fibre"
        ),
    ] = ""
    controller: Annotated[str, CONTROLLER] = ""
    packet_gap_us: Annotated[
        float, Setting("Time between frames that are counted, the same under all schemes", "us", low=100, high=1e6)
    ] = 5000.0
    hello_s: Annotated[int, Setting("Time between OSPF's hellos; RFC 2328's sample is 10", "s", low=1, high=60)] = 10
    dead_s: Annotated[
        int, Setting("Silence after which OSPF holds a neighbour dead; RFC 2328's sample is 40", "s", low=2, high=300)
    ] = 40
    bfd_ms: Annotated[int, Setting("Time between BFD packets; FRR's default is 300", "ms", low=50, high=1000)] = 300
    bfd_multiplier: Annotated[
        int, Setting("BFD packets missed until a neighbour is gone; FRR's default is 3", low=2, high=50)
    ] = 3
