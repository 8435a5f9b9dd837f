# SPDX-License-Identifier: BSD-3-Clause
"""Read the clocks that need no system call, the cycle counter and the vsyscall page, and print what they say."""

from __future__ import annotations

import ctypes
import mmap
import time
from collections.abc import Callable

RDTSC, RDTSCP, WITH_PREFIX = b"\x0f\x31", b"\x0f\x01\xf9", b"\x48\x0f\x31"
MERGE = b"\x48\xc1\xe2\x20\x48\x09\xd0\xc3"  # shl $32,%rdx; or %rdx,%rax; ret
VSYSCALL = 0xFFFF_FFFF_FF60_0000
kept = []


def counter(instruction: bytes) -> Callable[[], int]:
    page = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    page.write(instruction + MERGE)
    kept.append(page)
    return ctypes.CFUNCTYPE(ctypes.c_uint64)(ctypes.addressof(ctypes.c_char.from_buffer(page)))


def main() -> None:
    for code in (RDTSC, RDTSCP, WITH_PREFIX):
        read = counter(code)
        first = read()
        time.sleep(0.25)
        print(code.hex(), first, read() - first)
    read = counter(RDTSC)
    end, polls = read() + 1_000_000, 0
    while read() < end:
        polls += 1
    print("polled", polls)
    now = ctypes.create_string_buffer(16)
    failed = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)(VSYSCALL)(now, None)
    seconds, micros = (int.from_bytes(now.raw[i : i + 8], "little") for i in (0, 8))
    print("gettimeofday", failed, round(abs(time.time() - seconds - micros / 1e6), 3))
    print("time", ctypes.CFUNCTYPE(ctypes.c_long, ctypes.c_void_p)(VSYSCALL + 0x400)(None) - int(time.time()))
    core = ctypes.c_uint(99)
    failed = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)(VSYSCALL + 0x800)(
        ctypes.addressof(core), None
    )
    print("getcpu", failed, core.value)


if __name__ == "__main__":
    main()
