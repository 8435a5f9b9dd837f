# SPDX-License-Identifier: BSD-3-Clause
"""Clients of one rate on all light, and routers' lines of the same: a comparison whose lines a lab can afford to fill.

Who gets which light is as the topology says; a slower client on it is an ordinary thing (a 10G port of a 100G
transceiver), and a packet network with lines of 100 Gbit/s has ten times the frames of one with 10.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated

from apnemu.model.assignment import Assignment
from apnemu.model.plant import Plant
from apnemu.question.settings import Setting

AFFORDABLE_GBPS = 10.0
"""Rate of both networks' lines where full lines of the packet network are played, unless somebody asks for another."""


@dataclass(frozen=True, kw_only=True)  # no slots: an experiment has it beside other settings
class ClientSettings:
    """Setting of an experiment whose clients may be slower than the light that the topology asks for."""

    rate_gbps: Annotated[
        float,
        Setting(
            "Rate of the lines of both networks, at most what the topology asks of light; 0: that",
            "Gbit/s",
            low=0,
            high=1600,
        ),
    ] = AFFORDABLE_GBPS


def with_lines(plant: Plant, settings: ClientSettings) -> Plant:
    """The plant with routers' lines as fast as the clients, where nobody has said theirs."""
    packet = plant.packet
    if not settings.rate_gbps or not packet.as_light:
        return plant
    packet = packet.at(min(settings.rate_gbps, packet.line_rate_gbps))
    return replace(plant, packet=replace(packet, as_light=False))


def with_clients(planned: Assignment, settings: ClientSettings) -> Assignment:
    """The plan with clients of a rate on all lightpaths that were asked for with more."""
    most_gbps = settings.rate_gbps or float("inf")
    slower = (replace(path, rate_gbps=min(path.rate_gbps, most_gbps)) for path in planned.lightpaths)
    return replace(planned, lightpaths=tuple(slower))
