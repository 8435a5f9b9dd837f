# SPDX-License-Identifier: BSD-3-Clause
"""Turn into the lab's kernel: `launch.py PARENT CORE KERNEL STATUS_FD,OUT_FD,ERR_FD,PRIVATE_FD[,GATE_FD] ARGUMENT...`.

The kernel dies with its parent, stays on one core, and finds the same address space, file descriptors and environment
in every run, wherever its files lie: it is executed by descriptor, so that not even its own path reaches its stack.
A program of its own, and not a function between fork and exec, since the parent may have threads.

What it and its children may do is bounded here, in case that somebody takes the guest's kernel over: they gain no
rights, and where the host has Landlock (Linux 5.19, or 6.1 of Debian 12) they change no file but in the job's folder,
reach no TCP (6.7) and no process but their own (6.12).
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import struct
import sys

PR_SET_PDEATHSIG = 1
PR_SET_NO_NEW_PRIVS = 38
ADDR_NO_RANDOMIZE = 0x0040000
FIRST_FREE_FD = 64
PRIVATE_FD = 6
STACK_BYTES = 8 * 1024 * 1024
NAMES = "AS DATA FSIZE MEMLOCK MSGQUEUE NOFILE NPROC RSS SIGPENDING"
RAISED = [getattr(resource, f"RLIMIT_{name}") for name in NAMES.split()]
"""Limits of which the kernel gets all that is allowed; time of the processor, which ends it, stays as was asked."""
LANDLOCK_CREATE_RULESET, LANDLOCK_ADD_RULE, LANDLOCK_RESTRICT_SELF = 444, 445, 446
WRITE_FILE, READ_FILE, MAKE_CHAR, MAKE_BLOCK, TRUNCATE, IOCTL_DEV = (1 << bit for bit in (1, 2, 6, 11, 14, 15))
CHANGES = WRITE_FILE | 0x3FF0
"""Landlock's rights to write, remove, make, link and rename (`linux/landlock.h`), as its second version knows them."""


def main(parent: int, core: int, kernel: str, fds: list[int], arguments: list[str]) -> None:
    """Become the kernel, and never return.

    Its descriptors: console 1 and 2, status page 3, the program's output and errors 4 and 5, the folder of
    `staging` 6, where the kernel makes and removes a folder of its own (`uml_dir`), and a `gate` 7.
    """
    for signal_number in (signal.SIGINT, signal.SIGXFSZ):  # Python has them raise exceptions
        signal.signal(signal_number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it died before the line above took effect
        sys.exit("the command that started this guest is gone")
    libc.personality(ADDR_NO_RANDOMIZE)
    os.sched_setaffinity(0, {core})
    _set_limits()
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
    _shut_in(libc, PRIVATE_FD)
    os.execve(binary, ["linux", *arguments], {"PATH": "/usr/bin:/bin", "HOME": "/", "APNEMU": "lab"})


def _set_limits() -> None:
    """Let the kernel have all that the host's limits allow, the same stack in every run, and store no core anywhere."""
    for limit in RAISED:
        _, hard = resource.getrlimit(limit)
        resource.setrlimit(limit, (hard, hard))
    _, hard = resource.getrlimit(resource.RLIMIT_STACK)
    stack = STACK_BYTES if hard == resource.RLIM_INFINITY else min(STACK_BYTES, hard)
    resource.setrlimit(resource.RLIMIT_STACK, (stack, hard))
    soft, hard = resource.getrlimit(resource.RLIMIT_CPU)
    if hard != resource.RLIM_INFINITY and soft in (hard, resource.RLIM_INFINITY):
        resource.setrlimit(resource.RLIMIT_CPU, (max(1, hard - 1), hard))  # ended by a signal of its own, not SIGKILL
    # 1, not 0: a core_pattern that is a pipe is run at 0 too, and would store a file outside the folder; where no more
    # than 0 is allowed, that file has no memory in it
    _, hard = resource.getrlimit(resource.RLIMIT_CORE)
    core = 0 if hard == 0 else 1
    resource.setrlimit(resource.RLIMIT_CORE, (core, core))
    try:
        with open("/proc/self/coredump_filter", "w") as memory:
            memory.write("0")
    except OSError:  # a host without it
        pass


def _shut_in(libc: ctypes.CDLL, private: int) -> None:
    """Give up every right that a lab has no use for, as far as the host knows how.

    Where `staging` lists what the kernel may read (`readable`), it reads nothing else.
    """
    libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    version = libc.syscall(LANDLOCK_CREATE_RULESET, None, 0, 1)
    if version < 2:  # the first forbids all renaming between folders
        return
    changes = CHANGES | (TRUNCATE if version >= 3 else 0) | (IOCTL_DEV if version >= 5 else 0)
    own = changes & ~(MAKE_CHAR | MAKE_BLOCK)
    allowed = [(path, READ_FILE) for path in _readable(private)]
    reads = READ_FILE if allowed else 0
    tcp, others = 3 if version >= 4 else 0, 3 if version >= 6 else 0
    rules = libc.syscall(LANDLOCK_CREATE_RULESET, struct.pack("=QQQ", changes | reads, tcp, others), 24, 0)
    allowed += [(b".", own), (b"/proc/self/fd/%d/." % private, own), (os.fsencode(os.devnull), WRITE_FILE)]
    for path, rights in allowed:
        try:
            place = os.open(path, os.O_PATH | os.O_CLOEXEC | os.O_NOFOLLOW)
        except OSError:
            continue
        libc.syscall(LANDLOCK_ADD_RULE, rules, 1, struct.pack("=Qi", rights, place), 0)  # what is refused stays shut
        os.close(place)
    if libc.syscall(LANDLOCK_RESTRICT_SELF, rules, 0):
        sys.exit(f"Landlock refuses to bind the lab: {os.strerror(ctypes.get_errno())}")
    os.close(rules)


def _readable(private: int) -> list[bytes]:
    """Paths that the kernel may read, if any are listed; else it may read all."""
    try:
        listed = os.open("readable", os.O_RDONLY | os.O_CLOEXEC, dir_fd=private)
    except FileNotFoundError:
        return []
    with open(listed, "rb") as file:
        return file.read().split(b"\0")


def _dup_high(fd: int) -> int:
    import fcntl

    return fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, FIRST_FREE_FD)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], [int(fd) for fd in sys.argv[4].split(",")], sys.argv[5:])
