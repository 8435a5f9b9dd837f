# SPDX-License-Identifier: BSD-3-Clause
"""Table of Ryu's own applications on both frameworks: each is run in the lab, and does what it is for.

python tests/ryu_applications.py [NAME...]

All run one after another on one network, the ring of `examples/own_topology.yaml`, which is open but for those that
make a tree. It is no test, since it takes minutes; `experiments/test_controllers.py` runs a part of it.
"""

from __future__ import annotations

import dataclasses
import json
import os
import re
import select
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[1]
RING = REPOSITORY / "examples" / "own_topology.yaml"
OPENED = "s1-eth2"
"""A port of the ring, which is down for applications that make no tree."""
SWITCH, OTHER = "0000000000000001", "s2-eth1"
LACP = bytes.fromhex(
    "0180c2000002 020000000001 8809 0101"
    "0114 8000 020000000001 0001 8000 0001 3d 000000"
    "0214 0000 000000000000 0000 0000 0000 00 000000"
    "0310 0000" + "00" * 12 + "0000" + "00" * 50
)
"""A partner's first LACPDU (IEEE 802.1AX, 6.4.2.3)."""


def rest(method: str, path: str, body: Any = None) -> str:
    """Ask on the controller's own computer."""
    from apnemu.emulation.namespaces import NAMED, inside

    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"http://127.0.0.1:8080{path}", data=data, method=method)
    with (
        open(NAMED / "controller") as computer,
        inside(computer.fileno()),
        urllib.request.urlopen(request, timeout=10) as answer,
    ):
        text: str = answer.read().decode()
    return text


def frames_pass(lab: Any) -> str:
    near, far = lab.net["sendai-h1"], lab.net["tokyo-h1"]
    for _ in range(2):  # the first meets switches that have yet to learn
        said = near.cmd(f"ping -c 3 -i 0.2 -W 1 {far.IP()}")
    assert " 0% packet loss" in said, said
    return "frames pass"


def nothing_passes(lab: Any) -> None:
    said = lab.net["sendai-h1"].cmd(f"ping -c 2 -i 0.2 -W 1 {lab.net['tokyo-h1'].IP()}")
    assert "100% packet loss" in said, said


def monitor(lab: Any) -> str:
    frames_pass(lab)
    time.sleep(11)
    assert re.search(r"^0{15}1 +\d+ +\d+", lab.log(), re.MULTILINE), lab.log()
    return "frames pass, counts logged"


def tree(lab: Any) -> str:
    time.sleep(45)
    return f"{frames_pass(lab)} on a ring after 45 s"


def lacp(lab: Any) -> str:
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x8809)) as tap:
        tap.bind((OTHER, 0x0003))  # all kinds: the switch takes frames before those who ask for one
        tap.send(LACP)
        while select.select([tap], [], [], 3)[0]:
            frame, (_, _, kind, *_) = tap.recvfrom(200)
            if kind != socket.PACKET_OUTGOING and frame[12:16] == b"\x88\x09\1\1":
                return f"LACP answered, {frames_pass(lab)}"
    raise AssertionError("no LACPDU came back")


def igmp(lab: Any) -> str:
    assert lab.queries, "no IGMP query came to a host"
    return f"IGMP query at a host, {frames_pass(lab)}"


def rest_13(lab: Any) -> str:
    rest("PUT", f"/simpleswitch/mactable/{SWITCH}", {"mac": lab.net["sendai-h1"].MAC(), "port": 3})
    assert lab.net["sendai-h1"].MAC() in rest("GET", f"/simpleswitch/mactable/{SWITCH}")
    return f"REST answers, {frames_pass(lab)}"


def ofctl(lab: Any) -> str:
    for dpid in json.loads(rest("GET", "/stats/switches")):
        actions = [{"type": "OUTPUT", "port": "NORMAL"}]
        rest("POST", "/stats/flowentry/add", {"dpid": dpid, "priority": 1, "match": {}, "actions": actions})
    assert "NORMAL" in rest("GET", "/stats/flow/1")
    return f"rules by REST, {frames_pass(lab)}"


def links(lab: Any) -> str:
    time.sleep(12)
    found = json.loads(rest("GET", "/v1.0/topology/links"))
    switches = json.loads(rest("GET", "/v1.0/topology/switches"))
    assert (len(found), len(switches)) == (6, 4), (len(found), len(switches))
    return "REST lists 4 switches, 6 links"


def page(lab: Any) -> str:
    """Its page's own files are not in the package that PyPI has of Ryu; the REST behind it is."""
    seen = links(lab)
    assert len(json.loads(rest("GET", "/stats/switches"))) == 4
    return seen


def web_socket(lab: Any) -> str:
    from apnemu.emulation.namespaces import NAMED, inside

    time.sleep(6)
    with open(NAMED / "controller") as computer, inside(computer.fileno()):
        client = socket.create_connection(("127.0.0.1", 8080), timeout=10)
    with client:
        client.sendall(
            b"GET /v1.0/topology/ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\nSec-WebSocket-Version: 13\r\n\r\n"
        )
        assert b"101" in client.recv(1000)
        lab.link("s3-eth1", "down")
        said = client.recv(1000)
        lab.link("s3-eth1", "up")
    assert b"event_link_delete" in said, said
    return "web socket tells of a lost link"


def router(lab: Any) -> str:
    for number, name in ((1, "sendai-h1"), (2, "tokyo-h1")):
        lab.net[name].cmd(
            f"ip addr add 172.16.{number}.10/24 dev eth0; ip route add 172.16.0.0/16 via 172.16.{number}.1"
        )
        dpid = f"{number:016x}"
        for address in (f"172.16.{number}.1/24", f"172.16.12.{number}/24"):
            rest("POST", f"/router/{dpid}", {"address": address})
        gateway = f"172.16.12.{3 - number}"
        rest("POST", f"/router/{dpid}", {"destination": f"172.16.{3 - number}.0/24", "gateway": gateway})
    time.sleep(2)
    for _ in range(3):
        said = lab.net["sendai-h1"].cmd("ping -c 3 -i 0.5 -W 1 172.16.2.10")
    for number, name in ((1, "sendai-h1"), (2, "tokyo-h1")):
        lab.net[name].cmd(f"ip addr del 172.16.{number}.10/24 dev eth0")
    assert " 0% packet loss" in said, said
    return "REST, datagrams routed between two subnets"


def firewall(lab: Any) -> str:
    nothing_passes(lab)
    rest("PUT", "/firewall/module/enable/all")
    nothing_passes(lab)
    rest("POST", "/firewall/rules/all", {"nw_src": "10.0.0.0/8", "nw_dst": "10.0.0.0/8", "nw_proto": "ICMP"})
    return f"REST, {frames_pass(lab)} once allowed"


def qos(lab: Any) -> str:
    subprocess.run(["ovs-vsctl", "set-manager", "ptcp:6632"], check=True)
    database = next(line.site_address for line in lab.net.blueprint.dcn)
    rest("PUT", f"/v1.0/conf/switches/{SWITCH}/ovsdb_addr", f"tcp:{database}:6632")
    time.sleep(3)
    rest(
        "POST", f"/qos/rules/{SWITCH}", {"match": {"nw_dst": "10.0.2.1", "nw_proto": "UDP"}, "actions": {"mark": "26"}}
    )
    assert "26" in rest("GET", f"/qos/rules/{SWITCH}")
    flows = subprocess.run(["ovs-ofctl", "-O", "OpenFlow13", "dump-flows", "s1"], capture_output=True, text=True).stdout
    assert "set_field:26" in flows or "mod_nw_tos:104" in flows, flows
    return "REST, marking rule in the switch"


LINKS = ("--observe-links",)
APPLICATIONS: dict[str, tuple[Callable[[Any], str], tuple[str, ...]]] = {
    "simple_switch": (frames_pass, ()),
    "simple_switch_12": (frames_pass, ()),
    "simple_switch_13": (frames_pass, ()),
    "simple_switch_14": (frames_pass, ()),
    "simple_switch_stp_13": (tree, ()),
    "simple_switch_lacp_13": (lacp, ()),
    "simple_switch_igmp_13": (igmp, ()),
    "simple_switch_rest_13": (rest_13, ()),
    "simple_monitor_13": (monitor, ()),
    "ofctl_rest": (ofctl, ()),
    "rest_topology": (links, LINKS),
    "rest_router": (router, ()),
    "rest_firewall": (firewall, ()),
    "rest_qos": (qos, ("ryu.app.simple_switch_13", "ryu.app.rest_conf_switch")),
    "gui_topology/gui_topology": (page, LINKS),
    "ws_topology": (web_socket, LINKS),
}


class Lab:
    """The network, on which one application after another is run."""

    def __init__(self, net: Any, runtime: str) -> None:
        from apnemu.emulation.controller import Controller
        from apnemu.emulation.net import ALL_VERSIONS

        self.net, self._runtime, self._new = net, runtime, Controller
        self.queries = False
        for process in Path("/proc").glob("[0-9]*/cmdline"):
            if b"controllers.runtime" in process.read_bytes():  # the network's own; another takes its place
                os.kill(int(process.parent.name), signal.SIGKILL)
        for switch in net.blueprint.switches:
            subprocess.run(["ovs-vsctl", "set", "bridge", switch.name, f"protocols={ALL_VERSIONS}"], check=True)

    def link(self, interface: str, state: str) -> None:
        subprocess.run(["ip", "link", "set", interface, state], check=True)

    def log(self) -> str:
        return Path("/tmp/controller.log").read_text(errors="replace")

    def run(self, name: str) -> str:
        """Run an application and see what it is for; returns that, or what was missing in its last words."""
        check, options = APPLICATIONS[name]
        file = Path(find_spec("ryu").submodule_search_locations[0], "app", f"{name}.py")  # type: ignore[union-attr, index]
        blueprint = dataclasses.replace(
            self.net.blueprint, controller=str(file), controller_runtime=self._runtime, controller_options=options
        )
        for switch in blueprint.switches:
            subprocess.run(["ovs-ofctl", "-O", "OpenFlow13", "del-flows", switch.name], check=True)
        for end in self.net.ends():  # a spanning tree has closed some
            if end.port:
                opened = ["mod-port", end.node, end.interface, "up", "forward", "receive", "packet-in"]
                for state in opened[3:]:
                    subprocess.run(["ovs-ofctl", "-O", "OpenFlow13", *opened[:3], state], check=True)
        self.link(OPENED, "up" if check is tree else "down")
        net = SimpleNamespace(blueprint=blueprint, controller_namespace=self.net.controller_namespace)
        controller = self._new(net, Path("/tmp"))
        sniffing = self.net["sendai-h1"].popen(["tcpdump", "-nlc", "1", "-i", "eth0", "igmp"], stdout=subprocess.PIPE)
        try:
            controller.start()
            controller.wait_until_ready()
            subprocess.run(["ovs-appctl", "dpctl/del-flows"], check=True)  # what was looked up without a controller
            self.queries = sniffing.poll() == 0
            seen = check(self)
            controller.check_alive()
            return seen
        except urllib.error.HTTPError as error:
            return f"NO: {error} {error.read().decode()[-200:]}"
        except Exception as error:
            last = self.log().strip().splitlines()[-1:]
            return f"NO: {type(error).__name__} {' '.join(str(error).split())[-200:]} | {last}"
        finally:
            sniffing.kill()
            controller.lose()


def table(names: list[str]) -> int:
    """Run the lab once for each framework and print the table; returns how many do not do what they are for."""
    rows: dict[str, list[str]] = {name: [] for name in names}
    for runtime in ("os-ken", "ryu"):
        asked = ["lab", "net", str(RING), "--network", "packet", "--wall-limit-s", "3600", "--script", __file__, "--"]
        done = subprocess.run(
            [sys.executable, "-m", "apnemu", *asked, runtime, *names], stdout=subprocess.PIPE, text=True, cwd=REPOSITORY
        )
        seen = dict(line.split("\t") for line in done.stdout.splitlines() if "\t" in line)
        for name in names:
            rows[name].append(seen.get(name, f"NO: the lab ended with {done.returncode}"))
    print("| application | OS-Ken | Ryu 4.34 |\n|---|---|---|")
    for name, both in rows.items():
        print(f"| {name} | {' | '.join(both)} |")
    return sum(seen.startswith("NO") for both in rows.values() for seen in both)


if __name__ == "__main__":
    if "net" in globals():  # in the lab
        lab = Lab(globals()["net"], sys.argv[1])
        for asked in sys.argv[2:]:
            print(f"{asked}\t{lab.run(asked)}", flush=True)
    else:
        sys.exit(min(table(sys.argv[1:] or list(APPLICATIONS)), 100))
