# SPDX-License-Identifier: BSD-3-Clause
"""A `Plant` as a topology file: what `read_plant` reads back as the same sites, fibres and demands.

Each key that fills an attribute of the model is written, unless it may be left out and the attribute holds its default.
Modes, ROADMs and the packet network are those of the default equipment when the file is read. Texts are written as they
are, in double quotes, where one word would not do.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from apnemu.model.plant import Fibre, GnpyFiles, Plant, amplifier_count
from apnemu.model.spectrum import ANCHOR_THZ, STEP_GHZ, Band
from apnemu.topology.format import DEMAND, FIBRE, GNPY, SITE, SPAN_KM, TOPOLOGY
from apnemu.topology.geography import shortest_possible_km
from apnemu.topology.origins import ABOUT, PROSE
from apnemu.topology.shapes import ByWay, Columns, ListOf, Number, Record, Shape

WORD = re.compile(r"(?!(true|false|null)$)[a-z][a-z0-9_.-]*", re.IGNORECASE)
"""Words that need no quotes in YAML."""


def topology_text(plant: Plant, *, beside: Path, notes: Iterable[str] = ()) -> str:
    """The file's text; paths of GNPy's files are written from the folder `beside` on, where they lie in it.

    `notes` are comments at its head, a line each.
    """
    plant = located(plant)
    sites = (f"{site.name}: {_flow(SITE, site, hosts='' if site.kind == 'exchange' else None)}" for site in plant.sites)
    lines = lines_of(
        TOPOLOGY,
        plant,
        apnemu="1",
        about=_block(lines_of(ABOUT, plant)),
        spectrum=_spectrum(plant),
        packet="" if plant.packet.as_light else f"{{line_rate_gbps: {plant.packet.line_rate_gbps!r}}}",
        sites=_block(sites),
        fibres=_block(f"- {_flow(FIBRE, fibre, span_km=_span_km(fibre, plant.span_km))}" for fibre in plant.fibres),
        demands=_block(f"- {_flow(DEMAND, demand)}" for demand in (*plant.demands, *plant.trees)) or "[]",
        gnpy=_block(lines_of(GNPY, _from(beside, plant.gnpy))) if plant.gnpy else "",
    )
    head = ["# Made by apnemu import.", *(f"# {_one_line(note)}" for note in notes)]
    return "\n".join([*head, *lines]) + "\n"


def _one_line(text: str) -> str:
    """A note of any text as one line that a comment of YAML may have."""
    return "".join(char if char.isprintable() else " " for char in text)


def located(plant: Plant) -> Plant:
    """The plant with places that its lengths allow: both ends of a fibre that is too short get none."""
    short = [
        fibre
        for fibre in plant.fibres
        if min(way.length_km for way in fibre.ways) < shortest_possible_km(plant.site[fibre.a], plant.site[fibre.b])
    ]
    nowhere = {site for fibre in short for site in (fibre.a, fibre.b)}
    sites = (replace(site, lat=None, lon=None) if site.name in nowhere else site for site in plant.sites)
    return replace(plant, sites=tuple(sites)) if nowhere else plant


def lines_of(record: Record, value: Any, **own: str | None) -> list[str]:
    """Each key with its text; an `own` text goes before the value's attributes, and "" leaves the key out."""
    defaults = {attribute.name: attribute.default for attribute in fields(value)}
    texts = {}
    for name, key in record.keys.items():
        attributes = key.attributes(name)
        if own.get(name) is None and attributes and defaults.keys() >= set(attributes):
            held = [getattr(value, attribute) for attribute in attributes]
            told = key.must or held not in ([key.default], [defaults[attribute] for attribute in attributes])
            texts[name] = _text(key.shape, held if len(held) > 1 else held[0]) if told else ""
        else:
            texts[name] = own.get(name) or ""
    return [f"{name}:{text if text[0] == chr(10) else f' {text}'}" for name, text in texts.items() if text]


def _text(shape: Shape, value: Any) -> str:
    """A value as one line of YAML."""
    match shape:
        case Number():
            return repr(value / shape.in_ns(1) if shape.in_ns else value).removesuffix(".0")
        case ByWay():
            out, back = (None if each is None else _text(shape.each, each) for each in value)
            return f"{out}" if back is None else f"{{out: {out}, back: {back}}}"
        case Columns():
            numbers = zip(shape.numbers.values(), value, strict=True)
            return f"[{', '.join(_text(each, number) for each, number in numbers)}]"
        case ListOf():
            return f"[{', '.join(_text(shape.item, item) for item in value)}]"
        case Record():
            return _flow(shape, value)
    return value if shape is not PROSE and WORD.fullmatch(value) else quoted(value)


def quoted(text: str) -> str:
    r"""A text in YAML's double quotes; what nobody could see in it is written out.

    >>> print(quoted('東京 "a"\n\u202e'))
    "東京 \"a\"\U0000000a\U0000202e"
    """
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(char if char.isprintable() else f"\\U{ord(char):08x}" for char in escaped) + '"'


def _flow(record: Record, value: object, **own: str | None) -> str:
    return f"{{{', '.join(lines_of(record, value, **own))}}}"


def _block(lines: Iterable[str]) -> str:
    return "".join(f"\n  {line}" for line in lines)


def _span_km(fibre: Fibre, default_km: float) -> str:
    """The spans from which, with the lengths, the reader finds the amplifiers again; "": the default span decides."""
    if all(way.amplifiers == amplifier_count(way.length_km, default_km) for way in fibre.ways):
        return ""
    low, high = SPAN_KM.low, SPAN_KM.high
    out, back = (min(max(low, way.length_km / (way.amplifiers + 1)), high) for way in fibre.ways)
    return _text(FIBRE.keys["span_km"].shape, (out, None if back == out else back))


def _spectrum(plant: Plant) -> str:
    """The spectrum; "" for the one that holds where a file has none."""
    if plant.band == Band() and not plant.gaps:
        return ""
    gaps = ", ".join(f"{{{_edges(gap)}}}" for gap in plant.gaps)
    return f"{{{_edges(plant.band)}{f', gaps: [{gaps}]' if gaps else ''}}}"


def _edges(band: Band) -> str:
    low, high = (round(ANCHOR_THZ + edge * STEP_GHZ / 1e3, 5) for edge in (band.low, band.high))
    return f"from_thz: {low!r}, to_thz: {high!r}"


def _from(beside: Path, files: GnpyFiles) -> GnpyFiles:
    """The files by their paths from a folder on, where they lie in it."""
    beside = beside.resolve()
    paths = {attribute.name: Path(getattr(files, attribute.name)).resolve() for attribute in fields(files)}
    return replace(
        files,
        **{
            name: os.path.relpath(path, beside) if path.is_relative_to(beside) else str(path)
            for name, path in paths.items()
            if getattr(files, name)
        },
    )
