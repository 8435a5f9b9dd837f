# SPDX-License-Identifier: BSD-3-Clause
"""Public sets of networks by name, out of a package that is installed: `topohub:sndlib/polska`. Nothing is fetched."""

from __future__ import annotations

import re
from importlib.util import find_spec
from pathlib import Path

from apnemu.errors import InputError

PREFIX = "topohub:"
NAME = re.compile(r"[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)+")
SHOWN = 8


def public_file(name: str) -> Path:
    """The file of a network by its name behind the prefix. Raises InputError where there is none, or no package."""
    spec = find_spec("topohub")
    if spec is None or not spec.submodule_search_locations:
        raise InputError(
            "the package topohub is not installed; get it with pip install 'apnemu[data]'", file=PREFIX + name
        )
    data = Path(next(iter(spec.submodule_search_locations))) / "data"
    file = data / f"{name}.json"
    if NAME.fullmatch(name) and file.is_file():
        return file
    beside = (
        data / name.rpartition("/")[0] if NAME.fullmatch(name) and (data / name.rpartition("/")[0]).is_dir() else data
    )
    known = sorted(
        f"{each.relative_to(data).with_suffix('')}{'/...' if each.is_dir() else ''}"
        for each in beside.iterdir()
        if not each.name.startswith("_")
    )
    more = f" and {len(known) - SHOWN} others" if len(known) > SHOWN else ""
    raise InputError(f"topohub has no such network; known there: {', '.join(known[:SHOWN])}{more}", file=PREFIX + name)
