"""The Python that a guest runs, by one name, and our own code as it finds it."""

from __future__ import annotations

import compileall
import sys
from contextlib import suppress
from pathlib import Path

OURS = ("apnemu", "controllers")


def guest_python() -> str:
    """This command's own interpreter, as `bin/python3` of its environment, however the command was started.

    A guest must not see whether that was `python`, `python3` or a cluster's worker: following one symbolic link more is
    one system call more, each takes virtual time, and the kernel's random numbers (BBR's, for one) follow from it.
    """
    usual = Path(sys.prefix, "bin", "python3")
    return str(usual) if usual.exists() else sys.executable


def guest_code() -> str:
    """Where a guest's Python finds our packages, each module compiled unless nothing may be written there.

    A guest that compiles asks its kernel for memory more or less often, as the name of the code's folder is longer or
    shorter, and each time is virtual time (seen: a switch's first lookups 0.5 to 2 us apart from checkout to checkout).
    """
    code = Path(__file__).parents[2]
    for package in OURS:
        with suppress(OSError):
            compileall.compile_dir(code / package, quiet=2)
    return str(code)
