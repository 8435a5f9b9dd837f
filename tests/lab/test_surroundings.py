# SPDX-License-Identifier: BSD-3-Clause
"""Surroundings in which batch systems, services and careless shells start a command: a lab starts, or says why not."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from apnemu.errors import GuestError
from apnemu.lab import guest, staging

REPOSITORY = Path(__file__).parents[2]
MakeJob = Callable[..., guest.Job]
PRINTS = ("lab", "exec", "--memory-mb", "512", "--", "sh", "-c", "echo to the left; echo to the right >&2; exit 3")


def call(
    *arguments: str | bytes, folder: Path, shell: str = 'exec "$@"', environment: Mapping[str, str | None] = {}
) -> subprocess.CompletedProcess[bytes]:
    """A command of apnemu's, started by a shell that may close, remove or set something before."""
    own = {**os.environ, "PYTHONPATH": str(REPOSITORY), **environment}
    return subprocess.run(
        ["bash", "-c", shell, "bash", sys.executable, "-m", "apnemu.cli", *arguments],
        cwd=folder,
        env={name: value for name, value in own.items() if value is not None},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )


@pytest.fixture
def kernel_named(lab_kernel: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The kernel by its name: it is found without a home."""
    monkeypatch.setenv("APNEMU_KERNEL", str(lab_kernel))


@pytest.mark.guest
@pytest.mark.parametrize("closed", ["0", "1", "2", "0 1", "0 2", "1 2", "0 1 2"])
def test_closed_descriptors(kernel_named: None, tmp_path: Path, closed: str) -> None:
    shell = " ".join(f"{number}>&-" for number in closed.split())
    done = call(*PRINTS, folder=tmp_path, shell=f'exec "$@" {shell}')
    assert done.returncode == 3
    assert done.stdout == (b"" if "1" in closed else b"to the left\n")
    assert done.stderr == (b"" if "2" in closed else b"to the right\n")


@pytest.mark.guest
def test_a_program_with_closed_descriptors(make_job: MakeJob) -> None:
    job = make_job("sh", "-c", "echo whole; exit 4")
    program = (
        "import os; os.closerange(0, 3)\nfrom pathlib import Path; from apnemu.lab import guest\n"
        f"job = guest.Job(kernel=Path({str(job.kernel)!r}), folder=Path({str(job.folder)!r}), argv={job.argv!r})\n"
        "code = guest.run(job).exit_code\n"
        "try:\n    os.fstat(0)\nexcept OSError:\n    os._exit(code)"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=REPOSITORY, check=False)
    assert done.returncode == 4, "a descriptor is left open, or the lab did not run"
    assert "whole" in (job.folder / "console.log").read_text()


SURROUNDINGS: dict[str, dict[str, str | None]] = {
    "no home": {"HOME": None},
    "an empty home": {"HOME": ""},
    "a home that is not there": {"HOME": "/nonexistent/home"},
    "a home that is a file": {"HOME": "/etc/passwd"},
    "a home that is read-only": {"HOME": "/proc"},
    "no folder for temporary files": {"TMPDIR": "/nonexistent"},
    "a folder for temporary files that is read-only": {"TMPDIR": "/proc", "XDG_RUNTIME_DIR": "/proc"},
    "nothing that XDG names": {"XDG_CACHE_HOME": None, "XDG_RUNTIME_DIR": None, "XDG_CONFIG_HOME": None},
    "names of XDG that are relative or nowhere": {"XDG_CACHE_HOME": "x", "XDG_RUNTIME_DIR": "/nonexistent"},
    "a cache that is read-only": {"XDG_CACHE_HOME": "/proc"},
    "no locale": {"LANG": None, "LC_ALL": None, "LC_CTYPE": None},
    "C": {"LC_ALL": "C"},
    "POSIX": {"LC_ALL": "POSIX"},
    "ASCII": {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"},
    "a locale that is not there": {"LC_ALL": "xx_YY.EUC-JP"},
    "output in ASCII": {"PYTHONIOENCODING": "ascii"},
    "no path": {"PATH": None},
    "no terminal": {"TERM": None},
}


@pytest.mark.guest
@pytest.mark.parametrize("name", SURROUNDINGS)
def test_a_lab_starts_in(kernel_named: None, tmp_path: Path, name: str) -> None:
    done = call(*PRINTS, folder=tmp_path, shell='exec "$@"', environment=SURROUNDINGS[name])
    assert (done.returncode, done.stdout) == (3, b"to the left\n"), done.stderr
    assert done.stderr.endswith(b"to the right\n")
    assert b"Traceback" not in done.stderr
    assert not (tmp_path / "x").exists()


@pytest.mark.guest
@pytest.mark.parametrize("umask", ["077", "000", "777"])
def test_a_lab_starts_under_a_umask(kernel_named: None, tmp_path: Path, umask: str) -> None:
    own = {"XDG_CACHE_HOME": str(tmp_path / "cache"), "TMPDIR": str(tmp_path)}
    said = [call(*PRINTS, folder=tmp_path, shell=f'umask {umask}; exec "$@"', environment=own) for _ in range(2)]
    if umask == "777":  # a user without rights could open nothing of what they make
        assert all(b"Traceback" not in done.stderr and done.returncode == 3 for done in said)
        return
    assert [(done.returncode, done.stdout) for done in said] == [(3, b"to the left\n")] * 2, said[1].stderr
    others = [path for path in (tmp_path / "cache").rglob("*") if path.stat().st_mode & 0o022]
    assert others == []


@pytest.mark.parametrize("command", [("lab", "exec", "--", "true"), ("check", "jpn12"), ("topologies",)])
def test_a_working_directory_that_is_gone(tmp_path: Path, command: tuple[str, ...]) -> None:
    (tmp_path / "gone").mkdir()
    done = call(*command, folder=tmp_path, shell='cd gone && rmdir "$PWD" && exec "$@"')
    assert b"Traceback" not in done.stderr
    if done.returncode:
        assert (
            done.stderr == b"the folder in which this command was started is gone; change to one that is there (cd)\n"
        )


@pytest.fixture
def tmpfs(tmp_path: Path) -> Iterator[Callable[[str], Path]]:
    """A maker of small file systems, with mount(8)'s options."""
    made: list[Path] = []

    def make(options: str) -> Path:
        folder = tmp_path / f"small{len(made)}"
        folder.mkdir()
        mount = ["mount", "-t", "tmpfs", "-o", options, "apnemu-test", str(folder)]
        if os.geteuid() != 0 or subprocess.run(mount, check=False, capture_output=True).returncode:
            pytest.skip("only root can make a small file system")
        made.append(folder)
        return folder

    yield make
    for folder in made:
        subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.guest
@pytest.mark.parametrize("options", ["size=8m,nr_inodes=4", "size=44k", "size=8m,nr_inodes=9"])
def test_temporary_files_find_no_room(
    make_job: MakeJob, tmpfs: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch, options: str
) -> None:
    """Another folder is taken, where there is one; else a line names the one that is full, and of what."""
    small = tmpfs(options)
    (small / "full").write_bytes(bytes(40_000))
    monkeypatch.setattr(staging.tempfile, "tempdir", str(small))
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    job = make_job("true")
    with pytest.raises(GuestError, match=rf"the disk under {small}\S* (is full: \d+ bytes free|has no file left)"):
        guest.run(job)
    assert [path.name for path in small.iterdir()] == ["full"]
    monkeypatch.setattr(staging.tempfile, "tempdir", str(job.folder.parent))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(small))
    assert guest.run(job).exit_code == 0


@pytest.mark.guest
def test_no_file_left_in_the_labs_folder(make_job: MakeJob, tmpfs: Callable[[str], Path]) -> None:
    folder = tmpfs("size=8m,nr_inodes=40")
    many = "i=0; while :; do i=$((i + 1)); : > /run/apnemu/f$i || exit 1; done"
    with pytest.raises(GuestError, match=r"the disk under .*run has no file left that could be made \(inodes, df -i\)"):
        guest.run(make_job("sh", "-c", many, folder=folder / "run"))
    with pytest.raises(GuestError, match=r"has no file left that could be made"):
        guest.run(make_job("true", folder=folder / "another"))


@pytest.mark.guest
def test_names_that_are_not_utf8(kernel_named: None, tmp_path: Path) -> None:
    folder = os.fsencode(tmp_path) + b"/in \xff and \xe6\x97\xa5"
    os.mkdir(folder)
    with open(folder + b"/prog\xfe.sh", "wb") as script:
        script.write(b'#!/bin/sh\npwd\nls "$1"\nexit 5\n')
    os.chmod(folder + b"/prog\xfe.sh", 0o755)
    words = ("lab", "exec", "--memory-mb", "512", "--folder", b"run\xfd", "--", b"./prog\xfe.sh", b"prog\xfe.sh")
    done = call(*words, folder=Path(os.fsdecode(folder)))
    assert (done.returncode, done.stdout) == (5, folder + b"\nprog\xfe.sh\n"), done.stderr


@pytest.mark.guest
def test_names_of_topologies_that_are_not_utf8(kernel_named: None, tmp_path: Path) -> None:
    """What such a name stands in can be written and read: lines, JSON, a page."""
    name = os.fsencode(tmp_path) + b"/three\xff\xe6\x97\xa5.yaml"
    shutil.copy(REPOSITORY / "topologies/three-sites.yaml", name)
    told = call("check", name, folder=tmp_path)
    assert told.returncode == 0, told.stderr
    assert b"three\\udcff\xe6\x97\xa5.yaml: sound" in told.stdout.replace(b"\n", b"")
    ran = call("run", "latency", "--network", "apn", "--topology", name, "--out", b"run\xfe", "--json", folder=tmp_path)
    assert ran.returncode in (0, 1), ran.stderr
    assert b"run\\udcfe" in ran.stdout
    page = os.fsencode(tmp_path) + b"/run\xfe/report.html"
    with open(page, encoding="utf-8") as file:
        assert "</html>" in file.read()
    again = call("report", b"run\xfe", folder=tmp_path)
    assert again.returncode == 0, again.stderr
    missing = call("check", b"none\xff.yaml", folder=tmp_path)
    assert missing.returncode == 2
    assert b"none\\udcff.yaml" in missing.stderr
    assert b"Traceback" not in missing.stderr
