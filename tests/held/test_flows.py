# SPDX-License-Identifier: BSD-3-Clause
"""A small sample of what `flows` compares, and what it draws."""

from __future__ import annotations

from itertools import islice

import pytest

from tests.held.flows import KINDS, Point, compared, drawn


def test_every_kind_of_point_is_drawn_and_each_seed_draws_its_own() -> None:
    points = list(drawn(len(KINDS), 1))
    assert {(point.rate_gbps, point.mtu, point.congestion_control) for point in points} == set(KINDS)
    assert points == list(drawn(len(KINDS), 1)) != list(drawn(len(KINDS), 2))
    assert list(islice(drawn(60, 1), len(KINDS))) == points


@pytest.mark.guest
def test_a_flow_gets_what_iperf3_gets_and_what_the_line_carries() -> None:
    """3,000 km held a flow at a window of 1 MiB, whatever its control, when the receiver waited for as much."""
    controls = ("cubic", "bbr")
    for row in compared(Point(length_km=3000, rate_gbps=10, mtu=1500, congestion_control="cubic"), controls):
        assert row["bound"] == "line"
        assert abs(row["beside_iperf3"]) <= 0.01, row
        assert abs(row["beside_closed_form"]) <= 0.01, row


@pytest.mark.guest
def test_a_window_decides_for_both_alike() -> None:
    """4 MiB, as untuned Linux has: less than half the line is used in bursts, more than half in whole segments.

    A segment that the sender's kernel makes is up to 65,160 bytes, 1.6 % of that window: where they end decides whether
    one more fits, and two programs that write in pieces of their own differ by as much.
    """
    controls = ("cubic", "dctcp")
    for length_km, worst in ((450.0, 65_160 / 4_194_240), (1532.0, 0.01)):
        point = Point(
            length_km=length_km, rate_gbps=10, mtu=1500, congestion_control="cubic", tcp_window_bytes=4_194_240
        )
        for row in compared(point, controls):
            assert row["bound"] == "window"
            assert abs(row["beside_iperf3"]) <= worst, row
            assert abs(row["beside_closed_form"]) <= worst, row
