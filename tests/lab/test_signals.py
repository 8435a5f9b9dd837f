# SPDX-License-Identifier: BSD-3-Clause
"""Signals of the host to any of a lab's processes: it goes on as if nothing had been, or ends and says by what."""

from __future__ import annotations

import os
import random
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from apnemu import interrupts
from apnemu.errors import GuestError
from apnemu.lab import guest, process

from .conftest import console_of, processes_in, wait_until

REPOSITORY = Path(__file__).parents[2]
MakeJob = Callable[..., guest.Job]
LONGEST_END_S = 5.0

WORK = """
import hashlib, os, subprocess, time
digest = hashlib.sha256()
for i in range(60):
    digest.update(os.urandom(16) + str(time.monotonic_ns()).encode() + str(os.getpid()).encode())
    digest.update(subprocess.run(["sh", "-c", "echo $$ $PPID; sleep 0.01"], capture_output=True).stdout)
    sum(range(300_000))
    print(i, digest.hexdigest()[:16], flush=True)
"""
"""Program that computes, sleeps, forks and looks at the clock; what it prints hangs on each of its instants."""


def lab_of(folder: Path) -> list[int]:
    """Processes of the lab in a folder: first its kernel, then the host halves of its programs, oldest first."""
    return sorted(int(line.split()[0]) for line in processes_in(folder))


def state_of(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return "gone"


@contextmanager
def meanwhile(action: Callable[[], None]) -> Iterator[None]:
    """Do something again and again in another thread until the block ends."""
    ended = threading.Event()

    def go() -> None:
        while not ended.is_set():
            action()

    thread = threading.Thread(target=go)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


LONG = pytest.mark.long
STOPS = {
    "one after another": [(signal.SIGSTOP,), (signal.SIGCONT,)],
    "as a shell does": [(signal.SIGTSTP, signal.SIGSTOP), (signal.SIGCONT,)],
    "signals that nobody heeds": [(signal.SIGURG, signal.SIGCHLD, signal.SIGWINCH, signal.SIGTTIN, signal.SIGTTOU), ()],
}


@pytest.mark.guest
@pytest.mark.parametrize("way", STOPS)
@pytest.mark.parametrize("whom", ["all", *(pytest.param(one, marks=LONG) for one in ("the kernel", "its processes"))])
def test_a_lab_that_is_suspended_gives_the_same_bytes(make_job: MakeJob, tmp_path: Path, way: str, whom: str) -> None:
    alone = make_job("python3", "-c", WORK, folder=tmp_path / "alone")
    disturbed = make_job("python3", "-c", WORK, folder=tmp_path / "disturbed")
    outcome = guest.run(alone)
    draws = random.Random(f"{way} {whom}")
    sent = [0]

    def disturb() -> None:
        lab = lab_of(disturbed.folder)
        chosen = {"all": lab, "the kernel": lab[:1], "its processes": lab[1:]}[whom]
        for numbers in STOPS[way]:
            for pid in chosen:
                for number in numbers:
                    with suppress(ProcessLookupError):
                        os.kill(pid, number)
                        sent[0] += 1
            time.sleep(draws.uniform(0.001, 0.05))

    with meanwhile(disturb):
        beside = guest.run(disturbed)
    assert sent[0] > 20
    assert console_of(disturbed.folder) == console_of(alone.folder)
    assert (beside.exit_code, beside.virtual_ns, beside.syscalls) == (0, outcome.virtual_ns, outcome.syscalls)


@pytest.mark.guest
def test_a_lab_is_suspended_at_every_instant_of_its_start(make_job: MakeJob, tmp_path: Path) -> None:
    """Many starts, since few of them stop a process between its birth and the instant from which it is traced."""
    draws = random.Random("start")

    for number in range(16):
        job = make_job("sh", "-c", "true; /bin/true; exit 7", folder=tmp_path / str(number), time="real")

        def disturb(folder: Path = job.folder) -> None:
            for sent in (signal.SIGSTOP, signal.SIGCONT):
                for pid in lab_of(folder):
                    with suppress(ProcessLookupError):
                        os.kill(pid, sent)
                time.sleep(draws.choice([0.0, 0.002, 0.02]))

        with meanwhile(disturb):
            assert guest.run(job).exit_code == 7


@pytest.mark.guest
def test_a_lab_on_the_hosts_clock_is_suspended(make_job: MakeJob) -> None:
    job = make_job("python3", "-c", WORK, time="real")

    def disturb() -> None:
        for number in (signal.SIGSTOP, signal.SIGCONT):
            for pid in lab_of(job.folder):
                with suppress(ProcessLookupError):
                    os.kill(pid, number)
            time.sleep(0.02)

    with meanwhile(disturb):
        assert guest.run(job).exit_code == 0
    assert len(console_of(job.folder).splitlines()) == 60


@pytest.mark.guest
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1])
@pytest.mark.parametrize("whom", ["the kernel", "a process of it"])
def test_a_process_of_a_lab_is_ended(make_job: MakeJob, number: signal.Signals, whom: str) -> None:
    _ended(make_job("python3", "-c", WORK * 9), number, whom, random.Random(f"{number} {whom}").uniform(0.0, 1.0))


@pytest.mark.guest
@pytest.mark.parametrize("wait_s", [0.0, 0.01, 0.1, 0.3, 0.5])
def test_a_process_of_a_lab_is_killed(make_job: MakeJob, wait_s: float) -> None:
    _ended(make_job("python3", "-c", WORK * 9), signal.SIGKILL, "a process of it", wait_s)


def _ended(job: guest.Job, number: signal.Signals, whom: str, wait_s: float) -> None:
    """Run a job of which a process is sent a signal, some time after it can be; the lab ends and says so."""
    sent_s: list[float] = []

    def strike() -> None:
        lab, log = lab_of(job.folder), job.folder / "console.log"
        if whom == "the kernel":
            chosen = lab[:1] if log.exists() else []
        elif not log.exists() or not log.stat().st_size:  # the kernel has children before, with which it tries the host
            chosen = []
        else:
            chosen = [pid for pid in lab[1:] if state_of(pid) not in "Zgone"]
        if chosen and not sent_s:
            time.sleep(wait_s)
        for pid in chosen[-1:]:
            with suppress(ProcessLookupError):
                os.kill(pid, number)
                sent_s.append(time.monotonic())
        time.sleep(0.2 if sent_s else 0.005)

    with meanwhile(strike), pytest.raises(GuestError) as caught:
        guest.run(job)
    took_s = time.monotonic() - sent_s[0]
    assert f"the guest's kernel was ended from outside by {number.name}" in str(caught.value)
    assert took_s < LONGEST_END_S
    assert processes_in(job.folder) == []


def start(*arguments: str, folder: Path, **options: object) -> subprocess.Popen[str]:
    scratch = folder / "scratch"
    scratch.mkdir(exist_ok=True)
    own = {"PYTHONPATH": str(REPOSITORY), "TMPDIR": str(scratch), "XDG_RUNTIME_DIR": str(scratch)}
    heeded = ["env", "--default-signal=INT"]  # ignored where the tests were started in the background
    return subprocess.Popen(  # type: ignore[call-overload,no-any-return]
        [*heeded, sys.executable, "-m", "apnemu", *arguments],
        cwd=folder,
        env={**os.environ, **own},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,
    )


def _is_whole(folder: Path) -> bool:
    """Whether nothing of a command is left: no process in its folders, no file among the temporary ones."""
    return not any((folder / "scratch").iterdir()) and not [
        line for place in (folder, folder / "run") for line in processes_in(place)
    ]


@pytest.mark.guest
@pytest.mark.slow
@pytest.mark.parametrize(
    "number",
    [signal.SIGTERM, *(pytest.param(one, marks=LONG) for one in (signal.SIGINT, signal.SIGHUP, signal.SIGQUIT))],
)
@pytest.mark.parametrize("command", ["exec", "run"])
def test_a_command_is_ended_at_any_instant(
    lab_kernel: Path, tmp_path: Path, number: signal.Signals, command: str
) -> None:
    """Imports, what is made ready, boot and play: each ends in a line, and leaves nothing."""
    draws = random.Random(f"{number} {command}")
    spin = ["lab", "exec", "--memory-mb", "512", "--folder", "run", "--", "sh", "-c", "while :; do sleep 1000; done"]
    words = spin if command == "exec" else ["run", "latency", "--topology", "three-sites"]
    for wait_s in [0.05, *(draws.uniform(0.05, 1.0) for _ in range(3)), *(draws.uniform(1.0, 5.0) for _ in range(2))]:
        running = start(*words, folder=tmp_path)
        time.sleep(wait_s)
        running.send_signal(number)
        if draws.random() < 0.5:
            time.sleep(0.05)
            running.send_signal(number)  # somebody who is impatient
        sent_s = time.monotonic()
        _, err = running.communicate(timeout=600)
        assert time.monotonic() - sent_s < LONGEST_END_S
        is_python_begun = running.returncode not in (1, -number) or "apnemu" in err
        if is_python_begun and "Fatal Python error: init" not in err:  # else Python was still making itself ready
            assert "Traceback" not in err
            told = "interrupted" if number == signal.SIGINT else f"ended by {number.name}"
            assert (running.returncode, err.splitlines()[-1]) == (128 + number, told)
        assert wait_until(lambda: _is_whole(tmp_path))


@pytest.mark.guest
def test_a_command_that_is_stopped_stops_its_lab(lab_kernel: Path, tmp_path: Path) -> None:
    """Ctrl-Z of a shell: the command's processes alone are sent the signal, and the lab is none of its group."""
    words = ("lab", "exec", "--memory-mb", "512", "--folder", "run", "--", "python3", "-c", WORK)
    running = start(*words, folder=tmp_path, process_group=0)
    assert wait_until(lambda: len(lab_of(tmp_path / "run")) > 2)
    kernel = lab_of(tmp_path / "run")[0]
    for _ in range(3):
        os.killpg(running.pid, signal.SIGTSTP)
        assert wait_until(lambda: state_of(running.pid) == "T" and state_of(kernel) in "Tt")
        time.sleep(2.5)
        assert state_of(kernel) in "Tt"
        os.killpg(running.pid, signal.SIGCONT)
        assert wait_until(lambda: state_of(running.pid) != "T" and state_of(kernel) not in "Tt")
    out, err = running.communicate(timeout=600)
    assert running.returncode == 0, err
    assert len(out.splitlines()) == 60


@pytest.mark.guest
def test_time_in_which_a_command_was_stopped_counts_for_no_limit(
    make_job: MakeJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [0.0]
    monkeypatch.setattr(process.time, "monotonic", lambda: clock[0])
    job = make_job("sh", "-c", "for i in 1 2 3 4 5 6; do python3 -c 'sum(range(3_000_000))'; done", wall_limit_s=30)

    def stopped_for_an_hour(seen: guest.Progress) -> None:
        clock[0] += 3600 if len(jumps) == 1 else 0.2
        jumps.append(seen.wall_s)

    jumps: list[float] = []
    assert guest.run(job, on_progress=stopped_for_an_hour).exit_code == 0
    assert max(jumps) < 30


@pytest.mark.guest
def test_a_kernel_that_stays_stopped_is_named(make_job: MakeJob) -> None:
    job = make_job("sh", "-c", "while :; do sleep 1; done", wall_limit_s=3)
    stopped: list[int] = []

    def stop(_: guest.Progress) -> None:
        if not stopped:
            stopped.append(lab_of(job.folder)[0])
            os.kill(stopped[0], signal.SIGSTOP)

    with pytest.raises(GuestError, match=r"its kernel is stopped: kill -CONT \d+ lets it go on; ") as caught:
        guest.run(job, on_progress=stop)
    assert f"kill -CONT {stopped[0]} " in str(caught.value)
    assert processes_in(job.folder) == []


@pytest.mark.parametrize("words", [("topologies",), ("experiments", "--json"), ("plan", "jpn12", "--json")])
def test_a_reader_that_goes_away(tmp_path: Path, words: tuple[str, ...]) -> None:
    running = start(*words, folder=tmp_path)
    assert running.stdout is not None
    running.stdout.close()
    _, err = running.communicate()
    assert (running.returncode, err) == (141, "")


def test_signals_that_are_ignored_stay_so(tmp_path: Path) -> None:
    program = (
        "import os, signal; from apnemu import interrupts; signal.signal(signal.SIGHUP, signal.SIG_IGN)\n"
        "interrupts.begin()\nwith interrupts.signals_raise():\n    os.kill(os.getpid(), signal.SIGHUP)\n"
        "os.kill(os.getpid(), signal.SIGHUP); print('whole', flush=True); os.kill(os.getpid(), signal.SIGTERM)"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (143, "whole\n", "ended by SIGTERM\n")


def test_the_first_signal_raises_and_no_other() -> None:
    seen: list[str] = []
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(interrupts.EndedBySignal) as caught, interrupts.signals_raise():
        try:
            with interrupts.held():
                os.kill(os.getpid(), signal.SIGTERM)
                seen.append("held")
            seen.append("never")
        finally:
            os.kill(os.getpid(), signal.SIGHUP)
            os.kill(os.getpid(), signal.SIGTERM)
            with interrupts.signals_raise(), interrupts.held():
                seen.append("tidied up")
    assert seen == ["held", "tidied up"]
    assert (caught.value.code, str(caught.value)) == (143, "ended by SIGTERM")
    assert signal.getsignal(signal.SIGTERM) == before


def test_a_signal_that_some_code_swallows_is_raised_again() -> None:
    with pytest.raises(interrupts.EndedBySignal), interrupts.signals_raise():
        with suppress(BaseException):
            os.kill(os.getpid(), signal.SIGTERM)
        interrupts.check()
    assert re.fullmatch("ended by SIGXCPU", interrupts.said(signal.SIGXCPU))
