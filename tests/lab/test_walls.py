# SPDX-License-Identifier: BSD-3-Clause
"""What programs of a guest cannot reach, and what a lab could not do if somebody took its kernel over."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from apnemu.errors import GuestError
from apnemu.lab import guest, launch
from apnemu.lab.ending import session_members

from .conftest import console_of, processes_in

MakeJob = Callable[..., guest.Job]
STUB = range(0x7FBFFFF000, 0x7FC0002000)
"""Pages of the kernel's that each of its processes has, from which it carries out what its program asks of memory."""

AS_THE_KERNEL = """
import errno, json, os, socket
def of(action):
    try:
        action()
    except OSError as error:
        return errno.errorcode[error.errno]
    return "done"
def tcp(action):
    with socket.socket() as end:
        action(end)
print(json.dumps({
    "write in": of(lambda: open("file", "w").close()),
    "mkdir in": of(lambda: os.mkdir("folder")),
    "rename in": of(lambda: os.rename("file", "folder/file")),
    "truncate in": of(lambda: os.truncate("folder/file", 3)),
    "unlink in": of(lambda: os.unlink("folder/file")),
    "fifo in": of(lambda: os.mkfifo("fifo")),
    "null": of(lambda: os.close(os.open("/dev/null", os.O_RDWR))),
    "read out": of(lambda: open("../canary").close()),
    "device in": of(lambda: os.mknod("device", 0o060600, os.makedev(7, 0))),
    "write out": of(lambda: open("../canary", "a").close()),
    "make out": of(lambda: open("../new", "w").close()),
    "mkdir out": of(lambda: os.mkdir("../new")),
    "rename out": of(lambda: os.rename("fifo", "../new")),
    "link out": of(lambda: os.link("fifo", "../new")),
    "symlink out": of(lambda: os.symlink("x", "../new")),
    "unlink out": of(lambda: os.unlink("../canary")),
    "truncate out": of(lambda: os.truncate("../canary", 0)),
    "connect": of(lambda: tcp(lambda end: end.connect(("127.0.0.1", 9)))),
    "bind": of(lambda: tcp(lambda end: end.bind(("127.0.0.1", 0)))),
    "signal": of(lambda: os.kill(os.getppid(), 0)),
    "rights": open("/proc/self/status").read().partition("NoNewPrivs:")[2].split()[0],
}))
"""


def children_of(kernel: int) -> list[int]:
    """Host halves of a guest's processes."""
    return [member for member in session_members(kernel) if member != kernel]


def kernel_in(folder: Path) -> int:
    """Process of the kernel of the lab that runs in a folder: it leads a session."""
    return os.getsid(int(processes_in(folder)[0].split()[0]))


@pytest.mark.guest
def test_the_kernels_memory_is_not_its_processes(make_job: MakeJob, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "reach.py").write_bytes(Path(__file__).with_name("reach.py").read_bytes())

    def tell(_: guest.Progress) -> None:
        if (folder / "ready").exists() and not (folder / "maps").exists():
            (tmp_path / "maps").write_bytes(Path(f"/proc/{kernel_in(folder)}/maps").read_bytes())
            (tmp_path / "maps").rename(folder / "maps")

    outcome = guest.run(make_job("python3", "/run/apnemu/reach.py", folder=folder), on_progress=tell)

    said = console_of(folder).splitlines()
    assert "apnemu-status" in (folder / "maps").read_text()
    assert [line for line in said if not line.startswith("attempts: ")] == []
    assert int(said[-1].split()[1]) > 20
    assert outcome.exit_code == 0
    assert outcome.virtual_ns < 1e12, "virtual time was forged"


@pytest.mark.guest
def test_each_process_of_a_lab_has_the_stub_alone_and_gains_no_rights(make_job: MakeJob, tmp_path: Path) -> None:
    stop, seen, foreign = threading.Event(), {}, set()

    def look(_: guest.Progress) -> None:
        if not (tmp_path / "run/ready").exists():
            return
        kernel = kernel_in(tmp_path / "run")
        for process in (kernel, *children_of(kernel)):
            status = dict(line.split(":\t", 1) for line in Path(f"/proc/{process}/status").read_text().splitlines())
            seen[process] = (process == kernel, status["NoNewPrivs"], status["Seccomp"])
            for line in Path(f"/proc/{process}/maps").read_text().splitlines() if process != kernel else ():
                start, end = (int(edge, 16) for edge in line.split()[0].split("-"))
                if end > STUB.start and not (start in STUB and end <= STUB.stop) and "[vsyscall]" not in line:
                    foreign.add(line)
        stop.set()

    spin = ("sh", "-c", "touch /run/apnemu/ready; while :; do :; done")
    with pytest.raises(GuestError, match="asked to end"):
        guest.run(make_job(*spin), on_progress=look, stop=stop)
    assert foreign == set()
    assert set(seen.values()) == {(True, "1", "0"), (False, "1", "2")}


@pytest.mark.guest
def test_clocks_that_need_no_system_call_tell_virtual_time(make_job: MakeJob, tmp_path: Path) -> None:
    said = []
    for name in ("first", "second"):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "clocks.py").write_bytes(Path(__file__).with_name("clocks.py").read_bytes())
        assert guest.run(make_job("python3", "/run/apnemu/clocks.py", folder=folder)).exit_code == 0
        said.append(console_of(folder).splitlines())
    assert said[0] == said[1], "the host's clock shows"
    for line in said[0][:3]:
        _, since_boot_ns, passed_ns = line.split()
        assert 0 < int(since_boot_ns) < 10e9
        assert 250_000_000 <= int(passed_ns) < 250_100_000
    polled, *calls = said[0][3:]
    assert 1_900 <= int(polled.split()[1]) <= 2_000  # a reading costs 500 ns
    assert calls == ["gettimeofday 0 0.0", "time 0", "getcpu 0 0"]


def test_a_kernel_that_was_taken_over_changes_nothing_outside_its_folder(tmp_path: Path) -> None:
    libc = launch.ctypes.CDLL(None)
    version = libc.syscall(launch.LANDLOCK_CREATE_RULESET, None, 0, 1)
    if version < 2:
        pytest.skip("this host has no Landlock that a lab can use")
    folder = tmp_path / "run"
    folder.mkdir()
    (tmp_path / "canary").write_text("whole")
    (tmp_path / "private").mkdir()
    null, private = os.open(os.devnull, os.O_RDWR), os.open(tmp_path / "private", os.O_RDONLY)
    descriptors = ",".join(map(str, [null, null, null, private]))
    kernel = [str(os.getpid()), str(min(os.sched_getaffinity(0))), sys.executable, descriptors]
    done = subprocess.run(
        [sys.executable, "-I", "-S", launch.__file__, *kernel, "-I", "-S", "-c", AS_THE_KERNEL],
        cwd=folder,
        pass_fds=[null, private],
        capture_output=True,
        text=True,
        check=True,
    )
    os.close(null)
    os.close(private)
    ended = json.loads(done.stdout)
    allowed = {name for name in ended if name.endswith(" in")} - {"device in"} | {"null", "read out"}
    assert {name: ended[name] for name in allowed} == dict.fromkeys(allowed, "done")
    assert ended.pop("rights") == "1"
    refused = set(ended) - allowed
    if version < 6:
        refused.discard("signal")
    if version < 4:
        refused -= {"connect", "bind"}
    if version < 3:
        refused.discard("truncate out")
    no = {errno.errorcode[number] for number in (errno.EACCES, errno.EPERM, errno.EXDEV)}
    assert {name: ended[name] for name in refused if ended[name] not in no} == {}
    assert (tmp_path / "canary").read_text() == "whole"
    assert {path.name for path in tmp_path.iterdir()} == {"run", "canary", "private"}
