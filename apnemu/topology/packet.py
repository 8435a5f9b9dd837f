"""The conventional network's numbers: the topology's over the equipment's defaults, whole nanoseconds and bytes."""

from __future__ import annotations

from apnemu.model.plant import Background, PacketNetwork
from apnemu.topology.equipment import Equipment
from apnemu.topology.parse import Parser
from apnemu.topology.shapes import Entry
from apnemu.units import us_to_ns

ETHERNET_HEADER_BYTES = 14
"""What a frame is longer than its IP datagram; preamble, checksum and gap are not counted, as in Linux's queues."""


def read_packet(own: Entry, equipment: Equipment, parser: Parser) -> PacketNetwork:
    """The packet network; `own` is the topology's `packet:`, which may be empty.

    `frame_bytes` of the background, if nobody gives it, is a full frame: `mtu_bytes` and the header.
    """
    default = equipment.packet
    numbers = {
        key: own.number(key, default.number(key)) for key in default.values if key not in ("background", "source")
    }
    mtu_bytes, buffer_bytes = int(numbers["mtu_bytes"]), int(numbers["buffer_bytes"])
    full_frame = mtu_bytes + ETHERNET_HEADER_BYTES
    if buffer_bytes < full_frame:
        parser.fail(
            own.line_of("buffer_bytes" if "buffer_bytes" in own else "mtu_bytes"),
            f"buffer_bytes is {buffer_bytes}; it must hold one full frame, {full_frame} bytes; make it larger",
        )
    own_keys = ", ".join(sorted(key for key in own.values))
    return PacketNetwork(
        line_rate_gbps=numbers["line_rate_gbps"],
        mtu_bytes=mtu_bytes,
        buffer_bytes=buffer_bytes,
        forwarding_ns=us_to_ns(numbers["forwarding_us"]),
        oeo_ns=us_to_ns(numbers["oeo_us"]),
        fec_ns=us_to_ns(numbers["fec_us"]),
        background=_background(own.entry("background"), default.entry("background"), full_frame, parser),
        source=default.text("source") + (f" The topology sets {own_keys}." if own_keys else ""),
    )


def _background(own: Entry, default: Entry, full_frame: int, parser: Parser) -> Background:
    kind = own.text("kind", default.text("kind"))
    load = own.number("load", default.number("load"))
    frame_bytes = own.whole("frame_bytes", default.whole("frame_bytes", full_frame))
    burst_bytes = own.whole("burst_bytes", default.whole("burst_bytes"))
    if kind == "none" and load > 0:
        parser.fail(
            own.line_of("load" if "load" in own else "kind"),
            f"load of background is {load:g} and its kind none; without traffic it must be 0; give a kind or load 0",
        )
    if frame_bytes > full_frame:
        parser.fail(
            own.line_of("frame_bytes"),
            f"frame_bytes of background is {frame_bytes}; it must be at most mtu_bytes + 14, {full_frame}; make it"
            " smaller, or leave it out for full frames",
        )
    if kind == "pareto" and burst_bytes < frame_bytes:
        parser.fail(
            own.line_of("burst_bytes"),
            f"burst_bytes of background is {burst_bytes}; a burst must hold one frame, {frame_bytes} bytes; make it"
            " larger",
        )
    return Background(
        kind=kind,  # type: ignore[arg-type]  # the format allows only the three words
        load=load,
        frame_bytes=frame_bytes,
        burst_bytes=burst_bytes,
        pareto_shape=own.number("pareto_shape", default.number("pareto_shape")),
    )
