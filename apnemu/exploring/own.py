# SPDX-License-Identifier: BSD-3-Clause
"""Invariants of somebody's own: subclasses of `invariants.Invariant` in a Python file."""

from __future__ import annotations

import runpy
from functools import lru_cache

from apnemu.errors import InputError
from apnemu.exploring.invariants import Invariant


@lru_cache
def load_own(file: str) -> int:
    """Load a file, whose invariants are then looked at beside apnemu's; returns how many it has.

    Raises:
        InputError: it is no Python, or declares no invariant.
    """
    before = len(Invariant.all)
    try:
        runpy.run_path(file)
    except Exception as error:
        raise InputError(f"it cannot be loaded: {type(error).__name__}: {error}", file=file) from error
    found = Invariant.all[before:]
    if not found:
        raise InputError(
            "it declares no invariant; write class Mine(Invariant) with name, meaning and broken(view)", file=file
        )
    for one in found:
        for key in ("name", "meaning"):
            if not isinstance(getattr(one, key, None), str):
                raise InputError(f"{type(one).__name__} has no {key}; give it one, as text", file=file)
    return len(found)
