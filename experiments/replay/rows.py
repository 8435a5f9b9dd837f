# SPDX-License-Identifier: BSD-3-Clause
"""What happened to the gaps of a capture on its way, beside what its own line and the queues must have done."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypedDict

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]  # it ships no types

from apnemu.experiments.replay.stages import Sent, Settings, sent_on
from apnemu.experiments.replay.way import LOST, Expected, expected_arrivals
from apnemu.planning.served import Whole
from apnemu.question.context import Context, Row
from apnemu.records.query import groups, nearest_rank

EXPLAINED_NS = 100
"""Difference between a frame's arrival and the one worked out, above which it counts as not explained."""
SHARES = tuple(range(0, 101, 5))
"""Percentiles of the figure."""


class ReplayRow(TypedDict):
    """A capture on one network, one way.

    `gap_off_ns_` is by how much the gap between the beginnings of two successive frames at the receiver differs from
    that with which they left their sender's line; `wait_ns_` what frames waited in others' queues, `own_wait_ns_max` in
    that of their own line. `queue_off_ns_` is the difference between arrivals and those that the drawn frames of others
    make in queues that are first in, first out. `tied` frames came to a queue together with one of others, and nobody
    says which was first; `unexplained` are those that differ by more than `EXPLAINED_NS` though they were not tied.
    """

    network: str
    # "from" and "to": see `replay_rows`
    load: float
    frames: int
    left_out: int
    bytes: int
    seconds: float
    lost: int
    predicted_lost: int
    one_way_ns_p50: int | None
    predicted_way_ns: int
    gap_off_ns_p50: int | None
    gap_off_ns_p99: int | None
    gap_off_ns_max: int | None
    waited: int
    wait_ns_p50: int | None
    wait_ns_p99: int | None
    wait_ns_max: int | None
    own_wait_ns_max: int
    queue_off_ns_p50: int | None
    queue_off_ns_max: int | None
    tied: int
    unexplained: int
    gap_off_ns_by_percent: list[int | None]


def replay_rows(table: pa.Table, contexts: Sequence[Context[Settings]]) -> list[Row]:
    """A row for each network and way."""
    probes = {(network, name): rows for (network, name), rows in groups(table, "probe", "network", "name")}
    rows = []
    for context in contexts:
        for sent in sent_on(context):
            felt = probes.get((context.network, sent.file), [])
            rows.append(
                {"network": context.network, "from": sent.pair[0], "to": sent.pair[1], **_row(context, sent, felt)}
            )
    return rows


def _row(context: Context[Settings], sent: Sent, felt: Sequence[Any]) -> Row:
    at_ns, lengths = sent.instants_ns, sent.lengths
    felt = sorted(felt, key=lambda row: row["seq"])
    first_ns = int(felt[0]["at_ns"] - at_ns[0]) if felt else 0
    gone = np.array([row["at_ns"] - first_ns for row in felt], np.int64)
    expected = expected_arrivals(context, sent.pair, sent.phase, sent.load, sent.duration_ns, gone, lengths)
    ways = np.array([LOST if row["one_way_ns"] is None else row["one_way_ns"] for row in felt], np.int64)
    came = ways != LOST
    waits = (ways - expected.own_wait_ns - expected.alone_ns)[came]
    gaps = _gaps_off(gone, ways, expected, came)
    both = came & (expected.arrives_ns != LOST)
    differs = np.abs(gone + ways - expected.arrives_ns)
    strange = (both & (differs > EXPLAINED_NS)) | (came != (expected.arrives_ns != LOST))
    off = differs[both & ~expected.tied]
    return {
        "load": sent.load,
        "frames": len(lengths),
        "left_out": sent.left_out,
        "bytes": int(lengths.sum()),
        "seconds": float(at_ns[-1] - at_ns[0]) / 1e9,
        "lost": int((~came).sum()),
        "predicted_lost": int((expected.arrives_ns == LOST).sum()),
        "one_way_ns_p50": _percentile(ways[came], 50),
        "predicted_way_ns": int(np.median(expected.alone_ns)),
        **{f"gap_off_ns_{name}": _percentile(gaps, share) for name, share in (("p50", 50), ("p99", 99), ("max", 100))},
        "waited": int((waits > EXPLAINED_NS).sum()),
        **{f"wait_ns_{name}": _percentile(waits, share) for name, share in (("p50", 50), ("p99", 99), ("max", 100))},
        "own_wait_ns_max": int(expected.own_wait_ns.max()),
        **{f"queue_off_ns_{name}": _percentile(off, share) for name, share in (("p50", 50), ("max", 100))},
        "tied": int(expected.tied.sum()),
        "unexplained": int((~expected.tied & strange).sum()),
        "gap_off_ns_by_percent": [_percentile(gaps, share) for share in SHARES],
    }


def _gaps_off(gone: Whole, ways: Whole, expected: Expected, came: Any) -> Whole:
    """Changes of the gaps between successive frames' beginnings on the way, where both of the two arrived."""
    left_line = gone + expected.own_wait_ns
    arrived = gone + ways - expected.alone_ns
    pairs = came[1:] & came[:-1]
    changed: Whole = np.abs(np.diff(arrived) - np.diff(left_line))[pairs]
    return changed


def _percentile(values: Whole, share: int) -> int | None:
    return nearest_rank(values.tolist(), share)
