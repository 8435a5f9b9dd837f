"""What tenants of shared and of own wavelengths feel, as rows and in a sentence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

import pyarrow as pa  # type: ignore[import-untyped]  # it ships no types

from apnemu.blueprint.sharing import place, shared_delay_ns
from apnemu.model.assignment import Assignment
from apnemu.report import words
from apnemu.report.rows import nearest_rank


class SharingRow(TypedDict):
    """One tenant of one scheme while the other tenant offers `load` (a share of the wavelength's rate).

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
    """In the order of the stages, then of the shares."""
    probes: dict[tuple[float, str], list[int | None]] = {}
    frames: dict[tuple[float, str], tuple[int, int]] = {}
    for record in table.to_pylist():
        key = record["load"], record["source"]
        if record["kind"] == "probe":
            probes.setdefault(key, []).append(record["one_way_ns"])
        elif record["kind"] == "queue" and record["name"] == "injected":
            frames[key] = record["sent"], record["drops"]
    paths = {path.name: path for path in assignment.lightpaths}
    wavelengths = {
        scheme: len({share.lightpath for share in assignment.shares if share.scheme == scheme})
        for scheme in ("own", "slots", "statistical")
    }
    loads = list(dict.fromkeys(load for load, _ in probes))
    rows: list[SharingRow] = []
    for load in loads:
        for share in assignment.shares:
            path = paths[share.lightpath]
            key = load, place(share, path.source)
            seen = probes[key]
            arrived = [delay for delay in seen if delay is not None]
            sent, dropped = frames.get(key, (0, 0))
            rows.append(
                {
                    "scheme": share.scheme,
                    "load": load,
                    "tenant": share.tenant,
                    "delay_ns_p50": nearest_rank(arrived, 50),
                    "delay_ns_p99": nearest_rank(arrived, 99),
                    "lost": len(seen) - len(arrived) + dropped,
                    "sent": len(seen) + sent,
                    "probes": len(seen),
                    "probes_lost": len(seen) - len(arrived),
                    "wavelengths": wavelengths[share.scheme],
                    "predicted_delay_ns": shared_delay_ns(path, share, frame_bytes),
                }
            )
    return rows


def felt_by(rows: Sequence[Mapping[str, Any]], tenant: str, scheme: str) -> tuple[int, int] | None:
    """By how much a tenant's p99 is higher at the highest load than at the lowest, and what it lost in all; None where
    there is nothing to compare."""
    own = sorted(
        (row for row in rows if row["tenant"] == tenant and row["scheme"] == scheme), key=lambda row: row["load"]
    )
    if len({row["load"] for row in own}) < 2 or any(row["delay_ns_p99"] is None for row in own):
        return None
    return own[-1]["delay_ns_p99"] - own[0]["delay_ns_p99"], sum(row["lost"] for row in own)


def widest_ns(rows: Sequence[Mapping[str, Any]], tenant: str, scheme: str) -> int:
    """Between the highest and the lowest p99 of a tenant over all loads."""
    found = [row["delay_ns_p99"] for row in rows if row["tenant"] == tenant and row["scheme"] == scheme]
    return max(found) - min(found) if found and None not in found else (0 if not found else 1 << 62)


def sharing_sentence(rows: Sequence[Mapping[str, Any]]) -> str:
    """What tenant a feels of tenant b by each scheme."""
    parts = []
    for scheme in dict.fromkeys(row["scheme"] for row in rows):
        felt = felt_by(rows, "a", scheme)
        count = next(row["wavelengths"] for row in rows if row["scheme"] == scheme)
        if felt is not None:
            parts.append(
                f"{scheme} ({words.count(count, 'wavelength')}): {words.duration(felt[0])} more at the 99th"
                f" percentile, {words.count(felt[1], 'frame')} lost"
            )
    if not parts:
        return f"{words.count(len(rows), 'result')} of tenants."
    return f"What tenant a feels when tenant b goes from idle to full: {'; '.join(parts)}."
