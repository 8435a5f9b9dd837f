# SPDX-License-Identifier: BSD-3-Clause
"""Network namespaces without a process in each: a file descriptor is enough to keep one and to enter it."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

CLONE_NEWNET = 0x40000000
MS_BIND = 0x1000
NAMED = Path("/run/netns")
"""Folder in which iproute2 looks for names (ip-netns(8))."""
DEVICE_NICE = -20
"""Niceness of processes that play devices: the lab's kernel charges them a fiftieth of the time (its patch 0007)."""
_libc = ctypes.CDLL(None, use_errno=True)


def _checked(result: int) -> None:
    if result:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def here() -> int:
    """Open a descriptor of the calling thread's namespace."""
    return os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)


def enter(namespace: int) -> None:
    """Move the calling thread; its sockets stay in the namespace in which they were opened."""
    _checked(_libc.setns(namespace, CLONE_NEWNET))


def create() -> int:
    """Make a new namespace and return its descriptor; the calling thread stays where it is."""
    before = here()
    try:
        _checked(_libc.unshare(CLONE_NEWNET))
        made = here()
        enter(before)
    finally:
        os.close(before)
    return made


@contextmanager
def inside(namespace: int | None) -> Iterator[None]:
    """Enter a namespace for the length of a `with`; None is the one that the thread is in."""
    if namespace is None:
        yield
        return
    before = here()
    enter(namespace)
    try:
        yield
    finally:
        enter(before)
        os.close(before)


def name(namespace: int, called: str) -> None:
    """Give a namespace a name, so that `ip netns exec NAME` enters it."""
    NAMED.mkdir(parents=True, exist_ok=True)
    place = NAMED / called
    place.touch()
    _checked(_libc.mount(f"/proc/self/fd/{namespace}".encode(), bytes(place), b"none", MS_BIND, None))


def plays_devices(pid: int) -> None:
    """Mark a process as a device: all threads that it has, and those that they begin, are at `DEVICE_NICE`."""
    for thread in Path("/proc", str(pid), "task").iterdir():
        os.setpriority(os.PRIO_PROCESS, int(thread.name), DEVICE_NICE)
