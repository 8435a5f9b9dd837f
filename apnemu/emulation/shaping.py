# SPDX-License-Identifier: BSD-3-Clause
"""The lines of wires in the kernel's terms: a netem for the line, and a second netem behind it for the fibre.

The program `tc` cuts delays to whole microseconds, so both are set over netlink, and read back.
"""

from __future__ import annotations

import socket
import struct
from typing import Any

from pyroute2.netlink import NLM_F_CREATE, NLM_F_REPLACE, nla
from pyroute2.netlink.rtnl import RTM_DELQDISC, RTM_GETQDISC, RTM_NEWQDISC, RTM_NEWTFILTER
from pyroute2.netlink.rtnl.tcmsg import cls_matchall, tcmsg
from pyroute2.netlink.rtnl.tcmsg.sched_netem import options as netem_options

from apnemu.blueprint.document import Line
from apnemu.emulation.netlink import ADD, Netlink, attributes
from apnemu.errors import ReadBackError

ROOT = 0xFFFFFFFF
LINE, FIBRE, RECEIVER = 0x10000, 0x20000, 0x30000
"""Handles: 1: the line at the root, 2: the fibre behind it (or at the root where there is no line), 3: a receiver whose
FEC fails."""
INGRESS, ARRIVING = 0xFFFFFFF1, 0xFFFF0000
ETH_P_ALL = 3
FRAMES = 10_000_000
"""Most frames that a netem may hold: more than any fibre holds; the bound of a queue is in bytes."""
NETEM_RATE, NETEM_RATE64, NETEM_LATENCY64, NETEM_LIMIT_BYTES = 6, 8, 10, 15
TCA_KIND, TCA_OPTIONS, TCA_STATS2, TCA_STATS_BASIC, TCA_STATS_QUEUE = 1, 2, 7, 1, 3


class _Netem(netem_options):  # type: ignore[misc]  # pyroute2 has no types
    """pyroute2's netem with the 64-bit attributes, and the queue in bytes of the lab's own kernel."""

    nla_map = (
        *netem_options.nla_map,
        ("TCA_NETEM_ECN", "uint32"),
        ("TCA_NETEM_RATE64", "uint64"),
        ("TCA_NETEM_PAD", "none"),
        ("TCA_NETEM_LATENCY64", "int64"),
        ("TCA_NETEM_JITTER64", "int64"),
        ("TCA_NETEM_SLOT", "none"),
        ("TCA_NETEM_SLOT_DIST", "none"),
        ("TCA_NETEM_PRNG_SEED", "uint64"),
        ("TCA_NETEM_LIMIT_BYTES", "uint64"),
    )


class _Fq(nla):  # type: ignore[misc]  # pyroute2 has no types
    """The parts of `fq` that let a frame go at the nanosecond that its sender asked for, however many wait."""

    nla_map = tuple(
        (name, "uint32")
        for name in (
            *("TCA_FQ_UNSPEC", "TCA_FQ_PLIMIT", "TCA_FQ_FLOW_PLIMIT", "TCA_FQ_QUANTUM", "TCA_FQ_INITIAL_QUANTUM"),
            *("TCA_FQ_RATE_ENABLE", "TCA_FQ_FLOW_DEFAULT_RATE", "TCA_FQ_FLOW_MAX_RATE", "TCA_FQ_BUCKETS_LOG"),
            *("TCA_FQ_FLOW_REFILL_DELAY", "TCA_FQ_ORPHAN_MASK", "TCA_FQ_LOW_RATE_THRESHOLD", "TCA_FQ_CE_THRESHOLD"),
            *("TCA_FQ_TIMER_SLACK", "TCA_FQ_HORIZON", "TCA_FQ_HORIZON_DROP"),
        )
    )


class _Pacer(tcmsg):  # type: ignore[misc]  # pyroute2 has no types
    """A tc message whose options are fq's."""

    nla_map = tuple((name, "fq" if name == "TCA_OPTIONS" else kind) for name, kind in tcmsg.nla_map)

    class fq(_Fq):  # noqa: N801  # pyroute2 finds it by the attribute's type
        pass


class _Question(tcmsg):  # type: ignore[misc]  # pyroute2 has no types
    """A question for all queues. pyroute2 compiles a class once for all subclasses: tcmsg itself must never be made."""


class _Message(tcmsg):  # type: ignore[misc]  # pyroute2 has no types
    """A tc message whose options are netem's."""

    nla_map = tuple((name, "netem" if name == "TCA_OPTIONS" else kind) for name, kind in tcmsg.nla_map)

    class netem(_Netem):  # noqa: N801  # pyroute2 finds it by the attribute's type
        pass


def shape(netlink: Netlink, index: int, line: Line) -> None:
    """Queue the requests that make the sending side of interface `index` behave like `line`."""
    parent = ROOT
    if line.rate_bytes_per_s:
        netlink.add(f"set the line of interface {index}", RTM_NEWQDISC, ADD, _netem(index, parent, LINE, _line(line)))
        parent = LINE | 1
    if line.delay_ns:
        delay = [("TCA_NETEM_LATENCY64", line.delay_ns)]
        netlink.add(f"set the delay of interface {index}", RTM_NEWQDISC, ADD, _netem(index, parent, FIBRE, delay))


def change_rate(netlink: Netlink, index: int, line: Line) -> None:
    """Queue the request that makes interface `index` send at `line`'s rate what it is given from now on."""
    netlink.add(f"change the line of interface {index}", RTM_NEWQDISC, 0, _netem(index, ROOT, LINE, _line(line)))


def lose_all(netlink: Netlink, index: int, line: Line, *, lost: bool) -> None:
    """Queue the request that makes interface `index` lose every frame that it is given from now on, or none.

    What is under way already arrives.
    """
    if line.delay_ns:
        parent, handle = (LINE | 1 if line.rate_bytes_per_s else ROOT), FIBRE
        options: list[tuple[str, Any]] = [("TCA_NETEM_LATENCY64", line.delay_ns)]
    else:
        parent, handle, options = ROOT, LINE, _line(line)
    message = _netem(index, parent, handle, options, loss=0xFFFFFFFF if lost else 0)
    netlink.add(f"set the loss of interface {index}", RTM_NEWQDISC, 0, message)


def receive_nothing(netlink: Netlink, index: int) -> None:
    """Queue the request that makes interface `index`, which has no line, lose every frame; `unshape` undoes it."""
    message = _netem(index, ROOT, RECEIVER, [], loss=0xFFFFFFFF)
    netlink.add(f"let nothing through interface {index}", RTM_NEWQDISC, ADD, message)


def unshape(netlink: Netlink, index: int) -> None:
    """Queue the request that undoes `shape`."""
    queue = _Question()
    queue["index"] = index
    queue["parent"] = ROOT
    netlink.add(f"take the line of interface {index} off", RTM_DELQDISC, 0, queue)


def pace(netlink: Netlink, index: int) -> None:
    """Queue the request that makes interface `index` send each frame at the instant its sender gave (SO_TXTIME)."""
    message = _Pacer()
    message["index"] = index
    message["parent"] = ROOT
    message["handle"] = LINE
    options = [
        ("TCA_FQ_PLIMIT", FRAMES),
        ("TCA_FQ_FLOW_PLIMIT", FRAMES),
        ("TCA_FQ_QUANTUM", 1 << 20),
        ("TCA_FQ_INITIAL_QUANTUM", 1 << 20),
        ("TCA_FQ_TIMER_SLACK", 0),
    ]
    message["attrs"] = [("TCA_KIND", "fq"), ("TCA_OPTIONS", {"attrs": options})]
    netlink.add(f"pace interface {index}", RTM_NEWQDISC, NLM_F_CREATE | NLM_F_REPLACE, message)


def turn_back(netlink: Netlink, index: int) -> None:
    """Queue the requests that send every frame that arrives at interface `index` out by it again."""
    queue = _Question()
    queue["index"] = index
    queue["parent"] = INGRESS
    queue["handle"] = ARRIVING
    queue["attrs"] = [("TCA_KIND", "ingress")]
    netlink.add(f"watch arrivals at interface {index}", RTM_NEWQDISC, ADD, queue)
    turn = _Question()
    turn["index"] = index
    turn["parent"] = ARRIVING
    turn["info"] = 1 << 16 | socket.htons(ETH_P_ALL)
    action = {"kind": "mirred", "direction": "egress", "action": "redirect", "ifindex": index}
    turn["attrs"] = [("TCA_KIND", "matchall"), ("TCA_OPTIONS", cls_matchall.get_parameters({"action": action}))]
    netlink.add(f"turn arrivals at interface {index} back", RTM_NEWTFILTER, ADD, turn)


def turn_back_no_more(netlink: Netlink, index: int) -> None:
    """Queue the request that undoes `turn_back`."""
    queue = _Question()
    queue["index"] = index
    queue["parent"] = INGRESS
    queue["handle"] = ARRIVING
    netlink.add(f"let arrivals at interface {index} in", RTM_DELQDISC, 0, queue)


def _line(line: Line) -> list[tuple[str, Any]]:
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
    return options


def _netem(index: int, parent: int, handle: int, options: list[tuple[str, Any]], *, loss: int = 0) -> Any:
    """`loss`: the share of frames that are lost, in units of 1 / (2^32 - 1)."""
    message = _Message()
    message["index"] = index
    message["parent"] = parent
    message["handle"] = handle
    fields = {"delay": 0, "limit": FRAMES, "loss": loss, "gap": 0, "duplicate": 0, "jitter": 0, "attrs": options}
    message["attrs"] = [("TCA_KIND", "netem"), ("TCA_OPTIONS", fields)]
    return message


def lines(netlink: Netlink) -> dict[int, Line]:
    """Read the lines of all interfaces of a namespace: index -> Line."""
    known: dict[int, Line] = {}
    for index, handle, options, _, _ in _qdiscs(netlink):
        before = known.get(index, Line())
        if handle == LINE:
            known[index] = Line(
                rate_bytes_per_s=_whole(options, NETEM_RATE64) or struct.unpack_from("=I", options[NETEM_RATE])[0],
                queue_bytes=_whole(options, NETEM_LIMIT_BYTES),
                delay_ns=before.delay_ns,
            )
        elif handle == FIBRE:
            known[index] = Line(
                rate_bytes_per_s=before.rate_bytes_per_s,
                queue_bytes=before.queue_bytes,
                delay_ns=_whole(options, NETEM_LATENCY64),
            )
    return known


def drops(netlink: Netlink) -> dict[int, int]:
    """Frames that each interface's line has dropped since it was set: index -> count."""
    return {index: dropped for index, handle, _, dropped, _ in _qdiscs(netlink) if handle == LINE}


def sent_bytes(netlink: Netlink) -> dict[int, int]:
    """Bytes that each interface's line has sent since it was set: index -> count."""
    return {index: sent for index, handle, _, _, sent in _qdiscs(netlink) if handle == LINE}


def check(name: str, wanted: Line, actual: Line | None) -> None:
    """Raises ReadBackError where the kernel's line is not the line that was asked for."""
    if (actual or Line()) != wanted:
        raise ReadBackError(f"interface {name} was to send as {wanted}, and sends as {actual}")


def _whole(options: dict[int, bytes], kind: int) -> int:
    value: int = struct.unpack("=q", options[kind])[0] if kind in options else 0
    return value


def _qdiscs(netlink: Netlink) -> list[tuple[int, int, dict[int, bytes], int, int]]:
    """Every netem of a namespace: (interface, handle, options, frames dropped, bytes sent)."""
    queues = []
    for payload in netlink.dump(RTM_GETQDISC, _Question()):
        index, handle = struct.unpack_from("=iI", payload, 4)
        parts = dict(attributes(payload, 20))
        if parts.get(TCA_KIND, b"").rstrip(b"\0") != b"netem":
            continue
        statistics = dict(attributes(parts.get(TCA_STATS2, b""), 0))
        dropped = struct.unpack_from("=I", statistics[TCA_STATS_QUEUE], 8)[0] if TCA_STATS_QUEUE in statistics else 0
        sent = struct.unpack_from("=Q", statistics[TCA_STATS_BASIC])[0] if TCA_STATS_BASIC in statistics else 0
        queues.append((index, handle, dict(attributes(parts[TCA_OPTIONS], 24)), dropped, sent))
    return queues
