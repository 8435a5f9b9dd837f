# SPDX-License-Identifier: BSD-3-Clause
"""Room of substations as it is booked year by year: who is connected, who is refused, what idle bookings keep back.

A request is served in the order of years, then of the list: it gets its room where all of it is left and the substation
is ready, and is refused for good otherwise. One that builds is connected; one that never does holds its room idle until
it is released, at the beginning of the year in which it has been idle for so many years.

*Not modelled:* requests that wait, that ask for less, or that ask elsewhere; the years that building takes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from apnemu.model.siting import Booking, Connection, Substation
from apnemu.power.pools import exact


@dataclass(frozen=True, slots=True, kw_only=True)
class Year:
    """State at a year's end, of all substations together, MW and numbers of requests since the beginning.

    `booked_mw` is all that is held, `connected_mw` what of it was built, `asked_mw` what those who build asked for.
    """

    year: int
    requests: int
    refused: int
    booked_mw: float
    connected_mw: float
    asked_mw: float
    room_mw: float

    @property
    def shortfall_mw(self) -> float:
        """What those who build asked for and did not get."""
        return self.asked_mw - self.connected_mw


@dataclass(frozen=True, slots=True, kw_only=True)
class Booked:
    """Years in their order, what each booking got (True: room), and what each substation has left at the end, MW."""

    years: tuple[Year, ...]
    served: tuple[bool, ...]
    left_mw: Mapping[str, float]


def book(
    substations: Sequence[Substation],
    bookings: Sequence[Booking],
    *,
    connection: Connection,
    release_after: int | None,
    first: int,
    years: int,
) -> Booked:
    """Serve bookings from the `first` year on for some `years`; `release_after` None lets idle ones hold for ever.

    Bookings of later years are not served. O(bookings x years).
    """
    by_name = {one.name: one for one in substations}
    room = {one.name: exact(one.room_mw(connection)) for one in substations}
    held: dict[int, Booking] = {}
    served = [False] * len(bookings)
    found = []
    asked = refused = 0
    asked_mw = connected_mw = Fraction(0)
    for year in range(first, first + years):
        for number in [number for number, one in held.items() if _lapses(one, year, release_after)]:
            room[held[number].at] += exact(held.pop(number).mw)
        for number, one in enumerate(bookings):
            if one.year != year:
                continue
            asked += 1
            asked_mw += exact(one.mw) if one.builds else 0
            if by_name[one.at].ready_year > year or room[one.at] < exact(one.mw):
                refused += 1
                continue
            served[number] = True
            held[number] = one
            room[one.at] -= exact(one.mw)
            connected_mw += exact(one.mw) if one.builds else 0
        found.append(
            Year(
                year=year,
                requests=asked,
                refused=refused,
                booked_mw=float(sum(exact(one.mw) for one in held.values())),
                connected_mw=float(connected_mw),
                asked_mw=float(asked_mw),
                room_mw=sum(one.room_mw(connection) for one in substations if one.ready_year <= year),
            )
        )
    left = {name: float(mw) for name, mw in room.items()}
    return Booked(years=tuple(found), served=tuple(served), left_mw=left)


def _lapses(booking: Booking, year: int, release_after: int | None) -> bool:
    """Whether an idle booking is released at the beginning of a year."""
    return (
        not booking.builds
        and release_after is not None
        and year >= booking.year + release_after
        and year > booking.year
    )


def first_year(substations: Sequence[Substation], bookings: Sequence[Booking]) -> int:
    """The first year in which anybody books, or, without bookings, in which a substation is ready."""
    known = [one.year for one in bookings] or [one.ready_year for one in substations]
    return min(known, default=0)
