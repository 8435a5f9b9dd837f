# SPDX-License-Identifier: BSD-3-Clause
"""What a followed run's player leaves in memory, and a loop that is nudged by a signal's handler."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apnemu.emulation import loop as loops
from apnemu.emulation.followed import Ring
from apnemu.emulation.loop import Loop, now_ns, nudge

ENTRIES = st.lists(st.lists(st.integers() | st.text(max_size=30), max_size=4), max_size=40)


@settings(max_examples=60, deadline=None)
@given(st.lists(ENTRIES, max_size=6))
def test_entries_come_out_in_their_order_and_what_finds_no_room_is_lost(rounds: list[list[list[object]]]) -> None:
    """The memory is small, so that its end and its beginning meet in the midst of entries."""
    ring = Ring(700)
    for entries in rounds:
        for entry in entries:
            ring.leave(entry)
        taken = list(ring.take())
        left = iter(entries)
        assert all(any(entry == one for one in left) for entry in taken), "in their order, none twice"
        assert taken[:1] == entries[:1]
        assert list(ring.take()) == []


def test_two_processes_have_the_same_memory() -> None:
    ring = Ring(4096)
    child = os.fork()
    if not child:
        ring.leave(["stage", "東京"])
        os._exit(0)
    os.waitpid(child, 0)
    assert list(ring.take()) == [["stage", "東京"]]


@pytest.fixture
def handled() -> Iterator[None]:
    before = signal.getsignal(signal.SIGUSR1)
    yield
    signal.signal(signal.SIGUSR1, before)


@pytest.mark.usefixtures("handled")
def test_a_loop_that_waits_does_at_once_what_a_signal_asks_for() -> None:
    loop = Loop()
    done: list[int] = []
    signal.signal(signal.SIGUSR1, lambda *_: nudge(lambda: done.append(now_ns())))
    begun_ns = now_ns()
    child = os.fork()
    if not child:
        os.kill(os.getppid(), signal.SIGUSR1)
        os._exit(0)
    loop.run(begun_ns + 60 * 10**9, unless=lambda: bool(done))
    loop.close()
    os.waitpid(child, 0)
    assert done[0] - begun_ns < 50 * 10**9
    assert not loops._Nudges.waits


def test_what_is_asked_for_while_no_loop_runs_is_done_by_the_next() -> None:
    done: list[str] = []
    nudge(lambda: done.append("now"))
    assert done == []
    loop = Loop()
    loop.at(now_ns(), lambda: done.append("then"))
    loop.run(now_ns() + 1_000)
    loop.close()
    assert done == ["now", "then"]
