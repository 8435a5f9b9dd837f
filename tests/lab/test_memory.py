# SPDX-License-Identifier: BSD-3-Clause
"""How much of the host's memory a guest takes, programs in it included; what a process had at most."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import pytest

from apnemu.lab.guest import Outcome
from apnemu.lab.watchdog import peak_bytes

HOLD = """
held = bytearray({megabytes} << 20)
held[::4096] = bytes(range(1, 257)) * ({megabytes})
del held
for _ in range(20_000_000): pass
"""


@pytest.mark.guest
@pytest.mark.alone  # memory is looked at from time to time
def test_a_guest_s_programs_count_and_what_they_gave_back_too(boot: Callable[..., tuple[Outcome, str]]) -> None:
    little, much = (
        boot("python3", "-S", "-c", HOLD.format(megabytes=megabytes), memory_mb=1024)[0].memory_bytes
        for megabytes in (40, 640)
    )
    # All of it is seen. What the host counts of a kernel and Python beside it wanders by 10 MB, for it maps pages next
    # to those that are touched (seen on Linux 6.18: 0.994 to 1.018; a guest's kernel also needs pages for its tables)
    assert 0.97 <= (much - little) / (600 << 20) < 1.1
    assert 50e6 < little < 250e6, "a kernel, Python and 42 MB"


def test_the_high_water_mark_stays() -> None:
    program = "held = b'1' * (200 << 20); del held; print('held', flush=True); import sys; sys.stdin.read()"
    with subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as running:
        assert running.stdin is not None and running.stdout is not None
        running.stdout.readline()
        assert 200 << 20 < peak_bytes(running.pid) < 300 << 20
        running.stdin.close()
    assert peak_bytes(running.pid) == 0
