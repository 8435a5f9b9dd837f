# SPDX-License-Identifier: BSD-3-Clause
"""Records and captures are a guest's bytes: whatever they are, the answer is one line, soon, of little memory."""

from __future__ import annotations

import os
import struct
from pathlib import Path

import pytest

from apnemu.errors import LabError
from apnemu.records.pcap import stamps_ns
from apnemu.records.pcapng import LONGEST_NAME_BYTES, to_pcapng
from apnemu.records.table import MOST_BYTES, read_jsonl

TERABYTE = 1 << 40
RECORD = '{"network": "apn", "kind": "event", "at_ns": 0, "name": NAME}\n'
HEADER = struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 262_144, 276)
BAD_RECORDS = {
    "depth": (b"[" * 100_000 + b"\n", "1: not a record: "),
    "half a character": (RECORD.replace("NAME", r'"\ud800"').encode(), "1: not a record: name is "),
    "half a character in a detail": (
        (RECORD[:-2].replace("NAME", '"x"') + r', "detail": "\udfff"}' + "\n").encode(),
        "1: not a record: detail is ",
    ),
    "digits": (b'{"network": "apn", "kind": "event", "at_ns": ' + b"9" * 10_000 + b"}\n", "1: not a record: "),
    "length": (b"x" * (1 << 20) + b"x\n", "1: longer than 1048576 bytes, which no record is"),
}
BAD_FRAMES = {
    "of nothing": (struct.pack("<IIII", 0, 0, 0, 0), "frame 1 has 0 bytes; it must have from 20 to 262144"),
    "of 4 GB": (struct.pack("<IIII", 0, 0, 2**32 - 1, 0), "frame 1 has 4294967295 bytes; it must have"),
}


@pytest.mark.parametrize("kind", BAD_RECORDS)
def test_records_that_are_none(tmp_path: Path, kind: str) -> None:
    content, says = BAD_RECORDS[kind]
    (tmp_path / "records.jsonl").write_bytes(content)
    with pytest.raises(LabError, match=says) as raised:
        read_jsonl([tmp_path / "records.jsonl"])
    assert "\n" not in str(raised.value)


def test_what_is_no_file_of_records(tmp_path: Path) -> None:
    file = tmp_path / "records.jsonl"
    with pytest.raises(LabError, match="the guest wrote no records"):
        read_jsonl([file])
    os.mkfifo(file)
    with pytest.raises(LabError, match="is a FIFO and no file"):
        read_jsonl([file])
    file.unlink()
    file.symlink_to("/dev/zero")
    with pytest.raises(LabError, match="is a symbolic link and no file"):
        read_jsonl([file])
    file.unlink()
    file.touch()
    os.truncate(file, TERABYTE)
    with pytest.raises(LabError, match=f"has {TERABYTE} bytes, and at most {MOST_BYTES} are read"):
        read_jsonl([file])
    os.truncate(file, MOST_BYTES)  # zeros without end, and none of them on the disk
    with pytest.raises(LabError, match="1: longer than "):
        read_jsonl([file])


def test_a_name_in_a_record_leads_to_no_file_outside(tmp_path: Path) -> None:
    folder = tmp_path / "guest"
    folder.mkdir()
    (tmp_path / "x.pcap").write_bytes(HEADER)
    (folder / "link.pcap").symlink_to(tmp_path / "x.pcap")
    for name, says in {"../x.pcap": "is no name in", "link.pcap": "is a symbolic link", "y.pcap": "no capture"}.items():
        with pytest.raises(LabError, match=says):
            stamps_ns(folder, name)


@pytest.mark.parametrize("kind", BAD_FRAMES)
def test_frames_that_no_capture_has(tmp_path: Path, kind: str) -> None:
    frame, says = BAD_FRAMES[kind]
    (tmp_path / "capture.pcap").write_bytes(HEADER + frame)
    os.truncate(tmp_path / "capture.pcap", 1 << 33)
    with pytest.raises(LabError, match=says):
        to_pcapng(tmp_path / "capture.pcap", tmp_path / "run.pcapng", {})
    assert not list(tmp_path.glob("run*"))


def test_a_capture_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(LabError, match="the guest wrote none"):
        to_pcapng(tmp_path / "capture.pcap", tmp_path / "run.pcapng", {})
    (tmp_path / "capture.pcap").symlink_to("/dev/zero")
    with pytest.raises(LabError, match="is a symbolic link and no file"):
        to_pcapng(tmp_path / "capture.pcap", tmp_path / "run.pcapng", {})


def test_interfaces_by_any_name_and_in_any_number(tmp_path: Path) -> None:
    """A name is as long as its field can say, and has nothing that a terminal obeys."""

    def frame(interface: int) -> bytes:
        return struct.pack(
            "<IIIIHHIHH8x", 0, 0, 20, 20, 0, 0, int.from_bytes(interface.to_bytes(4, "big"), "little"), 0, 0
        )

    source, target = tmp_path / "capture.pcap", tmp_path / "run.pcapng"
    source.write_bytes(HEADER + frame(1) + frame(2))
    to_pcapng(source, target, {1: "x" * 70_000, 2: "\x1b[2J"})
    assert b"x" * LONGEST_NAME_BYTES in target.read_bytes()
    assert b"\x1b" not in target.read_bytes()
    source.write_bytes(HEADER + b"".join(frame(number) for number in range(65_537)))
    with pytest.raises(LabError, match="frames of more than 65536 interfaces"):
        to_pcapng(source, target, {})
