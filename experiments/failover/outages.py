# SPDX-License-Identifier: BSD-3-Clause
"""Records of a numbered stream of frames reduced to an outage: how long its receiver was without, what never came."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Any

from apnemu.model.activities import DENSE


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """What the receiver saw of the stream from `source` to `target`.

    `outage_ns`: the longest time between two arrivals between which a frame was lost, and of which the later comes
    after the first event; 0 where none was lost, None where it has no end (not restored; what was under way still
    arrives), or nothing ever arrived. `unresolved_ns`: by at most
    so much it may be too long, since frames are apart. `restored`: the last frame sent arrived. `before_ns` and
    `after_ns`: one way of the first and of the last frame that arrived. `frames_sent` and `frames_lost` count the
    stream's rounds, not the frames that stand denser where an outage begins or ends.
    """

    source: str
    target: str
    outage_ns: int | None
    unresolved_ns: int | None
    frames_sent: int
    frames_lost: int
    restored: bool
    before_ns: int | None
    after_ns: int | None


def outage(records: Sequence[Mapping[str, Any]]) -> Outage:
    """The outage by the records of one stage: its probes, all of one pair and in the order of sending, and its events.
    Every frame tells how long it lasts.

    >>> frame = {"kind": "probe", "source": "a", "target": "b", "name": "a>b"}
    >>> ways = [5, 5, None, None, 7]
    >>> stream = [{**frame, "seq": n, "at_ns": 10 * n, "one_way_ns": way} for n, way in enumerate(ways)]
    >>> seen = outage([*stream, {"kind": "event", "at_ns": 16}])
    >>> seen.outage_ns, seen.unresolved_ns, seen.frames_lost, seen.restored
    (32, 20, 2, True)
    >>> between = [{**frame, "name": "a>b dense", "at_ns": at, "one_way_ns": way} for at, way in ((34, None), (37, 7))]
    >>> every = sorted([*stream, *between], key=lambda frame: frame["at_ns"])
    >>> seen = outage([*every, {"kind": "event", "at_ns": 16}])
    >>> seen.outage_ns, seen.unresolved_ns, seen.frames_lost, seen.frames_sent
    (29, 13, 2, 5)
    """
    frames = [record for record in records if record["kind"] == "probe"]
    counted = [frame for frame in frames if not frame["name"].endswith(DENSE)]
    arrived = sorted(
        (frame["at_ns"] + frame["one_way_ns"], place)
        for place, frame in enumerate(frames)
        if frame["one_way_ns"] is not None
    )
    first_ns = min((record["at_ns"] for record in records if record["kind"] == "event"), default=0)
    lost = [0, *accumulate(int(frame["one_way_ns"] is None) for frame in frames)]
    gaps = [
        (later_ns - earlier_ns, before, after)
        for (earlier_ns, before), (later_ns, after) in pairwise(arrived)
        if later_ns > first_ns and lost[after] > lost[before]
    ]
    restored = bool(counted) and counted[-1]["one_way_ns"] is not None
    outage_ns, before, after = max(gaps, default=(0, 0, 0)) if restored else (None, 0, 0)
    return Outage(
        source=frames[0]["source"] if frames else "",
        target=frames[0]["target"] if frames else "",
        outage_ns=outage_ns,
        unresolved_ns=_apart(frames, before, 1) + _apart(frames, after, -1) if outage_ns else outage_ns,
        frames_sent=len(counted),
        frames_lost=sum(frame["one_way_ns"] is None for frame in counted),
        restored=restored,
        before_ns=frames[arrived[0][1]]["one_way_ns"] if arrived else None,
        after_ns=frames[arrived[-1][1]]["one_way_ns"] if arrived else None,
    )


def spans(records: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Frames of one stage in spans of like fate: first and last sending after the first event, number, whether lost.

    >>> ways = [5, 5, None, None, 7]
    >>> stream = [{"kind": "probe", "name": "a>b", "at_ns": 10 * n, "one_way_ns": way} for n, way in enumerate(ways)]
    >>> [list(span.values()) for span in spans([*stream, {"kind": "event", "at_ns": 16}])]
    [[-16, -6, 2, False], [4, 14, 2, True], [24, 24, 1, False]]
    """
    first_ns = min((record["at_ns"] for record in records if record["kind"] == "event"), default=0)
    found: list[dict[str, Any]] = []
    for frame in records:
        if frame["kind"] != "probe" or frame["name"].endswith(DENSE):
            continue
        at_ns, lost = frame["at_ns"] - first_ns, frame["one_way_ns"] is None
        if found and found[-1]["lost"] == lost:
            found[-1]["until_ns"], found[-1]["frames"] = at_ns, found[-1]["frames"] + 1
        else:
            found.append({"from_ns": at_ns, "until_ns": at_ns, "frames": 1, "lost": lost})
    return found


def _apart(frames: Sequence[Mapping[str, Any]], place: int, step: int) -> int:
    """Time between the sending of a frame and that of the one after it, or before it."""
    return abs(int(frames[place + step]["at_ns"] - frames[place]["at_ns"]))
