# SPDX-License-Identifier: BSD-3-Clause
"""What parties keep to themselves, and what a planner goes without: fields of a setting, and who hides what."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from apnemu.model.power import Power

NOTHING = "nothing"
FIELDS = ("jobs", "ranges", "cost", "feeders", "weather", "demand", "compute")
"""What may be hidden: by data centres jobs, ranges, cost and coming compute demand, by grid operators the rest."""
OF_OPERATORS = ("feeders", "weather", "demand")
INPUTS = {"weather": ("solar_mw", "wind_mw", "curtailed_mw"), "demand": ("demand_mw",), "compute": ()}
"""Inputs of a plan, and the quantities of the profile that they are; compute demand is of the agents."""


def fields(text: str) -> tuple[str, ...]:
    """Fields that a text of a setting names, joined by +.

    >>> fields("cost+jobs"), fields("nothing")
    (('jobs', 'cost'), ())

    Raises:
        ValueError: one is none of them, or comes twice.
    """
    named = [] if text == NOTHING else text.split("+")
    for name in named:
        if name not in FIELDS or named.count(name) > 1:
            raise ValueError(f"hide is {text}; it is {NOTHING}, or some of {', '.join(FIELDS)} joined by +, each once")
    return tuple(name for name in FIELDS if name in named)


def with_nothing(asked: Sequence[str]) -> tuple[str, ...]:
    """Days that are to be played: that on which nothing is hidden first, since the others are held beside it.

    >>> with_nothing(["jobs", "cost"]), with_nothing([])
    (('nothing', 'jobs', 'cost'), ('nothing',))
    """
    return tuple(dict.fromkeys((NOTHING, *("+".join(fields(text)) or NOTHING for text in asked))))


def hidden_by(power: Power, party: str, asked: Collection[str]) -> frozenset[str]:
    """What a party hides: by the power file, and, of what its role has, by the setting."""
    known = next((each for each in power.parties if each.name == party), None)
    operator = party in {area.tso or f"tso-{area.name}" for area in power.areas}
    of_file = frozenset() if known is None else frozenset("feeders" if name == "base" else name for name in known.hides)
    return of_file | {name for name in asked if (name in OF_OPERATORS) == operator}


def unknown(power: Power, area: str, hide: Collection[str], drop: Collection[str]) -> frozenset[str]:
    """Inputs of a plan about an area of which yesterday's slot alone is known."""
    operator = power.area[area].tso or f"tso-{area}"
    return (hidden_by(power, operator, hide) | frozenset(drop)) & INPUTS.keys()
