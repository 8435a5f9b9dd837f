"""The Python that a guest runs, and our own code as it finds it: by the same names on every machine.

A guest's clock counts system calls, and its kernel's random numbers (BBR's, for one) follow from the clock. A longer
name, a symbolic link more, a module that has to be compiled: each moves how often Python looks at folders or asks for
memory (seen: a switch's first lookups 0.5 to 2 us apart from checkout to checkout).
"""

from __future__ import annotations

import compileall
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

OURS = ("apnemu", "controllers")
CODE, ENVIRONMENT = "code", "python"
"""Names under /run."""


def guest_python() -> str:
    """This command's own interpreter, however the command was started: `python3` of its environment.

    Of an environment by the name that `guest_folders` gives it; Debian's own Python keeps its own.
    """
    if sys.prefix != sys.base_prefix:
        return f"/run/{ENVIRONMENT}/bin/python3"
    usual = Path(sys.prefix, "bin", "python3")
    return str(usual) if usual.exists() else sys.executable


def guest_code() -> str:
    """The folder in which a guest's Python finds our packages."""
    return f"/run/{CODE}"


def guest_folders() -> Mapping[str, Path]:
    """What a guest is to be shown for both; each of our modules is compiled, unless nothing may be written there."""
    code = Path(__file__).parents[2]
    for package in OURS:
        with suppress(OSError):
            compileall.compile_dir(code / package, quiet=2)
    found = {f"{CODE}/{package}": code / package for package in OURS}
    return found | ({ENVIRONMENT: Path(sys.prefix)} if sys.prefix != sys.base_prefix else {})
