# SPDX-License-Identifier: BSD-3-Clause
"""Networks in Python's hands: what calls measure beside ping's and iperf3's own words, light, cuts, ends."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import apnemu
from apnemu.errors import InputError, LabError
from apnemu.shell.lab import Lab
from tests.experiments.command import REPOSITORY, TOPOLOGIES

pytestmark = [pytest.mark.guest, pytest.mark.slow]


@pytest.fixture(scope="module")
def packet() -> Iterator[Lab]:
    with apnemu.open_lab("three-sites", network="packet") as lab:
        yield lab


def test_a_ping_is_what_ping_says(packet: Lab) -> None:
    """ping measures the kernel's stamps within its own system calls: 1 us, and prints three digits."""
    ours = packet.ping("tokyo", "osaka", count=5)
    theirs = packet.run("tokyo", "ping", "-n", "-c", "5", "-i", "0.01", "osaka")
    said_ms = [float(found) for found in re.findall(r"time=([\d.]+) ms", theirs.out)]
    assert theirs.code == 0
    assert (ours.sent, ours.lost, len(said_ms)) == (5, 0, 5)
    assert ours.median_s * 1e3 == pytest.approx(sorted(said_ms)[2], abs=0.011)
    assert packet.predicted_ms("tokyo", "osaka") == pytest.approx(ours.median_s * 1e3, abs=1e-3)
    assert packet.assert_delay("tokyo", "osaka", within_us=0.1).lost == 0


def test_a_flow_is_what_iperf3_says(tmp_path: Path) -> None:
    """A second over lines of 1 Gbit/s by both: the same TCP, whose slow start is the same.

    iperf3's receiver stops counting when the sender says that it ends, half a round trip before the last bytes.
    """
    text = (TOPOLOGIES / "three-sites.yaml").read_text("utf-8")
    (tmp_path / "slow.yaml").write_text(text.replace("packet: {}", "packet: {line_rate_gbps: 1}"))
    with apnemu.open_lab("slow.yaml", network="packet", near=tmp_path) as lab:
        ours = lab.flow("tokyo", "osaka", seconds=1)
        server = lab.start("osaka", "iperf3", "-s", "-1", "-J")
        lab.advance("100ms")
        client = lab.run("tokyo", "iperf3", "-c", "osaka", "-J", "-t", "1")
        end = json.loads(server.wait("10s").out)["end"]["sum_received"]
        sized = lab.flow("tokyo", "osaka", size_bytes=10_000_000)
    assert client.code == 0
    assert ours.goodput_gbps == pytest.approx(end["bits_per_second"] / 1e9, rel=0.03)
    assert 0.8 < ours.goodput_gbps < 0.958, "payload of a full line, less the slow start"
    assert sized.bytes == 10_000_000
    assert 0.08 < sized.duration_s < 0.2


def test_datagrams_arrive_or_are_lost(packet: Lab) -> None:
    sent = packet.flow("tokyo", "osaka", seconds=0.3, udp_gbps=0.1)
    assert sent.sent == round(0.3 * 0.1e9 / 8 / 1448)
    assert sent.goodput_gbps == pytest.approx(0.1, rel=0.1)
    packet.assert_loss("tokyo", "osaka", probes=sent)


def test_programs_of_hosts(packet: Lab) -> None:
    done = packet.run("nagoya", "sh", "-c", "cat; echo $0 >&2; exit 7", "tokyo", given="in\n")
    assert (done.code, done.out, done.err) == (7, "in\n", f"{packet.address('tokyo')}\n")
    with pytest.raises(LabError, match="the program runs on after 1s"):
        packet.run("tokyo", "sleep", "100", limit="1s")
    before_s = packet.clock_s
    assert packet.run("tokyo", "sleep", "100").code == 0
    assert packet.clock_s - before_s == pytest.approx(100, abs=0.1)
    program = packet.start("tokyo", "sleep", "1000")
    assert program.is_running
    assert program.stop().code == -signal.SIGTERM
    with pytest.raises(InputError, match="no-such-program cannot be run in tokyo-h1"):
        packet.start("tokyo", "no-such-program")
    many = packet.run("tokyo", "sh", "-c", "yes | head -c 3000000")
    assert len(many.out) == 1 << 20
    assert many.is_cut


def test_cuts_and_time(packet: Lab) -> None:
    begun_s, wall_s = packet.clock_s, time.monotonic()
    time.sleep(0.2)
    assert packet.clock_s == begun_s
    assert packet.cut("osaka-nagoya", after="200ms") == ["nagoya-osaka"]
    packet.repair(after="600ms")
    seen = packet.ping("tokyo", "osaka", count=100)
    assert seen.lost == pytest.approx(40, abs=2)
    packet.assert_loss("tokyo", "osaka", probes=seen, at_least=0.3, at_most=0.5)
    packet.assert_reachable("tokyo", "osaka")
    packet.cut("nagoya")
    with pytest.raises(
        AssertionError, match=r"tokyo to osaka\n  expected: every echo request answered\n  measured: 3 se"
    ):
        packet.assert_reachable("tokyo", "osaka")
    packet.assert_unreachable("tokyo", "osaka")
    packet.repair()
    packet.advance("5min")
    assert packet.clock_s > begun_s + 300
    assert time.monotonic() - wall_s < 300
    assert [text for _, text in packet.events()][-2:] == ["cut nagoya", "repaired nagoya"]


def test_what_cannot_be_is_said_and_the_lab_goes_on(packet: Lab) -> None:
    for wrong, said in (
        (lambda: packet.cut("nowhere"), "'nowhere' is no fibre and no site; there are tokyo-nagoya, nagoya-osaka"),
        (lambda: packet.ping("tokyo", "tokyo"), "both ends are tokyo-h1"),
        (lambda: packet.request("tokyo", "osaka"), "the packet network has no light to ask for"),
        (lambda: packet.advance("soon"), "'soon' is no duration"),
        (lambda: packet.flow("tokyo", "osaka", congestion_control="none"), "congestion control is 'none'"),
        (lambda: packet.flow("tokyo", "osaka", seconds=0), "seconds is 0; it must be above 0"),
        (lambda: packet.start("tokyo", "x" * 2_000_000), "is too long"),
        (lambda: packet.load(7), "the load is 7; it must be from 0 to 0.99"),
    ):
        with pytest.raises(InputError, match=re.escape(said)):
            wrong()
    assert "0% dropped" in packet.command("pingall")


CALLS_UNTIL_CTRL_C = """
import signal
import apnemu

signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored where the tests were started in the background
with apnemu.open_lab("three-sites", network="packet") as lab:
    print("begins", flush=True)
    try:
        lab.run("tokyo", "sh", "-c", "while :; do sleep 1; done", limit="1000d")
    except KeyboardInterrupt:
        lab.assert_reachable("tokyo", "osaka")
        print("goes on")
"""


def test_ctrl_c_ends_the_call_and_not_the_lab(tmp_path: Path) -> None:
    """In a process of its own: a worker of the tests would end by the signal."""
    with subprocess.Popen(
        [sys.executable, "-c", CALLS_UNTIL_CTRL_C],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        stdout=subprocess.PIPE,
        text=True,
    ) as calling:
        assert calling.stdout is not None
        assert calling.stdout.readline() == "begins\n"
        time.sleep(0.5)  # it runs, as far as anybody can know from outside
        calling.send_signal(signal.SIGINT)
        said, _ = calling.communicate(timeout=600)
    assert (calling.returncode, said) == (0, "goes on\n")


def test_light_by_name(tmp_path: Path) -> None:
    with apnemu.open_lab("three-sites", folder=tmp_path / "kept", pcap=True) as lab:
        lab.assert_unreachable("tokyo", "osaka")
        lit = lab.request("tokyo", "osaka", 100)
        assert (lit.state, lit.route) == ("lit", ("tokyo", "nagoya", "osaka"))
        lab.assert_delay("tokyo", "osaka", within_us=0.1)
        assert lab.assert_goodput("tokyo", "osaka", seconds=0.02, at_least_gbps=0.01).sent == 0
        lab.assert_flow("nagoya", in_port="nagoya:tokyo-nagoya", dl_vlan=1, actions="nagoya:nagoya-osaka")
        with pytest.raises(AssertionError, match=r"switch of nagoya\n  expected: an entry: dl_vlan=9 -> anything\n"):
            lab.assert_flow("nagoya", dl_vlan=9)
        assert [one.name for one in lab.light()] == [lit.name]
        lab.cut("tokyo-nagoya")
        lab.assert_unreachable("tokyo", "osaka")
        lab.repair()
        lab.advance("80s")  # transceivers tune again
        lab.assert_reachable("tokyo", "osaka")
        lab.release(lit)
        assert lab.light() == []
    assert {path.name for path in (tmp_path / "kept").iterdir()} >= {"capture.pcapng", "calls.jsonl", "console.log"}
    with pytest.raises(LabError, match="the lab has ended"):
        lab.advance("1s")


def test_the_same_calls_are_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "the-other"):
        with apnemu.open_lab("three-sites", network="packet", folder=tmp_path / name, pcap=True) as lab:
            lab.ping("tokyo", "osaka", count=2)
            lab.run("tokyo", "ping", "-c", "2", "osaka")
    first, second = tmp_path / "one", tmp_path / "the-other"
    for file in ("calls.jsonl", "capture.pcapng"):
        assert (first / file).read_bytes() == (second / file).read_bytes(), file
