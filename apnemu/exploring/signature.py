# SPDX-License-Identifier: BSD-3-Clause
"""Signature of a failure: what two scenarios have in common that fail by the same fault, as far as one can see."""

from __future__ import annotations

import traceback
from pathlib import Path

from apnemu.exploring.judging import CONTROLLER_STANDS, BrokenError


def signature(error: BrokenError) -> str:
    """Name of the invariant; of an error in the controller's program also its class and the function that raised it."""
    cause = error.__cause__
    if error.invariant != CONTROLLER_STANDS or cause is None:
        return error.invariant
    last = traceback.extract_tb(cause.__traceback__)[-1]
    return f"{error.invariant}: {type(cause).__name__} in {Path(last.filename).stem}.{last.name}"
