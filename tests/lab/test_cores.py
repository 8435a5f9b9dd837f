# SPDX-License-Identifier: BSD-3-Clause
"""No two labs hold one core while another is free."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from apnemu.errors import GuestError
from apnemu.lab import cores


@pytest.fixture
def own_names(monkeypatch: pytest.MonkeyPatch) -> None:
    """Labs that run beside the tests hold cores too."""
    monkeypatch.setattr(cores, "PREFIX", f"apnemu-test-{os.getpid()}-")


@pytest.mark.usefixtures("own_names")
def test_the_least_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {5, 3})
    with cores.claimed() as first, cores.claimed() as second:
        assert (first, second) == (3, 5)
        with cores.claimed() as third:
            assert third == 3
            assert [(claim.core, claim.slot) for claim in cores.claims()] == [(3, 0), (3, 1), (5, 0)]
        with cores.claimed(core=5) as wanted:
            assert wanted == 5
    assert cores.claims() == []


def test_a_core_that_is_not_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {5, 3})
    with (
        pytest.raises(GuestError, match="core 4 is not one that this command may use; it may use 3, 5"),
        cores.claimed(core=4),
    ):
        pass


@pytest.mark.usefixtures("own_names")
def test_a_killed_holder_holds_nothing() -> None:
    program = (
        f"from apnemu.lab import cores; cores.PREFIX = {cores.PREFIX!r}\n"
        "with cores.claimed(): print('held', flush=True); input()"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=Path(__file__).parents[2]
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == b"held\n"
    assert len(cores.claims()) == 1
    holder.kill()
    holder.communicate()
    assert cores.claims() == []
