# SPDX-License-Identifier: BSD-3-Clause
"""An optics file (`topologies/equipment/optics/NAME.yaml`) -> checked `Optics`."""

from __future__ import annotations

from pathlib import Path

from apnemu.optics.equipment import FibreType, Optics
from apnemu.optics.format import OPTICS
from apnemu.topology.equipment import SHIPPED
from apnemu.topology.parse import read_file


def read_optics(path: str | Path | None = None) -> Optics:
    """The optics of a file; without one, those that come with apnemu.

    Raises:
        InputError: one line, `FILE:LINE: what, the value, the limit, the way out`.
    """
    entry = read_file(SHIPPED / "optics" / "default.yaml" if path is None else Path(path), OPTICS)
    types = {kind.name: kind for kind in entry.several("fibre_types", FibreType)}
    wanted = entry.text("fibre_type")
    if wanted not in types:
        way_out = "add it to fibre_types, or name another"
        entry.fail("fibre_type", f"fibre_type is {wanted!r}; it must be one of {', '.join(types)}; {way_out}")
    return entry.made(Optics, fibre=types[wanted])
