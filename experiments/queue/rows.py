# SPDX-License-Identifier: BSD-3-Clause
"""What the captures on both sides of a queue say, beside theory and beside a replay of the same arrivals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Any, TypedDict

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]  # it ships no types

from apnemu.errors import LabError
from apnemu.model.plant import PacketNetwork
from apnemu.planning import queueing, served
from apnemu.records.pcap import stamps_and_lengths, stamps_ns
from apnemu.units import NS_PER_S, gbps_to_bytes_per_s, serialisation_ns

ENDLESS_BYTES = 10**10
"""Size of a queue that is called endless."""


class WaitRow(TypedDict):
    """Waits and drops at one load; of a wait the mean over frames that were not dropped.

    `predicted_` is what theory says of such arrivals (None: it has no closed form), `exact_` what these very arrivals
    must feel.
    """

    network: str
    load: float
    packets: int
    mean_wait_ns: float | None
    predicted_wait_ns: float | None
    exact_wait_ns: float
    wait_ns_p99: int | None
    drops: int
    predicted_loss: float | None
    exact_drops: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Theory:
    """Mean wait and share of frames dropped in closed form; None where there is none."""

    wait_ns: float | None
    loss: float | None


def theory(packet: PacketNetwork, load: float) -> Theory:
    """Theory of a port to which frames come at Poisson instants: M/G/1 if its queue is endless, M/D/1/K for frames of
    one length.

    *Not modelled:* a queue bounded in bytes for frames of several lengths, which has no closed form.
    """
    mix = packet.background.mix or ((packet.background.frame_bytes, 1.0),)
    services = [serialisation_ns(length, packet.line_rate_gbps) for length, _ in mix]
    if packet.buffer_bytes >= ENDLESS_BYTES:
        wait_ns = queueing.mean_wait_ns(load, services, [weight for _, weight in mix])
        return Theory(wait_ns=round(wait_ns, 3) if isfinite(wait_ns) else None, loss=0.0)
    if len({length for length, _ in mix}) > 1:
        return Theory(wait_ns=None, loss=None)
    loss, wait_ns = queueing.bounded(load, services[0], packet.buffer_bytes // mix[0][0])
    return Theory(wait_ns=round(wait_ns, 3), loss=round(loss, 12))


def wait_rows(table: pa.Table, folder: Path, packet: PacketNetwork) -> list[WaitRow]:
    """One row for each load whose queue was watched.

    What leaves, leaves in the order in which it came; which frames a bounded queue dropped is known from the replay,
    and where that does not drop as many, the mean wait is not known. What both captures have in common for a frame
    (serialisation, fibre) is its own serialisation and the least of the rest, which a frame that found an empty queue
    took.
    """
    rows: list[WaitRow] = []
    for record in table.to_pylist():
        if record["kind"] == "event" and record["name"].startswith("waits-"):
            rows.append(_row(record, folder, packet))
    return rows


def _row(record: Mapping[str, Any], folder: Path, packet: PacketNetwork) -> WaitRow:
    came, lengths = stamps_and_lengths(folder, f"{record['name']}-in.pcap")
    went = stamps_ns(folder, f"{record['name']}-out.pcap")
    bounded = packet.buffer_bytes < ENDLESS_BYTES
    if not len(went) or len(went) > len(came) or (len(went) < len(came) and not bounded):
        raise LabError(f"{record['name']}: {len(came)} frames came to the queue and {len(went)} left it")
    services = lengths * NS_PER_S // gbps_to_bytes_per_s(packet.line_rate_gbps)
    fits = np.ones(len(came), np.bool_)
    exact = served.lindley(came, services)
    if bounded:
        exact, fits = served.bounded(came, services, lengths, packet.buffer_bytes)
    known = theory(packet, record["load"])
    waits = None
    if int(fits.sum()) == len(went):
        rest = went - came[fits] - services[fits]
        waits = rest - rest.min()
    return {
        "network": record["network"],
        "load": record["load"],
        "packets": len(came),
        "mean_wait_ns": None if waits is None else round(float(waits.mean()), 3),
        "predicted_wait_ns": known.wait_ns,
        "exact_wait_ns": round(float(exact[fits].mean()), 3),
        "wait_ns_p99": None if waits is None else int(np.sort(waits)[max(0, -(-99 * len(waits) // 100) - 1)]),
        "drops": len(came) - len(went),
        "predicted_loss": known.loss,
        "exact_drops": int((~fits).sum()),
    }
