# SPDX-License-Identifier: BSD-3-Clause
"""Captures: every frame, to the nanosecond, on the interface where it was seen; tshark is the oracle."""

from __future__ import annotations

import shutil
import struct
import subprocess
from pathlib import Path

import pytest
from scapy.utils import RawPcapNgReader  # type: ignore[import-untyped]  # scapy ships no types

from apnemu.blueprint.captured import Captured
from apnemu.errors import LabError
from apnemu.records.pcapng import to_pcapng

ARP = bytes.fromhex("0001080006040001020000000001 0a000001 000000000000 0a000002".replace(" ", ""))
START_S = 1_700_000_000


def frame(interface: int, payload: bytes = ARP) -> bytes:
    """LINKTYPE_LINUX_SLL2: protocol, reserved, interface index, ARPHRD, packet type, address length, address."""
    return struct.pack(">HHIHBB8s", 0x0806, 0, interface, 1, 0, 6, b"\x02\0\0\0\0\x01") + payload


def capture(path: Path, order: str = "<", magic: int = 0xA1B23C4D, link_type: int = 276) -> Path:
    frames = [(3, 7), (5, 8), (3, 999_999_999), (70_000, 123_456_789)]
    body = struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, 262_144, link_type)
    for second, (interface, nanosecond) in enumerate(frames):
        data = frame(interface, ARP + bytes(second))
        body += struct.pack(order + "IIII", START_S + second, nanosecond, len(data), len(data) + 100) + data
    path.write_bytes(body)
    return path


@pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark, which reads the result, is not installed")
@pytest.mark.parametrize("order", ["<", ">"])
def test_tshark_reads_nanoseconds_and_names(tmp_path: Path, order: str) -> None:
    target = tmp_path / "run.pcapng"
    to_pcapng(capture(tmp_path / "any.pcap", order), target, {3: "tokyo-eth1", 5: "大阪-eth0"})
    fields = ["frame.time_epoch", "frame.interface_name", "frame.len", "sll.ifindex", "arp.src.proto_ipv4"]
    command = ["tshark", "-n", "-r", str(target), "-T", "fields", *(part for field in fields for part in ("-e", field))]
    seen = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    assert [line.split("\t") for line in seen] == [
        [f"{START_S}.000000007", "tokyo-eth1", "148", "3", "10.0.0.1"],
        [f"{START_S + 1}.000000008", "大阪-eth0", "149", "5", "10.0.0.1"],
        [f"{START_S + 2}.999999999", "tokyo-eth1", "150", "3", "10.0.0.1"],
        [f"{START_S + 3}.123456789", "if70000", "151", "70000", "10.0.0.1"],
    ]


@pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark, which reads the result, is not installed")
def test_tshark_reads_what_a_capture_says_of_itself(tmp_path: Path) -> None:
    target = tmp_path / "run.pcapng"
    said = {"s1-eth1": "tokyo (東京) to osaka (大阪\x1b)", "s2-eth1": "osaka to tokyo"}
    about = Captured(comment="東京の網" * 10_000, interfaces=said, names={"s2-eth1": "osaka:t-o"})
    to_pcapng(capture(tmp_path / "any.pcap"), target, {3: "s1-eth1", 5: "s2-eth1"}, about)
    fields = ["-e", "frame.interface_name", "-e", "frame.interface_description"]
    command = ["tshark", "-n", "-r", str(target), "-T", "fields", *fields]
    seen = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    assert seen[:2] == ["s1-eth1\ttokyo (東京) to osaka (大阪\\x1b)", "osaka:t-o\tosaka to tokyo (s2-eth1)"]
    said = subprocess.run(["capinfos", "-k", str(target)], check=True, capture_output=True, text=True).stdout
    assert said.partition("Capture comment:")[2].split()[0] == ("東京の網" * 10_000)[: 65_000 // 3]


def test_scapy_reads_nanoseconds(tmp_path: Path) -> None:
    target = tmp_path / "run.pcapng"
    to_pcapng(capture(tmp_path / "any.pcap"), target, {3: "tokyo-eth1"})
    with RawPcapNgReader(str(target)) as reader:
        seen = [((about.tshigh << 32) + about.tslow, about.tsresol, about.wirelen) for _, about in reader]
    assert seen == [
        (START_S * 10**9 + 7, 10**9, 148),
        ((START_S + 1) * 10**9 + 8, 10**9, 149),
        ((START_S + 2) * 10**9 + 999_999_999, 10**9, 150),
        ((START_S + 3) * 10**9 + 123_456_789, 10**9, 151),
    ]


def test_the_same_capture_gives_the_same_bytes_in_whole_words(tmp_path: Path) -> None:
    source = capture(tmp_path / "any.pcap")
    for name in ("a", "b"):
        to_pcapng(source, tmp_path / name, {3: "x"})
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert len((tmp_path / "a").read_bytes()) % 4 == 0


def test_a_capture_without_frames_opens(tmp_path: Path) -> None:
    source = capture(tmp_path / "any.pcap")
    source.write_bytes(source.read_bytes()[:24])
    to_pcapng(source, tmp_path / "run.pcapng", {})
    assert len((tmp_path / "run.pcapng").read_bytes()) == 28


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"magic": 0xA1B2C3D4}, "not a pcap file with nanosecond stamps; capture with --time-stamp-precision=nano"),
        ({"link_type": 1}, "link type is 1, not 276; capture with -i any -y LINUX_SLL2"),
    ],
)
def test_another_capture_is_refused(tmp_path: Path, change: dict[str, int], says: str) -> None:
    with pytest.raises(LabError, match=says):
        to_pcapng(capture(tmp_path / "any.pcap", **change), tmp_path / "run.pcapng", {})  # type: ignore[arg-type]
    assert not list(tmp_path.glob("run*"))


@pytest.mark.parametrize("missing", [1, 40, 60])
def test_a_capture_that_was_cut_off_is_refused_and_leaves_nothing(tmp_path: Path, missing: int) -> None:
    source = capture(tmp_path / "any.pcap")
    source.write_bytes(source.read_bytes()[:-missing])
    with pytest.raises(LabError, match="frame 4 is cut off"):
        to_pcapng(source, tmp_path / "run.pcapng", {})
    assert [path.name for path in tmp_path.iterdir()] == ["any.pcap"]
