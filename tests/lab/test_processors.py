# SPDX-License-Identifier: BSD-3-Clause
"""Every task has a processor of its own: what others do at the same time changes neither its time nor its draws."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from apnemu.lab import guest

from .conftest import Run, console_of

pytestmark = pytest.mark.guest
MakeJob = Callable[..., guest.Job]

CALLERS = """
import os, sys, time
programs, calls = map(int, sys.argv[1:])
begin_ns = time.monotonic_ns() + 1_000_000_000
reading, writing = os.pipe()
for _ in range(programs):
    if os.fork() == 0:
        time.sleep((begin_ns - time.monotonic_ns()) / 1e9)
        begun_ns = time.monotonic_ns()
        for _ in range(calls):
            os.getppid()
        os.write(writing, b"%d %d\\n" % (begun_ns, time.monotonic_ns()))
        os._exit(0)
os.close(writing)
times = [tuple(map(int, line.split())) for line in os.fdopen(reading)]
for _ in range(programs):
    os.wait()
begun, ended = zip(*times)
print(len(times), *{end - begin for begin, end in times}, max(ended) - min(begun))
"""


@pytest.mark.parametrize(("programs", "calls"), [(1, 10_000), (40, 1_000)])
def test_programs_do_not_queue_for_a_processor(boot: Run, programs: int, calls: int) -> None:
    """A call takes its caller 500 ns, and nobody else: beside the calls, a look at the clock."""
    _, said = boot("python3", "-c", CALLERS, str(programs), str(calls), memory_mb=4096)
    seen, each_ns, all_ns = map(int, said.split())
    assert seen == programs
    assert 0 <= each_ns - 500 * calls < 1_100
    assert all_ns - each_ns < 100_000, "they began together, but for the time that each slept less"


A_THOUSAND = """
import subprocess, time
one = "n=0; while [ $n -lt 100 ]; do n=$((n+1)); kill -0 $$; done"
begun_ns = time.monotonic_ns()
subprocess.run(["dash", "-c", f"i=0; while [ $i -lt 1000 ]; do i=$((i+1)); ({one}) & done; wait"], check=True)
print(time.monotonic_ns() - begun_ns)
"""


def test_a_thousand_programs_are_done_when_the_last_of_them_is(boot: Run) -> None:
    """Starting them takes one program 1.6 ms, and each 100 calls of 50 us; one after another they would take 50 ms."""
    _, took_ns = boot("python3", "-c", A_THOUSAND, wall_limit_s=900)
    assert int(took_ns) < 2_500_000


COMPUTERS = """
import os, sys, time
programs, wanted_s = int(sys.argv[1]), float(sys.argv[2])
begun_ns = time.monotonic_ns()
for _ in range(programs):
    if os.fork() == 0:
        while time.process_time() < wanted_s:
            pass
        os._exit(0)
for _ in range(programs):
    os.wait()
print(time.monotonic_ns() - begun_ns)
"""


def test_the_time_that_a_program_has_run_is_its_own(boot: Run) -> None:
    """Programs that wait for 5 ms of their own running time are done after 5 ms, however many they are."""
    took_ns = [int(boot("python3", "-c", COMPUTERS, str(programs), "0.005")[1]) for programs in (1, 7)]
    assert all(5_000_000 <= each < 5_200_000 for each in took_ns), took_ns


PAIRS = """
import os, subprocess, sys, time
from pathlib import Path

folder, pairs, played = Path("/run/apnemu"), sys.argv[1], sys.argv[2:]

def until(instant_s):
    time.sleep(instant_s - time.monotonic())

def inside(end, pair, *command, **options):
    return subprocess.Popen(["ip", "netns", "exec", end + pair, *map(str, command)], **options)

def play(pair):
    watch = ["tcpdump", "-s", 96, "-B", 65536, "--immediate-mode", "--time-stamp-precision=nano"]
    watching = [
        inside(end, pair, *watch, "-i", "v" + end, "-w", folder / f"{end}{pair}.pcap", stderr=subprocess.DEVNULL)
        for end in "ab"]
    answering = inside("b", pair, "iperf3", "-s", "-1", stdout=subprocess.DEVNULL)
    until(30)
    with (folder / f"iperf3-{pair}.json").open("wb") as out:
        assert inside("a", pair, "iperf3", "-J", "-c", f"10.0.{pair}.2", *played, stdout=out).wait() == 0
    answering.wait()
    until(60)
    for one in watching:
        one.terminate()
        one.wait()

for pair in "12":
    ends = "".join(
        f"ip -n {end}{pair} addr add 10.0.{pair}.{number}/24 dev v{end}; ip -n {end}{pair} link set v{end} up;"
        f"tc -n {end}{pair} qdisc add dev v{end} root netem rate 100gbit delay {pair}00us limit 100000;"
        for number, end in enumerate("ab", 1))
    macs = [f"02:00:00:00:0{pair}:0{number}" for number in (1, 2)]
    subprocess.run(
        f"ip netns add a{pair}; ip netns add b{pair};"
        f"ip link add va address {macs[0]} netns a{pair} type veth peer vb address {macs[1]} netns b{pair}; {ends}",
        shell=True, check=True, stdin=subprocess.DEVNULL)
children = []
for pair in pairs:
    until(10 * int(pair))
    if (child := os.fork()) == 0:
        play(pair)
        os._exit(0)
    children.append(child)
for child in children:
    assert os.waitpid(child, 0)[1] == 0
"""


@pytest.mark.parametrize(
    "played",
    [("-u", "-b", "9G", "-l", "1472", "-n", "15M"), ("-n", "40M", "-C", "bbr"), ("-n", "40M", "-P", "3", "-R")],
    ids=("udp", "bbr", "three cubic flows back"),
)
def test_pairs_that_share_nothing_do_not_feel_each_other(
    make_job: MakeJob, tmp_path: Path, played: tuple[str, ...]
) -> None:
    """What iperf3 says, and every captured byte with its stamp, is the same alone and beside a pair of other hosts."""
    seen = {}
    for pairs in ("1", "2", "12"):
        job = make_job(
            "python3", "-c", PAIRS, pairs, *played, folder=tmp_path / pairs, memory_mb=1024, wall_limit_s=900
        )
        assert guest.run(job).exit_code == 0, console_of(job.folder)
        seen[pairs] = {file.name: file.read_bytes() for file in job.folder.glob("*[12].*") if file.is_file()}
    assert len(seen["12"]) == 6
    for name, alone in {**seen["1"], **seen["2"]}.items():
        assert seen["12"][name] == alone, name
        if name.endswith(".json") and "-u" in played:
            assert json.loads(alone)["end"]["sum"]["lost_packets"] == 0, "a line of 100 Gbit/s, 9 of them sent"


DRAWS = """
import os, socket, subprocess, sys, time
if sys.argv[1:]:
    for _ in range(int(sys.argv[1])):
        subprocess.run(["true"])
        os.urandom(100)
def until(instant_s):
    time.sleep(instant_s - time.monotonic())
until(20)
ours = socket.socket()
ours.bind(("127.0.0.1", 0))
print(os.urandom(8).hex(), ours.getsockname()[1], open("/proc/sys/kernel/random/uuid").read())
"""


def test_draws_do_not_hang_on_what_others_have_drawn(boot: Run) -> None:
    """They follow from the seed and the instant: programs that ran before change none."""
    alone, beside, other = (
        boot("python3", "-c", DRAWS, *before, seed=seed)[1] for before, seed in (((), 1), (("30",), 1), ((), 2))
    )
    assert alone == beside
    assert not set(alone.split()) & set(other.split())
