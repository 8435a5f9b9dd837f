# SPDX-License-Identifier: BSD-3-Clause
"""Run in a guest as its root: try to change the host. Each line that it prints is one attempt and how it ended.

`python3 escape.py CANARY`: a folder on the host with a file `file` and a folder `folder`, outside the guest's own.
"""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

CANARY = Path("/nonexistent")
OWN = Path("/run/apnemu")
libc = ctypes.CDLL(None, use_errno=True)


def attempt(name: str, action: Callable[[], object]) -> None:
    try:
        action()
        print(name, "was not refused", flush=True)
    except OSError as error:
        print(name, "->", error.strerror, flush=True)


def mount(name: str, kind: str, options: str, flags: int = 0) -> Path:
    place = Path(tempfile.mkdtemp(prefix=f"{name}-"))  # a folder of its own: the guest's /tmp begins as the host's
    if libc.mount(b"none", str(place).encode(), kind.encode(), flags, options.encode()):
        print("mount", name, "->", os.strerror(ctypes.get_errno()), flush=True)
    return place


def append(path: Path | str) -> None:
    with open(path, "a") as file:
        file.write("broken\n")


def through(name: str, root: Path) -> None:
    """Everything that changes a file, at the canary's place beneath `root`."""
    file, folder = root / "file", root / "folder"
    fd = os.open(file, os.O_RDONLY)
    attempt(f"{name} append", lambda: append(file))
    attempt(f"{name} create", lambda: append(root / "new"))
    attempt(f"{name} truncate", lambda: os.truncate(file, 0))
    attempt(f"{name} chmod", lambda: os.chmod(file, 0o777))
    attempt(f"{name} fchmod", lambda: os.fchmod(fd, 0o777))
    attempt(f"{name} fchown", lambda: os.fchown(fd, 1, 1))
    attempt(f"{name} futimes", lambda: os.utime(fd, (1, 1)))
    attempt(f"{name} utime", lambda: os.utime(folder, (1, 1)))
    attempt(f"{name} unlink", lambda: os.unlink(file))
    attempt(f"{name} rmdir", lambda: os.rmdir(folder))
    attempt(f"{name} mkdir", lambda: os.mkdir(root / "new"))
    attempt(f"{name} rename", lambda: os.rename(file, root / "new"))
    attempt(f"{name} link", lambda: os.link(file, root / "new"))
    attempt(f"{name} symlink", lambda: os.symlink("x", root / "new"))
    attempt(f"{name} fifo", lambda: os.mkfifo(root / "new"))
    attempt(f"{name} device", lambda: os.mknod(root / "new", 0o060666, os.makedev(7, 0)))
    attempt(f"{name} socket", lambda: os.mknod(root / "new", 0o140666))
    os.close(fd)


def stale_file() -> None:
    """A name that the kernel still holds, and that has become a link on the host."""
    own = OWN / "stale"
    actions: dict[str, Callable[[str], object]] = {
        "append": append,
        "truncate": lambda path: os.truncate(path, 0),
        "chmod": lambda path: os.chmod(path, 0o777),
        "chown (of the link itself)": lambda path: os.chown(path, 1, 1),
        "utime (of the link itself)": lambda path: os.utime(path, (1, 1)),
    }
    for name, action in actions.items():
        own.write_text("mine\n")
        fd = os.open(own, os.O_PATH)
        own.unlink()
        own.symlink_to(CANARY / "file")
        attempt(f"stale file {name}", lambda action=action, fd=fd: action(f"/proc/self/fd/{fd}"))
        own.unlink()
        os.close(fd)


def stale_folder() -> None:
    """Two mounts of the guest's own folder, of which one does not see what the other did."""
    first, second = mount("first", "hostfs", "/proc/self/cwd"), mount("second", "hostfs", "/proc/self/cwd")
    (first / "d").mkdir()
    (first / "d" / "file").write_text("mine\n")
    (first / "d" / "folder").mkdir()
    held = os.open(first / "d", os.O_RDONLY)
    os.stat("file", dir_fd=held)
    (second / "d").rename(second / "moved")
    (second / "d").symlink_to(CANARY)
    through("stale folder", Path(f"/proc/self/fd/{held}"))
    attempt("out of a folder", lambda: os.rename(second / "moved" / "file", f"/proc/self/fd/{held}/new"))


def devices() -> None:
    for block in os.listdir("/sys/block") if os.path.isdir("/sys/block") else []:
        subprocess.run(["dd", "if=/dev/zero", f"of=/dev/{block}", "count=9"], check=False, capture_output=True)
    for line in (OWN / "devices").read_text().split():
        number = os.makedev(*map(int, line.split(":")))
        attempt(f"device {line} made", lambda number=number: os.mknod("/dev/host", 0o060666, number))
        attempt(f"device {line} written", lambda: append("/dev/host"))
        os.unlink("/dev/host")
        attempt(f"device {line} made on the host", lambda number=number: os.mknod(OWN / "host", 0o060666, number))
    for memory in ("/dev/mem", "/dev/kmem", "/dev/port", "/proc/kcore"):
        attempt(memory, lambda memory=memory: os.close(os.open(memory, os.O_RDWR)))


def main() -> None:
    root = mount("root", "hostfs", "/")
    through("root", root / CANARY.relative_to("/"))
    attempt("host's own comm", lambda: (root / "proc/self/comm").write_text("broken"))
    attempt("host's out-of-memory score", lambda: (root / "proc/self/oom_score_adj").write_text("1000"))
    libc.mount(None, str(root).encode(), None, 32, None)  # remount, for writing
    through("remounted root", root / CANARY.relative_to("/"))
    through("absolute", mount("absolute", "hostfs", str(CANARY)))
    through("dots", mount("dots", "hostfs", f"/proc/self/cwd/../{CANARY.name}"))
    through("own root", mount("cwd", "hostfs", f"/proc/self/cwd/../{CANARY.name}/folder/.."))
    attempt("folder's own parent", lambda: os.chmod(mount("parent", "hostfs", "/proc/self/cwd/.."), 0o777))
    through("host's proc", mount("proc", "hostfs", "/proc/self/root" + str(CANARY)))
    link = OWN / "link"
    link.symlink_to(CANARY)
    attempt("link to the canary (the guest's overlay takes it)", lambda: append(link / "file"))
    through("mounted link", mount("link", "hostfs", "/proc/self/cwd/link/."))
    attempt("hard link", lambda: os.link(root / CANARY.relative_to("/") / "file", OWN / "hard"))
    stale_file()
    stale_folder()
    devices()
    (OWN / "program").write_text("#!/bin/sh\n")
    attempt("set-user-id (silently without)", lambda: os.chmod(OWN / "program", 0o6777))
    subprocess.run(["rm", "-rf", "--no-preserve-root", "/etc", "/usr/share", "/home", "/var", "/opt"], check=False)
    print("etc is", "still there" if os.path.exists("/etc/passwd") else "gone", "in the guest", flush=True)


if __name__ == "__main__":
    # on a host this would do what it tries; only User Mode Linux has hostfs
    if "hostfs" not in Path("/proc/filesystems").read_text():
        sys.exit("not in a guest: refused")
    CANARY = Path(sys.argv[1])
    main()
