# SPDX-License-Identifier: BSD-3-Clause
"""Figures of all files put together: each slot of each thing once, no gap, all things with the same slots.

A figure that a file has twice must be the same both times (monthly files overlap). A gap is refused where the next slot
stands, since a filled one would be invented.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Literal

from apnemu.errors import InputError
from apnemu.units import S_PER_DAY

QUANTITIES = ("demand_mw", "solar_mw", "wind_mw", "curtailed_mw", "import_mw", "kgco2_per_mwh", "flow_mw")
"""Columns of a profile in their order; prices, whose name has a currency, stand behind curtailed_mw."""
JAPAN = timedelta(hours=9)
NOON = (10, 14)
"""Hours of a day, by the file's own clock, in which the sun gives an area something on any day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Place of a figure: file and line."""

    file: str
    line: int

    def fail(self, message: str) -> InputError:
        """The refusal of the figure."""
        return InputError(message, file=self.file, line=self.line)


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A profile: figures of `things` from `begin` on, in slots of `slot_s`: thing -> quantity -> a figure a slot.

    `notes` is what a person should know of what was read.
    """

    thing: Literal["area", "tie"]
    begin: datetime
    slot_s: int
    slots: int
    values: Mapping[str, Mapping[str, Sequence[float]]]
    notes: tuple[str, ...] = ()

    @property
    def quantities(self) -> tuple[str, ...]:
        """Quantities that any thing has, in the order of a profile's columns."""
        found = dict.fromkeys(name for of in self.values.values() for name in of)
        prices = [name for name in found if name.startswith("price_")]
        return tuple(name for name in (*QUANTITIES[:4], *prices, *QUANTITIES[4:]) if name in found)


@dataclass(kw_only=True)
class Gathered:
    """What was read so far: thing -> instant -> quantity -> figure, and where it stands."""

    thing: Literal["area", "tie"]
    slot_s: int = 0
    notes: list[str] = field(default_factory=list)
    figures: dict[str, dict[datetime, dict[str, tuple[float, Origin]]]] = field(default_factory=dict)

    def add(self, thing: str, begin: datetime, slot_s: int, values: Mapping[str, float], origin: Origin) -> None:
        """Take the figures of a slot. Raises InputError for another length of slots, and for a contradiction."""
        if self.slot_s not in (0, slot_s):
            fact = f"slots are {slot_s} s long, above they are {self.slot_s} s"
            raise origin.fail(f"{fact}; all must be equal; import files with other slots by themselves")
        self.slot_s = slot_s
        if S_PER_DAY % slot_s or slot_s > 3600:
            limit = "it must be at most 3600, and a day a whole number of slots"
            raise origin.fail(f"slots are {slot_s} s long; {limit}; get the file in half hours or hours")
        held = self.figures.setdefault(thing, {}).setdefault(begin, {})
        for name, value in values.items():
            before = held.get(name)
            if before is not None and before[0] != value:
                where = f"{before[1].file}:{before[1].line}"
                told = f"{name} of {thing} at {_shown(begin)} is {value:g}; {where} has {before[0]:g}"
                raise origin.fail(f"{told}; a slot has one figure; take one of the two out")
            held[name] = (value, origin)

    def note(self, text: str) -> None:
        """Keep what a person should know, once."""
        if text not in self.notes:
            self.notes.append(text)

    def table(self) -> Table:
        """The profile. Raises InputError for gaps, things with other slots, and figures that lack."""
        if not self.figures:
            raise InputError("the files have no figures; give files with some", file="FILE")
        for thing, slots in self.figures.items():
            self._check_row(thing, slots)
        first, *others = self.figures
        begins = sorted(self.figures[first])
        for thing in others:
            self._check_same(first, begins, thing, sorted(self.figures[thing]))
        self._check_kinds()
        values = {
            thing: {name: [slots[begin][name][0] for begin in begins] for name in slots[begins[0]]}
            for thing, slots in self.figures.items()
        }
        return Table(
            thing=self.thing,
            begin=begins[0],
            slot_s=self.slot_s,
            slots=len(begins),
            values=values,
            notes=tuple(self.notes),
        )

    def _check_row(self, thing: str, slots: Mapping[datetime, Mapping[str, tuple[float, Origin]]]) -> None:
        """Refuse gaps between the slots of a thing, figures that some slots lack, and a sun that never shines."""
        begins = sorted(slots)
        names = list(dict.fromkeys(name for held in slots.values() for name in held))
        for begin in begins:
            origin = next(iter(slots[begin].values()))[1]
            for name in names:
                if name not in slots[begin]:
                    told = f"{thing} has no {name} at {_shown(begin)}, and has it in other slots"
                    raise origin.fail(f"{told}; all slots must have the same figures; give the file that has it")
        for before, after in pairwise(begins):
            gone_s = round((after - before).total_seconds())
            if gone_s != self.slot_s:
                origin = next(iter(slots[after].values()))[1]
                raise origin.fail(self._gap(thing, before, after, gone_s))
        self._check_sun(thing, slots)

    def _gap(self, thing: str, before: datetime, after: datetime, gone_s: int) -> str:
        told = f"after {_shown(before)} of {thing} comes {_shown(after)}"
        if gone_s % self.slot_s:
            return f"{told}, no whole number of slots of {self.slot_s} s; slots must follow one another; mend the times"
        missing = gone_s // self.slot_s - 1
        slots = f"{missing} slot{'' if missing == 1 else 's'} of {self.slot_s} s"
        return f"{told}: {slots} missing; slots must follow one another; give a further file with them, or get it again"

    def _check_sun(self, thing: str, slots: Mapping[datetime, Mapping[str, tuple[float, Origin]]]) -> None:
        """Refuse days on which the sun gives nothing about noon, and does on others: zeros in place of blanks.

        It holds for Japan's clock, by which there is no polar night.
        """
        noons: dict[object, list[tuple[float, Origin]]] = {}
        for begin, held in sorted(slots.items()):
            if "solar_mw" in held and begin.utcoffset() == JAPAN and NOON[0] <= begin.hour < NOON[1]:
                noons.setdefault(begin.date(), []).append(held["solar_mw"])
        dark = {day: found for day, found in noons.items() if all(value == 0 for value, _ in found)}
        if 0 < len(dark) < len(noons):
            day, found = next(iter(dark.items()))
            told = f"solar_mw of {thing} is 0 from {NOON[0]} to {NOON[1]} o'clock of {day}, and is not on other days"
            raise found[0][1].fail(f"{told}: zeros in place of figures that lack; get the file again")

    def _check_kinds(self) -> None:
        """Refuse things that lack a figure which another one has: a profile has the same columns for all."""
        has = {thing: next(iter(slots.values())) for thing, slots in self.figures.items()}
        for name, owner in {name: thing for thing, held in reversed(has.items()) for name in held}.items():
            for thing, held in has.items():
                if name not in held:
                    origin = next(iter(held.values()))[1]
                    told = f"{thing} has no {name}, and {owner} has it"
                    raise origin.fail(
                        f"{told}; all must have the same figures; give a file with it, or leave {thing} out"
                    )

    def _check_same(self, first: str, begins: Sequence[datetime], thing: str, own: Sequence[datetime]) -> None:
        for ours, theirs, at, word in ((own[0], begins[0], 0, "begins"), (own[-1], begins[-1], -1, "ends")):
            if ours != theirs:
                origin = next(iter(self.figures[thing][own[at]].values()))[1]
                told = f"{thing} {word} with the slot of {_shown(ours)}, {first} with that of {_shown(theirs)}"
                raise origin.fail(f"{told}; all must have the same slots; give files of the same days")


def empty_at_the_end(gathered: Gathered, file: str, lines: Sequence[int], last: int) -> None:
    """Note lines without figures behind a file's last one with some: slots that had not come yet."""
    late = [line for line in lines if line > last]
    if late:
        gathered.note(f"{file}: {len(late)} lines from {late[0]} on have no figures yet; the profile ends before them")


def not_below_zero(name: str, thing: str, value: float, origin: Origin) -> None:
    """Refuse a figure below 0 that cannot be, and a demand of 0: zeros of a provider stand for figures that lack."""
    if value < 0:
        raise origin.fail(f"{name} of {thing} is {value:g}; it must be 0 or more; mend the sign, or get the file again")
    if name == "demand_mw" and value == 0:
        told = f"{name} of {thing} is 0, which no area's is: zeros in place of figures that lack"
        raise origin.fail(f"{told}; it must be above 0; get the file again")


def _shown(instant: datetime) -> str:
    return instant.isoformat(timespec="minutes")
