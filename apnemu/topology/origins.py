# SPDX-License-Identifier: BSD-3-Clause
"""Declarations that several formats share: names, prose, the version, and where figures come from."""

from __future__ import annotations

from apnemu.model import naming
from apnemu.topology.shapes import Key, ListOf, Number, Record, Text, may, must

NAME = Text(
    pattern=r"[a-z][a-z0-9-]{0,30}",
    limit="it must begin with a letter a-z and go on with at most 30 of a-z, 0-9 and -",
    hint="rename it, for example osaka-2",
)
TITLE = Text(
    pattern=r"[A-Za-z0-9][A-Za-z0-9_.-]{0,62}",
    limit="it must begin with a letter or digit and go on with at most 62 of A-Z, a-z, 0-9, _, . and -",
    hint="choose another name, for example t-o-2",
)
LABEL = Text(
    pattern=naming.LABEL,
    limit=f"it must be text of 1 to {naming.LONGEST_LABEL} characters, in any script, without control characters, those"
    " that turn the direction of writing, and spaces at its ends",
    hint="write what people call it, for example label: 東京",
)
PROSE = Text(pattern=r"(?s).*\S.*", limit="it must be text", hint="say it in words, in quotes")
VERSION = must(
    Number(low=1, high=1, decimals=0, hint="this apnemu reads version 1; write apnemu: 1"),
    "version of the format",
    fills="",
)


def figures(makes: type | None, *, fills: str = "source", meaning: str = "", hint: str = "", **keys: Key) -> Record:
    """A mapping of figures and, under `source`, where they come from, which `fills` an attribute or none ("")."""
    source = must(PROSE, "where the figures come from", fills=fills)
    return Record(makes=makes, keys={**keys, "source": source}, meaning=meaning, hint=hint)


INFERRED = ListOf(item=PROSE, noun="word", least=0, most=100, hint="list what was not in the source")
ABOUT = Record(
    keys={
        "source": may(PROSE, "where the data comes from", default="not stated"),
        "licence": may(PROSE, "terms under which the source may be used", default="not stated"),
        "inferred": may(INFERRED, "what was worked out or invented", default=()),
        "note": may(PROSE, "what else a reader should know", fills=""),
    },
    hint="say where the data comes from: about: {source: ..., licence: ..., inferred: [...]}",
)
