# SPDX-License-Identifier: BSD-3-Clause
"""Instants at which frames must arrive: their own line, then queue after queue with the frames of others as drawn.

A queue is first in, first out, sends at its line's rate, and holds so many bytes (Lindley, 1952). Frames of others
enter the queue of each fibre's port and end behind it, so each port is worked out by itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from apnemu.model.activities import Pair
from apnemu.planning.served import Whole, bounded, lindley
from apnemu.question.context import Context
from apnemu.question.pairs import route
from apnemu.question.traffic import drawn_on
from apnemu.units import gbps_to_bytes_per_s, serialisation_ns

TIE_NS = 10
"""Time between two arrivals at a queue within which the lab, whose frames take some ns more than is worked out, may
take them in the other order. The frame then waits for another one more or less; those behind it do not notice."""
LOST = -1
"""Instant of arrival of a frame that a queue has no room for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What frames must feel, each an array of shape (frames,) in ns.

    `arrives_ns` is when a frame is whole at the receiver (`LOST`: never), `own_wait_ns` its wait for the sender's own
    line, `alone_ns` its way through an empty network, its own line's wait not counted; `tied` is whether it came to a
    queue together with a frame of others.
    """

    arrives_ns: Whole
    own_wait_ns: Whole
    alone_ns: Whole
    tied: npt.NDArray[np.bool_]


def expected_arrivals(
    context: Context[Any], pair: Pair, phase: str, load: float, duration_ns: int, at_ns: Whole, lengths: Whole
) -> Expected:
    """Work out the arrivals of frames of `lengths` bytes that a host hands to its line at `at_ns`, in that order."""
    packet = context.plant.packet
    rate_gbps = context.line_rate_gbps(pair)
    services = _services(lengths, rate_gbps)
    own = lindley(at_ns, services)
    now = at_ns + own + services
    alone = np.zeros(len(lengths), np.int64)
    for length in np.unique(lengths).tolist():
        alone[lengths == length] = context.predicted_way_ns(pair, length)
    tied = np.zeros(len(lengths), np.bool_)
    if context.network == "apn":
        return Expected(arrives_ns=now + alone - services, own_wait_ns=own, alone_ns=alone, tied=tied)
    held_ns = packet.forwarding_ns + packet.oeo_ns
    here = np.arange(len(lengths))
    for site, fibre in route(context, pair):
        others = drawn_on(context, phase, site, fibre, load, duration_ns)
        tied[here] |= _together(now, others["at_ns"])
        kept, out = _through(
            now, lengths[here], others["at_ns"], others["bytes"].astype(np.int64), rate_gbps, packet.buffer_bytes
        )
        here, now = here[kept], out[kept] + held_ns + packet.fec_ns + fibre.routed.way(site).delay_ns
    none = np.zeros(0, np.int64)
    kept, out = _through(now, lengths[here], none, none, rate_gbps, packet.buffer_bytes)
    arrives = np.full(len(lengths), LOST, np.int64)
    arrives[here[kept]] = out[kept] + held_ns
    return Expected(arrives_ns=arrives, own_wait_ns=own, alone_ns=alone, tied=tied)


def _together(came_ns: Whole, others_ns: Whole) -> npt.NDArray[np.bool_]:
    """Whether a frame of others comes within `TIE_NS` of each of ours.

    >>> _together(np.array([5, 100]), np.array([15, 16, 89])).tolist()
    [True, False]
    """
    first = np.searchsorted(others_ns, came_ns - TIE_NS, "left")
    last = np.searchsorted(others_ns, came_ns + TIE_NS, "right")
    together: npt.NDArray[np.bool_] = first < last
    return together


def _services(lengths: Whole, rate_gbps: float) -> Whole:
    known, places = np.unique(lengths, return_inverse=True)
    return np.array([serialisation_ns(length, rate_gbps) for length in known.tolist()], np.int64)[places]


def _through(
    came_ns: Whole, lengths: Whole, others_ns: Whole, others_bytes: Whole, rate_gbps: float, queue_bytes: int
) -> tuple[npt.NDArray[np.bool_], Whole]:
    """Return which of our frames a port has room for, and when the last bit of each has left it."""
    instants, sizes = np.concatenate([came_ns, others_ns]), np.concatenate([lengths, others_bytes])
    order = np.argsort(instants, kind="stable")
    services = _services(sizes[order], rate_gbps)
    waits = lindley(instants[order], services)
    fits = np.ones(len(order), np.bool_)
    if queue_bytes and np.max(waits + services, initial=0) * gbps_to_bytes_per_s(rate_gbps) > queue_bytes * 10**9:
        waits, fits = bounded(instants[order], services, sizes[order], queue_bytes)
    left = np.empty(len(order), np.int64)
    left[order] = instants[order] + waits + services
    room = np.empty(len(order), np.bool_)
    room[order] = fits
    return room[: len(came_ns)], left[: len(came_ns)]
