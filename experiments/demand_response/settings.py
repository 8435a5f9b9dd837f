# SPDX-License-Identifier: BSD-3-Clause
"""Settings of a call of the grid, and the cases that they ask for: each is a call of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from apnemu.model.siting import Connection
from apnemu.question.settings import Setting
from apnemu.units import clock_to_s

By = Literal["cap", "battery", "pause", "plant", "move"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What `--set` may change."""

    by: Annotated[
        tuple[By, ...],
        Setting("How sites draw less: power caps, batteries, paused jobs, own plants, or work that moves elsewhere"),
    ] = ("cap", "battery", "pause", "move")
    mw: Annotated[tuple[float, ...], Setting("Less load that is called for", "MW", low=0.001, high=100_000)] = (20.0,)
    hold_s: Annotated[int, Setting("Time for which it is called for", "s", low=1, high=86_400)] = 900
    rebound: Annotated[
        float,
        Setting(
            "Power at which work is made up afterwards, as a share of what was held back; 0: never", low=0, high=10
        ),
    ] = 1.0
    fault: Annotated[str, Setting("Feeder that fails: the others' limit is what is called for; empty: mw is")] = ""
    connection: Annotated[
        tuple[Literal["firm", "tripped"], ...],
        Setting("What sites behind the feeder that fails may draw: what the others carry too, or all of them together"),
    ] = ("tripped",)
    area: Annotated[str, Setting("Area that is called; empty: that of the largest data centre", example="tokyo")] = ""
    to: Annotated[
        str,
        Setting(
            "Site to which work may move; empty: outside the area, that with most room", example="osaka", of="site"
        ),
    ] = ""
    clock: Annotated[str, Setting("Instant of the call, which says what runs", example="12:00")] = "12:00"
    within_s: Annotated[
        float,
        Setting("Limit that the operator sets; behind a tripped feed it is the feed's", "s", low=0.001, high=86_400),
    ] = 300.0
    cap_s: Annotated[float, Setting("Declared time until a power cap acts", "s", low=0, high=3_600)] = 2.0
    cap_share: Annotated[float, Setting("Most that a cap takes of a job's power, as a share", low=0.01, high=1)] = 0.7
    battery_s: Annotated[float, Setting("Declared time until a battery gives", "s", low=0, high=3_600)] = 0.2
    pause_s: Annotated[float, Setting("Declared time until a job is saved and paused", "s", low=0, high=3_600)] = 30.0
    plant_s: Annotated[float, Setting("Declared time until an own plant gives", "s", low=0, high=3_600)] = 10.0
    rate_gbps: Annotated[
        float, Setting("Rate of the light that is asked for to move work", "Gbit/s", low=1, high=1_600)
    ] = 100.0
    dirty_bytes_per_s: Annotated[
        float, Setting("Rate at which work writes to its state while it moves", "bytes/s", low=0, high=1e12)
    ] = 0.0
    scale: Annotated[
        int,
        Setting("Factor by which bytes and rate of moves are divided; 0: below 100 GB a run", low=0, high=1_000_000),
    ] = 0

    def __post_init__(self) -> None:
        clock_s(self.clock)

    def acts_s(self, by: By) -> float:
        """Declared time until a lever acts; of a move none: it takes what it takes."""
        known = {"cap": self.cap_s, "battery": self.battery_s, "pause": self.pause_s, "plant": self.plant_s}
        return known.get(by, 0.0)


def clock_s(text: str) -> int:
    """Seconds after midnight of a clock time. Raises ValueError for a text that is none.

    >>> clock_s("12:30")
    45000
    """
    hours, colon, minutes = text.partition(":")
    if not (colon and hours.isascii() and hours.isdecimal() and len(hours) == 2 and len(minutes) == 2):
        raise ValueError(f"clock is {text!r}; it must be HH:MM, for example 12:00")
    if not (minutes.isascii() and minutes.isdecimal() and int(minutes) < 60 and int(hours) < 24):
        raise ValueError(f"clock is {text!r}; it must be from 00:00 to 23:59, for example 12:00")
    return clock_to_s(text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A call that is played: lever and MW, or lever and the connection behind which a line fails."""

    by: By
    mw: float
    connection: Connection | None

    @property
    def phase(self) -> str:
        """The stage in which it is played."""
        return f"{self.by} {self.connection}" if self.connection else f"{self.by} {self.mw:g} MW"


def cases(settings: Settings) -> list[Case]:
    """Every call, in the order in which they are played."""
    if settings.fault:
        connections = dict.fromkeys(settings.connection)
        return [Case(by=by, mw=0.0, connection=one) for by in dict.fromkeys(settings.by) for one in connections]
    return [
        Case(by=by, mw=mw, connection=None) for by in dict.fromkeys(settings.by) for mw in dict.fromkeys(settings.mw)
    ]
