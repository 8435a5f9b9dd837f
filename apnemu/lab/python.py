"""The Python that a guest runs, by one name."""

from __future__ import annotations

import sys
from pathlib import Path


def guest_python() -> str:
    """This command's own interpreter, as `bin/python3` of its environment, however the command was started.

    A guest must not see whether that was `python`, `python3` or a cluster's worker: following one symbolic link more is
    one system call more, each takes virtual time, and the kernel's random numbers (BBR's, for one) follow from it.
    """
    usual = Path(sys.prefix, "bin", "python3")
    return str(usual) if usual.exists() else sys.executable
