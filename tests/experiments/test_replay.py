# SPDX-License-Identifier: BSD-3-Clause
"""Captures are read, readdressed and sent again, every frame at its instant: beside scapy, tshark and closed forms."""

from __future__ import annotations

import gzip
import itertools
import json
import random
import socket
import struct
import subprocess
from pathlib import Path

import numpy as np
import pytest
from scapy.layers.inet import IP, TCP, UDP
from scapy.layers.l2 import Ether

import apnemu
from apnemu.emulation.readdressing import Addresses, readdressed
from apnemu.errors import InputError
from apnemu.experiments.replay.captured import frames_of, left_out
from apnemu.experiments.replay.made import made_frames
from apnemu.experiments.replay.question import judge
from apnemu.experiments.replay.stages import Settings
from apnemu.planning.served import bounded, lindley
from apnemu.units import serialisation_ns
from tests.experiments.captures import drawn_frame, write_capture

MACS = bytes.fromhex("020a00000001"), bytes.fromhex("020a00000002")
ENDS = Addresses(macs=MACS, addresses=(socket.inet_aton("10.0.1.1"), socket.inet_aton("10.0.2.1")))


@pytest.mark.parametrize("seed", range(40))
def test_sums_are_those_that_scapy_works_out_anew(seed: int) -> None:
    frame = drawn_frame(random.Random(seed), seed)
    ours = readdressed(bytes(frame), ENDS)
    anew = Ether(bytes(frame))
    anew.src, anew.dst = (":".join(f"{byte:02x}" for byte in mac) for mac in MACS)
    if IP in anew and anew.type == 0x0800:
        none = UDP in anew and anew[UDP].chksum == 0
        anew[IP].src, anew[IP].dst, anew[IP].chksum = "10.0.1.1", "10.0.2.1", None
        for layer in (TCP, UDP):
            if layer in anew and not none:
                anew[layer].chksum = None
    assert ours == bytes(anew).ljust(60, b"\0")


def test_a_sum_that_was_wrong_stays_wrong() -> None:
    frame = bytearray(bytes(Ether() / IP(src="1.2.3.4", dst="5.6.7.8") / UDP() / b"abcd"))
    right = readdressed(bytes(frame), ENDS)
    frame[40:42] = (int.from_bytes(frame[40:42]) ^ 0x1234).to_bytes(2)
    wrong = readdressed(bytes(frame), ENDS)
    assert right[:40] == wrong[:40] and right[40:42] != wrong[40:42]


def test_every_form_of_capture_has_the_same_instants(tmp_path: Path) -> None:
    plain = tmp_path / "plain.pcap"
    instants = write_capture(plain, 50, seed=3)
    packed = tmp_path / "packed.pcap.gz"
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    newer = tmp_path / "newer.pcapng"
    subprocess.run(["editcap", "-F", "pcapng", plain, newer], check=True, capture_output=True)
    wanted = [at - instants[0] for at in instants]
    for path in (plain, packed, newer):
        frames, notes = frames_of(path, 1000)
        assert [frame.at_ns for frame in frames] == wanted, path.name
        assert not notes
    assert len(frames_of(plain, 7)[0]) == 7


def test_captures_without_ethernet_and_cut_short(tmp_path: Path) -> None:
    datagram = bytes(IP(src="1.2.3.4", dst="5.6.7.8") / UDP() / bytes(100))
    for link, head in ((101, b""), (113, bytes(14) + b"\x08\x00"), (276, b"\x08\x00" + bytes(18))):
        path = tmp_path / f"{link}.pcap"
        content = (head + datagram)[:90]
        whole = len(head + datagram)
        lines = struct.pack("=IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 90, link)
        path.write_bytes(lines + struct.pack("=IIII", 5, 7, len(content), whole) + content)
        frames, notes = frames_of(path, 10)
        assert frames[0].content == bytes(12) + b"\x08\x00" + datagram[: 90 - len(head)].ljust(128, b"\0")
        assert sum(notes.values()) == 1


@pytest.mark.parametrize("content", [b"", b"\x4d\x3c\xb2\xa1", b"GIF89a" + bytes(100), bytes(4000)])
def test_what_is_no_capture_is_refused_in_a_line(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "broken.pcap"
    path.write_bytes(content)
    for name in (path, tmp_path / "nowhere.pcap", tmp_path):
        with pytest.raises(InputError) as refused:
            frames_of(name, 10)
        assert "\n" not in str(refused.value) and str(name) in str(refused.value)


def test_made_frames_fit_their_line_and_repeat() -> None:
    frames = made_frames(200, 10.0, seed=9)
    assert frames == made_frames(200, 10.0, seed=9) != made_frames(200, 10.0, seed=8)
    gaps = [b.at_ns - a.at_ns - serialisation_ns(len(a.content), 10.0) for a, b in itertools.pairwise(frames)]
    assert min(gaps) >= 100 and max(gaps) <= 10_000_000
    assert not any(left_out(frame, "packet", 1514) for frame in frames)
    assert left_out(frames[0], "packet", len(frames[0].content) - 1).startswith("longer")


def test_two_ways_of_working_out_a_queue_agree() -> None:
    draws = np.random.default_rng(5)
    came = np.sort(draws.integers(0, 1_000_000, 2000))
    lengths = draws.choice([60, 590, 1514], 2000)
    services = lengths * 8 // 10
    waits, fits = bounded(came, services, lengths, 10**9)
    assert fits.all() and (waits == lindley(came, services)).all()


def test_a_gap_that_changes_over_light_is_not_as_expected() -> None:
    row = {
        "network": "apn",
        "from": "a",
        "to": "b",
        "lost": 0,
        "predicted_lost": 0,
        "tied": 4,
        "load": 0.0,
        "frames": 1000,
    }
    good = {**row, "unexplained": 0, "gap_off_ns_max": 100}
    assert judge([good], Settings()).met
    for spoiled in ({"gap_off_ns_max": 101}, {"lost": 1}, {"unexplained": 1}):
        assert judge([{**good, **spoiled}], Settings()).met is False
    over_packets = {**good, "network": "packet", "load": 0.7, "gap_off_ns_max": 9000}
    assert judge([over_packets], Settings()).met
    assert judge([{**over_packets, "unexplained": 1}], Settings()).met is False
    assert judge([{**over_packets, "lost": 14, "predicted_lost": 10}], Settings()).met
    assert judge([{**over_packets, "lost": 15, "predicted_lost": 10}], Settings()).met is False


@pytest.mark.guest
def test_every_kind_of_frame_keeps_its_gaps_beside_tshark(tmp_path: Path) -> None:
    """Gaps from 100 ns on, of every kind of frame: what tshark reads at the port of the receiving host."""
    path = tmp_path / "drawn.pcap"
    instants = write_capture(path, 200, seed=random.Random("replay").randrange(10**6))
    settings = {"pcap": str(path), "load": 0, "rate_gbps": 100}
    run = apnemu.run("replay", settings=settings, pcap=True, out=tmp_path / "run")
    assert run.verdict.met, run.verdict.why
    light, packets = sorted(run.rows, key=lambda row: str(row["network"]))
    assert light["frames"] == 200 == packets["frames"] + packets["left_out"]
    blueprint = json.loads((tmp_path / "run" / "blueprint.json").read_text())
    port = next(
        f"{light['to']}:{wire['a']['node']}/{wire['a']['interface']}"
        for wire in blueprint["apn"]["wires"]
        if wire["kind"] == "access" and wire["a"]["node"] == f"{light['to']}-h1" and wire["light"] == "t-o"
    )
    fields = ("-T", "fields", "-e", "frame.time_epoch", "-e", "frame.len")
    shown = f'frame.interface_name == "{port}" && sll.pkttype == 4'
    told = subprocess.run(
        ["tshark", "-r", tmp_path / "run" / "apn.pcapng", "-Y", shown, *fields],
        check=True,
        capture_output=True,
        text=True,
    )
    stamps = [line.split() for line in told.stdout.splitlines()[-200:]]
    seen_ns = [int(stamp.replace(".", "")) for stamp, _ in stamps]
    sending_ns = [serialisation_ns(max(60, len(frame.content)), 100.0) for frame in frames_of(path, 200)[0]]
    for number in range(1, 200):
        sent = instants[number] - instants[number - 1] + sending_ns[number] - sending_ns[number - 1]
        assert abs(seen_ns[number] - seen_ns[number - 1] - sent) <= 100, number
