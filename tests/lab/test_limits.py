# SPDX-License-Identifier: BSD-3-Clause
"""Limits of the host (`ulimit`): a lab starts under each, or one line says which one it is and how to go on."""

from __future__ import annotations

import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from apnemu.errors import GuestError
from apnemu.lab import guest, limits

REPOSITORY = Path(__file__).parents[2]
FRESH_USER = 54322
"""Number of a user of whom nobody else has a process."""
MakeJob = Callable[..., guest.Job]
Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def exec_under(lab_kernel: Path) -> Iterator[Command]:
    """`apnemu lab exec` under limits that a shell sets, as a user without rights where root can become one."""
    place = Path(tempfile.mkdtemp(prefix="apnemu-test-"))
    place.chmod(0o755)
    home = place / "home"
    home.mkdir()
    shutil.copy(lab_kernel, place / "linux")
    user = []
    if os.geteuid() == 0:
        os.chown(home, FRESH_USER, FRESH_USER)
        user = ["setpriv", f"--reuid={FRESH_USER}", f"--regid={FRESH_USER}", "--clear-groups", "--no-new-privs"]
    environment = {"PYTHONPATH": str(REPOSITORY), "PATH": os.environ["PATH"], "HOME": str(home), "TMPDIR": str(home)}
    environment["APNEMU_KERNEL"] = str(place / "linux")

    def run(ulimit: str, *command: str, memory_mb: int = 512) -> subprocess.CompletedProcess[str]:
        words = [sys.executable, "-m", "apnemu.cli", "lab", "exec", "--memory-mb", str(memory_mb), "--", *command]
        return subprocess.run(
            [*user, "bash", "-c", f'{ulimit} && exec "$@"', "bash", *words],
            cwd=home,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )

    reach = subprocess.run([*user, sys.executable, "-c", "import apnemu.cli"], env=environment, check=False, cwd=home)
    if reach.returncode and user:
        shutil.rmtree(place)
        pytest.skip(f"another user cannot reach {sys.executable} or {REPOSITORY}")
    yield run
    assert [path.name for path in home.iterdir() if path.name.startswith("apnemu-")] == []
    shutil.rmtree(place)


@pytest.mark.guest
@pytest.mark.parametrize(
    "ulimit",
    [
        "-c 0",
        "-Sn 64",
        f"-n {limits.FILES}",
        f"-v {(512 + limits.KERNEL_MB) * 1024}",
        f"-f {512 * 1024}",
        "-Sf 100",
        f"-s {limits.STACK_MB * 1024}",
        "-s unlimited",
        f"-d {limits.DATA_MB * 1024}",
        "-l 0",
        "-i 0",
        "-q 0",
        "-x 0",
        "-e 0",
        "-r 0",
    ],
)
def test_a_lab_starts(exec_under: Command, ulimit: str) -> None:
    done = exec_under(f"ulimit {ulimit}", "sh", "-c", "python3 -c 'import json, subprocess; print(6 * 7)'; exit 3")
    assert (done.returncode, done.stdout) == (3, "42\n"), done.stderr


@pytest.mark.parametrize(
    ("ulimit", "said"),
    [
        ("-n 64", r"limit of open files is 64 \(ulimit -Hn\), and a lab needs 128; raise it"),
        ("-v 600000", r"limit of address space is 614400000 \(ulimit -Hv\), .* bytes; .* less than memory_mb 512"),
        (
            "-f 1000",
            r"limit of the length of a file is 1024000 \(ulimit -Hf\), and a lab needs 536870912 bytes, for the",
        ),
        ("-d 50000", r"limit of data is 51200000 \(ulimit -Hd\), and a lab needs 67108864 bytes; raise it"),
        ("-s 500", r"limit of the stack is 512000 \(ulimit -Hs\), and a lab needs 1048576 bytes; raise it"),
        ("-u 2", r"the lab cannot be started: .*; this user's processes and threads may be 2 \(ulimit -u; a control"),
        *[
            (f"-u {most}", rf"the host gave it no further process: .* may be {most} \(ulimit -u; a")
            for most in (4, 5, 7)
        ],
    ],
)
@pytest.mark.guest
def test_a_line_says_why_it_does_not(exec_under: Command, ulimit: str, said: str) -> None:
    done = exec_under(f"ulimit {ulimit}", "true")
    assert (done.returncode, done.stdout) == (3, "")
    lines = done.stderr.splitlines()
    assert len([line for line in lines if line.startswith(("this machine", "the "))]) == 1
    assert re.search(said, lines[-1]), done.stderr


@pytest.mark.guest
@pytest.mark.parametrize(
    ("ulimit", "program", "said"),
    [
        ("-u 14", "for i in 1 2 3 4 5 6 7 8; do sleep 1 & done; wait", "the host gave it no further process"),
        (
            f"-n {limits.FILES}",
            "exec python3 -c 'import scipy.optimize'",
            "it has too many open files: they may be 128",
        ),
        (
            f"-f {600 * 1024}",
            "exec truncate -s 1G /run/apnemu/long",
            "that this machine allows (ulimit -f); raise that",
        ),
        ("-t 3", "while :; do :; done", "it used up the time of the processor that a process may take (ulimit -t)"),
    ],
)
def test_a_limit_that_a_program_runs_into_is_named(exec_under: Command, ulimit: str, program: str, said: str) -> None:
    done = exec_under(f"ulimit {ulimit}", "sh", "-c", program)
    assert done.returncode == 3
    assert said in done.stderr.splitlines()[-1], done.stderr


@pytest.mark.guest
def test_doctor_tries_to_start_a_lab(lab_kernel: Path, tmp_path: Path) -> None:
    words = [sys.executable, "-m", "apnemu.cli", "doctor"]
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), "TMPDIR": str(tmp_path)}
    for ulimit, told in (("-n 64", "this machine's limit of open files is 64"), ("-c 0", "and ended well")):
        shell = ["bash", "-c", f'ulimit {ulimit} && exec "$@"', "bash", *words]
        done = subprocess.run(shell, env=environment, capture_output=True, text=True, check=False, cwd=tmp_path)
        line = next(line for line in done.stdout.splitlines() if "a lab was started as a trial" in line)
        assert told in line
        assert line.startswith("MISSING start: " if done.returncode else "ok      start: ")
    assert list(tmp_path.iterdir()) == []


def test_a_limit_of_which_all_is_unknown_is_none(make_job_of: guest.Job, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _: (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    limits.check(make_job_of)
    monkeypatch.setattr(resource, "getrlimit", lambda number: (1, 1 if number == resource.RLIMIT_AS else 2**62))
    with pytest.raises(GuestError, match="limit of address space is 1 "):
        limits.check(make_job_of)


@pytest.fixture
def make_job_of(tmp_path: Path) -> guest.Job:
    return guest.Job(kernel=tmp_path, folder=tmp_path, argv=("true",))
