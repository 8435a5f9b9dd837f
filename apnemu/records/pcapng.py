# SPDX-License-Identifier: BSD-3-Clause
"""A capture of every interface of a guest, as pcapng with nanoseconds and the interfaces' names.

The guest's tcpdump (`-i any --time-stamp-precision=nano`) writes the old pcap format: one file, no names. pcapng has
one block for each interface and a clock resolution for each. scapy 2.8's writer knows neither `if_tsresol` nor whole
nanoseconds (it multiplies a float), and editcap leaves all frames on one nameless interface; the format takes three
kinds of block, so they are written here.

Sources: IETF draft-ietf-opsawg-pcapng (sections 4.1 to 4.3), draft-ietf-opsawg-pcap, tcpdump.org LINKTYPE_LINUX_SLL2.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple

from apnemu import shared_folder
from apnemu.blueprint.captured import Captured
from apnemu.errors import LabError
from apnemu.escapes import printable
from apnemu.units import NS_PER_S

NANOSECOND_MAGIC: Final = 0xA1B23C4D
LINUX_SLL2: Final = 276
SECTION: Final = 0x0A0D0D0A
INTERFACE: Final = 1
ENHANCED_PACKET: Final = 6
COMMENT: Final = 1
IF_NAME: Final = 2
IF_DESCRIPTION: Final = 3
IF_TSRESOL: Final = 9
MOST_BYTES: Final = 64 * 1024**3
"""Most bytes of a capture."""
LONGEST_FRAME_BYTES: Final = 262_144
"""Most bytes of a frame that a capture keeps, tcpdump's own limit."""
HEADER_BYTES: Final = 20
"""Bytes that a frame has before its payload (LINUX_SLL2)."""
MOST_INTERFACES: Final = 65_536
LONGEST_NAME_BYTES: Final = 255
LONGEST_COMMENT_BYTES: Final = 65_000
"""Longest comment: an option's length has 16 bits."""
NANOSECONDS: Final = b"\x09"
"""Value of `if_tsresol` with which stamps count 10^-9 s."""


class _Frame(NamedTuple):
    at_ns: int
    length: int
    data: bytes


def to_pcapng(
    source_pcap: Path, target: Path, interface_names: Mapping[int, str], about: Captured | None = None
) -> None:
    """Write `target` with every frame of `source_pcap`, in order, to the nanosecond.

    `interface_names` maps the kernel's interface index to a name; an index that is not in it is called `if` and the
    number. Interfaces are listed as they first appear, each with the name that `about` gives it and what it says of it,
    and the file has the comment of `about`.

    Raises:
        LabError: the capture is not there, is not pcap with nanoseconds and link type 276, ends within a frame, or
            holds what no capture does; no `target` is left behind.
    """
    about = about or Captured()
    try:
        opened = shared_folder.opened(source_pcap.parent, source_pcap.name, most_bytes=MOST_BYTES)
    except FileNotFoundError:
        raise LabError(f"there is no capture {source_pcap}; the guest wrote none: see console.log") from None
    with opened as capture:
        frames = _frames(capture, source_pcap)
        snap_length = next(frames).length
        partial = target.with_name(target.name + ".part")
        try:
            with partial.open("wb") as out:
                out.write(_section(about.comment))
                numbers: dict[int, int] = {}
                for frame in frames:
                    index = int.from_bytes(frame.data[4:8], "big")
                    if index not in numbers:
                        if len(numbers) == MOST_INTERFACES:
                            raise LabError(
                                f"{source_pcap}: frames of more than {MOST_INTERFACES} interfaces; run again"
                            )
                        numbers[index] = len(numbers)
                        own = interface_names.get(index, f"if{index}")
                        name, said = about.names.get(own, own), about.interfaces.get(own, "")
                        out.write(_interface(name, snap_length, f"{said} ({own})" if said and name != own else said))
                    out.write(_packet(numbers[index], frame))
            partial.replace(target)
        finally:
            partial.unlink(missing_ok=True)


def _frames(capture: BinaryIO, path: Path) -> Iterator[_Frame]:
    """Read the file header, given as a frame whose length is the capture's limit, then every frame."""
    header = capture.read(24)
    order = "<" if header[:4] == struct.pack("<I", NANOSECOND_MAGIC) else ">"
    if len(header) < 24 or header[:4] != struct.pack(order + "I", NANOSECOND_MAGIC):
        raise LabError(f"{path}: not a pcap file with nanosecond stamps; capture with --time-stamp-precision=nano")
    snap_length, link_type = struct.unpack(order + "II", header[16:24])
    if link_type & 0xFFFF != LINUX_SLL2:
        raise LabError(
            f"{path}: link type is {link_type & 0xFFFF}, not {LINUX_SLL2}; capture with -i any -y LINUX_SLL2"
        )
    yield _Frame(0, snap_length, b"")
    number = 0
    while head := capture.read(16):
        number += 1
        seconds, nanoseconds, captured, length = struct.unpack(order + "IIII", head.ljust(16, b"\0"))
        if len(head) == 16 and not HEADER_BYTES <= captured <= LONGEST_FRAME_BYTES:
            raise LabError(
                f"{path}: frame {number} has {captured} bytes; it must have from {HEADER_BYTES} to"
                f" {LONGEST_FRAME_BYTES}: tcpdump did not write it; run again"
            )
        data = capture.read(captured)
        if len(head) < 16 or len(data) < captured:
            raise LabError(f"{path}: frame {number} is cut off; the guest was stopped while capturing; run again")
        yield _Frame(seconds * NS_PER_S + nanoseconds, length, data)


def _section(comment: str) -> bytes:
    options = _text(COMMENT, comment, LONGEST_COMMENT_BYTES) + _option(0, b"") if comment else b""
    return _block(SECTION, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1) + options)


def _interface(name: str, snap_length: int, said: str) -> bytes:
    options = (
        _text(IF_NAME, name, LONGEST_NAME_BYTES)
        + (_text(IF_DESCRIPTION, said, LONGEST_COMMENT_BYTES) if said else b"")
        + _option(IF_TSRESOL, NANOSECONDS)
        + _option(0, b"")
    )
    return _block(INTERFACE, struct.pack("<HHI", LINUX_SLL2, 0, snap_length) + options)


def _packet(interface: int, frame: _Frame) -> bytes:
    stamp = (frame.at_ns >> 32, frame.at_ns & 0xFFFFFFFF)
    return _block(ENHANCED_PACKET, struct.pack("<5I", interface, *stamp, len(frame.data), frame.length) + frame.data)


def _text(code: int, text: str, most_bytes: int) -> bytes:
    """An option of text, in UTF-8, cut between two characters where it is too long."""
    return _option(code, printable(text).encode()[:most_bytes].decode(errors="ignore").encode())


def _option(code: int, value: bytes) -> bytes:
    return struct.pack("<HH", code, len(value)) + _padded(value)


def _block(kind: int, body: bytes) -> bytes:
    length = struct.pack("<I", 12 + len(_padded(body)))
    return struct.pack("<I", kind) + length + _padded(body) + length


def _padded(data: bytes) -> bytes:
    """Pad data with zeros to a multiple of four bytes.

    >>> _padded(b"abcde")
    b'abcde\\x00\\x00\\x00'
    """
    return data + bytes(-len(data) % 4)
