# SPDX-License-Identifier: BSD-3-Clause
"""Frames of captures, read by scapy."""

from __future__ import annotations

import gzip
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, cast

from apnemu.errors import InputError
from apnemu.question.context import Network
from apnemu.units import NS_PER_S

ETHERNET = 1
RAW = (12, 14, 101, 228, 229)
"""Link types of datagrams without a frame (https://www.tcpdump.org/linktypes.html)."""
COOKED, COOKED_2 = 113, 276
COOKED_BYTES = {COOKED: (16, 14), COOKED_2: (20, 0)}
"""Linux's cooked captures: length of the header, and where in it the protocol stands."""
IPV4, IPV6 = 0x0800, 0x86DD
GZIP = b"\x1f\x8b"
VLAN, TAG_BYTES = 0x8100, 4


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame of a capture at its instant, counted from the first; `source` is who sent it: its IP address, or MAC."""

    at_ns: int
    content: bytes
    source: bytes
    ethertype: int


def frames_of(path: Path, most: int) -> tuple[list[Frame], Counter[str]]:
    """Read the first `most` frames of a capture (pcap or pcapng, also in gzip), in the order of their instants.

    Returns them with a count of those that were left out or completed, by why. Raises InputError for a file that is no
    capture, or that has no frame.
    """
    from scapy.error import Scapy_Exception
    from scapy.utils import RawPcapNgReader, RawPcapReader

    notes: Counter[str] = Counter()
    frames: list[Frame] = []
    begins_ns = None
    try:
        with path.open("rb") as opened, _unpacked(opened) as plain, RawPcapReader(cast(Any, plain)) as reader:
            about: Any  # scapy's types know that of pcap alone
            for content, about in reader:
                if isinstance(reader, RawPcapNgReader):
                    ticks = about.tshigh << 32 | about.tslow
                    at_ns, link = ticks * NS_PER_S // about.tsresol, about.linktype
                else:
                    at_ns = about.sec * NS_PER_S + about.usec * (1 if reader.nano else 1000)
                    link = reader.linktype
                begins_ns = at_ns if begins_ns is None else begins_ns
                if (whole := _as_ethernet(content, link)) is None:
                    notes[f"of link type {link}"] += 1
                    continue
                if len(content) < about.wirelen:
                    notes["cut short in the capture, filled with zeros"] += 1
                    whole += bytes(about.wirelen - len(content))
                frames.append(_frame(at_ns, whole))
                if len(frames) >= most:
                    break
    except FileNotFoundError:
        raise InputError(
            f"there is no file {path}; give a pcap or pcapng file: --set pcap=FILE", file="--set"
        ) from None
    except (OSError, EOFError, Scapy_Exception, ValueError) as error:
        raise InputError(
            f"{path} cannot be read as a capture ({error}); give a pcap or pcapng file, for example one of tcpdump -w",
            file="--set",
        ) from None
    if not frames:
        left = ", ".join(f"{count} {why}" for why, count in notes.items()) or "none"
        raise InputError(
            f"{path} has no frame that can be sent ({left}); capture on an Ethernet interface", file="--set"
        )
    frames.sort(key=lambda frame: frame.at_ns)
    first_ns = frames[0].at_ns
    return [Frame(one.at_ns - first_ns, one.content, one.source, one.ethertype) for one in frames], notes


def _unpacked(opened: BinaryIO) -> BinaryIO | gzip.GzipFile:
    packed = opened.read(2) == GZIP
    opened.seek(0)
    return gzip.GzipFile(fileobj=opened) if packed else opened


def _as_ethernet(content: bytes, link: int) -> bytes | None:
    """The frame with Ethernet's header, whatever the capture has in its place; None for a link that has none."""
    if link == ETHERNET:
        return content if len(content) >= 14 else None
    if link in COOKED_BYTES:
        length, at = COOKED_BYTES[link]
        return bytes(12) + content[at : at + 2] + content[length:] if len(content) >= length else None
    if link in RAW and content:
        version = {4: IPV4, 6: IPV6}.get(content[0] >> 4)
        return bytes(12) + version.to_bytes(2) + content if version else None
    return None


def _frame(at_ns: int, content: bytes) -> Frame:
    ethertype = int.from_bytes(content[12:14])
    if ethertype == IPV4 and len(content) >= 34:
        source = content[26:30]
    elif ethertype == IPV6 and len(content) >= 54:
        source = content[22:38]
    else:
        source = content[6:12]
    return Frame(at_ns, content, source, ethertype)


def left_out(frame: Frame, network: Network, most_bytes: int) -> str:
    """Why a frame is not sent on a network whose longest has `most_bytes`; "" where it is."""
    tag_bytes = TAG_BYTES if frame.ethertype == VLAN else 0
    if len(frame.content) > most_bytes + tag_bytes:
        return f"longer than the network carries ({most_bytes} bytes)"
    if network == "packet" and frame.ethertype not in (IPV4, IPV6):
        return "neither IPv4 nor IPv6, which routers do not pass on"
    return ""
