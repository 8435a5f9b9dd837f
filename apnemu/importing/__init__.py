# SPDX-License-Identifier: BSD-3-Clause
"""Networks in other people's forms, read as plants of ours; a form is a file of this room and its line in `FORMATS`.

`form` says what a form is and what comes of reading one, `opened` reads somebody's file within limits, with `lined` for
JSON that knows its lines. `gnpy` reads GNPy's networks, as plants. Every other reader fills a `sketch` of nodes, links
and demands, of which `drawn` makes plants: `graphml`, `gml`, `sndlib`, `node_link`, `net2plan`, `sheets` (CSV),
`tapi`, `openroadm`, `geojson`, `mininet` (Python, over `evaluated`, `expressions`, `file_things`, `plain_values`).
`attributes` knows the words of forms that prescribe none. `public` finds networks of public sets by name.

A form is recognised by what is in a file; the first that takes it for one of its own reads it. What a reader infers,
and what it drops, is said in the topology file, on the terminal and in JSON.

`profiles` is a room of its own: what grid operators and exchanges publish of areas, slot by slot, becomes a profile.

Rejected: networkx's readers (no lines in what they refuse, XML with entities, and a second value of each network in
between; tests hold ours beside them); Mininet files executed in a lab (a minute for what reading tells at once).
"""

from __future__ import annotations

from pathlib import Path

from apnemu.errors import InputError
from apnemu.importing.form import Form, Imported, Wishes
from apnemu.importing.geojson import GEOJSON
from apnemu.importing.gml import GML
from apnemu.importing.gnpy import GNPY
from apnemu.importing.graphml import GRAPHML
from apnemu.importing.mininet import MININET
from apnemu.importing.net2plan import NET2PLAN
from apnemu.importing.node_link import NODE_LINK
from apnemu.importing.opened import Opened
from apnemu.importing.openroadm import OPENROADM
from apnemu.importing.public import PREFIX, public_file
from apnemu.importing.sheets import CSV
from apnemu.importing.sndlib import SNDLIB, SNDLIB_JSON, SNDLIB_XML
from apnemu.importing.tapi import TAPI

__all__ = ["FORMATS", "Form", "Imported", "Wishes", "is_public", "read_foreign"]

FORMATS: tuple[Form, ...] = (
    GRAPHML,
    SNDLIB_XML,
    NET2PLAN,
    SNDLIB,
    TAPI,
    OPENROADM,
    GEOJSON,
    SNDLIB_JSON,
    NODE_LINK,
    MININET,
    CSV,
    GML,
    GNPY,
)
"""All forms in the order in which they are asked; GNPy's, which takes every JSON file, is the last."""


def is_public(name: str) -> bool:
    """Whether a name is one of a public set, and no file."""
    return name.startswith(PREFIX)


def read_foreign(file: Path, wishes: Wishes, *, word: str = "") -> Imported:
    """The network of a file, or of a public set by its name; in the form of a word, else in that which it has.

    Raises:
        InputError: the file is not there, no form takes it for its own, or its form is broken.
    """
    known = ", ".join(form.word for form in FORMATS)
    if word and word not in [form.word for form in FORMATS]:
        raise InputError(
            f"there is no form {word!r}; it must be one of {known}; leave it out to have it recognised", file="--format"
        )
    if is_public(str(file)):
        opened = Opened(public_file(str(file).removeprefix(PREFIX)), str(file))
    elif not file.is_file():
        raise InputError(f"no such file; give a network in {_names()}", file=str(file))
    else:
        opened = Opened(file)
    for form in FORMATS:
        if word == form.word or (not word and form.takes(opened)):
            return form.read(opened, wishes)
    raise InputError(
        f"no form that is known; give a network in {_names()}, or name its form by --format", file=str(file)
    )


def _names() -> str:
    *others, last = (form.name for form in FORMATS)
    return f"{', '.join(others)} or {last}"
