# SPDX-License-Identifier: BSD-3-Clause
"""How long commits stall that wait for a standby whose fibre is dark: bounds that TCP's retransmission sets."""

from __future__ import annotations

RTO_OVER_RTT_NS = 200_000_000
"""Linux's retransmission timeout is the smoothed round trip and at least this (TCP_RTO_MIN, include/net/tcp.h)."""
LATE_ACK_NS = 40_000_000
"""An acknowledgement may wait so long for data to go with (TCP_DELACK_MIN): then it is in the smoothed round trip."""
ROUND_TRIPS = 6
"""Round trips in the bound: one in the timeout, one that the first loss may lie before or behind the cut, one for the
answer, and three for what a window of one segment, as after a timeout, lets through bit by bit."""


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
