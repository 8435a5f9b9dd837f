# SPDX-License-Identifier: BSD-3-Clause
"""Settings that every experiment has: they replace what the topology says of the packet network."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Annotated, Literal

from apnemu.blueprint.tcp import UNSCALED_BYTES, scaled_window_bytes
from apnemu.errors import InputError
from apnemu.model.plant import ETHERNET_HEADER_BYTES, Plant
from apnemu.question.settings import Setting
from apnemu.units import us_to_ns


@dataclass(frozen=True, slots=True, kw_only=True)
class PacketSettings:
    """What replaces the topology's packet network; None leaves what the topology says."""

    line_rate_gbps: Annotated[
        float | None,
        Setting(
            "Rate of the packet network's lines; else the topology's, or as fast as light that is asked for",
            unit="Gbit/s",
            low=0.001,
            high=1600,
            example="10",
        ),
    ] = None
    buffer_bytes: Annotated[
        int | None,
        Setting("Size of the queue at a router's port", unit="bytes", low=1514, high=1e10, example="1250000"),
    ] = None
    mark_us: Annotated[
        float | None,
        Setting(
            "Length of a queue, in time at its line's rate, from which on it marks frames (ECN), at a router's port or"
            " before a wavelength that is shared; 0: no queue marks, and dctcp is not to be had",
            unit="us",
            low=0,
            high=1e6,
            example="50",
        ),
    ] = None
    mtu_bytes: Annotated[
        int | None, Setting("Largest IP datagram", unit="bytes", low=576, high=65_535, example="1500")
    ] = None
    tcp_window_bytes: Annotated[
        int | None,
        Setting(
            "Most that a TCP connection has under way in a round trip, rounded down to 65,535 x 2^n, on both networks;"
            " untuned Linux (tcp_wmem 4 MiB, tcp_rmem 6 MiB): 4194304; else TCP's largest, 1 GiB",
            unit="bytes",
            low=UNSCALED_BYTES,
            high=1 << 30,
            example="4194304",
        ),
    ] = None
    background: Annotated[
        Literal["none", "poisson", "pareto"] | None, Setting("Kind of background traffic", example="poisson")
    ] = None


def with_packet_settings(plant: Plant, settings: PacketSettings) -> Plant:
    """The plant with the packet network's settings put in. Raises InputError for a queue that holds no frame."""
    changed = {name: value for name in ("buffer_bytes", "mtu_bytes") if (value := getattr(settings, name)) is not None}
    if settings.buffer_bytes is not None:
        changed["buffer_ns"] = 0
    if settings.mark_us is not None:
        changed |= {"mark_ns": us_to_ns(settings.mark_us), "mark_bytes": 0}
    background = plant.packet.background
    if settings.background is not None:
        background = dataclasses.replace(background, kind=settings.background)
    if settings.mtu_bytes is not None:
        longest = settings.mtu_bytes + ETHERNET_HEADER_BYTES
        background = dataclasses.replace(background, frame_bytes=min(background.frame_bytes, longest))
    if settings.line_rate_gbps is not None:
        changed["as_light"] = False
    packet = dataclasses.replace(plant.packet, **changed, background=background)
    packet = packet.at(settings.line_rate_gbps or packet.line_rate_gbps)
    if packet.buffer_bytes < packet.mtu_bytes + ETHERNET_HEADER_BYTES:
        raise InputError(
            f"buffer_bytes is {packet.buffer_bytes}; a frame of mtu_bytes={packet.mtu_bytes} has "
            f"{packet.mtu_bytes + ETHERNET_HEADER_BYTES}; give at least that",
            file="--set",
        )
    if packet.mark_bytes > packet.buffer_bytes:
        raise InputError(
            f"mark_us is {packet.mark_ns / 1e3:g}, {packet.mark_bytes} bytes of the line; a queue holds"
            f" {packet.buffer_bytes}, and what is not in it cannot be marked; give less, or a larger buffer_bytes",
            file="--set",
        )
    window_bytes = settings.tcp_window_bytes
    tcp_window_bytes = plant.tcp_window_bytes if window_bytes is None else scaled_window_bytes(window_bytes)
    return dataclasses.replace(plant, packet=packet, tcp_window_bytes=tcp_window_bytes)
