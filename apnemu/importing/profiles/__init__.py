# SPDX-License-Identifier: BSD-3-Clause
"""Profiles of areas out of files that grid operators, exchanges and providers publish; all local habits end here.

`sheet` turns a file into lines of cells, whatever its encoding; `figures` reads numbers, units and blanks, `clock`
dates and the labels of slots, `places` names of areas and ties. A kind of file reads one of them: `area_csv` (the ten
Japanese areas' supply and demand), `occto` (what ties carry), `jepx` (spot prices), `entsoe` (Transparency Platform),
`electricitymaps` (carbon intensity). `gathered` puts all files together and refuses gaps and contradictions, `written`
writes them as a profile of ours. `wishes` holds what a person says of files that do not say it. `joined`
puts profiles of ours together.

What cannot be read is refused with file and line, in place of a guess; nothing is filled, stretched or averaged.

It is a room of `importing` and not of `topology`, since it reads other people's forms: `topology` reads ours alone, and
is a room that a guest may import.

Rejected: pandas (it guesses: blanks become 0 or NaN, 1/4 a date, and lines are lost); forms told by their content (a
file of one kind that lost a column would be read as another).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from apnemu.errors import InputError
from apnemu.importing.profiles.area_csv import read_area_csv
from apnemu.importing.profiles.electricitymaps import read_electricitymaps
from apnemu.importing.profiles.entsoe import read_entsoe
from apnemu.importing.profiles.gathered import Gathered, Table
from apnemu.importing.profiles.jepx import read_jepx
from apnemu.importing.profiles.joined import join_profiles
from apnemu.importing.profiles.occto import read_occto
from apnemu.importing.profiles.sheet import Sheet, read_sheet
from apnemu.importing.profiles.wishes import Wishes
from apnemu.importing.profiles.written import write_table

__all__ = ["KINDS", "Table", "Wishes", "import_profile", "join_profiles", "write_table"]

KINDS: dict[str, Callable[[Sheet, Wishes, Gathered], None]] = {
    "area_csv": read_area_csv,
    "occto": read_occto,
    "jepx": read_jepx,
    "entsoe": read_entsoe,
    "electricitymaps": read_electricitymaps,
}
"""Kinds of files, each with its reader, which puts what it finds into what was gathered so far."""


def import_profile(kind: str, files: Sequence[Path], wishes: Wishes) -> Table:
    """The profile in some files of one kind. Raises InputError: file, line, what, the way out, for what is none."""
    if kind not in KINDS:
        raise InputError(f"kind is '{kind}'; it must be {' or '.join(KINDS)}", file="KIND")
    gathered = Gathered(thing="tie" if kind == "occto" else "area")
    for file in files:
        KINDS[kind](read_sheet(file), wishes, gathered)
    return gathered.table()
