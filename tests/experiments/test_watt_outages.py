# SPDX-License-Identifier: BSD-3-Clause
"""A watt-bit day in the lab in which parties and the controller are killed 31 times, while work moves."""

from __future__ import annotations

import json
from itertools import product
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.experiments.command import apnemu, settings
from tests.experiments.watt_files import swinging

pytestmark = [pytest.mark.guest, pytest.mark.slow]
ROLES = ("aggregator", "centre", "forecaster", "tso", "controller")
PAIRS = (
    ("aggregator", "centre"),
    ("aggregator", "tso"),
    ("aggregator", "controller"),
    ("centre", "forecaster"),
    ("centre", "controller"),
    ("forecaster", "tso"),
    ("forecaster", "controller"),
    ("tso", "controller"),
)
SLOT_S = 1800
DEAD_S = 1200


def span(begin_s: int) -> str:
    """Begin and end of an outage that is over well before the next slot.

    >>> span(3599)
    '00:59:59-01:19:59'
    """
    times = (f"{at // 3600:02}:{at // 60 % 60:02}:{at % 60:02}" for at in (begin_s, begin_s + DEAD_S))
    return "-".join(times)


def outages() -> tuple[str, ...]:
    """One at every other slot: each role a second before it, at it and a second after it, then two roles at once."""
    alone = [((role,), s) for role, s in product(ROLES, (-1, 0, 1))]
    both = [(pair, (-1, 0, 1)[index % 3]) for index, pair in enumerate(PAIRS)]
    return tuple(
        f"{role}@{span(2 * number * SLOT_S + s)}"
        for number, (roles, s) in enumerate([*alone, *both], start=1)
        for role in roles
    )


@pytest.mark.long
def test_whoever_is_killed_nothing_is_overloaded_missed_or_done_twice(tmp_path: Path) -> None:
    """What a day with every outage costs lies between the day without one and that of data centres alone."""
    topology = swinging(tmp_path / "given", slot_s=SLOT_S)
    dead = outages()
    assert len(dead) == 31
    asked = ("run", "watt_day", "--topology", str(topology), "--network", "apn", "--out", "run", "--json")
    given = settings(shift="space", scale=100, outage=",".join(dead))
    (row,) = apnemu(*asked, *given, "--wall-limit-s", "1500", folder=tmp_path).json()["results"]
    assert row["overload_mwh"] == row["twice_mwh"] == row["undone_mwh"] == row["deadline_misses"] == 0
    assert row["light_left"] == 0
    alone = 20 * 24 * 1.2 * (4_000 + 16_000) / 2
    assert row["planned_yen"] < row["cost_yen"] < alone
    assert row["moves"] > 10

    records = pq.read_table(tmp_path / "run" / "records.parquet").to_pylist()
    notes = [json.loads(record["detail"]) for record in records if record["kind"] == "application"]
    orders = {
        (note["slot"], note["site"]): note["order_slot"]
        for note in notes
        if "home_kw" in note and note["order_slot"] is not None
    }
    for slot, site in product(range(1, 48, 2), "ab"):
        assert orders[slot, site] == slot, f"{site} has no fresh order in slot {slot}, a slot after an outage"
