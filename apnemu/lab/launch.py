# SPDX-License-Identifier: BSD-3-Clause
"""Turn into the lab's kernel: `launch.py PARENT CORE KERNEL STATUS_FD OUT_FD ERR_FD PRIVATE_FD ARGUMENT...`.

The kernel dies with its parent, stays on one core, and finds the same address space, file descriptors and environment
in every run, wherever its files lie: it is executed by descriptor, so that not even its own path reaches its stack.
A program of its own, and not a function between fork and exec, since the parent may have threads.
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import stat
import struct
import sys

PR_SET_PDEATHSIG = 1
ADDR_NO_RANDOMIZE = 0x0040000
FIRST_FREE_FD = 64
PR_SET_NO_NEW_PRIVS = 38
LANDLOCK_CREATE_RULESET, LANDLOCK_ADD_RULE, LANDLOCK_RESTRICT_SELF = 444, 445, 446
READ_FILE, REFER = 1 << 2, 1 << 13


def main(parent: int, core: int, kernel: str, fds: list[int], arguments: list[str]) -> None:
    """Become the kernel, and never return.

    Its descriptors: console 1 and 2, status page 3, the program's output and errors 4 and 5, the folder of
    `staging` 6, where the kernel makes and removes a folder of its own (`uml_dir`).
    """
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it died before the line above took effect
        sys.exit("the command that started this guest is gone")
    libc.personality(ADDR_NO_RANDOMIZE)
    os.sched_setaffinity(0, {core})
    # 1, not 0: a core_pattern that is a pipe is run at 0 too, and would store a file outside the folder
    resource.setrlimit(resource.RLIMIT_CORE, (1, 1))
    binary = os.open(kernel, os.O_RDONLY | os.O_CLOEXEC)
    high = [_dup_high(fd) for fd in fds]
    binary = _dup_high(binary)
    os.closerange(3, FIRST_FREE_FD)
    for fd in {fd for fd in fds if fd >= FIRST_FREE_FD}:  # a parent with many files open, such as a notebook
        os.close(fd)
    for number, fd in enumerate(high, start=3):
        os.dup2(fd, number)
        os.close(fd)
    number = FIRST_FREE_FD + len(fds)  # the same in every run, since its path is on the stack
    if binary != number:
        binary = os.dup2(binary, number, inheritable=False)
    _hide(libc, 3 + len(fds) - 1)
    os.execve(binary, ["linux", *arguments], {"PATH": "/usr/bin:/bin", "HOME": "/", "APNEMU": "lab"})


def _hide(libc: ctypes.CDLL, private: int) -> None:
    """Let the kernel read nothing but what `staging` lists, if it lists anything, and the host has Landlock (5.19)."""
    try:
        listed = os.open("readable", os.O_RDONLY | os.O_CLOEXEC, dir_fd=private)
    except FileNotFoundError:
        return
    with open(listed, "rb") as file:
        paths = file.read().split(b"\0")
    if libc.syscall(LANDLOCK_CREATE_RULESET, None, 0, 1) < 2:  # the first forbids all renaming between folders
        return
    rules = libc.syscall(LANDLOCK_CREATE_RULESET, struct.pack("=Q", READ_FILE | REFER), 8, 0)
    for path in paths:
        try:
            place = os.open(path, os.O_PATH | os.O_CLOEXEC | os.O_NOFOLLOW)
        except OSError:
            continue
        rights = READ_FILE | REFER if stat.S_ISDIR(os.fstat(place).st_mode) else READ_FILE
        libc.syscall(LANDLOCK_ADD_RULE, rules, 1, struct.pack("=Qi", rights, place), 0)  # what is refused stays hidden
        os.close(place)
    libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    if libc.syscall(LANDLOCK_RESTRICT_SELF, rules, 0):
        sys.exit(f"Landlock refuses to hide the home: {os.strerror(ctypes.get_errno())}; --no-hide-home goes without")
    os.close(rules)


def _dup_high(fd: int) -> int:
    import fcntl

    return fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, FIRST_FREE_FD)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], [int(fd) for fd in sys.argv[4:8]], sys.argv[8:])
