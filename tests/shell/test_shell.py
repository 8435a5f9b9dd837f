# SPDX-License-Identifier: BSD-3-Clause
"""`apnemu shell`: the same from a pipe and from a person who thinks; cuts by name; ends that leave nothing."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.experiments.command import REPOSITORY, TOPOLOGIES, Done, apnemu
from tests.experiments.test_failover import RING
from tests.shell.at_a_terminal import all_ended, left_running, person

pytestmark = [pytest.mark.guest, pytest.mark.slow]
NUMBER = re.compile(r"\d+(?:\.\d+)?")
OWN = str(REPOSITORY / "examples" / "own_topology.yaml")
RING_OF_FOUR = (("sendai", "tokyo"), ("tokyo", "nagano"), ("nagano", "niigata"), ("niigata", "sendai"))
THINKS_S = float(os.environ.get("APNEMU_TEST_THINKS_S", "2"))
"""Wall time that the person thinks once; the figure of the acceptance is that of 60."""
PACKET = """\
clock
watch a b every 200ms
advance 1s
cut b-a
advance 1s
repair
advance 1s
unwatch
after 1.5s cut a-b
after 3.5s repair a-b
a ping -n -c 6 -W 1 b
cut nowhere
cut a
b ping -n -c 1 -W 1 a
repair
a
cd /tmp; pwd
exit
net
links
time sh echo lab
events
clock
"""
APN = """\
clock
light request a b 100 --protection 1+1
light
watch a b every 100ms
advance 500ms
cut a-b
advance 2s
light
repair a-b
advance 500ms
unwatch
a ping -n -c 2 b
dpctl dump-flows
light release a-b-1
light
events
clock
"""


def piped(folder: Path, lines: str, *arguments: str, topology: str = "ring.yaml") -> Done:
    (folder / "ring.yaml").write_text(RING)
    done = subprocess.run(
        [sys.executable, "-m", "apnemu.cli", "shell", topology, *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        input=lines,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return Done(code=done.returncode, out=done.stdout, err=done.stderr, wall_s=0.0)


@pytest.fixture(scope="module", params=["packet", "apn"])
def network(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def twice(network: str, tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Path, Done]]:
    """The same lines from a pipe, twice, in folders with names of other lengths."""
    lines = {"packet": PACKET, "apn": APN}[network]
    folders = [tmp_path_factory.mktemp(name) for name in ("one", "the-other")]
    return [
        (folder / "kept", piped(folder, lines, "--network", network, "--folder", "kept", "--pcap"))
        for folder in folders
    ]


def test_the_same_lines_twice_are_the_same_bytes(twice: list[tuple[Path, Done]]) -> None:
    """Of what is shown, and of every frame that was captured."""
    (first, one), (second, other) = twice
    assert one.out == other.out
    captures = [(folder / "capture.pcapng").read_bytes() for folder in (first, second)]
    assert captures[0].count(bytes(range(0x18, 0x30))) > 20, "what ping fills its datagrams with"
    assert captures[0] == captures[1]


def test_a_cut_and_a_repair_by_name_are_seen(network: str, twice: list[tuple[Path, Done]]) -> None:
    out = twice[0][1].out
    seen = re.findall(r"^a > b  +([\d.]+) s +\d+  (lost|[\d.]+ ms)$", out, re.MULTILINE)
    cut_s, repaired_s = (
        float(re.findall(rf"^([\d.]+) s  {what} a-b$", out, re.MULTILINE)[0]) for what in ("cut", "repaired")
    )
    before = [what for at, what in seen if float(at) < cut_s]
    during = [what for at, what in seen if cut_s < float(at) < repaired_s]
    assert len(before) == 5
    assert "lost" not in before
    if network == "packet":
        assert set(during) == {"lost"}, "routes do not change"
        pinged = re.findall(r"icmp_seq=(\d)", out.partition("a ping -n -c 6")[2].partition("cut nowhere")[0])
        assert pinged == ["1", "2", "5", "6"], "the cut 1.5 s and the repair 3.5 s after, in the midst of it"
        assert "1 packets transmitted, 0 received" in out, "a site that is lost answers nobody"
    else:
        assert during.count("lost") <= 1, "receivers take their other lightpath in a few milliseconds"
        ways_ms = [float(ping[-1].split()[0]) for ping in (before, during)]
        assert ways_ms[1] / ways_ms[0] == pytest.approx((120 + 130 + 140) / 110, rel=0.05), (
            "the other way round the ring"
        )
        assert "a-d-c-b" in out


def test_names_are_shown_and_numbers_are_not(network: str, twice: list[tuple[Path, Done]]) -> None:
    out = twice[0][1].out
    assert "s1-eth" not in out
    assert re.search(r"\bs\d\b", out) is None
    assert ("a:a-b" in out) or network == "apn"


def test_what_cannot_be_is_said_and_the_shell_goes_on(network: str, twice: list[tuple[Path, Done]]) -> None:
    if network == "packet":
        assert "'nowhere' is no fibre and no site; there are a-b, b-c, c-d, d-a; name one of them" in twice[0][1].out


def test_a_person_who_thinks_sees_the_same(network: str, twice: list[tuple[Path, Done]], tmp_path: Path) -> None:
    """Typed in tmux, with a long thought, the same lines give the same output: thinking moves virtual time by nothing.

    Then: Ctrl-C ends a ping and not the shell, and the end of the shell, or of its terminal, leaves nothing.
    """
    (tmp_path / "ring.yaml").write_text(RING)
    lines = {"packet": PACKET, "apn": APN}[network].splitlines()
    with person(tmp_path, "ring.yaml", "--network", network, "--pace", "20") as at:
        at.wait_for("", prompts=1)
        for number, line in enumerate(lines):
            at.type(line, thinks_s=THINKS_S if number == 3 else 0)
        at.press("\x03")  # takes back a line
        piped_lines = [line.rstrip() for line in twice[0][1].out.splitlines() if line.strip()]
        screen = [line for line in at.screen() if line]
        assert screen[0] == "ring: the network comes up; help lists the commands, exit ends it"
        assert "\n".join(screen[1 : len(piped_lines) + 1]) == "\n".join(piped_lines)
        at.press("a ping -n -i 0.2 a\r")
        at.wait_for("icmp_seq=10")
        at.press("\x03")
        at.wait_for("", prompts=1)
        at.type("a")
        at.type("\x04", end="")  # leaves the host
        at.type("clock")
        assert left_running(tmp_path)
        if network == "packet":
            at.press("\x04")
            at.ends()
        else:
            at.press("a ping -n a\r")
            at.wait_for("bytes of data")
            at.close()
    assert all_ended(tmp_path)
    assert not (tmp_path / "runs").exists()
    assert "clock" in (tmp_path / "state" / "apnemu" / "shell-history").read_text()


@pytest.mark.parametrize("number", [0, 1])
def test_the_documented_sessions(tmp_path: Path, number: int) -> None:
    """The sessions in docs/shell.md, each with the command that begins it: every word, and every number within 1 %.

    Instants count the system calls of the shell's own program, so that a change of its code moves the last digits.
    """
    text = (REPOSITORY / "docs" / "shell.md").read_text("utf-8")
    sessions = re.findall(r"^```\n\$ apnemu shell (.*)\n((?:.*\n)*?)```$", text, re.MULTILINE)
    assert len(sessions) == 2
    arguments, shown = sessions[number]
    lines = re.findall(r"^\[[\d.]+ s\] [\w-]+[>#] (.*)$", shown, re.MULTILINE)
    topology, *options = arguments.split()
    topology = str(REPOSITORY / topology)
    out = piped(tmp_path, "".join(f"{line}\n" for line in lines), *options, topology=topology).out
    lines, expected = [line.rstrip() for line in out.splitlines()], shown.splitlines()
    assert [NUMBER.sub("N", line) for line in lines] == [NUMBER.sub("N", line) for line in expected]
    for line, told in zip(lines, expected, strict=True):
        numbers = [[float(found) for found in NUMBER.findall(text)] for text in (line, told)]
        assert numbers[0] == pytest.approx(numbers[1], rel=0.01, abs=0.02), line


SCRIPT = """
import sys
print(sys.argv[1:], clock.now_ns < 1_000_000)
lit = light.request("tokyo", "osaka", 100)
print(lit.state, "-".join(lit.route))
print(net["tokyo-h1"].cmd("ping -n -c 1 -W 1", net["osaka-h1"].IP()).count("1 received"))
cut("nagoya-tokyo")
before_ns = clock.now_ns
clock.advance("2s")
print(round((clock.now_ns - before_ns) / 1e9, 3), light.services()[0].state)
try:
    cut("tokyo-nagoya")
except Exception as error:
    print(error)
repair()
light.release(lit.name)
print(light.services())
sys.exit(5)
"""


def test_a_script_has_the_network_in_its_hands(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(SCRIPT)
    done = apnemu("shell", "three-sites", "--script", "mine.py", "--", "one", "two", folder=tmp_path)
    assert done.out.splitlines() == [
        "['one', 'two'] True",
        "lit tokyo-nagoya-osaka",
        "1",
        "2.0 dark",
        "tokyo-nagoya is dark already; repair tokyo-nagoya gives it back",
        "[]",
    ]
    assert done.code == 5
    assert not (tmp_path / "runs").exists()


def test_an_application_of_ones_own(tmp_path: Path) -> None:
    own = str(REPOSITORY / "examples" / "own_controller.py")
    arguments = (str(TOPOLOGIES / "three-sites.yaml"), "--network", "packet", "--controller", own, "--settle", "5")
    (tmp_path / "mine.py").write_text('print(net["tokyo-h1"].cmd("ping -n -c 3 -W 1", net["osaka-h1"].IP()))')
    done = apnemu("shell", *arguments, "--script", "mine.py", folder=tmp_path)
    assert " 0% packet loss" in done.out, done.out + done.err


def test_others_fill_the_lines(tmp_path: Path) -> None:
    """Bytes over each line within 6 %: of Poisson arrivals of 2,900 frames the standard deviation is 1.9 %.

    What the kernel has been handed, of 4 ms, still comes when the load has ended, and is in the fibre for 2 ms.
    """
    look = "clock\npy open('/proc/net/dev').read()\n"
    lines = f"load 0.7\nadvance 12ms\n{look}advance 5ms\n{look}load 0\nadvance 10ms\n{look}advance 5ms\n{look}load 2\n"
    out = piped(tmp_path, lines, "--network", "packet", topology=OWN).out
    at_s = [float(found) for found in re.findall(r"^(\d+\.\d{9}) s$", out, re.MULTILINE)]
    fibres = [f"{site}:{one}-{two}" for one, two in RING_OF_FOUR for site in (one, two)]
    for port in fibres:
        sent = [int(line.split()[9]) for line in out.splitlines() if line.lstrip().startswith(f"{port}: ")]
        assert (sent[1] - sent[0]) / (at_s[1] - at_s[0]) == pytest.approx(0.7 * 1.25e9, rel=0.06)
        assert sent[3] == sent[2]
    assert "others offer 0.7 of 10 Gbit/s on 8 lines: 4.6 million frames in a virtual second" in out
    assert "the load is 2; it must be from 0 to 0.99, for example load 0.7" in out
