"""Records reduced to result rows: the objects in `results` of `apnemu run --json`.

Durations stay integers: a percentile is one of the values seen (nearest rank), never a mean of two. Rows come in the
order in which their first record was written down.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypedDict

import pyarrow as pa  # type: ignore[import-untyped]  # it ships no types
import pyarrow.compute as pc  # type: ignore[import-untyped]  # it ships no types

from apnemu.errors import LabError

LatencyRow = TypedDict(
    "LatencyRow",
    {
        "from": str,
        "to": str,
        "network": str,
        "phase": str,
        "rtt_ns_min": int | None,
        "rtt_ns_p50": int | None,
        "rtt_ns_p99": int | None,
        "rtt_ns_max": int | None,
        "jitter_ns": int | None,
        "one_way_ns_p50": int | None,
        "sent": int,
        "lost": int,
        "predicted_rtt_ns": int | None,
    },
)
"""Round trips between two sites over one network in one phase; None where every probe was lost."""

ThroughputRow = TypedDict(
    "ThroughputRow",
    {
        "network": str,
        "from": str,
        "to": str,
        "case": str,
        "flows": int,
        "congestion_control": str,
        "line_rate_gbps": float,
        "goodput_gbps": float,
        "share_of_line": float,
        "retransmits": int,
    },
)
"""Bytes that arrived in a steady stretch of one case, against the line rate."""


class LossRow(TypedDict):
    """What flows felt on one network at one offered load; flow completion times of finished flows alone."""

    network: str
    load: float
    offered_gbps: float
    goodput_gbps: float
    retransmits: int
    drops: int
    flows: int
    flows_done: int
    fct_ns_p50: int | None
    fct_ns_p99: int | None


def nearest_rank(values: Sequence[int], percent: int) -> int | None:
    """The smallest value that at least `percent` of the values do not exceed; None of none. Sorts: O(n log n).

    >>> nearest_rank([15, 20, 35, 40, 50], 30), nearest_rank([15, 20, 35, 40, 50], 50), nearest_rank([], 99)
    (20, 35, None)
    """
    if not values:
        return None
    return sorted(values)[max(-(-percent * len(values) // 100), 1) - 1]


def latency_rows(table: pa.Table, predicted: Mapping[tuple[str, str, str], int]) -> list[LatencyRow]:
    """One row for each (from, to, network, phase) with probes.

    `predicted[from, to, network]` is the round trip in ns of a probe that meets no other traffic; a pair that is not
    in it has None. `jitter_ns` is the range of the round trips, `rtt_ns_max - rtt_ns_min`: 0 when all were alike.
    """
    rows: list[LatencyRow] = []
    for (source, target, network, phase), probes in _groups(table, "probe", "source", "target", "network", "phase"):
        rtts = _seen(probes, "rtt_ns")
        rows.append(
            {
                "from": source,
                "to": target,
                "network": network,
                "phase": phase,
                "rtt_ns_min": min(rtts, default=None),
                "rtt_ns_p50": nearest_rank(rtts, 50),
                "rtt_ns_p99": nearest_rank(rtts, 99),
                "rtt_ns_max": max(rtts, default=None),
                "jitter_ns": max(rtts) - min(rtts) if rtts else None,
                "one_way_ns_p50": nearest_rank(_seen(probes, "one_way_ns"), 50),
                "sent": len(probes),
                "lost": len(probes) - len(rtts),
                "predicted_rtt_ns": predicted.get((source, target, network)),
            }
        )
    return rows


def loss_rows(table: pa.Table) -> list[LossRow]:
    """One row for each (network, load) with a stage of its own, also if no flow began in it.

    Offered is what the flows asked to send (`sent`; where that was not recorded, `bytes`), goodput what arrived
    (`bytes`), both over the measured time: the longest `duration_ns` of that network's and load's queue records or,
    without any, from the first flow's start to the last finished flow's end. Retransmissions of flows without an end
    (interval records) that ran beside them count too.
    """
    queues = dict(_groups(table, "queue", "network", "load"))
    endless = dict(_groups(table, "interval", "network", "load"))
    rows: list[LossRow] = []
    flows_of = dict(_groups(table, "flow", "network", "load"))
    for network, load in dict.fromkeys([*queues, *flows_of]):
        if load is None:
            continue
        flows = flows_of.get((network, load), [])
        ports = queues.get((network, load), [])
        window_ns = max(_seen(ports, "duration_ns"), default=0) or _flows_last_ns(flows)
        completion = _seen(flows, "duration_ns")
        asked = sum(flow["bytes"] or 0 if flow["sent"] is None else flow["sent"] for flow in flows)
        rows.append(
            {
                "network": network,
                "load": load,
                "offered_gbps": _gbps(asked, window_ns),
                "goodput_gbps": _gbps(sum(_seen(flows, "bytes")), window_ns),
                "retransmits": sum(_seen([*flows, *endless.get((network, load), [])], "retransmits")),
                "drops": sum(_seen(ports, "drops")),
                "flows": len(flows),
                "flows_done": len(completion),
                "fct_ns_p50": nearest_rank(completion, 50),
                "fct_ns_p99": nearest_rank(completion, 99),
            }
        )
    return rows


def throughput_rows(
    table: pa.Table, line_rate_gbps: Mapping[tuple[str, str, str], float] | None = None
) -> list[ThroughputRow]:
    """One row for each (network, from, to, case) with intervals.

    `line_rate_gbps[from, to, network]` is taken where a record's `detail` does not say its own.

    Records that begin at the same instant ran side by side: their bytes add up and their time counts once.
    """
    rows: list[ThroughputRow] = []
    for (network, source, target, case), parts in _groups(table, "interval", "network", "source", "target", "name"):
        place = f"interval {case!r} from {source} to {target} over {network}"
        known_gbps = (line_rate_gbps or {}).get((source, target, network))
        flows, congestion_control, rate_gbps = _detail(parts[0]["detail"], known_gbps, place)
        stretches: dict[int, int] = {}
        for part in parts:
            stretches[part["at_ns"]] = max(stretches.get(part["at_ns"], 0), part["duration_ns"] or 0)
        goodput_gbps = _gbps(sum(_seen(parts, "bytes")), sum(stretches.values()))
        rows.append(
            {
                "network": network,
                "from": source,
                "to": target,
                "case": case,
                "flows": flows,
                "congestion_control": congestion_control,
                "line_rate_gbps": rate_gbps,
                "goodput_gbps": goodput_gbps,
                "share_of_line": round(goodput_gbps / rate_gbps, 6),
                "retransmits": sum(_seen(parts, "retransmits")),
            }
        )
    return rows


def _groups(table: pa.Table, kind: str, *keys: str) -> Iterator[tuple[tuple[Any, ...], list[dict[str, Any]]]]:
    """Records of one kind, by the values of `keys`; groups by first appearance, records in their order."""
    groups: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    for record in table.filter(pc.equal(table["kind"], kind)).to_pylist():
        groups.setdefault(tuple(record[key] for key in keys), []).append(record)
    yield from groups.items()


def _seen(records: Sequence[Mapping[str, Any]], key: str) -> list[int]:
    return [record[key] for record in records if record[key] is not None]


def _flows_last_ns(flows: Sequence[Mapping[str, Any]]) -> int:
    starts = _seen(flows, "at_ns")
    last: int = max(flow["at_ns"] + (flow["duration_ns"] or 0) for flow in flows)
    return last - min(starts)


def _gbps(count_bytes: int, duration_ns: int) -> float:
    """Bits per ns are Gbit/s; to the kbit/s. No time, no rate.

    >>> _gbps(50_000_000, 1_000_000)
    400.0
    """
    return round(8 * count_bytes / duration_ns, 6) if duration_ns else 0.0


def _detail(text: str | None, known_gbps: float | None, place: str) -> tuple[int, str, float]:
    try:
        found = json.loads(text or "")
        rate_gbps = float(found.get("line_rate_gbps", known_gbps))
        flows, congestion_control = int(found["flows"]), str(found["congestion_control"])
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise LabError(
            f"{place}: detail is {text!r}; it must be JSON with flows, congestion_control, line_rate_gbps"
        ) from error
    if not rate_gbps > 0:
        raise LabError(f"{place}: line_rate_gbps is {rate_gbps}; it must be above 0")
    return flows, congestion_control, rate_gbps
