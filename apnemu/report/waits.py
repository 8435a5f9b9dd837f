"""How long injected frames waited in a router's queue, from captures on both sides of it."""

from __future__ import annotations

from pathlib import Path
from typing import TypedDict

import numpy as np
import numpy.typing as npt
import pyarrow as pa  # type: ignore[import-untyped]  # it ships no types

from apnemu.errors import LabError
from apnemu.records.pcap import stamps_ns
from apnemu.units import serialisation_ns


class WaitRow(TypedDict):
    """Waits at one load. `predicted_wait_ns` is M/D/1's mean; `exact_wait_ns` what these very arrivals must wait."""

    network: str
    load: float
    packets: int
    mean_wait_ns: float
    predicted_wait_ns: float
    exact_wait_ns: float
    wait_ns_p99: int
    drops: int


def wait_rows(table: pa.Table, folder: Path, frame_bytes: int, line_rate_gbps: float) -> list[WaitRow]:
    """One row for each load whose queue was watched.

    The k-th frame to leave is the k-th that came (first in, first out, none dropped). What both captures have in common
    (serialisation, fibre) is the least time between them, which a frame that found an empty queue took.
    M/D/1: rho / (2 mu (1 - rho)) (Kleinrock, Queueing Systems I, 1975, eq. 5.72 with constant service).
    """
    service_ns = serialisation_ns(frame_bytes, line_rate_gbps)
    drops: dict[float, int] = {}
    for record in table.to_pylist():
        if record["kind"] == "queue":
            drops[record["load"]] = drops.get(record["load"], 0) + (record["drops"] or 0)
    rows: list[WaitRow] = []
    for record in table.to_pylist():
        if record["kind"] != "event" or not record["name"].startswith("waits-"):
            continue
        came, went = stamps_ns(folder / f"{record['name']}-in.pcap"), stamps_ns(folder / f"{record['name']}-out.pcap")
        if len(came) != len(went) or not len(came):
            raise LabError(f"{record['name']}: {len(came)} frames came to the queue and {len(went)} left it")
        between = went - came
        waits = between - between.min()
        load = record["load"]
        rows.append(
            {
                "network": record["network"],
                "load": load,
                "packets": len(waits),
                "mean_wait_ns": round(float(waits.mean()), 3),
                "predicted_wait_ns": round(load * service_ns / (2 * (1 - load)), 3),
                "exact_wait_ns": round(float(_lindley(came, service_ns).mean()), 3),
                "wait_ns_p99": int(np.sort(waits)[max(0, -(-99 * len(waits) // 100) - 1)]),
                "drops": drops.get(load, 0),
            }
        )
    return rows


def _lindley(came_ns: npt.NDArray[np.int64], service_ns: int) -> npt.NDArray[np.int64]:
    """What each of these arrivals waits for one server with constant service (Lindley, 1952), in closed form.

    >>> _lindley(np.array([0, 10, 100]), 30).tolist()
    [0, 20, 0]
    """
    backlog = np.arange(len(came_ns)) * service_ns - came_ns
    waits: npt.NDArray[np.int64] = np.maximum.accumulate(-backlog)
    return waits + backlog
