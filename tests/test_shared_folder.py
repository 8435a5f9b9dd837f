# SPDX-License-Identifier: BSD-3-Clause
"""Whatever a guest leaves in its folder: the host follows no link, waits for no FIFO, and reads and copies no more than
its limits. And nobody else opens names there."""

from __future__ import annotations

import ast
import os
import socket
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from apnemu import shared_folder
from apnemu.errors import LabError

HOUSE = Path(__file__).parents[1]
TERABYTE = 1 << 40


def device(path: Path) -> None:
    try:
        os.mknod(path, stat.S_IFCHR | 0o666, os.makedev(1, 5))  # as /dev/zero
    except PermissionError:
        pytest.skip("no rights to make a device")


def sparse(path: Path) -> None:
    path.touch()
    os.truncate(path, TERABYTE)


def a_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as bound:
        here = os.open(path.parent, os.O_PATH)  # the name of a socket is short
        bound.bind(f"/proc/self/fd/{here}/{path.name}")
        os.close(here)


PLANTED: dict[str, tuple[Callable[[Path], object], str]] = {
    "link": (lambda path: path.symlink_to(path.parents[1] / "outside/file"), "is a symbolic link and no file"),
    "link to what never ends": (lambda path: path.symlink_to("/dev/zero"), "is a symbolic link and no file"),
    "link to itself": (lambda path: path.symlink_to(path), "is a symbolic link and no file"),
    "FIFO": (os.mkfifo, "is a FIFO and no file"),
    "folder": (Path.mkdir, "is a folder and no file"),
    "device": (device, "is a device and no file"),
    "socket": (a_socket, "is a socket and no file"),
    "file of a terabyte": (sparse, f"has {TERABYTE} bytes, and at most 67108864 are read"),
}
planted = pytest.mark.parametrize("kind", PLANTED)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A guest's folder; beside it `outside`, which no guest may reach."""
    (tmp_path / "outside/deep").mkdir(parents=True)
    for name in ("file", "deep/file"):
        (tmp_path / "outside" / name).write_text("secret")
    (tmp_path / "guest").mkdir()
    return tmp_path / "guest"


@pytest.fixture(autouse=True)
def untouched(folder: Path) -> Iterator[None]:
    """What lies outside is as it was, whatever a test did."""
    yield
    outside = folder.parent / "outside"
    assert [(outside / name).read_text() for name in ("file", "deep/file")] == ["secret", "secret"]
    assert sorted(path.name for path in outside.rglob("*")) == ["deep", "file", "file"]


@planted
def test_what_is_no_file_is_not_read(folder: Path, kind: str) -> None:
    plant, says = PLANTED[kind]
    plant(folder / "name")
    for reads in (shared_folder.read_bytes, shared_folder.read_text, shared_folder.opened):
        with pytest.raises(LabError, match=f"/guest/name {says}; a program in the lab made it so"):
            reads(folder, "name")


@planted
def test_what_is_written_is_new(folder: Path, kind: str) -> None:
    PLANTED[kind][0](folder / "name")
    shared_folder.write_text(folder, "name", "mine\n")
    assert (folder / "name").read_text() == "mine\n"
    assert not (folder / "name").is_symlink()
    assert [path.name for path in folder.iterdir()] == ["name"]


def test_a_file_that_has_another_name_too_keeps_its_content_there(folder: Path) -> None:
    (folder / "a").write_text("kept")
    os.link(folder / "a", folder / "b")
    shared_folder.write_text(folder, "a", "new")
    assert (folder / "b").read_text() == "kept"


@planted
def test_what_is_removed_is_the_name(folder: Path, kind: str) -> None:
    PLANTED[kind][0](folder / "name")
    shared_folder.remove(folder, "name")
    shared_folder.remove(folder, "name")
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(
    "name", ["../outside/file", "/etc/passwd", "a/../../outside/file", "", ".", "x/", "a\0b", "a/" * 99]
)
def test_a_name_that_leaves_the_folder_is_none(folder: Path, name: str) -> None:
    (folder / "a").mkdir()
    for does in (shared_folder.read_bytes, shared_folder.created, shared_folder.remove):
        with pytest.raises(LabError, match=r"is no name in .*/guest; "):
            does(folder, name)


def test_a_link_on_the_way_is_not_followed(folder: Path) -> None:
    (folder / "apps").symlink_to(folder.parent / "outside")
    for does in (shared_folder.read_bytes, shared_folder.created, shared_folder.remove):
        with pytest.raises(LabError, match="/guest/apps is not a folder that can be opened"):
            does(folder, "apps/file")
    assert shared_folder.copy_files(folder, "apps", folder.parent / "copy") == ["apps is a symbolic link"]
    assert not (folder.parent / "copy").exists()


def test_a_folder_that_becomes_a_link_meanwhile_is_not_followed(folder: Path) -> None:
    """A guest that still ran could exchange the two at any instant; here another process does, without pause."""
    (folder / "apps").mkdir()
    (folder / "apps/file").write_text("inside")
    (folder / "link").symlink_to(folder.parent / "outside")
    exchange = (
        "import ctypes, sys; libc = ctypes.CDLL(None)\nprint('go', flush=True)\n"
        "while True: libc.renameat2(-100, b'apps', -100, b'link', 2)"
    )
    process = subprocess.Popen([sys.executable, "-c", exchange], stdout=subprocess.PIPE, cwd=folder)
    try:
        assert process.stdout is not None
        process.stdout.readline()
        seen = set()
        for _ in range(2000):
            try:
                seen.add(shared_folder.read_text(folder, "apps/file"))
            except LabError:
                seen.add("refused")
    finally:
        process.kill()
        process.communicate()
    assert "secret" not in seen
    assert seen == {"inside", "refused"}


def test_a_copy_has_files_alone_and_says_what_it_left_out(folder: Path) -> None:
    apps = folder / "apps"
    (apps / "part").mkdir(parents=True)
    (apps / "log").write_text("said")
    (apps / "part/log").write_text("said too")
    for kind, (plant, _) in PLANTED.items():
        if kind not in ("folder", "device"):
            plant(apps / kind)
    (apps / "\x1b]0;x\x07").symlink_to("/etc")
    copy = folder.parent / "copy"
    left_out = shared_folder.copy_files(folder, "apps", copy)
    assert sorted(path.relative_to(copy).as_posix() for path in copy.rglob("*")) == ["log", "part", "part/log"]
    assert left_out == [
        r"apps/\x1b]0;x\x07 is a symbolic link and no file",
        "apps/FIFO is a FIFO and no file",
        f"apps/file of a terabyte has {TERABYTE} bytes, and at most 1073741824 are read",
        "apps/link is a symbolic link and no file",
        "apps/link to itself is a symbolic link and no file",
        "apps/link to what never ends is a symbolic link and no file",
        "apps/socket is a socket and no file",
    ]


def test_a_copy_stays_within_its_limits(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared_folder, "MOST_COPIED_BYTES", 100)
    monkeypatch.setattr(shared_folder, "MOST_COPIED_FILES", 30)
    deep = folder / "deep"
    deep.joinpath(*["d"] * 20).mkdir(parents=True)
    (folder / "many").mkdir()
    for number in range(40):
        (folder / "many" / f"{number:02}").touch()
    (folder / "big").mkdir()
    for name in ("a", "b", "c"):
        (folder / "big" / name).write_bytes(bytes(60))
    copy = folder.parent / "copy"
    assert shared_folder.copy_files(folder, "deep", copy) == ["deep" + "/d" * 16 + " is deeper than 16 folders"]
    assert shared_folder.copy_files(folder, "many", copy / "many") == ["many has more than 30 names"]
    assert len(list((copy / "many").iterdir())) == 30
    assert [text.partition(" has")[0] for text in shared_folder.copy_files(folder, "big", copy / "big")] == [
        "big/b",
        "big/c",
    ]
    assert shared_folder.copy_files(folder, "absent", copy) == []


def test_folders_deeper_than_any_path_go(folder: Path) -> None:
    """A guest builds them by moving one into another; by names nobody reaches their end, and recursion ends before."""
    here = os.open(folder, os.O_RDONLY)
    for _ in range(1_050):
        os.mkdir("deep", dir_fd=here)
        inner = os.open("deep", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = inner
    os.symlink("/etc", "link", dir_fd=here)
    os.close(here)
    (folder / "shut").mkdir()
    (folder / "shut/in").mkdir()
    (folder / "shut/in").chmod(0)
    (folder / "shut").chmod(0)
    shared_folder.remove_all(folder)
    assert not folder.exists()
    folder.mkdir()


def test_names_are_shown_without_what_a_terminal_obeys(folder: Path) -> None:
    with pytest.raises(LabError, match=r"\\x1b\[2J is a symbolic link") as raised:
        (folder / "\x1b[2J").symlink_to("x")
        shared_folder.read_bytes(folder, "\x1b[2J")
    assert "\x1b" not in str(raised.value)


HOST_ROOMS = ("api.py", "cli", "experiments", "lab", "live", "question", "records", "running", "shell", "sweep")
FOLDERS = {"Job", "Context", "contexts", "shared_folder"}
"""Names that a file must know to come by a guest's folder."""
OPENERS = """
open fdopen read_text read_bytes write_text write_bytes unlink rmdir rmtree mkdir makedirs rename renames symlink
symlink_to hardlink_to link touch chmod chown copy copy2 copyfile copytree move scandir listdir walk iterdir glob rglob
remove removedirs ParquetFile read_table write_table load save fromfile memmap mkstemp mkdtemp TemporaryDirectory
NamedTemporaryFile utime truncate opened created
"""
ELSEWHERE = {
    "apnemu/cli/labs.py": {"execute": "the folder around that of the guest, if it is empty"},
    "apnemu/cli/shells.py": {"standing": "the folder around that of the guest, if it is empty"},
    "apnemu/shell/opened.py": {
        "Opened.__init__": "a new folder around that of a guest",
        "Opened.end": "a file in the folder around that of the guest",
        "Opened._lay_out": "files in the folder around that of the guest",
    },
    "apnemu/lab/guest.py": {"_standard_descriptors": "what takes everything and gives nothing, /dev/null"},
    "apnemu/lab/limits.py": {"files_are_out": "what the host says of a process"},
    "apnemu/lab/reasons.py": {"oom_kills": "what the host's kernel counts"},
    "apnemu/lab/trial.py": {"failure": "a new folder around that of a guest"},
    "apnemu/lab/verdict.py": {"is_stopped": "what the host says of a process"},
    "apnemu/lab/staging.py": {
        "staged": "the folder of the files to boot from, which no guest writes",
        "_private": "the same",
        "_forget_stale": "the same, of a command that was killed",
        "_locked": "the guest's folder itself, by the caller's name",
    },
    "apnemu/question/traffic.py": {"write_frames": "numpy, into memory"},
    "apnemu/experiments/replay/stages.py": {"stages": "numpy, into memory"},
    "apnemu/records/pcapng.py": {"to_pcapng": "the new file in the run's own folder"},
    "apnemu/records/table.py": {
        "write_parquet": "the new file in the run's own folder",
        "read_parquet": "a file that a person named",
    },
    "apnemu/running/bench.py": {
        "bench": "a new folder around those of guests",
        "_ours": "the guest's folder itself, new",
        "_stock": "the same",
    },
    "apnemu/running/corridor.py": {
        "_run_in": "inputs",
        "_refused": "the folder of a run that never began",
    },
    "apnemu/running/directory.py": {
        "make": "the run's own folder",
        "made": "the same",
        "collect": "the log in the run's own folder",
        "write_json": "a file of the run's own folder",
    },
    "apnemu/running/guests.py": {"blueprint_of": "the guest's folder itself, new"},
    "apnemu/sweep/point.py": {"_run_point": "a new folder around that of a run"},
}
"""Functions of the files that know guests' folders, and what it is that they open by other means."""


def test_nobody_else_opens_names_in_a_guests_folder() -> None:
    """Every call that opens, makes, moves or removes a name, in every file of the host that knows guests' folders."""
    faults, unused = [], {(file, function) for file, own in ELSEWHERE.items() for function in own}
    for file in sorted(_files()):
        name = file.relative_to(HOUSE).as_posix()
        tree = ast.parse(file.read_text("utf-8"))
        if name.split("/")[1] not in HOST_ROOMS or not FOLDERS & _names(tree):
            continue
        own = _imported_from_the_helper(tree)
        for function, call in _calls(tree, ""):
            if function in ELSEWHERE.get(name, {}):
                unused.discard((name, function))
            elif not (_called(call) in own or _of_the_helper(call)):
                faults.append(f"{name}:{call.lineno}: {function or 'the module'} calls {_called(call)}")
    assert not faults, "use apnemu.shared_folder, or say here what else is opened:\n" + "\n".join(faults)
    assert not unused


def _files() -> Iterator[Path]:
    for place, folders, files in os.walk(HOUSE / "apnemu", followlinks=True):
        folders[:] = [folder for folder in folders if folder != "__pycache__"]
        yield from (Path(place, name) for name in files if name.endswith(".py"))


def _names(tree: ast.AST) -> set[str]:
    found = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    taken = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    found |= {alias.name for node in taken for alias in node.names}
    return found | {part for node in taken for part in (node.module or "").split(".")}


def _imported_from_the_helper(tree: ast.AST) -> set[str]:
    helpers = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    return {alias.name for node in helpers if node.module == "apnemu.shared_folder" for alias in node.names}


def _calls(node: ast.AST, function: str) -> Iterator[tuple[str, ast.Call]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Call) and _called(child) in OPENERS.split():
            yield function, child
        inner = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        yield from _calls(child, f"{function}.{child.name}".lstrip(".") if inner else function)  # type: ignore[attr-defined]


def _called(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def _of_the_helper(call: ast.Call) -> bool:
    return isinstance(call.func, ast.Attribute) and getattr(call.func.value, "id", "") == "shared_folder"
