# SPDX-License-Identifier: BSD-3-Clause
"""Programs: an optimum that brute force finds too, prices by finite differences, and ties by rank."""

from __future__ import annotations

import os
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apnemu.power.program import Program, silent


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 9), st.integers(0, 20)), min_size=1, max_size=9),
    st.integers(0, 30),
)
def test_a_knapsack_is_what_brute_force_finds(things: list[tuple[int, int]], room: int) -> None:
    weights, worth = (np.array(column, dtype=float) for column in zip(*things, strict=True))
    program = Program()
    taken = program.block("taken", (len(things),), high=1.0, cost=-worth, whole=True, rank=np.arange(len(things)))
    program.rows("most", (), [(taken, weights)], room)
    found = program.solve()
    best = max(
        sum(w for (_, w), t in zip(things, choice, strict=True) if t)
        for choice in product((0, 1), repeat=len(things))
        if sum(m for (m, _), t in zip(things, choice, strict=True) if t) <= room
    )
    assert -found.value == pytest.approx(best, abs=1e-6)
    assert -float(found.columns @ worth) == pytest.approx(found.value, abs=1e-6)
    assert found.bound == pytest.approx(found.value, abs=1e-6)
    assert float(found.columns @ weights) <= room + 1e-9


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(st.floats(1, 9), st.floats(1, 100)), min_size=2, max_size=8, unique_by=lambda step: round(step[1], 2)
    ),
    st.floats(0.1, 0.9),
)
def test_prices_are_what_one_more_costs(steps: list[tuple[float, float]], share: float) -> None:
    def cost(wanted: float) -> tuple[float, float]:
        program = Program()
        made = program.block("made", (len(steps),), high=[mw for mw, _ in steps], cost=[price for _, price in steps])
        balance = program.rows("equal", (), [(made, 1)], wanted)
        found = program.solve()
        return found.value, float(found.prices[balance])

    wanted = share * sum(mw for mw, _ in steps)
    value, price = cost(wanted)
    more, less = cost(wanted + 1e-4)[0] - value, value - cost(wanted - 1e-4)[0]
    assert less / 1e-4 - 1e-3 <= price <= more / 1e-4 + 1e-3


def test_of_equal_optima_the_least_rank_is_taken_and_costs_nothing() -> None:
    for order in ([0, 1, 2], [2, 1, 0]):
        program = Program()
        x = program.block("x", (3,), high=5.0, cost=7.0, rank=order)
        program.rows("equal", (), [(x, 1)], 6.0)
        found = program.solve()
        assert found.value == pytest.approx(42)
        assert list(found.of(x)) == pytest.approx([5, 1, 0] if order[0] == 0 else [0, 1, 5])


def test_rank_never_buys_anything() -> None:
    program = Program()
    x = program.block("x", (2,), high=5.0, cost=[1.0, 1.001], rank=[100.0, 0.0])
    program.rows("equal", (), [(x, 1)], 4.0)
    assert list(program.solve().of(x)) == pytest.approx([4, 0])


def test_more_terms_go_into_rows_that_are_there() -> None:
    program = Program()
    x = program.block("x", (2, 3), cost=1.0)
    rows = program.rows("equal", (3,), [(x[0], 1)], 5.0)
    program.more(rows, x[1], 2.0)
    found = program.solve()
    assert found.value == pytest.approx(7.5)
    assert list(found.of(x)[1]) == pytest.approx([2.5] * 3)


def test_what_has_no_solution_says_so_and_a_name_comes_once() -> None:
    program = Program()
    x = program.block("x", (), high=1.0)
    program.rows("equal", (), [(x, 1)], 2.0)
    with pytest.raises(ValueError, match="no solution"):
        program.solve()
    with pytest.raises(ValueError, match="block x is there already"):
        program.block("x", ())


def test_what_the_solver_writes_stands_in_no_document(capfd: pytest.CaptureFixture[str]) -> None:
    with silent():
        os.write(1, b"HighsMipSolverData::transformNewIntegerFeasibleSolution")
    os.write(1, b"{}")
    assert capfd.readouterr().out == "{}"
