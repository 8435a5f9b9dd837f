# SPDX-License-Identifier: BSD-3-Clause
"""Numbers of files: thousands with commas, minus signs of all kinds, blanks in many words; and the units of columns."""

from __future__ import annotations

import math
import re

from apnemu.importing.profiles.sheet import Sheet

BLANKS = frozenset(("", "-", "--", "n/e", "n/a", "na", "nan", "null", "none", "―", "‐", "—", "*", "欠測", "..."))
"""Words for a figure that is not there, in small letters."""
NUMBER = re.compile(r"[+-]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d*)?|[+-]?\.\d+")
UNIT = re.compile(r"(億|万|千)?(g|m|k)w(h)?(?![a-z])")
TIMES = {"億": 1e8, "万": 1e4, "千": 1e3, None: 1.0}
IN_MW = {"g": 1e3, "m": 1.0, "k": 1e-3}
UNITS = ("MW", "kW", "GW", "10MW", "MWh", "kWh")
"""Units that a person may name."""


def figure(text: str) -> float | None:
    """The number in a cell; None for a blank.

    >>> figure("22,466"), figure("-3.5"), figure("▲12"), figure("n/e"), figure("\N{MINUS SIGN}7")
    (22466.0, -3.5, -12.0, None, -7.0)

    Raises:
        ValueError: the text is neither.
    """
    text = text.replace("\N{MINUS SIGN}", "-").replace(" ", "")
    if text.lower() in BLANKS:
        return None
    text = "-" + text[1:] if text[:1] in "▲△" else text
    if not NUMBER.fullmatch(text):
        raise ValueError(f"'{text[:40]}' is no number")
    return float(text.replace(",", ""))


def figure_at(sheet: Sheet, line: int, what: str, text: str) -> float | None:
    """The number in a cell; None for a blank. Raises InputError for anything else."""
    try:
        value = figure(text)
    except ValueError as error:
        sheet.fail(line, f"{what}: {error}; it must be a number or blank; get the file again")
    if value is not None and not math.isfinite(value):
        sheet.fail(line, f"{what} is {text[:40]}; it must be finite; get the file again")
    return value


def mw_per_unit(text: str, slot_s: int) -> float | None:
    """MW in one of the unit that a text names; energies are those of a slot. None where it names none.

    >>> mw_per_unit("単位[MW平均]", 1800), mw_per_unit("エリア総需要量(kWh)", 1800), mw_per_unit("(万kW)", 3600)
    (1.0, 0.002, 10.0)
    >>> mw_per_unit("10MW", 1800), mw_per_unit("太陽光", 1800)
    (10.0, None)
    """
    found = UNIT.search(text.lower())
    if found is None:
        return None
    tens = 10.0 if text.lower().startswith("10mw") else 1.0
    per_hour = 3600 / slot_s if found[3] else 1.0
    return tens * TIMES[found[1]] * IN_MW[found[2]] * per_hour


def without_unit(head: str) -> str:
    """A head without blanks, and without what stands in brackets if that is a unit.

    >>> without_unit("エリア総需要量(kWh)"), without_unit("火力(LNG)"), without_unit("需要〔MWh〕")
    ('エリア総需要量', '火力(LNG)', '需要')
    """
    return re.sub(
        r"[(\[〔【]([^)\]〕】]*)[)\]〕】]", lambda part: "" if UNIT.search(part[1].lower()) else part[0], head
    )
