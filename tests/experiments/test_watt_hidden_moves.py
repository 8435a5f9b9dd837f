# SPDX-License-Identifier: BSD-3-Clause
"""Hidden jobs, and fluid ones that are sold, run where their state is, and nobody but agents hears of its bytes."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import replace
from typing import Any

import pytest

from apnemu.experiments.watt_day.settings import Settings
from apnemu.model.power import Party, Power
from apnemu.power.outcome import outcome
from apnemu.power.shift import plan
from tests.experiments.test_watt_moves import DAY, played
from tests.power.made import site, system, work

STATE = (1_234_567_890_123, 2_345_678_901_231, 987_654_321_098)
SLOTS = 24
WHOLE = 1e-3


def country(**parts: Any) -> Power:
    """Three sites of two owners; what is cheap changes three times a day."""
    cheap = {"x": range(8), "y": range(8, 16), "z": range(16, 24)}
    prices = {area: [8_000.0 if at % 24 in of else 20_000.0 for at in range(2 * SLOTS)] for area, of in cheap.items()}
    made: dict[str, Any] = {
        "sites": (
            site("a", "x", 60, 1.3, owner="one", lit_gbps=100.0),
            site("b", "y", 60, 1.1, owner="two", lit_gbps=100.0),
            site("c", "z", 60, 1.2, owner="two", lit_gbps=100.0),
        ),
        "work": (
            work("Secret-A1", "a", 20, owner="one", hours=24.0, state_bytes=STATE[0]),
            work("secret-a2", "a", 12, owner="one", hours=9.0, from_s=5 * 3600, by_s=20 * 3600, state_bytes=STATE[1]),
            work("secret-b1", "b", 15, owner="two", hours=24.0, state_bytes=STATE[2]),
        ),
        "parties": (
            Party(name="agg", role="aggregator", at="a"),
            Party(name="one", role="dc", at="a"),
            Party(name="two", role="dc", at="b"),
        ),
    }
    return system(prices, **{**made, **parts})


def where(notes: list[dict[str, Any]], homes: dict[str, str]) -> dict[tuple[str, int], dict[str, float]]:
    """Share of each job's state by site in each slot, from what their agents noted of moves."""
    at = {(job, 0): {home: 1.0} for job, home in homes.items()}
    for slot in range(1, SLOTS):
        for job in homes:
            here = defaultdict(float, at[job, slot - 1])
            for note in notes:
                if note.get("moved") and (note["job"], note["slot"]) == (job, slot):
                    here[note["origin"]] -= note["share_ppm"] / 1e6
                    here[note["target"]] += note["share_ppm"] / 1e6
            at[job, slot] = here
    return at


@pytest.mark.parametrize(
    ("hide", "jobs"),
    [
        ("jobs", "fluid"),
        ("cost", "fluid"),
        pytest.param("jobs+cost", "fluid", marks=pytest.mark.slow),
        pytest.param("jobs", "whole", marks=pytest.mark.slow),
    ],
)
def test_what_others_do_not_see_moves_with_its_state(hide: str, jobs: Any) -> None:
    power, day = country(), replace(DAY, hide=hide, jobs=jobs)
    if jobs == "whole":
        power = replace(power, work=tuple(replace(each, whole=True) for each in power.work))
    real, planned, world = played(power, day=day)
    assert real.moves >= 2 and real.deadline_misses == 0
    none = plan(power, replace(day.asked(Settings()), shift="none"))
    assert planned.cost * (1 - WHOLE) <= real.cost <= outcome(power, none, none).cost * (1 + WHOLE)
    homes = {each.name: each.home for each in power.work}
    shares = where([note for _, note in world.notes], homes)
    most = {each.name: each.mw for each in power.work}
    for index, each in enumerate(power.work):
        for number, place in enumerate(power.sites):
            for slot in range(SLOTS):
                mw = real.schedule.run_mw[index, number, slot]
                assert mw <= most[each.name] * shares[each.name, slot].get(place.name, 0.0) + 2e-3, (each.name, slot)
    if "jobs" in hide:
        assert not any(each.name in json.dumps(world.sent) for each in power.work)
        for message in world.sent:
            if not {message["from"], message["to"]} <= {"agent-a", "agent-b", "agent-c"}:
                assert not any(str(size) in json.dumps(message) for size in STATE), message


@pytest.mark.parametrize("hide", ["jobs", "cost"])
def test_hidden_state_that_never_comes_leaves_its_work_at_home(hide: str) -> None:
    real, _, _ = played(country(), day=replace(DAY, hide=hide), fails=1.0)
    assert real.moves == 0 and real.deadline_misses == 0
    for index, each in enumerate(country().work):
        home = [place.name for place in country().sites].index(each.home)
        assert real.schedule.run_mw[index].sum() == pytest.approx(real.schedule.run_mw[index, home].sum())
