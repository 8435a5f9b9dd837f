# SPDX-License-Identifier: BSD-3-Clause
"""What TCP carries in closed form, and what of Linux's settings bounds it: window and buffers.

A window is what a connection has under way in a round trip. It is bounded by the receiver's window scale, exactly.
*Rejected:* to bound it by the buffers alone, as Linux does where nobody sets anything. What fits them depends on how a
program writes and on its segments' sizes: a sender is woken when a third of its buffer is free, so that between two
thirds and all of it are under way; a receiver's window is 0.68 to 0.93 of its buffer, by its first segments.
"""

from __future__ import annotations

from typing import Literal

from apnemu.blueprint.prediction import ETHERNET_HEADER_BYTES
from apnemu.units import carried_gbps, serialisation_ns

UNSCALED_BYTES, MOST_SCALE = 65_535, 14
"""Largest window without a scale, and the largest scale: 16 bits, in units of at most 2^14 bytes (RFC 7323, 2.3)."""
TCP_WINDOW_BYTES = UNSCALED_BYTES << MOST_SCALE
"""Largest window of a TCP connection."""
TCP_HEADERS_BYTES = 20 + 20 + 12
"""Headers of IPv4 and TCP, and TCP's time stamps (RFC 7323, 3.2)."""
BUFFER_BYTES = 7 << 28
"""Largest socket buffer. It holds what TCP's largest window does with what Linux counts beside the payload, and a third
that is free when a sender is woken; the kernel counts in 31 bits."""
BUFFERED_WINDOWS = 4
"""Windows that a buffer holds at most, so that the window decides: a third of it is free when a sender is woken, and of
short frames Linux counts twice the payload."""
FIRST_BUFFER_BYTES = 1 << 20
SEGMENT_BYTES = 65_215
"""Most payload of a segment that Linux hands over whole: 64 KiB less room for headers (sk_gso_max_size)."""


FEW_SEGMENTS = 16
"""Segments that a window must hold for its rest to be used as well, where it takes less than half of the line."""


def scaled_window_bytes(most_bytes: int) -> int:
    """The largest window of at most `most_bytes`, at least 65,535: there is one for each scale.

    >>> scaled_window_bytes(4 << 20), scaled_window_bytes(6_000_000), scaled_window_bytes(1 << 40)
    (4194240, 4194240, 1073725440)
    """
    scale = (most_bytes // UNSCALED_BYTES).bit_length() - 1
    return UNSCALED_BYTES << min(max(scale, 0), MOST_SCALE)


def buffer_sysctls(window_bytes: int) -> dict[str, str]:
    """Linux's settings of TCP's buffers for a window: least, first, and most bytes of a connection's.

    >>> buffer_sysctls(scaled_window_bytes(4 << 20))["ipv4/tcp_wmem"]
    '4096 1048576 16776960'
    >>> buffer_sysctls(TCP_WINDOW_BYTES)["ipv4/tcp_rmem"]
    '4096 1048576 1879048192'
    """
    most = min(BUFFERED_WINDOWS * window_bytes, BUFFER_BYTES)
    return {f"ipv4/tcp_{name}": f"4096 {min(FIRST_BUFFER_BYTES, most)} {most}" for name in ("rmem", "wmem")}


def payload_share(mtu_bytes: int) -> float:
    """Share of a line's bytes that is TCP's payload: IPv4, TCP with time stamps, Ethernet.

    >>> round(payload_share(1500), 6)
    0.956407
    """
    return (mtu_bytes - TCP_HEADERS_BYTES) / (mtu_bytes + ETHERNET_HEADER_BYTES)


def segment_bytes(mtu_bytes: int, window_bytes: int, whole: bool) -> int:
    """Payload of what TCP hands to the line as one frame: `whole` are segments of up to 64 KiB, or of half the window
    (tcp_bound_to_half_wnd), else one datagram's.

    >>> segment_bytes(1500, 1 << 20, True), segment_bytes(1500, 65_535, True), segment_bytes(1500, 65_535, False)
    (65160, 31856, 1448)
    """
    payload = mtu_bytes - TCP_HEADERS_BYTES
    return max(1, min(SEGMENT_BYTES, window_bytes // 2) // payload) * payload if whole else payload


def tcp_most_gbps(
    line_rate_gbps: float,
    mtu_bytes: int,
    rtt_ns: int,
    connections: int = 1,
    window_bytes: int = TCP_WINDOW_BYTES,
    *,
    whole: bool = True,
) -> tuple[float, Literal["line", "window"]]:
    """Return the most payload that TCP connections carry over a line of their own, and what bounds it.

    The line carries headers too; each connection has a window's bytes under way in a round trip. It is reached once
    slow start has filled the line, or the window. A window that takes the line for more than half a round trip is used
    in whole segments only: what is left of it waits for the next acknowledgement (tcp_tso_should_defer), which comes
    when a segment is all there. *Not modelled*: others' queues, losses, small buffers.

    >>> tcp_most_gbps(100, 1500, 1_000_000)[0]  # 1,448 of 1,514 bytes
    95.640687
    >>> tcp_most_gbps(400, 1500, 60_000_000)
    (143.163392, 'window')
    >>> tcp_most_gbps(10, 1500, 30_000_000, window_bytes=scaled_window_bytes(4 << 20))
    (1.118464, 'window')
    """
    line, used_bytes, trip_ns = round(line_rate_gbps * payload_share(mtu_bytes), 6), window_bytes, rtt_ns
    if not rtt_ns:
        return line, "line"
    segment = segment_bytes(mtu_bytes, window_bytes, whole)
    if carried_gbps(connections * window_bytes, rtt_ns) > line / 2 or window_bytes < FEW_SEGMENTS * segment:
        used_bytes = max(segment, window_bytes // segment * segment)
        trip_ns += round(serialisation_ns(segment, line))
    window = carried_gbps(connections * used_bytes, trip_ns)
    return (line, "line") if line <= window else (window, "window")
