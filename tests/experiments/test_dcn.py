# SPDX-License-Identifier: BSD-3-Clause
"""The controller's way as ping sees it; and a moved service's frames, which are nobody else's."""

from __future__ import annotations

import json
import random
import re
from pathlib import Path

import pytest

from tests.experiments.command import apnemu
from tests.experiments.test_failover import LIGHT_NS_PER_KM, RING

pytestmark = pytest.mark.guest
SCRIPT = """
import json, os, select, socket, subprocess, sys, time
from apnemu.emulation.namespaces import NAMED, inside

OUTGOING = 4


def ctl(*words):
    said = subprocess.run([sys.executable, "-m", "apnemu.cli", "ctl", *words], capture_output=True, text=True)
    assert said.returncode == 0, said.stdout + said.stderr
    return said.stdout


ping = ["ip", "netns", "exec", "SITE-h1", "ping", "-c", "2", "172.31.255.1"]
print(json.dumps({"ping": subprocess.run(ping, capture_output=True, text=True).stdout}))
ctl("request", "one", "a", "c", "--protection", "1+1")
ctl("move", "one")
time.sleep(100)
ctl("request", "two", "a", "b")
heard = {}
for name in ("a-h1", "b-h1", "c-h1"):
    with inside(os.open(NAMED / name, os.O_RDONLY)):
        heard[socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(0x0800))] = name
pings = [
    subprocess.Popen(["ip", "netns", "exec", source, "ping", "-q", "-c", "5", "-i", "0.2", target], stdout=-3)
    for source, target in (("a-h1", "10.0.2.1"), ("a-h1", "10.0.3.1"), ("c-h1", "10.0.1.1"), ("b-h1", "10.0.1.1"))
]
answered = [ping.wait() for ping in pings]
seen = set()
for connected, name in heard.items():
    while select.select([connected], [], [], 0)[0]:
        data, (interface, _, kind, *_) = connected.recvfrom(100)
        if kind != OUTGOING:
            seen.add((name, interface, socket.inet_ntoa(data[12:16]), socket.inet_ntoa(data[16:20])))
listed = json.loads(ctl("list", "--json"))
print(json.dumps({"answered": answered, "seen": sorted(seen), "listed": listed}))
"""


def test_ping_sees_the_way_and_no_host_gets_a_frame_that_is_not_for_it(tmp_path: Path) -> None:
    """Three transceivers at a: what the moved 1+1 service leaves there, the next one takes."""
    km = {"a": 110, "b": 0.01 / LIGHT_NS_PER_KM * 1e6, "c": 120, "d": 250}
    site = random.Random(9).choice(list(km))
    (tmp_path / "ring.yaml").write_text(RING + "controller: {at: b}\n")
    (tmp_path / "script.py").write_text(SCRIPT.replace("SITE", site))
    asked = ("lab", "net", "ring.yaml", "--transceivers", "3", "--folder", "net", "--wall-limit-s", "600", "--")
    done = apnemu(*asked, "python3", str(tmp_path / "script.py"), folder=tmp_path)
    assert done.code == 0, done.out + done.err
    pinged, moved = (json.loads(line) for line in done.out.splitlines())
    rtt_ms = [float(text) for text in re.findall(r"time=([\d.]+) ms", pinged["ping"])]
    assert len(rtt_ms) == 2
    for each in rtt_ms:
        assert 0 <= each - 2 * km[site] * LIGHT_NS_PER_KM / 1e6 < 0.01, f"ping from {site}"
    one, two = moved["listed"]
    for service in (one, two):
        assert (service["operational-state"], service["apnemu:reason"]) == ("ENABLED", "")
    assert moved["answered"] == [0, 0, 0, 0]
    address = {"a-h1": "10.0.1.1", "b-h1": "10.0.2.1", "c-h1": "10.0.3.1"}
    of_two = f"eth{two['connection'][0]['apnemu:transceivers'][0]}"
    assert moved["seen"]
    for host, interface, source, target in moved["seen"]:
        assert target == address[host], f"{host} gets a frame from {source} to {target}"
        if host == "a-h1":
            assert (interface == of_two) == (source == address["b-h1"]), f"{source} comes in at {interface}"
