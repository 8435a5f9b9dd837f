# SPDX-License-Identifier: BSD-3-Clause
"""The player's loop: timers at their instants and in their order, though it reads the clock seldom."""

from __future__ import annotations

import os

import pytest

from apnemu.emulation import loop as loops
from apnemu.emulation.loop import READ, Loop, now_ns

MS = 1_000_000


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Readings of the loop's clock."""
    readings: list[int] = []

    def read() -> int:
        readings.append(now_ns())
        return readings[-1]

    monkeypatch.setattr(loops, "now_ns", read)
    return readings


def test_timers_are_served_in_order_and_never_early() -> None:
    loop, start_ns = Loop(), now_ns()
    served: list[tuple[int, int]] = []
    for due_ns in (5 * MS, 2 * MS, 2 * MS, 0):
        loop.at(start_ns + due_ns, lambda due_ns=due_ns: served.append((due_ns, now_ns() - start_ns)))  # type: ignore[misc]
    loop.run(start_ns + 6 * MS)
    loop.close()
    assert [due_ns for due_ns, _ in served] == [0, 2 * MS, 2 * MS, 5 * MS]
    assert all(at_ns >= due_ns for due_ns, at_ns in served)


def test_a_timer_that_a_descriptor_asks_for_comes_before_a_later_alarm() -> None:
    loop, start_ns = Loop(), now_ns()
    reading, writing = os.pipe()
    served: list[str] = []

    def read(_: int) -> None:
        os.read(reading, 1)
        loop.at(now_ns() + MS, lambda: served.append("asked for"))
        loop.at(now_ns() - MS, lambda: served.append("overdue"))

    loop.watch(reading, READ, read)
    loop.at(start_ns + 2 * MS, lambda: os.write(writing, b"x"))  # type: ignore[arg-type, return-value]
    loop.at(start_ns + 50 * MS, lambda: served.append("later"))
    loop.run(start_ns + 51 * MS)
    loop.close()
    assert served == ["overdue", "asked for", "later"]


def test_a_loop_that_runs_again_wakes_again() -> None:
    loop, start_ns = Loop(), now_ns()
    loop.run(start_ns + MS)
    assert now_ns() >= start_ns + MS
    loop.run(start_ns + 2 * MS)
    assert now_ns() >= start_ns + 2 * MS
    loop.close()


def test_the_clock_is_not_read_for_each_message(counted: list[int]) -> None:
    loop, start_ns = Loop(), now_ns()
    ends = [os.pipe() for _ in range(100)]
    left = [reading for reading, _ in ends]

    def read(reading: int) -> None:
        os.read(reading, 1)
        loop.forget(reading)
        left.remove(reading)
        if left:
            os.write(dict(ends)[left[0]], b"x")

    for reading, _ in ends:
        loop.watch(reading, READ, lambda _, reading=reading: read(reading))  # type: ignore[misc]
    os.write(ends[0][1], b"x")
    loop.run(start_ns + 10_000 * MS, unless=lambda: not left)
    loop.close()
    assert not left
    assert len(counted) == 1
