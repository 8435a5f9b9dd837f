# SPDX-License-Identifier: BSD-3-Clause
"""The console's log is bounded, and what the kernel says of its end is found in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from apnemu.lab import console as module
from apnemu.lab.console import Console


def test_line_ends_across_pieces(tmp_path: Path) -> None:
    console = Console(tmp_path / "log")
    for piece in (b"a\r", b"\nb\r\nc\r", b"d\r"):
        console.write(piece)
    console.close()
    assert (tmp_path / "log").read_bytes() == b"a\nb\nc\rd"
    assert console.tail() == "a | b | c | d"


def test_the_middle_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "KEPT_BYTES", 100)
    console = Console(tmp_path / "log")
    for number in range(1000):
        console.write(b"%09d\n" % number)
    console.close()
    lines = (tmp_path / "log").read_text().splitlines()
    assert lines[:10] == [f"{number:09d}" for number in range(10)]
    assert lines[11] == "[apnemu: 9800 bytes of console left out here]"
    assert lines[12:] == [f"{number:09d}" for number in range(990, 1000)]


def test_the_kernels_words(tmp_path: Path) -> None:
    console = Console(tmp_path / "log")
    console.write(b"the program said: Kernel panic - not syncing: no\r\nOut of memory: Killed pro")
    assert (console.panic, console.out_of_memory, console.no_space) == (None, None, False)
    console.write(b"cess 77 (postgres) total-vm:1kB\r\nKernel panic - not sync")
    console.write(b"ing: it broke\r\ncp: /x: No space left on device\r\n")
    assert (console.panic, console.out_of_memory, console.no_space) == ("it broke", "postgres (pid 77)", True)
    console.close()


def test_nothing_said(tmp_path: Path) -> None:
    console = Console(tmp_path / "log")
    console.write(b"Powering off.\r\nreboot: Power down\r\n\r\n")
    assert console.tail() == "(empty)"
    console.close()
    console.close()
