# SPDX-License-Identifier: BSD-3-Clause
"""Managed delay: what is left between lightpaths is less than a step, and nothing is made longer than the longest."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apnemu.model.assignment import Assignment, LightId, Lightpath
from apnemu.model.spectrum import Slot
from apnemu.planning.lightpaths import STEP_NS, equalised


def lightpath(name: str, delay_ns: int) -> Lightpath:
    return Lightpath(
        id=LightId(service=name),
        source="a",
        target="b",
        route=("a", "b"),
        fibres=("ab",),
        slot=Slot(n=0, m=4),
        mode="any",
        rate_gbps=100.0,
        length_km=1.0,
        delay_ns=delay_ns,
    )


@given(st.lists(st.integers(min_value=0, max_value=10**8), min_size=1, max_size=20))
def test_named_lightpaths_end_within_a_step(delays: list[int]) -> None:
    planned = Assignment(lightpaths=tuple(lightpath(str(n), d) for n, d in enumerate(delays)), refusals=())
    after = [path.delay_ns for path in equalised(planned, {path.name for path in planned.lightpaths}).lightpaths]
    assert max(after) == max(delays)
    assert max(after) - min(after) < STEP_NS
    assert all((new - old) % STEP_NS == 0 and new >= old for new, old in zip(after, delays, strict=True))


def test_others_are_left_alone() -> None:
    planned = Assignment(lightpaths=(lightpath("short", 10_000), lightpath("long", 90_500)), refusals=())
    assert equalised(planned, {"short"}) == planned
    first, second = equalised(planned, {"short", "long"}).lightpaths
    assert (first.delay_ns, first.added_delay_ns, second.added_delay_ns) == (90_000, 80_000, 0)


def test_a_name_that_is_none() -> None:
    with pytest.raises(ValueError, match="no lightpath is called nobody"):
        equalised(Assignment(lightpaths=(), refusals=()), {"nobody"})
