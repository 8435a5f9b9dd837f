# SPDX-License-Identifier: BSD-3-Clause
"""Libraries that daemons preload: C files of this room, compiled in the lab, with the environment that names them."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from apnemu.errors import LabError

FOLDER = Path("/run/apnemu-preloaded")


def preloading(name: str) -> dict[str, str]:
    """The environment of a daemon that preloads `name.c`, which is compiled unless it is there.

    Raises LabError where there is no gcc, or it fails.
    """
    library = FOLDER / f"{name}.so"
    if not library.exists():
        FOLDER.mkdir(parents=True, exist_ok=True)
        source = Path(__file__).with_name(f"{name}.c")
        command = ["gcc", "-O1", "-shared", "-fPIC", "-o", str(library), str(source)]
        try:
            done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)
        except OSError as error:
            why = f"gcc cannot be run on {source.name}: {error.strerror}; apt-get install build-essential"
            raise LabError(why) from error
        if done.returncode:
            raise LabError(f"gcc ended with {done.returncode} on {source.name}: {' '.join(done.stderr.split())[:300]}")
    return {**os.environ, "LD_PRELOAD": str(library)}
