# SPDX-License-Identifier: BSD-3-Clause
"""The lines of wires in the kernel's terms: a netem for the line, and a second netem behind it for the fibre.

The program `tc` cuts delays to whole microseconds, so both are set over netlink, and read back.
"""

from __future__ import annotations

import socket
import struct
from dataclasses import replace
from typing import Any

from apnemu.blueprint.document import Line
from apnemu.emulation.netem import (
    ALL,
    FIBRE,
    FRAMES,
    LINE,
    NETEM_JITTER64,
    NETEM_LATENCY64,
    NETEM_LIMIT_BYTES,
    NETEM_MARK_BYTES,
    NETEM_PRNG_SEED,
    NETEM_RATE,
    NETEM_RATE64,
    RECEIVER,
    ROOT,
    Question,
    drawn_options,
    fibre_options,
    line_options,
    lost_units,
    netem_message,
    qdiscs,
    travels,
    whole,
)
from apnemu.emulation.netlink import ADD, Netlink
from apnemu.emulation.rtnl import (
    NLM_F_CREATE,
    NLM_F_REPLACE,
    RTM_DELQDISC,
    RTM_NEWQDISC,
    RTM_NEWTFILTER,
    cls_matchall,
    nla,
    tcmsg,
)
from apnemu.errors import ReadBackError

INGRESS, ARRIVING = 0xFFFFFFF1, 0xFFFF0000
ETH_P_ALL = 3


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


def shape(netlink: Netlink, index: int, line: Line) -> None:
    """Queue the requests that make the sending side of interface `index` behave like `line`."""
    parent = ROOT
    if line.rate_bytes_per_s:
        netlink.add(
            f"set the line of interface {index}",
            RTM_NEWQDISC,
            ADD,
            netem_message(index, parent, LINE, line_options(line)),
        )
        parent = LINE | 1
    if travels(line):
        message = netem_message(index, parent, FIBRE, drawn_options(line) + fibre_options(line), loss=lost_units(line))
        netlink.add(f"set the delay of interface {index}", RTM_NEWQDISC, ADD, message)


def change_rate(netlink: Netlink, index: int, line: Line) -> None:
    """Queue the request that makes interface `index` send at `line`'s rate what it is given from now on."""
    netlink.add(
        f"change the line of interface {index}", RTM_NEWQDISC, 0, netem_message(index, ROOT, LINE, line_options(line))
    )


def lose_all(netlink: Netlink, index: int, line: Line, *, lost: bool) -> None:
    """Queue the request that makes interface `index` lose every frame that it is given from now on, or only those that
    `line` loses.

    What is under way already arrives.
    """
    if travels(line):
        parent, handle, options = (LINE | 1 if line.rate_bytes_per_s else ROOT), FIBRE, fibre_options(line)
    else:
        parent, handle, options = ROOT, LINE, line_options(line)
    message = netem_message(index, parent, handle, options, loss=ALL if lost else lost_units(line))
    netlink.add(f"set the loss of interface {index}", RTM_NEWQDISC, 0, message)


def receive_nothing(netlink: Netlink, index: int) -> None:
    """Queue the request that makes interface `index`, which has no line, lose every frame; `unshape` undoes it."""
    message = netem_message(index, ROOT, RECEIVER, [], loss=ALL)
    netlink.add(f"let nothing through interface {index}", RTM_NEWQDISC, ADD, message)


def unshape(netlink: Netlink, index: int) -> None:
    """Queue the request that undoes `shape`."""
    queue = Question()
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
    hand_on(netlink, index, index)


def hand_on(netlink: Netlink, index: int, onward: int) -> None:
    """Queue the requests that send every frame that arrives at interface `index` out by the interface `onward`."""
    _with_arrivals(netlink, index, {"kind": "mirred", "direction": "egress", "action": "redirect", "ifindex": onward})


def take_in_nothing(netlink: Netlink, index: int) -> None:
    """Queue the requests that end every frame that arrives at interface `index`, once captures have seen it."""
    _with_arrivals(netlink, index, {"kind": "gact", "action": "drop"})


def _with_arrivals(netlink: Netlink, index: int, action: dict[str, Any]) -> None:
    queue = Question()
    queue["index"] = index
    queue["parent"] = INGRESS
    queue["handle"] = ARRIVING
    queue["attrs"] = [("TCA_KIND", "ingress")]
    netlink.add(f"watch arrivals at interface {index}", RTM_NEWQDISC, ADD, queue)
    turn = Question()
    turn["index"] = index
    turn["parent"] = ARRIVING
    turn["info"] = 1 << 16 | socket.htons(ETH_P_ALL)
    turn["attrs"] = [("TCA_KIND", "matchall"), ("TCA_OPTIONS", cls_matchall.get_parameters({"action": action}))]
    netlink.add(f"turn arrivals at interface {index} elsewhere", RTM_NEWTFILTER, ADD, turn)


def turn_back_no_more(netlink: Netlink, index: int) -> None:
    """Queue the request that undoes any of the three above."""
    queue = Question()
    queue["index"] = index
    queue["parent"] = INGRESS
    queue["handle"] = ARRIVING
    netlink.add(f"let arrivals at interface {index} in", RTM_DELQDISC, 0, queue)


def lines(netlink: Netlink) -> dict[int, Line]:
    """Read the lines of all interfaces of a namespace: index -> Line."""
    known: dict[int, Line] = {}
    for qdisc in qdiscs(netlink):
        before, options = known.get(qdisc.index, Line()), qdisc.options
        if qdisc.handle == LINE:
            known[qdisc.index] = replace(
                before,
                rate_bytes_per_s=whole(options, NETEM_RATE64) or struct.unpack_from("=I", options[NETEM_RATE])[0],
                queue_bytes=whole(options, NETEM_LIMIT_BYTES),
                mark_bytes=whole(options, NETEM_MARK_BYTES),
            )
        elif qdisc.handle == FIBRE:
            jitter_ns = whole(options, NETEM_JITTER64)
            known[qdisc.index] = replace(
                before,
                delay_ns=whole(options, NETEM_LATENCY64),
                loss=qdisc.loss / ALL,
                jitter_ns=jitter_ns,
                draws=whole(options, NETEM_PRNG_SEED) if qdisc.loss or jitter_ns else 0,
            )
    return known


def drops(netlink: Netlink) -> dict[int, int]:
    """Frames that the queue of each interface's line has dropped since it was set: index -> count.

    netem counts as its own too what the fibre behind it has lost.
    """
    known = qdiscs(netlink)
    lost = {qdisc.index: qdisc.dropped for qdisc in known if qdisc.handle == FIBRE}
    return {qdisc.index: qdisc.dropped - lost.get(qdisc.index, 0) for qdisc in known if qdisc.handle == LINE}


def marks(netlink: Netlink) -> dict[int, int]:
    """Frames that the queue of each interface's line has marked since it was set: index -> count."""
    return {qdisc.index: qdisc.marked for qdisc in qdiscs(netlink) if qdisc.handle == LINE}


def sent_bytes(netlink: Netlink) -> dict[int, int]:
    """Bytes that each interface's line has sent since it was set: index -> count."""
    return {qdisc.index: qdisc.sent_bytes for qdisc in qdiscs(netlink) if qdisc.handle == LINE}


def check(name: str, wanted: Line, actual: Line | None) -> None:
    """Raises ReadBackError where the kernel's line is not the line that was asked for.

    The kernel does not say by which table it draws delays.
    """
    if replace(actual or Line(), jitter=wanted.jitter) != replace(wanted, loss=lost_units(wanted) / ALL):
        raise ReadBackError(f"interface {name} was to send as {wanted}, and sends as {actual}")
