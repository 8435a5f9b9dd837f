# SPDX-License-Identifier: BSD-3-Clause
"""Waits of a queue: Lindley's recursion step by step is the oracle; captures that cannot be compared are refused."""

from __future__ import annotations

import dataclasses
import struct
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apnemu.errors import LabError
from apnemu.experiments.queue.rows import ENDLESS_BYTES, theory, wait_rows
from apnemu.model.plant import Background, PacketNetwork
from apnemu.planning.served import bounded, lindley
from apnemu.records.pcap import stamps_ns
from apnemu.records.record import Record
from apnemu.records.table import to_table

PACKET = PacketNetwork(
    line_rate_gbps=10, mtu_bytes=1500, buffer_bytes=ENDLESS_BYTES, forwarding_ns=0, oeo_ns=0, fec_ns=0
)
FRAMES = st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 500)), min_size=1, max_size=200)
"""Gaps before frames, and the services that these take, in ns."""


def recursion(came_ns: list[int], services_ns: list[int]) -> list[int]:
    """W(k+1) = max(0, W(k) + S(k) - (t(k+1) - t(k))) (Lindley, 1952)."""
    waits = [0]
    for (before, now), service_ns in zip(pairwise(came_ns), services_ns, strict=False):
        waits.append(max(0, waits[-1] + service_ns - (now - before)))
    return waits


@given(FRAMES, st.integers(0, 2 * 10**18))
def test_the_closed_form_is_the_recursion(frames: list[tuple[int, int]], start_ns: int) -> None:
    gaps, services = (list(part) for part in zip(*frames, strict=True))
    came = [start_ns + sum(gaps[:count]) for count in range(1, len(gaps) + 1)]
    waits = lindley(np.array(came, np.int64), np.array(services, np.int64))
    assert waits.tolist() == recursion(came, services)
    same, fits = bounded(np.array(came), np.array(services), np.array(services), 10**9)
    assert same.tolist() == waits.tolist() and fits.all(), "a queue that is never full is one without an end"


@pytest.mark.parametrize(("load", "room"), [(0.3, 2), (0.8, 5), (0.95, 12), (1.0, 3), (1.4, 7)])
def test_a_bounded_queue_drops_and_waits_as_its_markov_chain_says(load: float, room: int) -> None:
    """M/D/1/K played with a million frames: batch means give the standard error."""
    draws, service = np.random.default_rng(room), 1_000
    came = np.cumsum(draws.exponential(service / load, 1_000_000)).astype(np.int64)
    waits, fits = bounded(came, np.full(len(came), service), np.full(len(came), 100), 100 * room)
    packet = dataclasses.replace(
        PACKET, line_rate_gbps=0.8, buffer_bytes=100 * room, background=Background(frame_bytes=100)
    )
    known = theory(packet, load)
    assert known.loss is not None and known.wait_ns is not None
    lost = (~fits).reshape(100, -1).mean(axis=1)
    assert known.loss == pytest.approx(lost.mean(), abs=5 * lost.std() / 10)
    batches = [part[fit].mean() for part, fit in zip(np.split(waits, 100), np.split(fits, 100), strict=True)]
    assert known.wait_ns == pytest.approx(waits[fits].mean(), abs=5 * np.std(batches) / 10 + 1)


def test_a_mix_waits_as_pollaczek_and_khinchine_say_and_has_no_closed_form_where_bounded() -> None:
    mix = ((60, 7.0), (590, 4.0), (1514, 1.0))
    packet = dataclasses.replace(PACKET, background=Background(mix=mix))
    draws = np.random.default_rng(3)
    services = draws.choice([48, 472, 1211], 1_000_000, p=[7 / 12, 4 / 12, 1 / 12])
    came = np.cumsum(draws.exponential(services.mean() / 0.7, len(services))).astype(np.int64)
    assert theory(packet, 0.7).wait_ns == pytest.approx(lindley(came, services).mean(), rel=0.03)
    assert theory(packet, 1.0).wait_ns is None
    short = dataclasses.replace(packet, buffer_bytes=3_000)
    assert (theory(short, 0.7).wait_ns, theory(short, 0.7).loss) == (None, None)


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
        Record(network="packet", kind="event", at_ns=0, name="waits-x", load=load),
    ]


def test_waits_of_a_queue_of_three(tmp_path: Path) -> None:
    """Service 1,211 ns, fibre 700: the second comes while the first is sent, the third when all is empty."""
    write_pcap(tmp_path / "waits-x-in.pcap", [0, 1_000, 9_000])
    write_pcap(tmp_path / "waits-x-out.pcap", [1_911, 3_122, 10_911])
    (row,) = wait_rows(to_table(event(0.5)), tmp_path, PACKET)
    assert row == {
        "network": "packet",
        "load": 0.5,
        "packets": 3,
        "mean_wait_ns": round(211 / 3, 3),
        "predicted_wait_ns": 605.5,
        "exact_wait_ns": round(211 / 3, 3),
        "wait_ns_p99": 211,
        "drops": 0,
        "predicted_loss": 0.0,
        "exact_drops": 0,
    }


def test_a_frame_that_never_left_is_refused(tmp_path: Path) -> None:
    write_pcap(tmp_path / "waits-x-in.pcap", [0, 1])
    write_pcap(tmp_path / "waits-x-out.pcap", [5])
    with pytest.raises(LabError, match="waits-x: 2 frames came to the queue and 1 left it"):
        wait_rows(to_table(event(0.5)), tmp_path, PACKET)


def test_waits_of_a_bounded_queue_are_those_of_the_frames_that_it_took(tmp_path: Path) -> None:
    """Room for two: the third of four comes while one is sent and one waits."""
    write_pcap(tmp_path / "waits-x-in.pcap", [0, 100, 200, 5_000])
    write_pcap(tmp_path / "waits-x-out.pcap", [1_911, 3_122, 6_911])
    (row,) = wait_rows(to_table(event(0.5)), tmp_path, dataclasses.replace(PACKET, buffer_bytes=3_028))
    assert (row["drops"], row["exact_drops"], row["packets"]) == (1, 1, 4)
    assert row["mean_wait_ns"] == row["exact_wait_ns"] == round(1_111 / 3, 3)
    write_pcap(tmp_path / "waits-x-out.pcap", [1_911, 6_911])
    (row,) = wait_rows(to_table(event(0.5)), tmp_path, dataclasses.replace(PACKET, buffer_bytes=3_028))
    assert (row["drops"], row["exact_drops"], row["mean_wait_ns"]) == (2, 1, None)
