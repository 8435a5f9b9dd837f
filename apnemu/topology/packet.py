# SPDX-License-Identifier: BSD-3-Clause
"""The conventional network's numbers: the topology's over the equipment's defaults, whole nanoseconds and bytes."""

from __future__ import annotations

from apnemu.model.plant import ETHERNET_HEADER_BYTES, Background, PacketNetwork
from apnemu.topology.entry import Entry

USUAL_GBPS = 100.0
"""Rate of the packet network's lines where neither anybody gives one nor a demand asks for light."""


def read_packet(own: Entry, default: Entry) -> PacketNetwork:
    """The packet network; `own` is the topology's `packet:`, which may be empty, `default` the equipment's.

    `frame_bytes` of the background, if nobody gives it, is a full frame: `mtu_bytes` and the header. Lines of which
    nobody gives the rate are as fast as the fastest demand (`Plant.equal_lines`), 100 Gbit/s until one is known.
    """
    values = default.filled(background=None) | own.filled(background=None)
    full_frame = values["mtu_bytes"] + ETHERNET_HEADER_BYTES
    in_bytes = next((part for part in (own, default) if "buffer_bytes" in part or "buffer_us" in part), None)
    if in_bytes is None:
        default.fail(None, "packet has neither buffer_us nor buffer_bytes; a port has a queue; give one of them")
    if "buffer_bytes" in in_bytes:
        values["buffer_ns"] = 0
    values.setdefault("buffer_bytes", full_frame)
    if values["buffer_bytes"] < full_frame:
        own.fail(
            "buffer_bytes" if "buffer_bytes" in own else "mtu_bytes",
            f"buffer_bytes is {values['buffer_bytes']}; it must hold one full frame, {full_frame} bytes; make it"
            " larger",
        )
    marking = next((part for part in (own, default) if "mark_bytes" in part or "mark_us" in part), None)
    if marking is not None:
        values["mark_ns" if "mark_bytes" in marking else "mark_bytes"] = 0
    values["as_light"] = "line_rate_gbps" not in values
    own_keys = ", ".join(sorted(own.values))
    values["background"] = _background(own.entry("background"), default.entry("background"), full_frame)
    values["source"] = default.text("source") + (f" The topology sets {own_keys}." if own_keys else "")
    packet = PacketNetwork(**{"line_rate_gbps": USUAL_GBPS} | values).at(values.get("line_rate_gbps", USUAL_GBPS))
    if packet.mark_bytes > packet.buffer_bytes:
        own.fail(
            "mark_bytes" if "mark_bytes" in own else "mark_us",
            f"a queue would be marked from {packet.mark_bytes} bytes on, and holds {packet.buffer_bytes}; what is not"
            " in it cannot be marked; give a smaller mark_us, or a longer buffer_us",
        )
    return packet


def _background(own: Entry, default: Entry, full_frame: int) -> Background:
    background = Background(**{"frame_bytes": full_frame} | default.filled() | own.filled())
    load, frame_bytes, burst_bytes = background.load, background.frame_bytes, background.burst_bytes
    if background.kind == "none" and load > 0:
        own.fail(
            "load" if "load" in own else "kind",
            f"load of background is {load:g} and its kind none; without traffic it must be 0; give a kind or load 0",
        )
    if frame_bytes > full_frame:
        own.fail(
            "frame_bytes",
            f"frame_bytes of background is {frame_bytes}; it must be at most mtu_bytes + 14, {full_frame}; make it"
            " smaller, or leave it out for full frames",
        )
    if background.kind == "pareto" and burst_bytes < frame_bytes:
        own.fail(
            "burst_bytes",
            f"burst_bytes of background is {burst_bytes}; a burst must hold one frame, {frame_bytes} bytes; make it"
            " larger",
        )
    return background
