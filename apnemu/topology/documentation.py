# SPDX-License-Identifier: BSD-3-Clause
"""The reference of a file format in Markdown, made from its declaration.

`docs/topology-format.md` is `text()` written out; a test compares the two.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields

from apnemu.topology.equipment_format import EQUIPMENT
from apnemu.topology.format import TOPOLOGY
from apnemu.topology.power_format import POWER
from apnemu.topology.profile_format import AREA_PROFILE, FEED_PROFILE, FEEDER_PROFILE, TIE_PROFILE
from apnemu.topology.shapes import Columns, Either, Key, ListOf, MapOf, Record, Shape, Text
from apnemu.topology.size_classes import SIZE_CLASSES

PREFACE = """\
Made from the declarations in `{room}`, to which a test holds it. A file is plain YAML 1.2 in UTF-8: no anchors, no
tags, no key twice, no key that is not listed here. What is wrong is refused in one line with the file, the line, the
value, the limit and the way out. Units are in the names of the keys.
"""


def text() -> str:
    """The reference of topologies, equipment, power and size classes."""
    profiles = {"Areas": AREA_PROFILE, "Feeders": FEEDER_PROFILE, "Ties": TIE_PROFILE, "Feeds": FEED_PROFILE}
    chapters = {
        "Topology": TOPOLOGY,
        "Equipment": EQUIPMENT,
        "Power": POWER,
        **{f"Profile of {name.lower()}": record for name, record in profiles.items()},
        "Size classes": SIZE_CLASSES,
    }
    return page("Topology files and what belongs to them", "apnemu/topology", chapters)


def page(title: str, room: str, chapters: dict[str, Record]) -> str:
    """A page with a section for each mapping of each format, the outermost first."""
    sections = (section for name, record in chapters.items() for section in _sections(name, record))
    return "\n".join([f"# {title}\n", PREFACE.format(room=room), *sections])


def _sections(place: str, record: Record) -> Iterator[str]:
    yield "\n".join(_section(place, record))
    for name, key in record.keys.items():
        inner = _inner(key.shape)
        if inner is not None:
            yield from _sections(f"{place}: {name}", inner)


def _section(place: str, record: Record) -> Iterator[str]:
    yield f"## {place}\n"
    yield from (f"{paragraph}\n" for paragraph in (record.meaning, record.hint and f"*{record.hint}*") if paragraph)
    yield "| key | values | left out | meaning |"
    yield "|---|---|---|---|"
    for name, key in record.keys.items():
        yield f"| `{name}` | {_values(key.shape, f'{place}: {name}')} | {_left_out(name, key, record)} | {told(key)} |"
    if record.either:
        ways = "; ".join(" with ".join(f"`{key}`" for key in group) for group in record.either)
        yield f"\nExactly one of these must be there: {ways}."
    yield ""


def told(key: Key) -> str:
    """The meaning of a key, and the hint of its values where it is not the same for every text."""
    hint = "" if isinstance(key.shape, Text | Record) else key.shape.hint
    return "; ".join(filter(None, (key.meaning, hint)))


def _inner(shape: Shape) -> Record | None:
    """The mapping that a value, or each of its items, is; it has a section of its own."""
    item = shape.item if isinstance(shape, ListOf | MapOf) else shape
    return item if isinstance(item, Record) else None


def _values(shape: Shape, place: str) -> str:
    link = f"[a mapping](#{place.lower().replace(':', '').replace(' ', '-')})"
    if isinstance(shape, Record):
        return link
    if isinstance(shape, Either):
        return ", or ".join(_values(each, place) for each in shape.shapes)
    if isinstance(shape, Columns):
        each = (f"{name} ({number.limit.removeprefix('it must be ')})" for name, number in shape.numbers.items())
        return f"a list of {len(shape.numbers)} numbers: {', '.join(each)}"
    limit = shape.limit.removeprefix("it must be ").replace("it must", "text; it must")
    if isinstance(shape, ListOf) and isinstance(shape.item, Columns):
        return f"{limit}, each {_values(shape.item, place)}"
    return limit if _inner(shape) is None else f"{limit}, each {link}"


def _left_out(name: str, key: Key, record: Record) -> str:
    """The value that holds where the key is left out, in words."""
    if key.must:
        return "must be there"
    defaults = {attribute.name: attribute.default for attribute in fields(record.makes)} if record.makes else {}
    held = (key.otherwise, key.default, *(defaults.get(attribute) for attribute in key.attributes(name)))
    return next((str(value) for value in held if isinstance(value, str | int | float) and value), "none")
