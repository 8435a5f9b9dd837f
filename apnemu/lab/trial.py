# SPDX-License-Identifier: BSD-3-Clause
"""Trial of the lab: a guest that starts and ends, in seconds, as the runs of this user do."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Final

from apnemu import shared_folder
from apnemu.errors import ApnemuError
from apnemu.interrupts import signals_raise
from apnemu.lab import guest
from apnemu.lab.disk import disk_named
from apnemu.lab.python import guest_code, guest_folders, guest_python

MEMORY_MB: Final = 512
LONGEST_S: Final = 60
PROGRAM: Final = "import apnemu, os; os.close(os.open('/run/apnemu/tried', os.O_CREAT)); os.fork() or os._exit(0)"
"""What a run needs of a lab: Python, our code, a further process, the folder to write."""


def failure(kernel: Path) -> str | None:
    """Start a lab with this Python, our code and a folder of its own, and end it: why that failed, in a line."""
    try:
        with signals_raise(), disk_named(Path(tempfile.gettempdir())):
            place = Path(tempfile.mkdtemp(prefix="apnemu-trial-"))
            try:
                outcome = guest.run(_job(kernel, place / "run"))
            finally:
                shared_folder.remove_all(place)
    except (ApnemuError, OSError) as error:
        return " ".join(str(error).split())
    return f"its program ended with exit code {outcome.exit_code}" if outcome.exit_code else None


def _job(kernel: Path, folder: Path) -> guest.Job:
    return guest.Job(
        kernel=kernel,
        folder=folder,
        argv=(guest_python(), "-c", PROGRAM),
        environment={"PYTHONPATH": guest_code()},
        shown=guest_folders(),
        memory_mb=MEMORY_MB,
        wall_limit_s=LONGEST_S,
    )
