# SPDX-License-Identifier: BSD-3-Clause
"""A Ryu application of one's own: every router of the packet network learns where hosts are, as a switch does.

    apnemu run latency --topology three-sites --network packet --controller examples/own_controller.py

The file knows nothing of apnemu and runs unchanged on Ryu 4.34 (`--controller-runtime ryu`) and on OS-Ken, the default,
where `ryu` is another name of `os_ken`. It takes the place of apnemu's own controller: an unknown destination is
flooded, so the network may have no ring.
"""

from __future__ import annotations

from typing import Any

from ryu.base import app_manager
from ryu.controller import ofp_event
from ryu.controller.handler import CONFIG_DISPATCHER, MAIN_DISPATCHER, set_ev_cls
from ryu.lib.packet import ethernet, packet
from ryu.ofproto import ofproto_v1_3


class OwnController(app_manager.RyuApp):  # type: ignore[misc]  # Ryu ships no types
    """Learns the port of every source address, and installs a rule for every pair of hosts that talk."""

    OFP_VERSIONS = (ofproto_v1_3.OFP_VERSION,)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.ports: dict[tuple[int, str], int] = {}
        """(switch, address of a host) -> the port behind which the host is."""

    @set_ev_cls(ofp_event.EventOFPSwitchFeatures, CONFIG_DISPATCHER)
    def connected(self, event: Any) -> None:
        """Ask a switch that has connected for every frame that no rule matches."""
        datapath = event.msg.datapath
        to_us = datapath.ofproto_parser.OFPActionOutput(
            datapath.ofproto.OFPP_CONTROLLER, datapath.ofproto.OFPCML_NO_BUFFER
        )
        self.install(datapath, 0, datapath.ofproto_parser.OFPMatch(), to_us)

    @set_ev_cls(ofp_event.EventOFPPacketIn, MAIN_DISPATCHER)
    def unmatched(self, event: Any) -> None:
        """Learn from a frame that no rule matched, and pass it on: to its destination, if known, else everywhere."""
        datapath, in_port = event.msg.datapath, event.msg.match["in_port"]
        frame = packet.Packet(event.msg.data).get_protocol(ethernet.ethernet)
        self.ports[datapath.id, frame.src] = in_port
        port = self.ports.get((datapath.id, frame.dst), datapath.ofproto.OFPP_FLOOD)
        parser = datapath.ofproto_parser
        output = parser.OFPActionOutput(port)
        if port != datapath.ofproto.OFPP_FLOOD:
            self.install(datapath, 1, parser.OFPMatch(eth_src=frame.src, eth_dst=frame.dst), output)
        datapath.send_msg(
            parser.OFPPacketOut(
                datapath=datapath,
                buffer_id=datapath.ofproto.OFP_NO_BUFFER,
                in_port=in_port,
                actions=[output],
                data=event.msg.data,
            )
        )

    def install(self, datapath: Any, priority: int, match: Any, output: Any) -> None:
        """Add one rule to a switch."""
        parser = datapath.ofproto_parser
        apply = parser.OFPInstructionActions(datapath.ofproto.OFPIT_APPLY_ACTIONS, [output])
        datapath.send_msg(parser.OFPFlowMod(datapath=datapath, priority=priority, match=match, instructions=[apply]))
