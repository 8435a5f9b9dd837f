# SPDX-License-Identifier: BSD-3-Clause
"""What the receiver of a stream saw, and how the page draws it."""

from __future__ import annotations

from typing import Any

from apnemu.experiments.failover.outages import outage
from apnemu.experiments.failover.shown import outage_figure


def _stream(ways: list[int | None]) -> list[dict[str, Any]]:
    return [
        {"kind": "probe", "name": "a>b", "source": "a", "target": "b", "at_ns": 1000 * number, "one_way_ns": way}
        for number, way in enumerate(ways)
    ]


def test_the_longest_silence_after_the_event_counts_and_not_one_before_it() -> None:
    ways = [10, None, None, None, 10, 10, None, 30, 30]
    seen = outage([*_stream(ways), {"kind": "event", "at_ns": 5500}])
    assert (seen.outage_ns, seen.frames_lost, seen.frames_sent, seen.restored) == (2020, 4, 9, True)
    assert (seen.before_ns, seen.after_ns) == (10, 30)


def test_a_stream_that_never_comes_back_is_not_restored_and_has_no_outage() -> None:
    seen = outage([*_stream([10, 10, None, None]), {"kind": "event", "at_ns": 1500}])
    assert (seen.outage_ns, seen.frames_lost, seen.restored) == (None, 2, False)


def test_what_was_under_way_when_the_fibre_was_cut_is_no_end_of_the_outage() -> None:
    seen = outage([*_stream([3000, 3000, 3000, None, None]), {"kind": "event", "at_ns": 3500}])
    assert (seen.outage_ns, seen.frames_lost, seen.restored) == (None, 2, False)


def test_a_silence_in_which_no_frame_was_lost_is_no_outage() -> None:
    """Frames stood 5,000 apart, and denser where light was to be switched: 2,000 without any are the longer time."""
    apart = [(0, 9), (4000, 9), (4100, 9), (4200, None), (6000, None), (6100, 9), (11_000, 9)]
    stream = [{**_stream([way])[0], "at_ns": at_ns} for at_ns, way in apart]
    seen = outage([*stream, {"kind": "event", "at_ns": 4150}])
    assert (seen.outage_ns, seen.unresolved_ns, seen.frames_lost) == (2000, 200, 2)
    unhurt = outage([*_stream([10, 10, 10]), {"kind": "event", "at_ns": 500}])
    assert (unhurt.outage_ns, unhurt.unresolved_ns, unhurt.restored) == (0, 0, True)


def test_nothing_seen_is_no_crash() -> None:
    assert outage([]).outage_ns is None


def test_each_scheme_is_a_bar_with_its_words() -> None:
    row = {
        "network": "packet",
        "scheme": "ospf",
        "event": "cut a-b",
        "outage_ns": 31_000_000_000,
        "predicted_outage_ns": 40_000_000_000,
        "predicted_least_ns": 30_000_000_000,
        "frames_lost": 15_000,
        "restored": True,
    }
    dead = {**row, "scheme": "ospf-link", "outage_ns": None, "predicted_outage_ns": 0, "restored": False}
    (figure,) = outage_figure([row, dead], {})
    drawn = str(figure)
    assert "packet network, ospf (cut a-b): 31.0 s, 15,000 frames lost" in drawn
    assert "packet network, ospf-link (cut a-b): not restored" in drawn
    assert drawn.count("<rect") == 1
