# SPDX-License-Identifier: BSD-3-Clause
"""The queue that DCTCP keeps, beside what its paper makes of the same equations."""

from __future__ import annotations

import math

import pytest

from apnemu.planning.marked_queues import kept_frames


@pytest.mark.parametrize("under_way", [200, 858, 20_000])
@pytest.mark.parametrize("flows", [1, 4, 8])
def test_the_least_is_the_papers(under_way: float, flows: int) -> None:
    """Q min is about K + N - sqrt(2 N (C RTT + K)) / 2 (equation 12), for windows of many frames."""
    mark = under_way / 4
    kept = kept_frames(under_way, mark, flows)
    paper = mark + flows - math.sqrt(2 * flows * (under_way + mark)) / 2
    assert kept.most == mark + flows
    assert kept.least == pytest.approx(paper, abs=0.1 * (kept.most - paper))
    assert kept.mean == pytest.approx((kept.least + kept.most) / 2)


@pytest.mark.parametrize(("share", "empty"), [(1 / 5, False), (1 / 10, True)])
def test_a_mark_of_a_fifth_of_a_round_trip_keeps_the_line_full_whatever_the_flows(share: float, empty: bool) -> None:
    """K > C RTT / 7 (equation 13), which takes the root for alpha; alpha itself asks for nearly a fifth."""
    under_way = 7_000
    least = min(kept_frames(under_way, share * under_way, flows).least for flows in range(1, 3_000, 10))
    assert (least == 0) is empty
