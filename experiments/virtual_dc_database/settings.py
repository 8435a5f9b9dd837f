# SPDX-License-Identifier: BSD-3-Clause
"""Settings of the database experiment; the sites and phases that they ask for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

from apnemu.question.clients import AFFORDABLE_GBPS
from apnemu.question.context import Context
from apnemu.question.plants import NEAR, far_names
from apnemu.question.settings import Setting
from apnemu.question.traffic import PROBE_BYTES

AfterCut = Literal["failover", "repair"]
AFTER_CUT: tuple[AfterCut, ...] = ("failover", "repair")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What `--set` may change."""

    distance_km: Annotated[
        tuple[float, ...], Setting("Distance from the primary to its standbys", "km", low=0, high=6000)
    ] = (0, 100, 1000, 3000)
    standbys: Annotated[int, Setting("Standbys at each distance, each in a data centre of its own", low=1, high=8)] = 1
    sync: Annotated[
        Literal["any", "first"], Setting("Choice of the standbys that a commit waits for: any, or the first ones")
    ] = "any"
    wait_for: Annotated[
        int, Setting("Number of standbys that a commit waits for; 0: none (asynchronous)", low=0, high=8)
    ] = 1
    script: Annotated[
        Literal["insert", "pgbench"], Setting("Transaction of the clients: one row inserted, or that of pgbench -N")
    ] = "insert"
    clients: Annotated[int, Setting("Clients at the same time", low=1, high=64)] = 1
    transactions: Annotated[int, Setting("Transactions of each client at most", low=20, high=1e7)] = 300
    seconds: Annotated[
        float, Setting("Virtual time of the transactions; 20 are made in any case", "s", low=0.01, high=3600)
    ] = 0.5
    load: Annotated[
        float,
        Setting(
            "Load of the packet network's lines by others, as a share of their rate; on the APN theirs are other"
            " wavelengths",
            low=0,
            high=0.98,
        ),
    ] = 0.0
    rate_gbps: Annotated[float, Setting("Rate of each lightpath", "Gbit/s", low=1, high=1600)] = AFFORDABLE_GBPS
    cut: Annotated[Literal["yes", "no"], Setting("Cut of the fibres to the last distance's standbys, at the end")] = (
        "yes"
    )
    after_cut: Annotated[
        tuple[AfterCut, ...], Setting("Action after the cut: the standby is promoted, or the fibre is mended")
    ] = AFTER_CUT
    dark_s: Annotated[float, Setting("Virtual time from the cut to the repair", "s", low=0.05, high=10)] = 1
    setup_s: Annotated[float, Setting("Virtual time until the servers are ready", "s", low=0.1, high=600)] = 1.5


def sites_at(settings: Settings) -> dict[float, tuple[str, ...]]:
    """The standbys' sites at each distance in km."""
    return {km: far_names(number, settings.standbys) for number, km in enumerate(distances(settings))}


def distances(settings: Settings) -> list[float]:
    """The distances asked for, and 0 km to compare with."""
    return list(dict.fromkeys((0.0, *settings.distance_km)))


def phase_at(km: float) -> str:
    """The phase of the transactions at a distance."""
    return f"{km:.12g} km"


def phase_of_cut(km: float, after: AfterCut) -> str:
    """The phase of a cut with this sequel."""
    return f"{'cut' if after == 'failover' else 'repair'} {km:.12g} km"


def furthest_rtt_ns(context: Context[Settings], sites: Sequence[str]) -> int:
    """The closed form's round trip from the primary to the furthest of some sites."""
    rtts = context.predicted_rtts(PROBE_BYTES)
    return max(rtts[NEAR, site] for site in sites)
