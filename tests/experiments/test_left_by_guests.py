# SPDX-License-Identifier: BSD-3-Clause
"""What a run takes out of a guest's folder after the guest's end, whatever programs of the lab have planted there."""

from __future__ import annotations

import fcntl
import json
import os
import re
import struct
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.table import Table

from apnemu.cli import shown
from apnemu.errors import GuestError, LabError
from apnemu.lab import staging
from apnemu.lab.console import Console
from apnemu.lab.job import Job
from apnemu.running import directory
from apnemu.running.unlit_network import Control, write_network
from tests.experiments.command import TOPOLOGIES

CAPTURE = struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 262_144, 276)
LINKS = {"a file": "file", "what never ends": "/dev/zero", "nothing": "absent"}
links = pytest.mark.parametrize("target", LINKS.values(), ids=LINKS.keys())


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    """A run's directory, and in it the folder of its guest; beside the run a file that no guest may reach."""
    (tmp_path / "file").write_text("secret")
    (tmp_path / "run/guest").mkdir(parents=True)
    return tmp_path / "run", tmp_path / "run/guest"


def plant(path: Path, target: str) -> None:
    path.symlink_to(path.parents[2] / target)


def collected(run: Path, guest: Path, *, pcap: bool = False) -> str:
    directory.collect(run, {"apn": guest}, "", pcap=pcap)
    assert not guest.exists()
    assert (run.parent / "file").read_text() == "secret"
    assert not (run.parent / "absent").exists()
    assert not any(path.is_symlink() for path in run.rglob("*"))
    return (run / "console.log").read_text()


@links
@pytest.mark.parametrize("name", ["console.log", "controller.log", "transceivers.log"])
def test_a_log_that_is_a_link_is_left_out(folders: tuple[Path, Path], name: str, target: str) -> None:
    plant(folders[1] / name, target)
    said = collected(*folders)
    assert "secret" not in said
    assert f"/guest/{name} is a symbolic link and no file" in said


def test_a_log_that_is_a_fifo_is_not_waited_for(folders: tuple[Path, Path]) -> None:
    os.mkfifo(folders[1] / "controller.log")
    assert "is a FIFO and no file" in collected(*folders)


def test_a_log_of_a_terabyte_is_cut(folders: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(directory, "MOST_LOG_BYTES", 100)
    (folders[1] / "console.log").write_text("begin\n")
    os.truncate(folders[1] / "console.log", 1 << 40)
    said = collected(*folders)
    assert len(said) < 300
    assert "[apnemu: what came after 100 bytes is left out]" in said


@links
def test_programs_logs_are_files_of_the_lab_alone(
    folders: tuple[Path, Path], target: str, caplog: pytest.LogCaptureFixture
) -> None:
    run, guest = folders
    (guest / "apps").mkdir()
    (guest / "apps/mine.log").write_text("said")
    (guest / "apps/other.log").symlink_to(run.parent / target)
    collected(run, guest)
    assert [path.name for path in (run / "apps/apn").iterdir()] == ["mine.log"]
    assert "left out: apps/other.log is a symbolic link and no file" in caplog.text


def test_a_folder_of_logs_that_is_a_link_is_not_copied(folders: tuple[Path, Path]) -> None:
    run, guest = folders
    (guest / "apps").symlink_to("/etc")
    collected(run, guest)
    assert not (run / "apps").exists()


BAD_INTERFACES: dict[str, Callable[[Path], object]] = {
    "absent": lambda path: None,
    "link": lambda path: path.symlink_to("/dev/zero"),
    "FIFO": os.mkfifo,
    "list": lambda path: path.write_text("[]"),
    "no numbers": lambda path: path.write_text('{"x": "y"}'),
    "depth": lambda path: path.write_text("[" * 100_000),
    "terabyte": lambda path: (path.touch(), os.truncate(path, 1 << 40)),
}


@pytest.mark.parametrize("kind", BAD_INTERFACES)
def test_interfaces_that_are_none(folders: tuple[Path, Path], kind: str) -> None:
    run, guest = folders
    (guest / "capture.pcap").write_bytes(CAPTURE)
    BAD_INTERFACES[kind](guest / "interfaces.json")
    with pytest.raises(LabError, match=r"interfaces\.json") as raised:
        directory.collect(run, {"apn": guest}, "", pcap=True)
    assert "\n" not in str(raised.value)


def test_the_exit_code_is_a_short_file(tmp_path: Path) -> None:
    job = Job(kernel=Path("/x"), folder=tmp_path, argv=("x",))
    file = tmp_path / staging.EXIT
    assert staging.exit_text(job) == ""
    file.write_text("7\n")
    assert staging.exit_text(job) == "7"
    os.truncate(file, 1 << 40)
    assert staging.exit_text(job) == ""
    file.unlink()
    file.symlink_to("/dev/zero")
    assert staging.exit_text(job) == ""
    file.unlink()
    os.mkfifo(file)
    assert staging.exit_text(job) == ""


def test_what_a_guest_boots_from_lies_where_it_cannot_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where somebody shares the folder for temporary files with a lab."""
    (tmp_path / "running").mkdir(mode=0o700)
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))

    def place(folder: Path) -> Path:
        with staging.staged(Job(kernel=Path("/x"), folder=folder, argv=("x",))) as private:
            return Path(os.readlink(f"/proc/self/fd/{private}"))

    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    assert place(tmp_path / "run").parent == tmp_path / "temporary"
    for folder in (tmp_path, tmp_path / "temporary"):
        with pytest.raises(GuestError, match="temporary, where labs keep what no guest may write; give it another"):
            place(folder)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "running"))
    assert place(tmp_path / "temporary").parent == tmp_path / "running"
    (tmp_path / "running").chmod(0o777)
    assert place(tmp_path / "run").parent == tmp_path / "temporary"
    assert list(tmp_path.rglob(f"{staging.PREFIX}*")) == []


def test_what_killed_commands_left_goes_and_what_a_lab_holds_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    for name in ("left", "held", "new"):
        (tmp_path / f"{staging.PREFIX}{name}/dev").mkdir(parents=True)
        os.utime(tmp_path / f"{staging.PREFIX}{name}", (1, 1) if name != "new" else None)
    (tmp_path / f"{staging.PREFIX}link").symlink_to("/etc")
    (tmp_path / f"{staging.PREFIX}file").touch()
    holder = os.open(tmp_path / f"{staging.PREFIX}held", os.O_RDONLY)
    fcntl.flock(holder, fcntl.LOCK_EX)
    with staging.staged(Job(kernel=Path("/x"), folder=tmp_path / "run", argv=("x",))):
        pass
    os.close(holder)
    assert {path.name.removeprefix(staging.PREFIX) for path in tmp_path.iterdir()} == {
        "held",
        "new",
        "link",
        "file",
        "run",
    }


@links
def test_a_log_is_begun_anew_in_a_folder_that_a_guest_had(folders: tuple[Path, Path], target: str) -> None:
    guest = folders[1]
    plant(guest / "console.log", target)
    console = Console(guest / "console.log")
    console.write(b"mine\r\n")
    console.close()
    assert (guest / "console.log").read_text() == "mine\n"
    assert not (guest / "console.log").is_symlink()
    assert (folders[0].parent / "file").read_text() == "secret"


@links
def test_a_network_is_written_anew_in_a_folder_that_a_guest_had(folders: tuple[Path, Path], target: str) -> None:
    guest = folders[1]
    for name in ("network.json", "controller.journal"):
        plant(guest / name, target)
    write_network(guest, TOPOLOGIES / "three-sites.yaml", transceivers=1, seed=1, control=Control())
    assert json.loads((guest / "network.json").read_text())
    assert [path.name for path in guest.iterdir() if not path.is_symlink()] == ["network.json"]
    assert not (guest / "controller.journal").is_symlink()
    assert (folders[0].parent / "file").read_text() == "secret"


def test_what_a_guest_prints_is_quoted_without_what_a_terminal_obeys(tmp_path: Path) -> None:
    console = Console(tmp_path / "console.log")
    console.write(b"\x1b]0;owned\x07line\n\x9b2J\xe5\xa4\xa7\nOut of memory: Killed process 7 (\x1b[2J)\n")
    console.write(b"Kernel panic - not syncing: \x1b[31m\n")
    console.close()
    for text in (console.tail(), console.panic, console.out_of_memory):
        assert text
        assert not re.search(r"[\x00-\x1f\x7f-\x9f]", text)
    assert "大" in console.tail()


@pytest.mark.parametrize("kind", ["row", "answer", "message"])
def test_a_terminal_obeys_no_text(kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    hostile = "東京\x1b]0;owned\x07\x9b2J\u202e"
    if kind == "message":
        shown.to_stderr(hostile)
    elif kind == "answer":
        shown.to_stdout(hostile)
    else:
        table = Table("name")
        table.add_row(hostile)
        shown.OUT.print(table)
    said = "".join(capsys.readouterr())
    assert r"東京\x1b]0;own" in said  # a narrow table cuts the rest
    assert not {"\x1b", "\x07", "\x9b", "\u202e"} & set(said)
