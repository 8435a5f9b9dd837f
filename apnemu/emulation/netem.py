# SPDX-License-Identifier: BSD-3-Clause
"""netem's messages over netlink: what a line and a fibre are in its terms, and what the kernel tells of them."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

from apnemu.blueprint.document import Line
from apnemu.emulation.netlink import Netlink, attributes
from apnemu.emulation.rtnl import RTM_GETQDISC, netem_options, tcmsg

ROOT = 0xFFFFFFFF
LINE, FIBRE, RECEIVER = 0x10000, 0x20000, 0x30000
"""Handles: 1: the line at the root, 2: the fibre behind it (or at the root where there is no line), 3: a receiver whose
FEC fails."""
FRAMES = 10_000_000
"""Most frames that a netem may hold: more than any fibre holds; the bound of a queue is in bytes."""
NETEM_RATE, NETEM_RATE64, NETEM_LATENCY64, NETEM_JITTER64, NETEM_PRNG_SEED, NETEM_LIMIT_BYTES = 6, 8, 10, 11, 14, 15
NETEM_MARK_BYTES = 16
NO_TIME_BYTES_PER_S = 10**18
"""Rate at which no frame takes a nanosecond: with a rate, netem lets no frame overtake another, however its delay
varies."""
ALL = 0xFFFFFFFF
"""Loss of every frame, in netem's units."""
DELAYS = 4096
"""Number of delays in a table of netem's, each as likely as another."""
TCA_KIND, TCA_OPTIONS, TCA_STATS2, TCA_STATS_BASIC, TCA_STATS_QUEUE = 1, 2, 7, 1, 3


class _Netem(netem_options):  # type: ignore[misc]  # pyroute2 has no types
    """pyroute2's netem with the 64-bit attributes, and those of the lab's own kernel: queue and mark in bytes."""

    nla_map = (
        *(
            ("TCA_NETEM_DELAY_DIST", "cdata") if part[0] == "TCA_NETEM_DELAY_DIST" else part
            for part in netem_options.nla_map
        ),
        ("TCA_NETEM_ECN", "uint32"),
        ("TCA_NETEM_RATE64", "uint64"),
        ("TCA_NETEM_PAD", "none"),
        ("TCA_NETEM_LATENCY64", "int64"),
        ("TCA_NETEM_JITTER64", "int64"),
        ("TCA_NETEM_SLOT", "none"),
        ("TCA_NETEM_SLOT_DIST", "none"),
        ("TCA_NETEM_PRNG_SEED", "uint64"),
        ("TCA_NETEM_LIMIT_BYTES", "uint64"),
        ("TCA_NETEM_MARK_BYTES", "uint64"),
    )


class Question(tcmsg):  # type: ignore[misc]  # pyroute2 has no types
    """A question for all queues. pyroute2 compiles a class once for all subclasses: tcmsg itself must never be made."""


class _Message(tcmsg):  # type: ignore[misc]  # pyroute2 has no types
    """A tc message whose options are netem's."""

    nla_map = tuple((name, "netem" if name == "TCA_OPTIONS" else kind) for name, kind in tcmsg.nla_map)

    class netem(_Netem):  # noqa: N801  # pyroute2 finds it by the attribute's type
        pass


def line_options(line: Line) -> list[tuple[str, Any]]:
    """A line's rate and queue."""
    rate = {
        "rate": min(line.rate_bytes_per_s, 0xFFFFFFFF),
        "packet_overhead": 0,
        "cell_size": 0,
        "cell_overhead": 0,
    }
    options: list[tuple[str, Any]] = [("TCA_NETEM_RATE", rate)]
    if line.rate_bytes_per_s > 0xFFFFFFFF:
        options.append(("TCA_NETEM_RATE64", line.rate_bytes_per_s))
    if line.queue_bytes:
        options.append(("TCA_NETEM_LIMIT_BYTES", line.queue_bytes))
    if line.mark_bytes:
        options.append(("TCA_NETEM_MARK_BYTES", line.mark_bytes))
    return options


def travels(line: Line) -> bool:
    """Whether something happens to frames behind the line."""
    return bool(line.delay_ns or line.loss or line.jitter_ns)


def fibre_options(line: Line) -> list[tuple[str, Any]]:
    """What a frame's way behind the line takes."""
    options: list[tuple[str, Any]] = [("TCA_NETEM_LATENCY64", line.delay_ns)]
    if line.jitter_ns:
        rate = {"rate": 0xFFFFFFFF, "packet_overhead": 0, "cell_size": 0, "cell_overhead": 0}
        options += [
            ("TCA_NETEM_JITTER64", line.jitter_ns),
            ("TCA_NETEM_RATE", rate),
            ("TCA_NETEM_RATE64", NO_TIME_BYTES_PER_S),
        ]
    return options


def drawn_options(line: Line) -> list[tuple[str, Any]]:
    """What the chances of a fibre are drawn by: set once, since a seed that is set again begins anew."""
    options: list[tuple[str, Any]] = [("TCA_NETEM_PRNG_SEED", line.draws)] if line.by_chance else []
    if line.jitter_ns and line.jitter == "normal":
        options.append(("TCA_NETEM_DELAY_DIST", struct.pack(f"={DELAYS}h", *normal())))
    return options


def normal() -> list[int]:
    """netem's table of the normal distribution, in units of deviation / 8,192."""
    return [round(NormalDist().inv_cdf((index + 0.5) / DELAYS) * 8192) for index in range(DELAYS)]


def lost_units(line: Line) -> int:
    """The share of frames that are lost, in netem's units of 1 / (2^32 - 1)."""
    return round(line.loss * ALL)


def netem_message(index: int, parent: int, handle: int, options: list[tuple[str, Any]], *, loss: int = 0) -> Any:
    """The message that sets a netem; `loss` is the share of frames that are lost, in units of 1 / (2^32 - 1)."""
    message = _Message()
    message["index"] = index
    message["parent"] = parent
    message["handle"] = handle
    fields = {"delay": 0, "limit": FRAMES, "loss": loss, "gap": 0, "duplicate": 0, "jitter": 0, "attrs": options}
    message["attrs"] = [("TCA_KIND", "netem"), ("TCA_OPTIONS", fields)]
    return message


def whole(options: dict[int, bytes], kind: int) -> int:
    """The number of 64 bits under an option; 0 without it."""
    value: int = struct.unpack("=q", options[kind])[0] if kind in options else 0
    return value


@dataclass(frozen=True, slots=True, kw_only=True)
class Qdisc:
    """A netem as the kernel tells of it."""

    index: int
    handle: int
    loss: int
    options: dict[int, bytes]
    dropped: int
    marked: int
    sent_bytes: int


def qdiscs(netlink: Netlink) -> list[Qdisc]:
    """Every netem of a namespace."""
    queues = []
    for payload in netlink.dump(RTM_GETQDISC, Question()):
        index, handle = struct.unpack_from("=iI", payload, 4)
        parts = dict(attributes(payload, 20))
        if parts.get(TCA_KIND, b"").rstrip(b"\0") != b"netem":
            continue
        statistics = dict(attributes(parts.get(TCA_STATS2, b""), 0))
        _, _, dropped, _, marked = struct.unpack("=5I", statistics.get(TCA_STATS_QUEUE, bytes(20))[:20])
        sent = struct.unpack_from("=Q", statistics[TCA_STATS_BASIC])[0] if TCA_STATS_BASIC in statistics else 0
        queues.append(
            Qdisc(
                index=index,
                handle=handle,
                loss=struct.unpack_from("=I", parts[TCA_OPTIONS], 8)[0],
                options=dict(attributes(parts[TCA_OPTIONS], 24)),
                dropped=dropped,
                marked=marked,
                sent_bytes=sent,
            )
        )
    return queues
