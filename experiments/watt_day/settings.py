# SPDX-License-Identifier: BSD-3-Clause
"""Settings of a watt-bit day, and the days that they ask for: one for each combination."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import product
from typing import Annotated, Literal

from apnemu.experiments.watt_day.hiding import FIELDS, NOTHING, fields, with_nothing
from apnemu.model.power import Shift
from apnemu.power.horizon import Asked, Idle
from apnemu.power.planned import Believed
from apnemu.question.settings import Setting
from apnemu.units import NS_PER_S, S_PER_H

Forecasts = Literal["perfect", "naive", "noisy"]
Control = Literal["aggregator", "alone"]
TIME = r"(\d{2}):([0-5]\d)(?::([0-5]\d))?"
OUTAGE = re.compile(rf"(aggregator|centre|forecaster|tso|controller)@{TIME}-{TIME}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What `--set` may change."""

    shift: Annotated[
        tuple[Shift, ...], Setting("What a plan may do: as work arrives, in time at home, in space, or both")
    ] = ("none", "time", "space", "both")
    idle: Annotated[
        tuple[Idle, ...], Setting("GPUs never idle more than without a plan, or at their price, or free")
    ] = ("never",)
    forecast: Annotated[
        tuple[Forecasts, ...], Setting("What the planner believes: the truth, yesterday, or the truth with errors")
    ] = ("perfect",)
    flow: Annotated[
        tuple[Literal["known", "blind"], ...], Setting("Whether the planner knows how power flows over AC ties")
    ] = ("known",)
    control: Annotated[
        tuple[Control, ...], Setting("Who decides: the aggregator with the others, or each data centre alone")
    ] = ("aggregator",)
    jobs: Annotated[
        tuple[Literal["fluid", "whole"], ...], Setting("Whether work that is whole is one job, or many small ones")
    ] = ("fluid",)
    hide: Annotated[
        tuple[str, ...],
        Setting(f"What parties hide beside what the power file says, joined by +: {', '.join(FIELDS)}", example="jobs"),
    ] = ()
    drop: Annotated[
        tuple[Literal["demand", "weather", "compute"], ...],
        Setting("Inputs that the plan goes without, one after another: yesterday's slot stands in"),
    ] = ()
    pooled_share: Annotated[
        tuple[float, ...], Setting("Share of each site's room and work that is run as one with others'", low=0, high=1)
    ] = (1.0,)
    efficiency: Annotated[float, Setting("How many times as much work a MWh of IT does", low=0.01, high=1000)] = 1.0
    gpu_yen_per_it_mwh: Annotated[
        float | None, Setting("Worth of GPUs of 1 MW for an hour, in the file's currency", low=0, high=1e12)
    ] = None
    outage: Annotated[
        tuple[str, ...],
        Setting(
            "Who is killed and started again: NAME@HH:MM[:SS]-HH:MM[:SS]; aggregator, centre, tso, forecaster,"
            " controller"
        ),
    ] = ()
    sigma: Annotated[float, Setting("Error of a noisy forecast as a share of the mean", low=0, high=10)] = 0.1
    error: Annotated[Literal["normal", "uniform"], Setting("How a noisy forecast's errors are drawn")] = "normal"
    days: Annotated[int, Setting("Days to play", low=1, high=31)] = 1
    decision_s: Annotated[float, Setting("Declared time of the aggregator's decision", "s", low=0, high=1700)] = 60.0
    horizon: Annotated[int, Setting("Slots that a plan looks ahead", low=1, high=336)] = 48
    lease: Annotated[int, Setting("Slots for which a plan is good", low=1, high=48)] = 4
    scale: Annotated[
        int,
        Setting(
            "What bytes, rate and writes of all moves are divided by; 0: the least power of ten that keeps the run's"
            " moves below 100 GB (packet network: 10 GB), and one move of 10 to 100 GB at full size",
            low=0,
            high=10**12,
        ),
    ] = 0
    dirty_bytes_per_s: Annotated[
        float, Setting("Rate at which work writes to its state while it moves", "bytes/s", low=0, high=1e12)
    ] = 500_000_000.0
    transceivers: Annotated[int, Setting("Transceivers of each data centre for moves at once", low=1, high=64)] = 8
    battery_mwh: Annotated[
        float,
        Setting(
            "Battery of each site that has one, else of each that is a home of work; 0: as the topology says",
            "MWh",
            low=0,
            high=1e6,
        ),
    ] = 0.0
    battery_mw: Annotated[
        float,
        Setting("Power of such a battery; 0: its own, else half of battery_mwh in an hour", "MW", low=0, high=1e6),
    ] = 0.0
    round_trip: Annotated[
        float, Setting("Share of its charge that comes back; 0: its own, else 0.85", low=0, high=1)
    ] = 0.0
    yen_per_tco2: Annotated[float, Setting("Price of CO2 in the file's currency", "per t", low=0, high=1e9)] = 0.0

    def __post_init__(self) -> None:
        for text in self.outage:
            span = outage_s(text)
            if span is None or span[1] >= span[2]:
                raise ValueError(f"outage is {text}; it is NAME@HH:MM-HH:MM, such as aggregator@12:00-14:00")
        with_nothing(self.hide)


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """A day that is played: one combination of settings."""

    shift: Shift
    idle: Idle
    forecast: Forecasts
    flow: Literal["known", "blind"]
    control: Control
    jobs: Literal["fluid", "whole"] = "fluid"
    hide: str = NOTHING
    drop: str = NOTHING
    pooled_share: float = 1.0

    @property
    def phase(self) -> str:
        """The stage in which it is played; what is as usual is not named."""
        more = [
            "whole jobs" if self.jobs == "whole" else "",
            f"hides {self.hide}" if self.hide != NOTHING else "",
            f"without {self.drop}" if self.drop != NOTHING else "",
            f"pooled {self.pooled_share:g}" if self.pooled_share < 1 else "",
        ]
        names = (self.shift, self.idle, self.forecast, self.flow, self.control, *filter(None, more))
        return " ".join(names)

    @property
    def hides(self) -> tuple[str, ...]:
        """What parties hide on it."""
        return fields(self.hide)

    @property
    def drops(self) -> tuple[str, ...]:
        """Inputs that its plan goes without."""
        return fields(self.drop)

    def asked(self, settings: Settings) -> Asked:
        """What a plan of this day may do."""
        return Asked(
            shift=self.shift,
            idle=self.idle,
            flow=self.flow,
            jobs=self.jobs,
            days=settings.days,
            yen_per_tco2=settings.yen_per_tco2,
            gpu_yen_per_it_mwh=settings.gpu_yen_per_it_mwh,
            arrives=1,
        )

    def believed(self, settings: Settings, seed: int) -> Believed:
        """How the planner comes to believe what it believes."""
        return Believed(kind=self.forecast, sigma=settings.sigma, error=settings.error, seed=seed)


def days(settings: Settings) -> list[Day]:
    """Every combination, in the order in which they are played; alone, nobody hears what others would hide."""
    drops = dict.fromkeys((NOTHING, *settings.drop))
    asked = (settings.shift, settings.idle, settings.forecast, settings.flow, settings.control)
    found: dict[Day, None] = {}
    for names in product(*asked, settings.jobs, with_nothing(settings.hide), drops, settings.pooled_share):
        shift, idle, guess, flow, control, jobs, hide, drop, share = names
        if control == "alone":
            hide = drop = NOTHING
        day = Day(
            shift=shift,
            idle=idle,
            forecast=guess,
            flow=flow,
            control=control,
            jobs=jobs,
            hide=hide,
            drop=drop,
            pooled_share=share,
        )
        found[day] = None
    return list(found)


def outage_s(text: str) -> tuple[str, int, int] | None:
    """Role, begin and end of an outage, in s after the day's midnight; None for a text that is none.

    >>> outage_s("centre@12:00-14:30"), outage_s("noon")
    (('centre', 43200, 52200), None)
    >>> outage_s("tso@11:59:59-12:00")
    ('tso', 43199, 43200)
    """
    found = OUTAGE.fullmatch(text)
    if found is None:
        return None
    role, *figures = found.groups()
    h1, m1, s1, h2, m2, s2 = (int(figure or 0) for figure in figures)
    return role, h1 * S_PER_H + m1 * 60 + s1, h2 * S_PER_H + m2 * 60 + s2


def dead_ns(settings: Settings, role: str) -> list[list[int]]:
    """Spans in which parties of a role are dead: [from, until] in ns after the first slot, in order and apart."""
    spans = sorted(span for span in map(outage_s, settings.outage) if span is not None and span[0] == role)
    merged: list[list[int]] = []
    for _, since, until in spans:
        if merged and since <= merged[-1][1]:
            merged[-1][1] = max(merged[-1][1], until)
        else:
            merged.append([since, until])
    return [[since * NS_PER_S, until * NS_PER_S] for since, until in merged]
