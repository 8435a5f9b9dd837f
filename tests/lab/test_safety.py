# SPDX-License-Identifier: BSD-3-Clause
"""The guest's root cannot change the host."""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from apnemu.errors import GuestError
from apnemu.lab import guest, staging
from apnemu.running.directory import collect

from .conftest import console_of, processes_in

REPOSITORY = Path(__file__).parents[2]
FRESH_USER = 54321


def state_of(folder: Path) -> str:
    """Every name, kind, mode, owner, time of change, and the contents, as one hash."""
    digest = hashlib.sha256()
    for place, folders, files in os.walk(folder):
        folders.sort()
        for name in [".", *sorted(files)]:
            path = Path(place, name)
            state = path.lstat()
            digest.update(f"{path} {state.st_mode} {state.st_uid} {state.st_gid} {state.st_mtime_ns}".encode())
            if stat.S_ISREG(state.st_mode):
                digest.update(path.read_bytes())
    return digest.hexdigest()


@pytest.fixture
def canary(tmp_path: Path) -> Path:
    folder = tmp_path / "canary"
    (folder / "folder").mkdir(parents=True)
    (folder / "file").write_text("whole\n")
    return folder


@pytest.mark.guest
def test_no_way_from_the_guest_to_the_host(make_job: Callable[..., guest.Job], canary: Path, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    numbers = [place.joinpath("dev").read_text() for place in Path("/sys/block").iterdir()]
    (folder / "devices").write_text("".join(numbers[:3]))
    (folder / "escape.py").write_bytes(Path(__file__).with_name("escape.py").read_bytes())
    before = [state_of(canary), state_of(Path("/etc")), tmp_path.stat().st_mode]

    outcome = guest.run(make_job("python3", "/run/apnemu/escape.py", str(canary), folder=folder))

    said = console_of(folder)
    assert outcome.exit_code == 0, said
    assert [state_of(canary), state_of(Path("/etc")), tmp_path.stat().st_mode] == before, said
    allowed = {line for line in said.splitlines() if line.endswith("was not refused")}
    # a device of the host's number is a device of the guest's kernel, which has none
    allowed = {line for line in allowed if not line.startswith("device") or "on the host" in line or "written" in line}
    assert allowed == {
        "link to the canary (the guest's overlay takes it) was not refused",
        "stale file chown (of the link itself) was not refused",
        "stale file utime (of the link itself) was not refused",
        "set-user-id (silently without) was not refused",
    }, said
    assert "etc is gone in the guest" in said
    assert not (folder / "program").stat().st_mode & (stat.S_ISUID | stat.S_ISGID)
    assert not any(stat.S_ISBLK(path.lstat().st_mode) for path in folder.iterdir())
    assert {path.name for path in tmp_path.iterdir()} == {"run", "canary"}


@pytest.mark.guest
def test_the_folder_is_the_guests_to_write(make_job: Callable[..., guest.Job], tmp_path: Path) -> None:
    steps = (
        "cd /run/apnemu && mkdir -p a/b && echo one > a/b/f && mv a/b/f a/g && ln a/g a/h && ln -s g a/s"
        " && chmod 640 a/g && touch -d 2001-02-03T04:05:06Z a/h && truncate -s 3 a/s"
        " && rm a/h && rmdir a/b && mkfifo a/p && cp -r a c"
        ' && python3 -c \'import os; f = open("t", "w+"); os.unlink("t"); f.write("xx"); f.flush();'
        " os.ftruncate(f.fileno(), 1); assert os.fstat(f.fileno()).st_size == 1'"
    )
    outcome = guest.run(make_job("sh", "-c", steps))
    folder = tmp_path / "run"
    assert outcome.exit_code == 0, console_of(folder)
    assert sorted(path.name for path in folder.iterdir()) == ["a", "c", "console.log"]
    assert (folder / "a/g").read_text() == "one"
    assert (folder / "a/g").stat().st_mode & 0o777 == 0o640
    assert (folder / "a/s").readlink() == Path("g")


PLANT = """
cd /run/apnemu
mkdir -p .guest apps
for name in .exit .guest/exit console.log records.jsonl apps/log; do ln -sfn "$1/file" $name; done
ln -sfn "$1" apps/folder
kernels=$(sed 's/.*uml_dir=\\([^ ]*\\).*/\\1/' /proc/cmdline)
mkdir /tmp/kernels && mount -t hostfs -o "$kernels" none /tmp/kernels
for place in $kernels /tmp/kernels; do rm -rf $place/kernel; ln -sfn "$1" $place/kernel; done
true
"""
"""A guest's attempt to turn what the host and its kernel write and remove to the canary."""


@pytest.mark.guest
def test_what_a_guest_plants_leads_nowhere(make_job: Callable[..., guest.Job], canary: Path, tmp_path: Path) -> None:
    job = make_job("sh", "-c", PLANT, "sh", str(canary))
    before = state_of(canary)
    for _ in range(2):  # the second finds what the first planted
        with pytest.raises(GuestError, match=r"ended .* before its program did"):  # it took the file with its exit code
            guest.run(job)
        assert state_of(canary) == before
    assert not (job.folder / staging.EXIT).is_symlink()
    (tmp_path / "run directory").mkdir()
    collect(tmp_path / "run directory", {"apn": job.folder}, "", pcap=False)
    assert state_of(canary) == before
    assert {path.name for path in (tmp_path / "run directory").rglob("*")} == {"console.log", "apps", "apn"}
    assert not job.folder.exists()


@pytest.fixture
def fresh_users_folder() -> Iterator[Path]:
    """Of a user without rights, reachable for it (pytest's own are not)."""
    if os.geteuid() != 0:
        pytest.skip("only root can become another user")
    folder = Path(tempfile.mkdtemp(prefix="apnemu-test-"))
    folder.chmod(0o755)
    run = folder / "run"
    run.mkdir()
    os.chown(run, FRESH_USER, FRESH_USER)
    yield run
    shutil.rmtree(folder)


@pytest.mark.guest
def test_a_fresh_user_without_rights(lab_kernel: Path, fresh_users_folder: Path) -> None:
    kernel = fresh_users_folder.parent / "linux"
    shutil.copy(lab_kernel, kernel)
    user = ["setpriv", f"--reuid={FRESH_USER}", f"--regid={FRESH_USER}", "--clear-groups", "--no-new-privs"]
    program = (
        "from pathlib import Path; from apnemu.lab import guest;"
        f"print(guest.run(guest.Job(kernel=Path({str(kernel)!r}), folder=Path({str(fresh_users_folder)!r}),"
        " argv=('sh', '-c', 'id -u; touch /run/apnemu/made /etc/made /var/lib/made /usr/bin/made; ip netns add x;"
        " ip netns; rm -r /usr/bin; exit 2'))))"
    )
    environment = {"PYTHONPATH": str(REPOSITORY), "PATH": os.environ["PATH"], "HOME": "/nonexistent"}
    python = [*user, sys.executable]
    reach = subprocess.run(
        [*python, "-c", "import apnemu.lab.guest"], env=environment, capture_output=True, check=False
    )
    if reach.returncode:
        pytest.skip(f"another user cannot reach {sys.executable} or {REPOSITORY}")
    done = subprocess.run([*python, "-c", program], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "exit_code=2" in done.stdout
    assert console_of(fresh_users_folder).splitlines()[:2] == ["0", "x"]
    assert (fresh_users_folder / "made").stat().st_uid == FRESH_USER
    assert processes_in(fresh_users_folder) == []
