"""What a database's client, its primary and its standbys have after a cut: what was lost, how long commits stalled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

Seen = Mapping[str, Mapping[str, Any]]
"""The records of one stage's applications, by their names; None instead where that stage was not played."""

RTO_OVER_RTT_NS = 200_000_000
"""Linux's retransmission timeout is the smoothed round trip and at least this (TCP_RTO_MIN, include/net/tcp.h)."""
LATE_ACK_NS = 40_000_000
"""An acknowledgement may wait so long for data to go with (TCP_DELACK_MIN): then it is in the smoothed round trip."""
ROUND_TRIPS = 6
"""In the bound: one in the timeout, one that the first loss may lie before or behind the cut, one for the answer, and
three for what a window of one segment, as after a timeout, lets through bit by bit."""

REPAIR_COLUMNS = (
    *("dark_ns", "stalled_ns", "stalled_ns_least", "stalled_ns_most"),
    *("repair_acknowledged", "repair_acknowledged_since", "repair_acknowledged_lost"),
)


def stall_bounds_ns(dark_ns: int, rtt_ns: int) -> tuple[int, int]:
    """The least and the most between two acknowledgements, where a fibre is dark for `dark_ns` between a primary and
    the standby that it waits for, a round trip of `rtt_ns` away.

    No answer comes before light does. It comes later than that because TCP does not know when: the segment that was
    lost is sent again after the timeout R, and each time after twice as long (RFC 6298, 5.5). If the last attempt in
    the dark came x after the loss, the first in the light comes 2 x + R after it at the latest, and x is at most
    the time without light. So this is a bound and no prediction: where between the two it falls depends on where in
    the doubling light comes back.

    *Not modelled:* other traffic on the same fibre, and a second loss.

    >>> stall_bounds_ns(1_000_000_000, 30_000_000)
    (1000000000, 2420000000)
    """
    return dark_ns, 2 * dark_ns + RTO_OVER_RTT_NS + LATE_ACK_NS + ROUND_TRIPS * rtt_ns


def after_failover(seen: Seen | None) -> dict[str, int | bool | None]:
    """How many rows were acknowledged, and how many of these are not both on the promoted standby and on the primary;
    of several standbys the one that has most is the one to promote.

    >>> after_failover({"client": {"acknowledged": [1, 2, 3]}, "primary-check": {"primary_has": [1, 2, 3, 4]},
    ...                 "promotion-1": {"standby_has": [1, 2], "standby_takes_rows": True}})
    {'acknowledged': 3, 'acknowledged_lost': 1, 'standby_takes_rows': True}
    """
    if seen is None:
        return dict.fromkeys(("acknowledged", "acknowledged_lost", "standby_takes_rows"))
    return {
        "acknowledged": len(seen["client"]["acknowledged"]),
        "acknowledged_lost": _lost(seen),
        "standby_takes_rows": all(one["standby_takes_rows"] for one in seen.values() if "standby_takes_rows" in one),
    }


def after_repair(seen: Seen | None, dark_ns: int, rtt_ns: int) -> dict[str, int | None]:
    """The same where the fibre was mended, the longest time between two acknowledgements and its bounds, and how many
    rows were acknowledged since light was back.

    >>> list(after_repair({"client": {"acknowledged": [1, 2, 3], "at_ns": [10, 20, 90], "since": 1},
    ...                    "primary-check": {"primary_has": [1, 2, 3]}, "standby-check-1": {"standby_has": [1, 2, 3]}},
    ...                   50, 10).values())
    [50, 70, 50, 240000160, 3, 1, 0]
    """
    if seen is None:
        return dict.fromkeys(REPAIR_COLUMNS)
    client = seen["client"]
    stalled_ns = max((after - before for before, after in pairwise(client["at_ns"])), default=None)
    counts = (len(client["acknowledged"]), client["since"], _lost(seen))
    return dict(zip(REPAIR_COLUMNS, (dark_ns, stalled_ns, *stall_bounds_ns(dark_ns, rtt_ns), *counts), strict=True))


def _lost(seen: Seen) -> int:
    """Of the acknowledged rows, those that the primary or the standby with most rows has not."""
    standbys: Sequence[set[int]] = [set(one["standby_has"]) for one in seen.values() if "standby_has" in one]
    held = max(standbys, key=len) & set(seen["primary-check"]["primary_has"])
    return len(set(seen["client"]["acknowledged"]) - held)
