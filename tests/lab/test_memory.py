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
        boot("python3", "-S", "-c", HOLD.format(megabytes=megabytes))[0].memory_bytes for megabytes in (40, 240)
    )
    # all of it is seen; beside it the guest's kernel takes what it needs for so many pages (seen: 6 to 9 %)
    assert 1.0 <= (much - little) / (200 << 20) < 1.15
    assert 50e6 < little < 250e6, "a kernel, Python and 42 MB"


def test_the_high_water_mark_stays() -> None:
    program = "held = b'1' * (200 << 20); del held; print('held', flush=True); import sys; sys.stdin.read()"
    with subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as running:
        assert running.stdin is not None and running.stdout is not None
        running.stdout.readline()
        assert 200 << 20 < peak_bytes(running.pid) < 300 << 20
        running.stdin.close()
    assert peak_bytes(running.pid) == 0
