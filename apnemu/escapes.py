# SPDX-License-Identifier: BSD-3-Clause
"""Texts of others, as a terminal may show them."""

from __future__ import annotations

import re
from typing import Final

_CONTROLS: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""Control characters, those that turn the direction of writing, and halves of characters."""


def printable(text: str, keep: str = "") -> str:
    r"""Text with control characters written out, since a terminal would obey them; those of `keep` stay.

    >>> print(printable("a\x1b]0;x\x07b\n\udcff\u202e"))
    a\x1b]0;x\x07b\x0a\udcff\u202e
    """
    return _CONTROLS.sub(lambda found: found[0] if found[0] in keep else _written_out(found[0]), text)


def _written_out(char: str) -> str:
    return f"\\x{ord(char):02x}" if ord(char) < 256 else f"\\u{ord(char):04x}"


def brief(value: object) -> str:
    """A value of somebody's file as a message names it: on one line, and of at most 60 characters.

    >>> brief("a" * 80) == repr("a" * 57 + "..."), brief([1, 2]), brief(None), brief(0.25)
    (True, 'a list', 'nothing', '0.25')
    """
    match value:
        case None:
            return "nothing"
        case dict():
            return "a mapping"
        case list():
            return "a list"
        case str():
            return repr(value if len(value) <= 60 else f"{value[:57]}...")
    text = str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
