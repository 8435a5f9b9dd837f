# SPDX-License-Identifier: BSD-3-Clause
"""What parties hide of a watt-bit day: it costs gain, it is nowhere outside, and other settings of the plan."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from apnemu.experiments.watt_day.changed import changed
from apnemu.experiments.watt_day.hiding import FIELDS, fields, hidden_by
from apnemu.experiments.watt_day.papers import papers_of
from apnemu.experiments.watt_day.settings import Settings, days
from apnemu.model.power import Feeder, Party, Power
from apnemu.power import closed
from apnemu.power.forecast import forecast
from apnemu.power.outcome import outcome
from apnemu.power.shift import plan
from tests.experiments.test_watt_day import NEVER, WHOLE, a_day, played, power_of
from tests.power.made import site, system, work

DAY = 24
HOUR_S = 3600


def of_two(seed: int = 0, **parts: Any) -> Power:
    """Two areas, dear and cheap by turns, two owners with two jobs each that may wait and move."""
    prices = {
        "x": [9_000.0 + 3_000 * ((hour + seed) % 5) for hour in range(2 * DAY)],
        "y": [21_000.0 - 4_000 * ((2 * hour + seed) % 4) for hour in range(2 * DAY)],
    }
    made: dict[str, Any] = {
        "sites": (site("a", "x", 60, 1.3, owner="one"), site("b", "y", 50, 1.1, owner="two")),
        "work": (
            work("Secret-A1", "a", 20, owner="one", hours=10.0, by_s=20 * HOUR_S),
            work("secret-a2", "a", 12, owner="one", hours=6.0, from_s=8 * HOUR_S),
            work("secret-b1", "b", 15, owner="two", hours=12.0),
            work("secret-b2", "b", 5, owner="two", kind="fixed"),
        ),
        "parties": (
            Party(name="agg", role="aggregator", at="a"),
            Party(name="one", role="dc", at="a"),
            Party(name="two", role="dc", at="b"),
        ),
    }
    return system(prices, **{**made, **parts})


def cost(power: Power, **day: Any) -> float:
    return played(power, a_day(shift="both", idle="free", **day), Settings())[0].cost


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_less_is_known_the_less_is_gained(seed: int) -> None:
    power = of_two(seed)
    known, none = cost(power), played(power, a_day(shift="none"), Settings())[0].cost
    jobs, ranges = cost(power, hide="jobs"), cost(power, hide="ranges")
    assert known < jobs < none
    assert ranges == pytest.approx(none, rel=WHOLE)
    assert known <= cost(power, hide="compute") * (1 + WHOLE)


def test_hidden_jobs_move_as_ranges_and_every_one_of_them_ends() -> None:
    real, world = played(of_two(), a_day(shift="space", hide="jobs"), Settings())
    assert real.deadline_misses == 0 and real.undone_mwh == pytest.approx(0, abs=1e-3)
    moved = [guest for _, note in world.notes for guest in note.get("guest_kw", {})]
    assert moved and all(guest.startswith("hidden-") for guest in moved)


@pytest.mark.parametrize("hide", ["jobs", "ranges", "jobs+compute"])
def test_no_message_and_no_papers_of_others_have_a_hidden_job(hide: str) -> None:
    power, day = of_two(), a_day(shift="both", idle="free", hide=hide)
    _, world = played(power, day, Settings())
    names = [of.name for of in power.work]
    assert world.sent
    for message in world.sent:
        text = json.dumps(message)
        assert not any(name in text for name in names), message
        assert "ranges" not in hide or message["kind"] != "state"
    for _, papers in papers_of(power, day, Settings(), 1):
        own = papers["own"].get("site")
        seen = {of.name for of in power.work if of.name in json.dumps(papers)}
        assert seen == {of.name for of in power.work if of.home == own}, papers["name"]


def with_feeder() -> Power:
    """All power is cheap at b and c, of which b hangs on a feeder that is nearly full."""
    return system(
        {"x": [20_000.0] * 2 * DAY, "y": [10_000.0] * 2 * DAY},
        sites=(site("a", "x", 60), site("b", "y", 60), site("c", "y", 60, 1.2)),
        work=(work("batch", "a", 40, hours=24.0),),
        feeders=(Feeder(name="thin", area="y", sites=("b",), mw=100.0, base=90.25),),
        parties=(Party(name="agg", role="aggregator", at="a"),),
    )


def test_feeders_that_are_hidden_are_a_veto_and_cost_gain() -> None:
    power = with_feeder()
    known, real = (played(power, a_day(hide=hide), Settings())[0] for hide in ("nothing", "feeders"))
    assert known.overload_mwh == real.overload_mwh == 0
    assert known.cost == pytest.approx(24 * 1e4 * (9.75 + 30.25 * 1.2), rel=WHOLE)
    assert real.cost == pytest.approx(24 * (1e4 * 9.75 + 2e4 * 30.25), rel=WHOLE)
    for hide, seen in (("nothing", True), ("feeders", False)):
        for _, papers in papers_of(power, a_day(hide=hide), Settings(), 1):
            told = papers["role"] == "tso" or (seen and papers["role"] == "aggregator")
            assert ("90250" in json.dumps(papers) or "90.25" in json.dumps(papers)) == told or papers["name"] == "tso-x"


def test_an_input_that_the_plan_goes_without_is_yesterdays() -> None:
    power = of_two()
    more = {"demand_mw": [*[100.0] * DAY, *[200.0] * DAY], "solar_mw": [*[7.0] * DAY, *[8.0] * DAY]}
    values = {
        **power.profile.values,
        "x": {**power.profile.values["x"], **system({"x": more["demand_mw"]}, more={"x": more}).profile.values["x"]},
    }
    power = replace(power, profile=replace(power.profile, values=values))
    for day, demand, sun in (
        (a_day(), 200_000, 8_000),
        (a_day(drop="demand"), 100_000, 8_000),
        (a_day(hide="weather"), 200_000, 7_000),
        (a_day(hide="weather+demand"), 100_000, 7_000),
    ):
        papers = next(own for _, own in papers_of(power, day, Settings(), 1) if own["role"] == "forecaster")
        believed = papers["own"]["believed"]["x"]
        assert set(believed["demand_kw"]) == {demand} and set(believed["solar_kw"]) == {sun}


def test_coming_work_that_is_hidden_is_told_once_it_has_come() -> None:
    power = of_two()
    _, world = played(power, a_day(shift="both", idle="free", drop="compute"), Settings())
    told = [
        (message["slot"], job["job"]) for message in world.sent if message["kind"] == "state" for job in message["jobs"]
    ]
    assert min(slot for slot, job in told if job == "secret-a2") == 8
    assert min(slot for slot, job in told if job == "Secret-A1") == 0


@pytest.mark.parametrize("share", [0.0, 0.25, 1.0])
def test_the_gain_is_as_the_share_that_is_pooled(share: float) -> None:
    day, power = a_day(pooled_share=share), power_of("two-areas")
    real, _ = played(changed(power, day, Settings()), replace(day, pooled_share=1.0), Settings())
    assert real.cost == pytest.approx(NEVER["none"] - share * (NEVER["none"] - NEVER["space"]), rel=WHOLE)


def test_room_that_is_not_pooled_takes_nobody_elses_work() -> None:
    day, power = a_day(pooled_share=0.5), power_of("two-areas")
    small = replace(power, sites=tuple(replace(each, room_mw=60.0) for each in power.sites))
    before = changed(small, day, Settings())
    assert [each.room_mw for each in before.sites] == [55.0, 30.0]
    assert [(each.name, each.mw, each.kind) for each in before.work] == [
        ("batch", 25.0, "flexible"),
        ("batch-own", 25.0, "fixed"),
    ]


@pytest.mark.parametrize("times", [1.0, 4.0])
def test_thrifty_work_takes_its_part_of_the_power(times: float) -> None:
    settings = Settings(efficiency=times)
    power = changed(power_of("two-areas"), a_day(), settings)
    assert played(power, a_day(), Settings())[0].cost == pytest.approx(NEVER["space"] / times, rel=WHOLE)


@pytest.mark.parametrize("factor", [0.999, 1.001, 2.0])
def test_gpus_of_endless_work_idle_only_above_what_they_are_worth(factor: float) -> None:
    pue, worth = 1.25, 100_000.0
    price = closed.idle_price(gpu=worth, pue=pue) * factor
    power = system(
        {"x": [price] * 2 * DAY, "y": [price] * 2 * DAY},
        sites=(site("a", "x", 60, pue), site("b", "y", 60, pue)),
        work=(work("endless", "a", 40),),
    )
    real, _ = played(power, a_day(idle="priced"), Settings(gpu_yen_per_it_mwh=worth))
    assert real.idle_gpu_mwh == pytest.approx(0 if factor < 1 else 40 * 24, abs=1e-6)
    assert real.deadline_misses == 0


@pytest.mark.parametrize("seed", range(20))
def test_regret_in_the_parties_day_is_at_most_twice_the_error_times_the_energy(seed: int) -> None:
    power, settings = power_of("two-areas"), Settings(error="uniform", sigma=0.3)
    day = a_day(shift="both", idle="free", forecast="noisy")
    error = forecast(power, "noisy", sigma=0.3, error="uniform", seed=seed).largest_error["price_yen_per_mwh"]
    real, _ = played(power, day, settings, seed)
    assert -1 <= real.cost - 9.6e6 <= 2 * error * 1200 * 1.4 + 1


def test_fields_are_those_of_the_setting_and_of_whose_they_are() -> None:
    power = power_of("two-areas")
    assert fields("+".join(reversed(FIELDS))) == FIELDS
    assert hidden_by(power, "dc", FIELDS) == {"jobs", "ranges", "cost", "compute"}
    assert hidden_by(power, "tso-a", FIELDS) == {"feeders", "weather", "demand"}
    asked = Settings(shift=("space",), hide=("jobs", "cost+jobs"), control=("aggregator", "alone"))
    assert [(day.control, day.hide) for day in days(asked)] == [
        ("aggregator", "nothing"),
        ("aggregator", "jobs"),
        ("aggregator", "jobs+cost"),
        ("alone", "nothing"),
    ]


@pytest.mark.parametrize("text", ["joobs", "jobs+", "jobs+jobs", "+", "jobs cost", "Jobs"])
def test_a_hidden_field_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"it is nothing, or some of jobs, ranges, cost, .* joined by \+, each once"):
        Settings(hide=(text,))


def whole(power: Power) -> Power:
    return replace(power, work=tuple(replace(each, whole=each.kind == "flexible") for each in power.work))


@pytest.mark.parametrize("hide", ["nothing", "jobs"])
@pytest.mark.parametrize("shift", ["time", "space", "both"])
def test_whole_jobs_are_sold_near_the_bound(shift: Any, hide: str) -> None:
    power, day = whole(of_two()), a_day(shift=shift, idle="free", jobs="whole", hide=hide)
    real, world = played(power, day, Settings())
    exact = outcome_of(power, day)
    assert exact.bound <= real.cost * (1 + WHOLE)
    assert real.cost <= 1.03 * exact.cost
    assert real.deadline_misses == 0 and real.undone_mwh == pytest.approx(0, abs=0.05)
    kinds = {message["kind"] for message in world.sent}
    assert {"prices", "offer"} <= kinds
    assert not any(message.get("jobs") for message in world.sent if message["kind"] == "state")
    for index, job in enumerate(power.work):
        if job.whole:
            busy = real.schedule.run_mw[index] > 1e-9
            assert busy.sum(axis=0).max() <= 1
    if hide == "jobs":
        text = json.dumps(world.sent)
        assert not any(job.name in text for job in power.work)


def outcome_of(power: Power, day: Any) -> Any:
    base = plan(power, replace(day.asked(Settings()), shift="none"))
    return outcome(power, plan(power, day.asked(Settings()), base), base)


def test_who_hides_what_it_costs_offers_at_given_prices_alone() -> None:
    power = of_two()
    known = played(power, a_day(shift="both", idle="free"), Settings())[0]
    real, world = played(power, a_day(shift="both", idle="free", hide="cost"), Settings())
    offers = [message for message in world.sent if message["kind"] == "offer"]
    assert offers and not any("cost_milliyen" in offer for offer in offers)
    later = {(offer["from"], offer["job"], offer["slot"]): offer["kw"] for offer in offers if offer["round"] == 1}
    assert all(later[offer["from"], offer["job"], offer["slot"]] == offer["kw"] for offer in offers if offer["round"])
    assert known.cost * (1 - WHOLE) <= real.cost
    assert real.deadline_misses == 0 and real.overload_mwh == 0


@pytest.mark.parametrize(("shift", "million"), [("none", 23.52), ("time", 20.16), ("space", 23.52), ("both", 20.16)])
def test_alone_a_site_moves_its_work_in_time_by_its_own_forecast(shift: Any, million: float) -> None:
    """6 h at 100 MW where power costs half: 40 MWh of the 50 that arrive in each hour of the day."""
    real, _ = played(power_of("two-areas"), a_day(shift=shift, idle="free", control="alone"), Settings())
    assert real.cost == pytest.approx(million * 1e6, rel=WHOLE)
    assert real.deadline_misses == 0


@pytest.mark.parametrize("jobs", ["fluid", "whole"])
@pytest.mark.parametrize("seed", [0, 1, 2, 3])
def test_alone_every_job_ends_and_no_room_is_exceeded(seed: int, jobs: Any) -> None:
    power, day = whole(of_two(seed)), a_day(shift="time", idle="free", control="alone", jobs=jobs)
    real, _ = played(power, day, Settings())
    exact = outcome_of(power, replace(day, control="aggregator"))
    assert real.deadline_misses == 0 and real.undone_mwh == pytest.approx(0, abs=0.05)
    assert exact.cost * (1 - WHOLE) <= real.cost <= 1.05 * exact.cost
    none = played(power, a_day(shift="none"), Settings())[0]
    assert real.cost <= none.cost
