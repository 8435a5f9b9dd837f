# SPDX-License-Identifier: BSD-3-Clause
"""Money: every amount paid is an amount got, nobody who takes part loses, and shares are Shapley's."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apnemu.model.power import Party
from apnemu.power.horizon import Asked
from apnemu.power.money import airport, by_need, owner_costs, settle, shapley
from apnemu.power.outcome import outcome
from apnemu.power.shift import plan
from tests.power.made import come_to, flat, site, system, work
from tests.power.test_shift import drawn


def test_a_line_for_100_200_and_300_mw() -> None:
    shares = airport([100, 200, 300])
    assert shares == pytest.approx([33.33, 83.33, 183.33], abs=0.01)
    assert sum(shares) == pytest.approx(300, abs=1e-9)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(0.1, 1e6), min_size=1, max_size=6))
def test_a_line_s_shares_are_shapley_s_and_sum_to_its_cost(needs: list[float]) -> None:
    names = [str(index) for index in range(len(needs))]
    shares = shapley(names, lambda who: max(needs[int(name)] for name in who))
    assert [shares[name] for name in names] == pytest.approx(airport(needs), rel=1e-9)
    assert sum(airport(needs)) == pytest.approx(max(needs), rel=1e-9)
    assert sum(by_need(max(needs), needs)) == pytest.approx(max(needs), rel=1e-9)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 5))
def test_shapley_is_the_mean_over_all_orders(seed: int, count: int) -> None:
    draw = np.random.default_rng(seed)
    names = [f"p{index}" for index in range(count)]
    worth: dict[frozenset[str], float] = {}

    def value(who: frozenset[str]) -> float:
        return worth.setdefault(who, float(draw.uniform(0, 100)) if who else 0.0)

    shares = shapley(names, value)
    orders = list(permutations(names))
    for name in names:
        added = [
            value(frozenset(order[: order.index(name) + 1])) - value(frozenset(order[: order.index(name)]))
            for order in orders
        ]
        assert shares[name] == pytest.approx(sum(added) / len(orders))


def test_shapley_refuses_more_players_than_it_can_look_at() -> None:
    with pytest.raises(ValueError, match="there are 13 players; all coalitions of at most 12"):
        shapley([str(index) for index in range(13)], lambda who: 1.0)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.booleans(), st.floats(0, 0.5))
def test_what_is_paid_is_got_and_nobody_loses(seed: int, aggregated: bool, fee: float) -> None:
    power = drawn(np.random.default_rng(seed))
    party = Party(name="agg", role="aggregator", at="s0")
    power = replace(power, parties=(party,) if aggregated else ())
    none = plan(power, Asked(shift="none"))
    before = outcome(power, none, none)
    after = outcome(power, plan(power, Asked(shift="both", idle="free", yen_per_tco2=0.0), none), none)
    settled = settle(after, before, fee)
    assert sum(settled.balance().values()) == pytest.approx(0, abs=1e-3)
    paid = owner_costs(after)
    energy = sum(after.parts[name] for name in ("energy", "own", "co2"))
    moved = sum(payment.amount for payment in settled.payments if payment.what == "moves" and payment.payee == "market")
    assert sum(paid.values()) == pytest.approx(energy + moved, rel=1e-6, abs=1)
    saved = sum(owner_costs(before).values()) - sum(paid.values())
    if saved >= 0:
        assert min(settled.gains.values()) >= -1e-3
    assert sum(settled.gains.values()) == pytest.approx(saved, rel=1e-6, abs=1e-2)
    if aggregated:
        assert settled.gains["agg"] == pytest.approx(fee * max(0.0, saved), rel=1e-6, abs=1e-2)


def test_work_at_another_s_site_pays_for_the_power_that_it_takes() -> None:
    power = system(
        {"x": flat(9000)[0], "y": flat(1000)[0]},
        sites=(site("a", "x", owner="guest"), site("b", "y", pue=1.5, owner="host")),
        work=(work(mw=10, hours=24.0, owner="guest"),),
        parties=(Party(name="agg", role="aggregator", at="a"),),
    )
    before, after = come_to(power, shift="none"), come_to(power, shift="space")
    settled = settle(after, before, 0.25)
    hosted = [payment for payment in settled.payments if payment.what == "hosting"]
    assert [(one.payer, one.payee) for one in hosted] == [("guest", "host")]
    assert hosted[0].amount == pytest.approx(240 * 1.5 * 1000)
    saved = 240 * 9000 - 240 * 1.5 * 1000
    assert settled.gains == pytest.approx({"guest": 0.75 * saved, "host": 0, "agg": 0.25 * saved})
