"""What a disk in another data centre gives: a row beside its closed form, and all of them in a sentence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from apnemu.placement.remote_disk import bandwidth_bytes_per_s, filling_depth, round_trips
from apnemu.report import words
from apnemu.units import bytes_per_s_to_gbps


def storage_row(
    one: Mapping[str, Any],
    *,
    rtt_ns: int,
    line_bytes_per_s: float,
    inline_data_bytes: int,
    base: tuple[int, int] | None,
) -> dict[str, Any]:
    """One of fio's jobs as a row, with what is expected of it where nobody else is on the way.

    `base` is what such a command took alone at the shortest distance, and the round trip there, both in ns; without it
    nothing is expected. `line_bytes_per_s` is what TCP gets of the line.
    """
    block, depth = one["block_bytes"], one["queue_depth"] * one.get("jobs", 1)
    per_s = one["read_or_written_bytes"] / block / one["runtime_ms"] * 1e3
    alone_ns = bandwidth = fills = None
    if base:
        alone_ns = base[0] + round_trips(one["rw"], block, inline_data_bytes) * (rtt_ns - base[1])
        bandwidth = round(bytes_per_s_to_gbps(bandwidth_bytes_per_s(depth, block, alone_ns, line_bytes_per_s)), 6)
        fills = filling_depth(block, alone_ns, line_bytes_per_s)
    return {
        "what": one["what"],
        "rtt_ns": rtt_ns,
        "block_bytes": block,
        "queue_depth": one["queue_depth"],
        "rw": one["rw"],
        "iops": round(per_s, 3),
        "bandwidth_gbps": round(bytes_per_s_to_gbps(per_s * block), 6),
        **{name: one[name] for name in one if name.startswith("latency_ns")},
        "predicted_alone_ns": alone_ns,
        "predicted_bandwidth_gbps": bandwidth,
        "filling_queue_depth": fills,
        "jobs": one.get("jobs", 1),
        "read_or_written_bytes": one["read_or_written_bytes"],
        "runtime_ms": one["runtime_ms"],
        "line_gbps": round(bytes_per_s_to_gbps(line_bytes_per_s), 6),
    }


def storage_sentence(rows: Sequence[Mapping[str, Any]]) -> str:
    """The smallest read alone at the furthest disk, and the most that was read there, over each network.

    >>> one = {"network": "apn", "rw": "read", "distance_km": 100.0, "block_bytes": 4096, "queue_depth": 1, "jobs": 1}
    >>> storage_sentence([{**one, "latency_ns_p50": 1_020_970, "bandwidth_gbps": 94.8}])
    'A disk 100 km away answers a read of 4,096 bytes in 1.02 ms and reads up to 94.8 Gbit/s over the APN.'
    """
    reads = [row for row in rows if row["rw"] == "read"] or rows
    parts = []
    for name in dict.fromkeys(row["network"] for row in reads):
        own = [row for row in reads if row["network"] == name]
        furthest = [row for row in own if row["distance_km"] == max(row["distance_km"] for row in own)]
        alone = min(furthest, key=lambda row: (row["queue_depth"] * row["jobs"], row["block_bytes"]))
        most = max(row["bandwidth_gbps"] for row in furthest)
        verb = alone["rw"]
        parts.append(
            f"{'answers' if verb == 'read' else 'takes'} a {verb} of {alone['block_bytes']:,} bytes in "
            f"{words.duration(alone['latency_ns_p50'])} and {verb}s up to {words.gbps(most)} Gbit/s over the "
            f"{words.network(name)}"
        )
    km = max(row["distance_km"] for row in reads)
    return f"A disk {km:g} km away {', '.join(parts)}."
