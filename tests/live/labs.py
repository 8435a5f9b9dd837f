# SPDX-License-Identifier: BSD-3-Clause
"""`apnemu live` as a process, and the page that it serves in a browser."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.experiments.command import REPOSITORY
from tests.live.chromium import Browser, browser

CLOCK = "document.getElementById('clock').textContent"
PAUSED = "document.querySelector('.mode.paused') !== null"


class Live:
    """The command, its page's address, and the page in a browser."""

    def __init__(self, running: subprocess.Popen[str], address: str, page: Browser) -> None:
        self.running = running
        self.address = address
        self.page = page

    def listens(self) -> list[str]:
        """Addresses at which anything of the command's listens."""
        listed = subprocess.run(["ss", "-ltnpH"], capture_output=True, text=True, check=True).stdout
        return [line.split()[3] for line in listed.splitlines() if f"pid={self.running.pid}," in line]


@contextmanager
def live(folder: Path, *arguments: str) -> Iterator[Live]:
    """The command in a folder, with its page open; it is ended with the block, if it has not ended before."""
    with (folder / "errors").open("wb") as errors:
        running = subprocess.Popen(
            [sys.executable, "-m", "apnemu.cli", "live", *arguments],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
    try:
        assert running.stdout is not None
        address = running.stdout.readline().strip()
        assert address.startswith("http://127.0.0.1:"), (folder / "errors").read_text()
        with browser(folder) as page:
            page.look(width=1280, dark=False)
            page.open(address)
            page.wait_for(PAUSED)
            yield Live(running, address, page)
    finally:
        running.terminate()
        running.wait()
        assert running.stdout is not None
        running.stdout.close()
