# SPDX-License-Identifier: BSD-3-Clause
"""Stock Mininet, for comparison: a chain of sites with its own classes, on whatever clock the lab has.

`python -m apnemu.emulation.stock FOLDER SITES` leaves `FOLDER/stock.json`.
"""

from __future__ import annotations

import json
import re
import sys
import time
from pathlib import Path

from mininet.link import TCLink
from mininet.net import Mininet
from mininet.node import OVSSwitch
from mininet.topo import Topo

from apnemu.emulation import switching
from apnemu.emulation.__main__ import used_memory_mb
from apnemu.errors import LabError

PINGS, PING_EVERY_S = 100, 0.02
RATES_GBPS = (1, 10, 100)
FLOW_S = 2
ANSWER_WITHIN_S = 60


class Chain(Topo):  # type: ignore[misc]  # mininet has no types
    """The chain s1 - s2 - ... with a host at each switch; the lines between switches have a delay."""

    def build(self, sites: int, delay_us: int) -> None:
        for number in range(1, sites + 1):
            self.addSwitch(f"s{number}", failMode="standalone")
            self.addHost(f"h{number}")
            self.addLink(f"h{number}", f"s{number}")
            if number > 1:
                self.addLink(f"s{number - 1}", f"s{number}", cls=TCLink, delay=f"{delay_us}us")


def main(folder: Path, sites: int, delay_us: int, flows: bool) -> None:
    switching.start()
    begun_s = time.monotonic()
    net = Mininet(topo=Chain(sites=sites, delay_us=delay_us), switch=OVSSwitch, controller=None)
    net.start()
    first, second = net["h1"], net["h2"]
    for _ in range(ANSWER_WITHIN_S):
        printed = first.cmd(f"ping -c 1 -W 1 {second.IP()}")
        if " 0% packet loss" in printed:
            break
    else:
        raise LabError(f"stock Mininet's hosts do not reach one another: {' '.join(printed.split())}")
    built_s = time.monotonic() - begun_s
    printed = first.cmd(f"ping -i {PING_EVERY_S} -c {PINGS} {second.IP()}")
    rtts_ns = [round(float(ms) * 1e6) for ms in re.findall(r"time=([\d.]+)", printed)]
    goodput_gbps: dict[str, float] = {}
    if flows:
        second.cmd("iperf3 -s -D")
        time.sleep(0.5)
        for rate in RATES_GBPS:
            first.cmd(f"tc qdisc replace dev h1-eth0 root netem rate {rate}gbit limit 100000")
            answer = json.loads(first.cmd(f"iperf3 -J -t {FLOW_S} -c {second.IP()}"))
            goodput_gbps[str(rate)] = answer["end"]["sum_received"]["bits_per_second"] / 1e9
    document = {
        "build_s": round(built_s, 3),
        "rtts_ns": rtts_ns,
        "memory_mb": used_memory_mb(),
        "goodput_gbps": goodput_gbps,
    }
    (folder / "stock.json").write_text(json.dumps(document))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4] == "flows")
