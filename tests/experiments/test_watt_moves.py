# SPDX-License-Identifier: BSD-3-Clause
"""Moves of state in a watt-bit day: when they pay, by what they are divided, what a row says; in the lab too."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from apnemu import load_topology
from apnemu.emulation.apps.watt.__main__ import calendar_of, party_of
from apnemu.emulation.apps.watt.mover import MARGIN, Mover, Ways
from apnemu.emulation.apps.watt.moving import Moving
from apnemu.experiments.watt_day.light import (
    approximated,
    controller_events,
    full_size,
    moves_state,
    scale_of,
    why_none,
)
from apnemu.experiments.watt_day.moved import move_columns, moves_made
from apnemu.experiments.watt_day.papers import papers_of
from apnemu.experiments.watt_day.rows import schedule_of
from apnemu.experiments.watt_day.settings import Day, Settings
from apnemu.model.power import Gpu, Party, Power
from apnemu.power import closed
from apnemu.power.outcome import Outcome, outcome
from apnemu.power.shift import plan
from apnemu.units import NS_PER_S
from tests.emulation.simulated_day import World
from tests.emulation.simulated_moves import SimulatedCarrier
from tests.experiments.command import apnemu
from tests.power.made import flat, profile, site, system, work

DAY = Day(shift="space", idle="never", forecast="perfect", flow="known", control="aggregator")
EVEN_S = 625.02
"""Remaining work from which on a move of 2 TB pays: 20 MW, PUE 1.4 and 1.2, 12,000 and 8,000 yen, 30 s of GPUs."""
TOPOLOGY = """apnemu: 1
name: one-job
about: {source: made up, licence: CC0-1.0}
power: one-job
sites:
  a: {kind: cluster, lat: 35.68, lon: 139.77, power_mw: 20, area: x, owner: dc, pue: 1.4}
  b: {kind: cluster, lat: 33.57, lon: 130.35, power_mw: 20, area: y, owner: dc, pue: 1.2}
fibres:
  - {between: [a, b], length_km: 1000}
demands:
  - {name: a-b, from: a, to: b, rate_gbps: 93}
"""
POWER = """apnemu-power: 1
name: one-job
about: {source: made up, licence: CC0-1.0}
profile: one-job-day.csv
gpu: {yen_per_it_mwh: 150000}
areas: {x: {}, y: {}}
parties: {agg: {role: aggregator, at: a}}
work:
  - {name: job, owner: dc, home: a, mw: 20, hours: HOURS, from: "FROM", by: "BY", state_bytes: BYTES, whole: yes}
"""


def one_job(hours: float, state_bytes: float = 2e12, by_s: int = 3600) -> Power:
    """One job of 20 MW at a, from half past midnight on, while b is cheaper."""
    return system(
        {"x": flat(12_000, slots=48)[0], "y": flat(8_000, slots=48)[0]},
        slot_s=1800,
        sites=(site("a", "x", 20, 1.4, lit_gbps=93.0), site("b", "y", 20, 1.2, lit_gbps=93.0)),
        work=(work("job", mw=20, hours=hours, state_bytes=state_bytes, whole=True, from_s=1800, by_s=by_s),),
        parties=(Party(name="agg", role="aggregator", at="a"),),
        gpu=Gpu(yen_per_it_mwh=150_000),
    )


def played(
    power: Power, *, fails: float = 0.0, dark: tuple[int, ...] = (), day: Day = DAY, killed_s: int = 0
) -> tuple[Outcome, Outcome, World]:
    """A day of the very parties in simulated time: what it comes to, what was planned, what was noted."""
    world = World(delay_ns=lambda a, b: 5_000_000)

    def start(papers: dict[str, Any]) -> None:
        calendar = calendar_of(papers, 1000 * NS_PER_S)
        moves = "moving" in papers["own"]
        world.start(
            papers["name"],
            lambda desk: party_of(papers, desk, calendar, SimulatedCarrier(desk, fails, dark=dark) if moves else None),
        )

    for _site, papers in papers_of(power, day, Settings(), 1, lambda site: {"scale": 100, "full": ""}):
        start(papers)
    if killed_s:
        world.at((1000 + killed_s) * NS_PER_S, lambda: world.kill("aggregator"))
    world.run()
    asked = day.asked(Settings())
    base = plan(power, replace(asked, shift="none"))
    seen = schedule_of(power, replace(base, asked=asked), [note for _, note in world.notes])
    return outcome(power, seen, base), outcome(power, plan(power, asked, base), base), world


@pytest.mark.parametrize(("factor", "moves"), [(0.99, 0), (1.01, 1)])
def test_a_job_moves_from_its_break_even_on(factor: float, moves: int) -> None:
    real, planned, _ = played(one_job(factor * EVEN_S / 3600))
    assert (real.moves, planned.moves) == (moves, moves)
    assert real.cost == pytest.approx(planned.cost, rel=1e-3)
    away = real.schedule.run_mw[0, 1].sum()
    assert (away > 0) == bool(moves) and real.deadline_misses == 0


@pytest.mark.parametrize(("factor", "moves"), [(0.99, 0), (1.01, 1)])
def test_a_job_that_is_sold_moves_from_its_break_even_on(factor: float, moves: int) -> None:
    real, planned, world = played(one_job(factor * EVEN_S / 3600), day=replace(DAY, jobs="whole"))
    assert any(message["kind"] == "offer" for message in world.sent)
    assert (real.moves, planned.moves) == (moves, moves)
    assert real.cost == pytest.approx(planned.cost, rel=1e-3) and real.deadline_misses == 0


def test_a_move_that_breaks_leaves_the_job_where_it_is() -> None:
    real, planned, world = played(one_job(2.0, by_s=3 * 3600), fails=1.0)
    assert real.moves == 0 and planned.moves == 1
    assert real.schedule.run_mw[0, 1].sum() == 0 and real.deadline_misses == 0
    assert [note["moved"] for _, note in world.notes if "moved" in note]


def test_a_move_that_came_to_nothing_is_made_in_the_next_slot() -> None:
    """What the controller could not light for slot 1 is there for slot 2."""
    real, planned, world = played(one_job(2.0, by_s=5 * 3600), dark=(1,))
    assert [note["moved"] for _, note in world.notes if "moved" in note] == [False, True]
    assert real.schedule.run_mw[0, 0, 1] == pytest.approx(20) and real.schedule.run_mw[0, 1, 1] == 0
    assert real.schedule.run_mw[0, 1, 2] == pytest.approx(20) and real.moves == planned.moves == 1


def test_what_has_not_come_runs_at_home_by_an_old_plan_too() -> None:
    """The plan of the slot before goes on where the aggregator is silent; it still has the move that failed."""
    real, _, _ = played(one_job(2.0, by_s=5 * 3600), dark=(1,), killed_s=600)
    assert real.schedule.run_mw[0, 0, 1] == pytest.approx(20)


def test_nothing_is_there_before_a_move_could_be_over() -> None:
    power = one_job(2.0, by_s=3 * 3600)
    early = replace(power, work=(replace(power.work[0], from_s=0),))
    real, planned, _ = played(early)
    assert real.schedule.run_mw[0, 1, 0] == planned.schedule.run_mw[0, 1, 0] == 0
    assert real.schedule.run_mw[0, 1, 1] == pytest.approx(20, abs=1e-3)
    assert plan(early, replace(DAY.asked(Settings()), arrives=0)).run_mw[0, 1, 0] == pytest.approx(20)


@pytest.mark.parametrize("state_bytes", [1e9, 2e12, 1.9e13])
def test_the_scale_is_the_least_that_keeps_a_run_small(state_bytes: float) -> None:
    power = one_job(20.0, state_bytes=state_bytes, by_s=24 * 3600)
    for network, most in (("apn", 100e9), ("packet", 10e9)):
        scale = scale_of(power, Settings(), network)  # type: ignore[arg-type]
        total = 1.1 * sum(
            plan(power, replace(DAY.asked(Settings()), shift=s)).moves[0].bytes for s in ("space", "both")
        )  # type: ignore[arg-type]
        assert total / scale < most and (scale == 1 or total / (scale // 10) >= most)
    assert scale_of(power, Settings(scale=7), "apn") == 7


@pytest.mark.parametrize(
    ("sizes", "full", "between"),
    [
        ((2e10, 5e10, 2e12), 2e10, (10**10, 10**11)),
        ((5e9, 2e12, 8e9), 8e9, (4 * 10**9, 10**11)),
        ((1e11, 2e12), 1e11, (10**10, 10**11)),
        ((1.01e11, 2e12), None, None),
    ],
)
def test_one_move_of_a_run_goes_at_full_size_or_the_row_says_why(
    sizes: tuple[float, ...], full: float | None, between: Any
) -> None:
    """The smallest of at least 10 GB; where there is none, the largest below; and no more than a minute's."""
    jobs = tuple(
        work(f"job-{number}", mw=5, hours=2.0, state_bytes=size, whole=True, from_s=1800, by_s=3 * 3600)
        for number, size in enumerate(sizes)
    )
    power = replace(one_job(2.0), work=jobs)
    settings = Settings(shift=("space", "both"))
    found = full_size(power, settings)
    if full is None:
        assert found is None and "smallest that is planned has 101.0 GB, and one may have 100 GB" in why_none(
            power, settings
        )
        return
    assert found is not None and found.home == "a" and (found.bytes, found.between) == (full, between)
    assert found.job == f"job-{sizes.index(full)}" and found.day.shift == "space"
    other = replace(found.day, shift="both")
    assert "made on another day: space" in why_none(power, settings, other)
    assert f"of {found.job} was not made" in why_none(power, settings, found.day)
    assert full_size(power, replace(settings, scale=10)) is None
    assert why_none(power, replace(settings, scale=10)) == "scale is given: all are divided by 10"


def test_a_run_says_what_it_approximates() -> None:
    plant = load_topology("jpn12-power")
    (line,) = approximated(plant, Settings(shift=("space",)))
    assert "divided by 1000 " in line
    assert approximated(plant, Settings(shift=("none", "time"))) == ()
    assert approximated(load_topology("two-areas"), Settings()) == ()
    assert not moves_state(load_topology("three-areas-loop").power, Settings())  # type: ignore[arg-type]


def ways(**changes: Any) -> Ways:
    told: dict[str, Any] = {
        "day": "d",
        "number": 0,
        "site": "a",
        "gbps": {"a": 100.0, "b": 93.0},
        "share": 0.95,
        "rtt_s": {"b": 0.01},
        "light_s": 80.0,
        "points": {},
        "addresses": {},
        "dirty_bytes_per_s": 5e8,
    }
    return Ways(**{**told, **changes})


def moving(scale: int, size: int = 10_737_418_240) -> Moving:
    return Moving(job="job", owner="agent-a", origin="a", target="b", slot=1, bytes=size, scale=scale)


@pytest.mark.parametrize("scale", [1, 10, 100, 1000])
def test_all_that_a_move_is_told_is_divided_by_its_scale(scale: int) -> None:
    own, told = ways(), ways().told(moving(scale))
    assert told["memory_bytes"] * scale == pytest.approx(moving(1).bytes, rel=1e-6)
    assert told["dirty_bytes_per_s"] * scale == pytest.approx(5e8)
    assert told["pace_bytes_per_s"] * scale == pytest.approx(93e9 / 8 * 0.95, rel=1e-6)
    assert told["memory_bytes"] / told["page_bytes"] <= 65_536
    assert own.takes_s(moving(scale)) == own.takes_s(moving(1)) > moving(1).bytes / (93e9 / 8 * 0.95)


def test_who_shares_a_line_begins_so_early_that_all_get_over_it() -> None:
    """Over light of its own a move minds no other."""
    one, other = moving(1), replace(moving(1), job="other", bytes=2 * moving(1).bytes)
    for own, beside, seconds in (
        (ways(), [other], 80 + MARGIN * ways().takes_s(one)),
        (ways(light_s=0.0), [], MARGIN * ways().takes_s(one)),
        (ways(light_s=0.0), [other], MARGIN * (ways().takes_s(one) + ways().takes_s(other))),
    ):
        assert Mover(None, own).lead_ns(one, beside) == pytest.approx(seconds * NS_PER_S)  # type: ignore[arg-type]


def test_a_machine_that_writes_faster_than_its_light_has_a_time_too() -> None:
    assert ways(dirty_bytes_per_s=1e12).takes_s(moving(1)) == pytest.approx(moving(1).bytes / (93e9 / 8 * 0.95))


def test_what_senders_noted_is_counted_at_full_size() -> None:
    power = one_job(2.0, by_s=3 * 3600)
    key = {"job": "job", "origin": "a", "target": "b", "slot": 1}
    sent = {**key, "carries": 10**12, "scale": 100}
    notes: list[dict[str, Any]] = [
        {**sent, "asks_ns": 0, "predicted_ns": 90 * NS_PER_S},
        {**sent, "lit_ns": 71 * NS_PER_S},
        {**sent, "rounds": 3, "moved_bytes": 10_500_000_000, "total_ns": 91 * NS_PER_S, "downtime_ns": 5},
        {**key, "moved": True, "state_bytes": 10**12, "share_ppm": 500_000},
        {**key, "slot": 2, "moved": False, "state_bytes": 10**12, "share_ppm": 500_000},
        {"lag_ns": 70 * NS_PER_S},
        {"lag_ns": None},
    ]
    made = moves_made(notes)
    assert [(move.share, move.bytes) for move in made] == [(0.5, 1.05e12), (0.0, 0.0)]
    asked = DAY.asked(Settings())
    base = plan(power, replace(asked, shift="none"))
    real = outcome(power, replace(base, asked=asked, moves=made), base)
    row = move_columns(power, real, {"tso-x": 3.0, "dc": 4.0}, notes)
    assert (row["moves"], row["late_moves"], row["scale"], row["light_left"]) == (1, 1, 100, 1)
    assert (row["moved_bytes"], row["meant_bytes"]) == (10_500_000_000, 1_050_000_000_000)
    assert row["move_wh"] == pytest.approx(1.05e12 * 8 * 20e-9 / 3600)
    assert (row["control_lag_s"], row["longest_move_s"], row["longest_light_s"]) == (70, 91, 71)
    for column in ("moves_beside_closed_form_percent", "moves_beyond_pacing_percent"):
        assert row[column] == pytest.approx(100 / 90)
    assert row["tso_yen"] == 3.0 and row["full_size_downtime_s"] is None and row["matched_percent"] is None


def test_what_is_drawn_is_matched_slot_by_slot() -> None:
    power = one_job(2.0, by_s=3 * 3600)
    green = [0.0] * 48
    green[1] = 50.0
    demand, nothing = (flat(mw, slots=48)[0].tolist() for mw in (100, 0))
    given = {
        area: {"price_yen_per_mwh": of["price_yen_per_mwh"].tolist(), "demand_mw": demand, "solar_mw": solar}
        for (area, of), solar in zip(power.profile.values.items(), (green, nothing), strict=True)
    }
    power = replace(power, profile=profile(given, 1800))
    none = plan(power, replace(DAY.asked(Settings()), shift="none"))
    row = move_columns(power, outcome(power, none, none), {}, [])
    assert row["matched_percent"] == pytest.approx(100 * 0.5 / 4)
    assert row["moves"] == 0 and row["longest_move_s"] is None and row["scale"] == 1


def test_the_controller_is_lost_when_it_is_asked_for() -> None:
    lost, back = controller_events(Settings(outage=("controller@12:00-12:30",)), 150 * NS_PER_S)
    assert (lost.kind, lost.at_ns, lost.controller) == ("lose", (12 * 3600 + 150) * NS_PER_S, True)
    assert (back.kind, back.at_ns - lost.at_ns) == ("repair", 1800 * NS_PER_S)
    assert controller_events(Settings(), 0) == ()


def written(folder: Path, hours: float, state_bytes: str, by: str, slot_h: float = 0.5) -> Path:
    """The topology's file; the job may begin with the day's second slot."""
    (folder / "power").mkdir(exist_ok=True)
    starts = [
        f"{round(n * slot_h * 60) // 60:02d}:{round(n * slot_h * 60) % 60:02d}" for n in range(round(24 / slot_h))
    ]
    rows = ["area,from,slot_s,price_yen_per_mwh"]
    for area, price in (("x", 12_000), ("y", 8_000)):
        rows += [f"{area},2030-04-01T{start}:00+09:00,{round(slot_h * 3600)},{price}" for start in starts]
    (folder / "power" / "one-job-day.csv").write_text("\n".join(rows) + "\n")
    told = (
        POWER.replace("HOURS", repr(hours)).replace("BYTES", state_bytes).replace("BY", by).replace("FROM", starts[1])
    )
    (folder / "power" / "one-job.yaml").write_text(told)
    (folder / "one-job.yaml").write_text(TOPOLOGY)
    return folder / "one-job.yaml"


@pytest.mark.long
@pytest.mark.guest
@pytest.mark.slow
def test_a_move_at_full_size_is_that_of_a_hundredth(tmp_path: Path) -> None:
    """Rounds are the same, bytes within 0.1 %, the whole time within 1 %, of each other and of the closed form."""
    topology = written(tmp_path, 2.0, "10.7e+9", "03:00")
    rows = []
    for scale in (1, 100):
        given = ("--network", "apn", "--set", "shift=space", "--set", f"scale={scale}", "--json")
        out = ("--out", str(tmp_path / f"run-{scale}"), "--wall-limit-s", "1500")
        document = apnemu("run", "watt_day", "--topology", str(topology), *given, *out, folder=tmp_path).json()
        rows.append(document["results"][0])
    one, hundredth = rows
    assert (one["moves"], hundredth["moves"]) == (1, 1)
    assert one["meant_bytes"] == pytest.approx(hundredth["meant_bytes"], rel=1e-3)
    assert one["longest_move_s"] == pytest.approx(hundredth["longest_move_s"], rel=0.01)
    assert one["moved_bytes"] == pytest.approx(100 * hundredth["moved_bytes"], rel=1e-3)
    for row in rows:
        assert row["moves_beside_closed_form_percent"] < 1 and row["light_left"] == 0


@pytest.mark.long
@pytest.mark.guest
@pytest.mark.slow
@pytest.mark.parametrize(("factor", "moves"), [(0.99, 0), (1.01, 1)])
def test_a_job_of_two_terabytes_moves_from_its_break_even_on_in_the_lab(
    factor: float, moves: int, tmp_path: Path
) -> None:
    """The day costs what the closed form of staying, or of the move and what is left, says."""
    hours = factor * EVEN_S / 3600
    topology = written(tmp_path, hours, "2.0e+12", "06:00", slot_h=3)
    given = ("--network", "apn", "--set", "shift=space", "--json", "--wall-limit-s", "1500")
    (row,) = apnemu("run", "watt_day", "--topology", str(topology), *given, folder=tmp_path).json()["results"]
    move = closed.move_cost(
        state_bytes=2e12, mw=20, price_from=12_000, price_to=8_000, nj_per_bit=20, stop_s=30, gpu=150_000
    )
    staying, leaving = 20 * hours * 12_000 * 1.4, 20 * hours * 8_000 * 1.2 + move
    assert closed.move_break_even_s(cost=move, mw=20, staying=16_800, leaving=9_600) == pytest.approx(EVEN_S, abs=5e-3)
    assert (leaving < staying) == bool(moves)
    assert (row["moves"], row["late_moves"], row["deadline_misses"], row["light_left"]) == (moves, 0, 0, 0)
    whole_kw = 3 * 16.8  # power is ordered in whole kW: one more for the slot's three hours, at most
    assert (
        row["cost_yen"] == pytest.approx(min(staying, leaving), abs=whole_kw) and whole_kw < abs(staying - leaving) / 4
    )
    assert row["meant_bytes"] == (pytest.approx(2e12, rel=0.1) if moves else 0)


@pytest.mark.long
@pytest.mark.guest
@pytest.mark.slow
def test_a_controller_that_is_gone_moves_nothing_and_keeps_no_light(tmp_path: Path) -> None:
    topology = written(tmp_path, 2.0, "2.0e+12", "05:00")
    given = ("--network", "apn", "--set", "shift=space", "--set", "outage=controller@00:10-01:10", "--json")
    wall = ("--wall-limit-s", "1500")
    (row,) = apnemu("run", "watt_day", "--topology", str(topology), *given, *wall, folder=tmp_path).json()["results"]
    assert row["late_moves"] >= 1 and row["moves"] == 1
    assert row["light_left"] == 0 and row["twice_mwh"] == 0 and row["deadline_misses"] == 0
