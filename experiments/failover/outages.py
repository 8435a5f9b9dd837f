# SPDX-License-Identifier: BSD-3-Clause
"""Records of a numbered stream of frames reduced to an outage: how long its receiver was without, what never came."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """What the receiver saw of the stream from `source` to `target`.

    `outage_ns`: the longest time between two arrivals of which the later comes after the first event; None where
    it has no end (not restored; what was under way still arrives), or nothing ever arrived. `restored`: the last frame
    sent arrived. `before_ns` and `after_ns`: one way of the first and of the last frame that arrived. `frames_sent` and
    `frames_lost` count one frame of several, where a stream has more of them than others that it stands beside.
    """

    source: str
    target: str
    outage_ns: int | None
    frames_sent: int
    frames_lost: int
    restored: bool
    before_ns: int | None
    after_ns: int | None


def outage(records: Sequence[Mapping[str, Any]], counted: int = 1) -> Outage:
    """The outage by the records of one stage: its probes, all of one pair, and its events. Every frame tells how long
    it lasts; one of `counted` frames is counted.

    >>> frame = {"kind": "probe", "source": "a", "target": "b"}
    >>> ways = [5, 5, None, None, 7]
    >>> stream = [{**frame, "seq": n, "at_ns": 10 * n, "one_way_ns": way} for n, way in enumerate(ways)]
    >>> seen = outage([*stream, {"kind": "event", "at_ns": 16}])
    >>> seen.outage_ns, seen.frames_lost, seen.restored
    (32, 2, True)
    >>> seen = outage([*stream, {"kind": "event", "at_ns": 16}], counted=2)
    >>> seen.outage_ns, seen.frames_lost, seen.frames_sent
    (32, 1, 3)
    """
    frames = [record for record in records if record["kind"] == "probe"]
    arrived = sorted(
        (frame["at_ns"] + frame["one_way_ns"], frame["one_way_ns"])
        for frame in frames
        if frame["one_way_ns"] is not None
    )
    first_ns = min((record["at_ns"] for record in records if record["kind"] == "event"), default=0)
    gaps = [later - earlier for (earlier, _), (later, _) in pairwise(arrived) if later > first_ns]
    restored = bool(frames) and frames[-1]["one_way_ns"] is not None
    of_those = frames[::counted]
    return Outage(
        source=frames[0]["source"] if frames else "",
        target=frames[0]["target"] if frames else "",
        outage_ns=max(gaps, default=None) if restored else None,
        frames_sent=len(of_those),
        frames_lost=sum(frame["one_way_ns"] is None for frame in of_those),
        restored=restored,
        before_ns=arrived[0][1] if arrived else None,
        after_ns=arrived[-1][1] if arrived else None,
    )
