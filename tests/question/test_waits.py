# SPDX-License-Identifier: BSD-3-Clause
"""Waits of a queue: Lindley's recursion step by step is the oracle; captures that cannot be compared are refused."""

from __future__ import annotations

import struct
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apnemu.errors import LabError
from apnemu.experiments.queue import _lindley, wait_rows
from apnemu.records.pcap import stamps_ns
from apnemu.records.record import Record
from apnemu.records.table import to_table


def recursion(came_ns: list[int], service_ns: int) -> list[int]:
    """W(k+1) = max(0, W(k) + S - (t(k+1) - t(k))) (Lindley, 1952)."""
    waits = [0]
    for before, now in pairwise(came_ns):
        waits.append(max(0, waits[-1] + service_ns - (now - before)))
    return waits


@given(st.lists(st.integers(0, 10_000), min_size=1, max_size=200), st.integers(0, 500), st.integers(0, 2 * 10**18))
def test_the_closed_form_is_the_recursion(gaps_ns: list[int], service_ns: int, start_ns: int) -> None:
    came = [start_ns + sum(gaps_ns[:count]) for count in range(1, len(gaps_ns) + 1)]
    assert _lindley(np.array(came, np.int64), service_ns).tolist() == recursion(came, service_ns)


def write_pcap(path: Path, stamps: list[int], *, magic: int = 0xA1B23C4D, lengths: list[int] | None = None) -> None:
    data = struct.pack("<IHHiIII", magic, 2, 4, 0, 0, 14, 1)
    for stamp, length in zip(stamps, lengths or [14] * len(stamps), strict=True):
        data += struct.pack("<IIII", *divmod(stamp, 10**9), length, 1514) + bytes(length)
    path.write_bytes(data)


def test_stamps_are_to_the_nanosecond(tmp_path: Path) -> None:
    stamps = [1_893_456_000_000_000_001, 1_893_456_000_999_999_999, 1_893_456_001_000_000_000]
    write_pcap(tmp_path / "a", stamps)
    assert stamps_ns(tmp_path, "a").tolist() == stamps
    write_pcap(tmp_path / "none", [])
    assert stamps_ns(tmp_path, "none").tolist() == []


def test_captures_that_are_none_are_refused(tmp_path: Path) -> None:
    write_pcap(tmp_path / "micro", [1, 2], magic=0xA1B2C3D4)
    (tmp_path / "short").write_bytes(struct.pack("<I", 0xA1B23C4D))
    (tmp_path / "empty").write_bytes(b"")
    for name in ("micro", "short", "empty"):
        with pytest.raises(LabError, match=f"{name} is no capture with nanosecond stamps"):
            stamps_ns(tmp_path, name)


def test_a_capture_that_was_cut_off_is_refused(tmp_path: Path) -> None:
    write_pcap(tmp_path / "a", [1, 2])
    (tmp_path / "a").write_bytes((tmp_path / "a").read_bytes()[:-1])
    with pytest.raises(LabError, match="several lengths, or was cut off"):
        stamps_ns(tmp_path, "a")


def test_frames_of_several_lengths_are_refused(tmp_path: Path) -> None:
    write_pcap(tmp_path / "a", [1, 2, 3], lengths=[14, 14 + 30, 14])  # 30 bytes more: one frame more, by its length
    with pytest.raises(LabError, match="several lengths"):
        stamps_ns(tmp_path, "a")


def event(load: float) -> list[Record]:
    return [
        Record(network="packet", kind="queue", at_ns=0, load=load, drops=2),
        Record(network="packet", kind="event", at_ns=0, name="waits-x", load=load),
    ]


def test_waits_of_a_queue_of_three(tmp_path: Path) -> None:
    """Service 1,211 ns, fibre 700: the second comes while the first is sent, the third when all is empty."""
    write_pcap(tmp_path / "waits-x-in.pcap", [0, 1_000, 9_000])
    write_pcap(tmp_path / "waits-x-out.pcap", [1_911, 3_122, 10_911])
    (row,) = wait_rows(to_table(event(0.5)), tmp_path, 1514, 10.0)
    assert row == {
        "network": "packet",
        "load": 0.5,
        "packets": 3,
        "mean_wait_ns": round(211 / 3, 3),
        "predicted_wait_ns": 605.5,
        "exact_wait_ns": round(211 / 3, 3),
        "wait_ns_p99": 211,
        "drops": 2,
    }


def test_a_frame_that_never_left_is_refused(tmp_path: Path) -> None:
    write_pcap(tmp_path / "waits-x-in.pcap", [0, 1])
    write_pcap(tmp_path / "waits-x-out.pcap", [5])
    with pytest.raises(LabError, match="waits-x: 2 frames came to the queue and 1 left it"):
        wait_rows(to_table(event(0.5)), tmp_path, 1514, 10.0)
