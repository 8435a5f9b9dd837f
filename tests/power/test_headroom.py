# SPDX-License-Identifier: BSD-3-Clause
"""Room of substations as it is booked: printed cases, and an account kept by hand beside random ones."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apnemu.model.siting import Booking, Connection, Substation
from apnemu.power.headroom import Booked, book, first_year


def substation(name: str = "s", **given: object) -> Substation:
    given = {"lat": 35.0, "lon": 135.0, "voltage_kv": 66.0, "ready_year": 2000, "headroom_mw": 500.0} | given
    return Substation(name=name, **given)  # type: ignore[arg-type]  # fields of a substation


def ten(idle: tuple[int, ...] = (1, 3, 5), mw: float = 100) -> list[Booking]:
    return [
        Booking(at="s", owner=f"o-{number}", mw=mw, year=2025 + number, builds=number not in idle)
        for number in range(1, 11)
    ]


def booked(bookings: list[Booking], release: int | None, **given: object) -> Booked:
    first = first_year([substation()], bookings)
    return book([substation(**given)], bookings, connection="firm", release_after=release, first=first, years=10)


@pytest.mark.parametrize(("release", "connected", "refused"), [(None, 200, 5), (2, 500, 2)])
def test_idle_bookings_keep_others_away_until_they_are_released(
    release: int | None, connected: float, refused: int
) -> None:
    last = booked(ten(), release).years[-1]
    assert (last.connected_mw, last.refused, last.requests, last.year) == (connected, refused, 10, 2035)
    assert last.shortfall_mw == 700 - connected


def test_a_substation_that_is_not_ready_refuses() -> None:
    found = booked(ten(idle=()), None, ready_year=2028)
    assert found.served == (False, False, True, True, True, True, True, False, False, False)
    assert [year.room_mw for year in found.years][:3] == [0, 0, 500]


def test_what_is_written_in_decimals_fits_in_decimals() -> None:
    found = booked(ten(idle=(), mw=0.1), None, headroom_mw=0.3)
    assert sum(found.served) == 3 and found.left_mw == {"s": 0}


@pytest.mark.parametrize(
    ("given", "room"),
    [
        ({"headroom_mw": 80}, (80, 80, 80)),
        ({"headroom_mw": None, "lines_mw": (100, 100)}, (100, 200, 100)),
        ({"headroom_mw": None, "lines_mw": (100, 60), "peak_load_mw": 30, "low_load_mw": 10}, (30, 130, 50)),
        ({"headroom_mw": None, "lines_mw": (100,)}, (0, 100, 0)),
        ({"headroom_mw": None, "lines_mw": (50, 50), "peak_load_mw": 80}, (0, 20, 0)),
    ],
)
def test_room_by_kind_of_connection(given: dict[str, object], room: tuple[float, float, float]) -> None:
    kinds: tuple[Connection, ...] = ("firm", "tripped", "following")
    assert tuple(substation(**given).room_mw(kind) for kind in kinds) == room


BOOKINGS = st.lists(
    st.builds(
        Booking,
        at=st.sampled_from(("s", "t")),
        owner=st.just("o"),
        mw=st.integers(1, 200).map(float),
        year=st.integers(2026, 2034),
        builds=st.booleans(),
    ),
    max_size=25,
)


@settings(deadline=None)
@given(BOOKINGS, st.none() | st.integers(0, 4), st.integers(2026, 2030))
def test_the_account_balances_in_every_year(bookings: list[Booking], release: int | None, ready: int) -> None:
    """Held by hand: requests one by one, each booking with the year in which it ends."""
    stations = [substation("s", headroom_mw=300.0), substation("t", headroom_mw=150.0, ready_year=ready)]
    found = book(stations, bookings, connection="firm", release_after=release, first=2026, years=10)
    free = {"s": 300.0, "t": 150.0}
    ends: list[tuple[int, Booking]] = []
    refused, connected = 0, 0.0
    for state in found.years:
        for end, one in [pair for pair in ends if pair[0] == state.year]:
            free[one.at] += one.mw
            ends.remove((end, one))
        for number, one in enumerate(bookings):
            if one.year == state.year:
                fits = one.mw <= free[one.at] and (one.at == "s" or ready <= state.year)
                assert found.served[number] == fits
                refused += not fits
                if fits:
                    free[one.at] -= one.mw
                    connected += one.mw * one.builds
                    if not one.builds and release is not None:
                        ends.append((state.year + max(1, release), one))
        assert (state.refused, state.connected_mw) == (refused, connected)
        assert state.booked_mw == 450 - sum(free.values())
        assert state.connected_mw <= state.booked_mw <= 450
    assert found.left_mw == free
