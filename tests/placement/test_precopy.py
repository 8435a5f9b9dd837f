# SPDX-License-Identifier: BSD-3-Clause
"""Pre-copy's closed form."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apnemu.placement.precopy import Migration, course, dirtied, refusal, sent_s


@given(
    memory=st.integers(1 << 20, 1 << 36),
    share=st.floats(0, 0.95),
    rate=st.floats(1e8, 1e11),
    rtt_s=st.floats(0, 0.1),
    pattern=st.sampled_from(["sequential", "random"]),
)
def test_it_ends_and_never_moves_less_than_the_memory(
    memory: int, share: float, rate: float, rtt_s: float, pattern: str
) -> None:
    plan = Migration(
        memory_bytes=memory,
        dirty_bytes_per_s=share * rate,
        bytes_per_s=rate,
        rtt_s=rtt_s,
        pattern=pattern,  # type: ignore[arg-type]
    )
    found = course(plan)
    assert 1 <= found.rounds <= plan.most_rounds
    assert found.moved_bytes >= memory
    assert found.downtime_s <= found.total_s
    assert dirtied(plan, 1e9) <= memory


def test_random_writes_dirty_less_than_writes_in_order() -> None:
    in_order = Migration(memory_bytes=10**9, dirty_bytes_per_s=5e8, bytes_per_s=1e9, rtt_s=0)
    anywhere = Migration(memory_bytes=10**9, dirty_bytes_per_s=5e8, bytes_per_s=1e9, rtt_s=0, pattern="random")
    assert dirtied(in_order, 1) == 5e8 > dirtied(anywhere, 1) > 3.9e8


@pytest.mark.parametrize("dirty", [1.25e9, 2e9])
def test_more_dirtied_than_carried_is_refused(dirty: float) -> None:
    plan = Migration(memory_bytes=10**9, dirty_bytes_per_s=dirty, bytes_per_s=1.25e9, rtt_s=0.01)
    assert "the path carries 1.25 GB/s, so no round gets smaller" in refusal(plan)
    with pytest.raises(ValueError, match="dirty rate"):
        course(plan)


def test_calls_that_take_longer_than_pages_on_the_line_count() -> None:
    """Pages of 4 KiB on 100 Gbit/s are sent in 0.34 us each, and a call takes 0.5."""
    slow = Migration(
        memory_bytes=10**9, dirty_bytes_per_s=4e8, bytes_per_s=11.955e9, rtt_s=0.001, page_bytes=4096, pattern="random"
    )
    fast = dataclasses.replace(slow, call_s=500e-9)
    pages = 10**7 / 4096
    assert sent_s(fast, 10**7) == pytest.approx(500e-9 * (1 + pages * 0.99))
    assert sent_s(slow, 10**7) == pytest.approx((10**7 + 16 * pages) / 11.955e9, rel=1e-3)
    assert course(fast).downtime_s > course(slow).downtime_s
    large = dataclasses.replace(fast, page_bytes=65_536)
    assert sent_s(large, 10**7) == pytest.approx(10**7 / 11.955e9, rel=1e-3)
