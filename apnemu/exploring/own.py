# SPDX-License-Identifier: BSD-3-Clause
"""Invariants of somebody's own: subclasses of `invariants.Invariant` in a Python file."""

from __future__ import annotations

import runpy
from collections.abc import Iterable
from pathlib import Path

from apnemu.errors import InputError
from apnemu.exploring.invariants import OURS, Invariant

RUN_AS = "<own invariants>"


def with_own(files: Iterable[str | Path]) -> tuple[Invariant, ...]:
    """Invariants to be looked at: apnemu's, and those that the files declare, in their order.

    Raises:
        InputError: a file is no Python, or declares no invariant.
    """
    return (*OURS, *(one for file in files for one in _declared(str(file))))


def _declared(file: str) -> list[Invariant]:
    try:
        names = runpy.run_path(file, run_name=RUN_AS)
        kinds = [one for one in names.values() if isinstance(one, type) and issubclass(one, Invariant)]
        found = [kind() for kind in dict.fromkeys(kinds) if kind.__module__ == RUN_AS]
    except Exception as error:
        raise InputError(f"it cannot be loaded: {type(error).__name__}: {error}", file=file) from error
    if not found:
        raise InputError(
            "it declares no invariant; write class Mine(Invariant) with name, meaning and broken(view)", file=file
        )
    for one in found:
        for key in ("name", "meaning"):
            if not isinstance(getattr(one, key, None), str):
                raise InputError(f"{type(one).__name__} has no {key}; give it one, as text", file=file)
    return found
