# SPDX-License-Identifier: BSD-3-Clause
"""Records of tenants' probes and loads reduced to rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

import pyarrow as pa  # type: ignore[import-untyped]  # it ships no types

from apnemu.blueprint.shared_wavelengths import place, shared_delay_ns
from apnemu.model.assignment import Assignment
from apnemu.records.query import groups, nearest_rank


class SharingRow(TypedDict):
    """A tenant of a scheme while the other tenant offers `load` (a share of the wavelength's rate).

    Delays are one way, of probes; None where all were lost. `lost` counts frames, probes and the tenant's own load, and
    `sent` all of them. `predicted_delay_ns` is a lone probe's.
    """

    scheme: str
    load: float
    tenant: str
    delay_ns_p50: int | None
    delay_ns_p99: int | None
    lost: int
    sent: int
    probes: int
    probes_lost: int
    wavelengths: int
    predicted_delay_ns: int


def sharing_rows(table: pa.Table, assignment: Assignment, frame_bytes: int) -> list[SharingRow]:
    """The rows in the order of the stages, then of the shares."""
    probes = {key: [record["one_way_ns"] for record in own] for key, own in groups(table, "probe", "load", "source")}
    frames = {
        (load, source): (own[-1]["sent"], own[-1]["drops"])
        for (load, source, name), own in groups(table, "queue", "load", "source", "name")
        if name == "injected"
    }
    paths = {path.name: path for path in assignment.lightpaths}
    wavelengths = {
        scheme: len({share.lightpath for share in assignment.shares if share.scheme == scheme})
        for scheme in ("own", "slots", "statistical")
    }
    rows: list[SharingRow] = []
    for load in dict.fromkeys(load for load, _ in probes):
        for share in assignment.shares:
            path = paths[share.lightpath]
            key = load, place(share, path.source)
            delays_ns = probes[key]
            arrived = [delay for delay in delays_ns if delay is not None]
            sent, dropped = frames.get(key, (0, 0))
            rows.append(
                {
                    "scheme": share.scheme,
                    "load": load,
                    "tenant": share.tenant,
                    "delay_ns_p50": nearest_rank(arrived, 50),
                    "delay_ns_p99": nearest_rank(arrived, 99),
                    "lost": len(delays_ns) - len(arrived) + dropped,
                    "sent": len(delays_ns) + sent,
                    "probes": len(delays_ns),
                    "probes_lost": len(delays_ns) - len(arrived),
                    "wavelengths": wavelengths[share.scheme],
                    "predicted_delay_ns": shared_delay_ns(path, share, frame_bytes),
                }
            )
    return rows


def rise(own: Sequence[Mapping[str, Any]]) -> int | None:
    """How much longer one tenant's 99th percentile is at the highest load than at the lowest, in ns, by its rows of one
    scheme. None where there are not two loads, or where one of them has no 99th percentile.

    >>> rise([{"load": 1.0, "delay_ns_p99": 900}, {"load": 0.0, "delay_ns_p99": 500}])
    400
    >>> rise([{"load": 1.0, "delay_ns_p99": 900}]), rise([])
    (None, None)
    """
    by_load = sorted(own, key=lambda row: float(row["load"]))
    if len({row["load"] for row in by_load}) < 2 or any(row["delay_ns_p99"] is None for row in by_load):
        return None
    return int(by_load[-1]["delay_ns_p99"] - by_load[0]["delay_ns_p99"])
