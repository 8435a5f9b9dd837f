# SPDX-License-Identifier: BSD-3-Clause
"""What users bring along: a script with Mininet's calls, Mininet's CLI, and stock Mininet's own `mn`."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.compiled import compiled, context_of, shipped
from tests.experiments.command import REPOSITORY, apnemu

pytestmark = pytest.mark.guest
SCRIPT = """
from pathlib import Path

from apnemu.emulation.controller import Controller
from apnemu.emulation.net import load
from mininet.cli import CLI

folder = Path("/run/apnemu")
net = load(folder)
controller = Controller(net, folder)
controller.start()
net.start()
controller.wait_until_ready()
print(net["tokyo-h1"].cmd("ping -c 3 10.0.3.1"))
print("lost by pingAll:", net.pingAll())
CLI(net, script="/run/apnemu/commands")
print("popen:", net["osaka-h1"].popen("hostname -I").communicate()[0].decode())
controller.lose()
"""
COMMANDS = "nodes\nnagoya-h1 ping -c 1 osaka-h1\npy net['tokyo-h1'].MAC()\n"
PING_COSTS_NS = 20_000
"""What ping itself takes between its clock readings: some system calls of 500 ns."""


def times_ns(said: str) -> list[int]:
    return [round(float(ms) * 1e6) for ms in re.findall(r"time=([\d.]+) ms", said)]


def test_mininets_calls_on_our_net(tmp_path: Path) -> None:
    plant = shipped("three-sites")
    (tmp_path / "network.json").write_text(json.dumps(compiled(plant, "packet").to_json()))
    (tmp_path / "script.py").write_text(SCRIPT)
    (tmp_path / "commands").write_text(COMMANDS)
    done = apnemu("lab", "exec", "--folder", ".", "--", "python", "/run/apnemu/script.py", folder=tmp_path)
    assert done.code == 0, done.err
    pings, _, rest = done.out.partition("lost by pingAll: ")
    assert "3 packets transmitted, 3 received, 0% packet loss" in pings
    wanted_ns = context_of(plant, "packet").predicted_rtts(98)["tokyo", "osaka"]
    later = times_ns(pings)[1:]  # the first meets switches that have yet to look their rules up
    assert len(later) == 2
    for seen_ns in later:
        assert wanted_ns - 10_000 <= seen_ns <= wanted_ns + PING_COSTS_NS, "ping prints hundredths of a millisecond"
    assert rest.startswith("0.0\n")
    said = done.out + done.err
    assert "tokyo-h1" in said
    assert "1 packets transmitted, 1 received" in said
    assert re.search(r"^02:0a(:[0-9a-f]{2}){4}$", said, re.MULTILINE)
    assert "popen: 10.0.3.1 10.0.3.1 \n" in rest  # on its line of the network, and of the DCN


@pytest.mark.slow
def test_stock_mininet(tmp_path: Path) -> None:
    """`mn` as topologies/mn.py says; delays are in netem's microseconds, so an RTT is within them.

    Pings are 20 ms apart: Mininet's CLI reads an input that has ended without pause, and that takes the lab 25 s of
    wall time for each virtual second.
    """
    (tmp_path / "commands").write_text("h1 ping -c 4 -i 0.02 h3\n")
    start = "python -c 'from apnemu.emulation import switching; switching.start()'"
    mn = (
        "mn --custom topologies/mn.py --topo apnemu,topologies/three-sites.yaml --controller none"
        " --switch ovs,failMode=standalone --link tc --test pingall --post /run/apnemu/commands"
    )
    done = apnemu("lab", "exec", "--folder", str(tmp_path), "--", "sh", "-c", f"{start} && {mn}", folder=REPOSITORY)
    said = done.out + done.err
    assert done.code == 0, said
    assert "Results: 0% dropped (6/6 received)" in said
    fibres_ns = sum(fibre.ways[0].delay_ns for fibre in shipped("three-sites").fibres)
    later = times_ns(said)[1:]  # the first asks for addresses and meets switches that have yet to learn
    assert len(later) == 3
    for seen_ns in later:
        assert 2 * fibres_ns - 10_000 <= seen_ns <= 2 * fibres_ns + 4 * 1_000 + PING_COSTS_NS


IPV6 = """
import sys

near, far = net["tokyo-h1"], net["osaka-h1"]
for number, host in enumerate((near, far), 1):
    host.cmd("sysctl -q -w net.ipv6.conf.all.disable_ipv6=0 net.ipv6.conf.eth0.disable_ipv6=0")
    host.cmd(f"ip -6 addr add 2001:db8::{number}/64 dev eth0 nodad")
print(near.cmd("ping -6 -c 3 2001:db8::2"), near.cmd("ip -6 neigh"), far.MAC(), sys.argv[1:])
"""


def test_a_script_has_net_and_ipv6_finds_its_neighbours_over_the_packet_network(tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text(IPV6)
    asked = (
        "lab",
        "net",
        "three-sites",
        "--network",
        "packet",
        "--folder",
        "net",
        "--script",
        "script.py",
        "--",
        "one",
    )
    done = apnemu(*asked, folder=tmp_path)
    assert done.code == 0, done.err
    assert "3 received, 0% packet loss" in done.out
    wanted_ns = context_of(shipped("three-sites"), "packet").predicted_rtts(98)["tokyo", "osaka"]
    for seen_ns in times_ns(done.out)[1:]:  # the first looks for its neighbour
        assert wanted_ns - 10_000 <= seen_ns <= wanted_ns + 2 * PING_COSTS_NS
    mac, _, words = done.out.splitlines()[-1].strip().partition(" ")
    assert (f"lladdr {mac} " in done.out, words) == (True, "['one']")
