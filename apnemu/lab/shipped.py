# SPDX-License-Identifier: BSD-3-Clause
"""Kernel that an installed wheel brings (`apnemu lab wheel`): looked for in the Python of this command, not imported.

It is taken by the rules of a cache: only where nobody but this user and root can have put it or can change it.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Final

from apnemu.caches import foreign_part

PACKAGE: Final = "apnemu_kernel"


def folder() -> Path | None:
    """Folder of the wheel's kernels, each in a folder with its key, as in a cache; None where no wheel is installed."""
    try:
        spec = importlib.util.find_spec(PACKAGE)
    except (ImportError, ValueError):
        return None
    return Path(spec.origin).parent if spec is not None and spec.origin else None


def refusal() -> str | None:
    """Why the wheel's kernel is not taken though one is installed, with the way out."""
    place = folder()
    if place is None:
        return None
    parts = (place, *place.glob("*/*"))
    why = next(filter(None, map(foreign_part, parts)), None)
    return why and f"the kernel of the installed wheel is not taken: {why}; chmod -R go-w {place}"
