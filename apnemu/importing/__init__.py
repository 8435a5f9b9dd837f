# SPDX-License-Identifier: BSD-3-Clause
"""Networks in other people's forms, read as plants of ours; a form is a file of this room and its line in `FORMATS`.

`form` says what a form is and what comes of reading one; `gnpy` reads GNPy's networks. The first form that takes a file
for one of its own reads it.

`profiles` is a room of its own: what grid operators and exchanges publish of areas, slot by slot, becomes a profile.
"""

from __future__ import annotations

from pathlib import Path

from apnemu.errors import InputError
from apnemu.importing.form import Form, Imported, Wishes
from apnemu.importing.gnpy import GNPY

__all__ = ["FORMATS", "Form", "Imported", "Wishes", "read_foreign"]

FORMATS: tuple[Form, ...] = (GNPY,)
"""All forms in the order in which they are asked; GNPy's, which takes every file, is the last."""


def read_foreign(file: Path, wishes: Wishes) -> Imported:
    """The network of a file. Raises InputError for a file that is not there, or that no form takes for its own."""
    if not file.is_file():
        raise InputError(f"no such file; give a network in {_names()} form", file=str(file))
    for form in FORMATS:
        if form.takes(file):
            return form.read(file, wishes)
    raise InputError(f"no form that is known; give a network in {_names()} form", file=str(file))


def _names() -> str:
    return " or ".join(form.name for form in FORMATS)
