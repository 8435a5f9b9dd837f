# SPDX-License-Identifier: BSD-3-Clause
"""Every way in which a guest ends: the cause is named, and nothing is left."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from apnemu.errors import GuestError
from apnemu.lab import cores, guest, staging
from apnemu.lab.console import KEPT_BYTES
from apnemu.lab.side_by_side import run_all

from .conftest import processes_in, wait_until

pytestmark = pytest.mark.guest
MakeJob = Callable[..., guest.Job]
SPIN = ("sh", "-c", "echo now; while :; do :; done")


def failure_of(job: guest.Job, **options: object) -> str:
    with pytest.raises(GuestError) as caught:
        guest.run(job, **options)  # type: ignore[arg-type]
    assert caught.value.exit_code == 3
    assert processes_in(job.folder) == []
    assert [path.name for path in job.folder.iterdir()] == ["console.log"]
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_exit_codes_come_through(make_job: MakeJob) -> None:
    assert guest.run(make_job("sh", "-c", "exit 7")).exit_code == 7
    assert guest.run(make_job("true")).exit_code == 0


def test_a_program_that_spins(make_job: MakeJob) -> None:
    said = failure_of(make_job(*SPIN, stall_limit_s=1))
    assert re.match(
        r"virtual time has stood still at 0\.0\d+ s for \d s of CPU: sh \(pid \d+\) runs on, with (no|\d\d?) system "
        r"calls in that time, and the clock moves only by them and while all sleep; if it waits in a loop .*, let the "
        r"loop sleep, yield or read the clock .*, or run it on the host's clock \(--time real\); if it computes, allow "
        r"it longer \(stall_limit_s\); console: now$",
        said,
    )


def test_a_program_that_spins_in_system_calls_that_cost_nothing(make_job: MakeJob) -> None:
    spin = "import os\nwhile True: os.getppid()"
    said = failure_of(make_job("python3", "-c", spin, stall_limit_s=1, syscall_cost_ns=0))
    assert re.search(r"virtual time has stood still .* python3 \(pid \d+\) runs on, with \d{3,} system calls", said)


def test_computing_is_no_spinning(make_job: MakeJob) -> None:
    outcome = guest.run(make_job("python3", "-c", "sum(range(30_000_000))", stall_limit_s=30))
    assert outcome.exit_code == 0


def test_the_wall_limit(make_job: MakeJob) -> None:
    said = failure_of(make_job("sh", "-c", "while :; do /bin/true; done", wall_limit_s=1))
    assert said.startswith("the guest ran for 1 s of wall time, its limit (wall_limit_s), and came to ")
    assert re.search(r"its programs go on \(\d+ system calls so far\); allow it longer \(--wall-limit-s\)", said)


def test_a_program_that_waits_for_what_never_comes(make_job: MakeJob) -> None:
    said = failure_of(make_job("sh", "-c", "mkfifo /tmp/f; cat /tmp/f", wall_limit_s=3))
    assert re.search(
        r"all its programs sleep \(\d+ system calls .*\) and nothing is due: sh waits for what never", said
    )


def test_out_of_memory(make_job: MakeJob) -> None:
    said = failure_of(make_job("tail", "/dev/zero", memory_mb=128))
    assert said.startswith("the guest ran out of memory and its kernel ended tail (pid ")
    assert "memory_mb is 128: give more (lab exec --memory-mb), or let it hold less" in said


def test_a_panic(make_job: MakeJob) -> None:
    said = failure_of(make_job("sh", "-c", "echo 1 > /proc/sys/vm/panic_on_oom; tail /dev/zero", memory_mb=128))
    assert said.startswith(
        "the guest's kernel panicked: Out of memory: system-wide panic_on_oom is enabled; memory_mb is 128: give more"
    )


def test_a_program_that_is_not_there(make_job: MakeJob) -> None:
    assert failure_of(make_job("/no/such", "x")) == "/no/such is not a program that the guest finds (from /)"


def test_a_program_that_a_signal_ended(make_job: MakeJob) -> None:
    said = failure_of(make_job("sh", "-c", "kill -SEGV $$"))
    assert said.startswith("sh was ended by SIGSEGV in the guest: a fault of its own")
    said = failure_of(make_job("sh", "-c", "kill -KILL $$"))
    assert said.startswith("sh was ended by SIGKILL in the guest: a program in the guest sent it; memory did not run")


@pytest.mark.parametrize("command", ["poweroff", "reboot"])
def test_a_guest_that_turns_itself_off(make_job: MakeJob, command: str) -> None:
    said = failure_of(make_job("python3", "-c", f"import ctypes; ctypes.CDLL(None).reboot({REBOOT[command]})"))
    assert said.startswith("the guest ended (exit code 0 of its kernel) before its program did: python3 (pid ")
    assert "turned it off or rebooted it; let a program end by itself" in said


REBOOT = {"poweroff": 0x4321FEDC, "reboot": 0x01234567}


def test_a_kernel_that_is_not_there(make_job: MakeJob, tmp_path: Path) -> None:
    job = make_job("true")
    absent = guest.Job(kernel=tmp_path / "linux", folder=job.folder, argv=job.argv)
    assert failure_of(absent).endswith("linux; build it with `apnemu lab build`")
    absent.kernel.write_text("")
    assert "is not executable" in failure_of(absent)


def test_two_labs_in_one_folder(make_job: MakeJob) -> None:
    stop = threading.Event()
    job = make_job(*SPIN)
    first = threading.Thread(target=lambda: failure_of(job, stop=stop))
    first.start()
    assert wait_until(lambda: bool(processes_in(job.folder)))
    with pytest.raises(GuestError, match=r"another lab runs in .*/run; give each its own folder"):
        guest.run(job)
    stop.set()
    first.join()
    assert processes_in(job.folder) == []


def test_a_guest_that_prints_without_end(make_job: MakeJob) -> None:
    job = make_job("yes", "all work and no play", wall_limit_s=3)
    assert "console: all work and no play | all work" in failure_of(job)
    log = job.folder / "console.log"
    assert 2 * KEPT_BYTES < log.stat().st_size < 2 * KEPT_BYTES + 200_000
    assert b"bytes of console left out here]\n" in log.read_bytes()
    assert b"\r" not in log.read_bytes()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "small"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=4m", "apnemu-test", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("only root can make a small disk")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_under_the_folder(make_job: MakeJob, small_disk: Path) -> None:
    fill = "import os\nwhile True: os.write(f, bytes(65536))"
    program = f"import os; f = os.open('/run/apnemu/big', os.O_CREAT | os.O_WRONLY)\n{fill}"
    job = make_job("python3", "-c", program, folder=small_disk / "run")
    with pytest.raises(GuestError, match=r"the disk under .*/small/run is full: \d+ bytes free; make room or choose"):
        guest.run(job)
    assert processes_in(job.folder) == []
    with pytest.raises(GuestError, match="is full"):  # nor can the next begin
        guest.run(job)


def test_a_full_file_system_in_the_guest(make_job: MakeJob) -> None:
    said = failure_of(make_job("dd", "if=/dev/zero", "of=/dev/shm/x", "bs=1M", memory_mb=128))
    assert "dd ended with exit code 1, and a file system in the guest's memory is full (memory_mb is 128)" in said


def test_the_kernel_ended_from_outside(make_job: MakeJob) -> None:
    job = make_job(*SPIN)
    caught: list[str] = []
    thread = threading.Thread(target=lambda: caught.append(failure_of(job)))
    thread.start()
    log = job.folder / "console.log"
    assert wait_until(lambda: log.exists() and "now" in log.read_text())
    oldest = min(int(line.split()[0]) for line in processes_in(job.folder))
    os.kill(oldest, signal.SIGKILL)
    thread.join()
    assert caught[0].startswith("the guest's kernel was ended from outside by SIGKILL: somebody sent it, by hand or ")


COMMAND = """
import signal
import sys
from pathlib import Path
from apnemu.lab import cores, guest, staging
signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored where the tests were started in the background
cores.PREFIX, kernel, folder, *argv = sys.argv[1:]
guest.run(guest.Job(kernel=Path(kernel), folder=Path(folder), argv=tuple(argv)))
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_the_command_ended(
    make_job: MakeJob, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    monkeypatch.setattr(cores, "PREFIX", f"apnemu-test-{os.getpid()}-")  # labs beside the tests hold cores too
    job = make_job(*SPIN)
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    command = subprocess.Popen(
        [sys.executable, "-c", COMMAND, cores.PREFIX, str(job.kernel), str(job.folder), *job.argv],
        env={"PYTHONPATH": str(Path(__file__).parents[2]), "TMPDIR": str(scratch), "HOME": str(scratch)},
        stderr=subprocess.DEVNULL,
    )
    shared_before = set(os.listdir("/dev/shm"))
    log = job.folder / "console.log"
    assert wait_until(lambda: log.exists() and "now" in log.read_text())
    assert len(processes_in(job.folder)) > 1
    assert len(cores.claims()) == 1

    command.send_signal(number)
    code = command.wait()

    ended_by_itself = {signal.SIGTERM: 143, signal.SIGHUP: 129}
    assert code == ended_by_itself.get(number, -number)
    assert wait_until(lambda: processes_in(job.folder) == [])
    assert cores.claims() == []
    killed = number == signal.SIGKILL  # the next lab tidies up after it
    assert all(killed and path.name.startswith(staging.PREFIX) for path in scratch.iterdir())
    assert set(os.listdir("/dev/shm")) - shared_before == set()
    assert {path.name for path in job.folder.iterdir()} == {"console.log"}
    assert guest.run(make_job("true")).exit_code == 0  # in the folder that was left


def test_one_of_several_fails(make_job: MakeJob, tmp_path: Path) -> None:
    spins = make_job(*SPIN, folder=tmp_path / "a")
    fails = make_job("/no/such", folder=tmp_path / "b")
    with pytest.raises(GuestError, match="/no/such is not a program"):
        run_all([spins, fails])
    assert processes_in(spins.folder) == []
