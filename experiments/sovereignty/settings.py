# SPDX-License-Identifier: BSD-3-Clause
"""Settings of a run on the data of a zone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from apnemu.question.controller import CONTROLLER
from apnemu.question.settings import Setting


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What `--set` may change."""

    zone: Annotated[
        str, Setting("Zone that binds all its data centres; empty: as the topology binds them", example="kyushu-only")
    ] = ""
    attempts: Annotated[
        int, Setting("Attempts to get data out of the zone, of all kinds in turn", low=1, high=2000)
    ] = 100
    revoke_at_s: Annotated[
        float, Setting("When the owner withdraws its light, counted from its request", "s", low=1, high=3600)
    ] = 120.0
    obey: Annotated[
        bool, Setting("Whether zones are obeyed; no: nothing is bound, and the same attempts show what leaves then")
    ] = True
    rate_gbps: Annotated[float, Setting("Rate of the light within the zone", "Gbit/s", low=0.1, high=1600)] = 100.0
    transceivers: Annotated[int, Setting("Transceivers of each data centre", low=2, high=64)] = 4
    controller: Annotated[str, CONTROLLER] = ""
