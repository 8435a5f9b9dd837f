# SPDX-License-Identifier: BSD-3-Clause
"""Settings of the siting experiment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from apnemu.model.siting import Connection
from apnemu.power.siting import CONDITIONS, Condition
from apnemu.question.settings import Setting

NEVER = "never"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What `--set` may change."""

    order: Annotated[tuple[Condition, ...], Setting("Conditions in the order in which candidates go through them")] = (
        CONDITIONS
    )
    need_mw: Annotated[float, Setting("Power that a new data centre asks for", "MW", low=0.001, high=1e6)] = 130
    years: Annotated[int, Setting("Years that are played, from the first booking on", low=1, high=100)] = 10
    release_after_years: Annotated[
        tuple[str, ...], Setting("Years after which a booking that is idle is released; never: it is not", "years")
    ] = (NEVER, "2")
    connection: Annotated[
        tuple[Connection, ...],
        Setting("Connection: firm; tripped, off on a fault; following, at most what is free at each hour"),
    ] = ("firm",)
    substation_km: Annotated[float, Setting("Farthest substation", "km", low=0, high=20_000)] = 50
    least_voltage_kv: Annotated[float, Setting("Least voltage of the substation", "kV", low=0, high=2_000)] = 0
    rtt_ms: Annotated[
        float, Setting("Longest round trip of light to the nearest exchange", "ms", low=0, high=10_000)
    ] = 10
    landing_km: Annotated[float, Setting("Farthest cable landing, over ground", "km", low=0, high=20_100)] = 20_100
    ha_per_mw: Annotated[float, Setting("Land that a MW needs", "ha", low=0, high=1_000)] = 0.1
    road_km: Annotated[float, Setting("Farthest trunk road", "km", low=0, high=20_000)] = 10
    away_km: Annotated[float, Setting("Least distance to each cluster of today", "km", low=0, high=20_000)] = 50
    target_mw: Annotated[float, Setting("Power of data centres that the country needs", "MW", low=0, high=1e9)] = 10_000

    def __post_init__(self) -> None:
        if len(set(self.order)) < len(self.order):
            raise ValueError(f"order is {','.join(self.order)}; each condition may come once; take the others out")
        for text in self.release_after_years:
            release(text)


def release(text: str) -> int | None:
    """Years that a word of `release_after_years` stands for; None is never.

    >>> release("never"), release("2")
    (None, 2)

    Raises:
        ValueError: the text is neither.
    """
    if text == NEVER:
        return None
    if not text.isdecimal() or int(text) > 100:
        limit = "it must be never, or whole years from 0 to 100"
        raise ValueError(f"release_after_years is '{text}'; {limit}; for example never,2")
    return int(text)
