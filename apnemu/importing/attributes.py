# SPDX-License-Identifier: BSD-3-Clause
"""Words under which forms that prescribe none (GraphML, GML, node-link, CSV, GeoJSON) keep what a topology has keys
for.

Words are compared without case, spaces and underscores. What has no word here is counted as dropped.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, get_args

from apnemu.importing.sketch import Sketch
from apnemu.model.plant import SiteKind
from apnemu.topology.format import RATE_GBPS
from apnemu.topology.shapes import Number
from apnemu.units import bps_to_gbps, ms_to_ns

LABEL = ("label", "name", "title")
PLACE = {
    "lat": ("lat", "latitude", "lattitude", "geolat"),
    "lon": ("lon", "lng", "long", "longitude", "geolon", "geolong"),
}
NODE = {"hosts": ("hosts",), "population": ("population",), "power_mw": ("powermw",)}
LENGTH_KM = ("lengthkm", "distancekm", "distkm", "km", "kilometers", "kilometres")
LENGTH = ("length", "distance", "dist", "len")
LENGTH_M = ("lengthm", "distancem", "meters", "metres")
BACK_KM = ("backkm",)
CAPACITY_GBPS = ("capacitygbps", "bandwidthgbps", "rategbps", "gbps")
CAPACITY_BPS = ("linkspeedraw", "capacitybps", "bandwidthbps", "bps")
CAPACITY = ("capacity", "bandwidth", "bw")
KNOWN_BESIDE = ("id", "key", "source", "target", "linkspeed", "linkspeedunits")
"""Words of the forms themselves, and of the Topology Zoo for what its LinkSpeedRaw says: not counted as dropped."""


def plain(word: object) -> str:
    """A word as it is compared.

    >>> plain("Length_km"), plain("Link Speed Raw")
    ('lengthkm', 'linkspeedraw')
    """
    return re.sub(r"[^a-z0-9]", "", str(word).lower())


class Attributes:
    """What a form keeps of one node or link, by plain words; each may be taken once, and what is left is dropped."""

    def __init__(self, sketch: Sketch, what: str, held: Mapping[Any, Any], line: int | None) -> None:
        self.sketch, self.what, self.line = sketch, what, line
        self.own = {plain(name): name for name in held}
        self.held = {plain(name): value for name, value in held.items()}

    def take(self, words: tuple[str, ...]) -> Any:
        """The first value that stands under one of some words, and is something; None where there is none."""
        values = [self.held.pop(word, None) for word in words]
        return next((value for value in values if value not in (None, "")), None)

    def number(self, words: tuple[str, ...], scale: float = 1.0) -> float | None:
        """The number under one of some words, times a scale. Raises InputError where it is none."""
        name = next((self.own[word] for word in words if self.held.get(word) not in (None, "")), "")
        within = Number(low=0, high=1e18, hint="")
        value = self.sketch.number(self.take(words), f"{name} of a {self.what}", self.line, within)
        return None if value is None else value * scale

    def left(self) -> None:
        """Count what nobody took as dropped; a mapping or a list, by its name, like anything else."""
        for word, value in self.held.items():
            if value not in (None, "") and word not in KNOWN_BESIDE:
                self.sketch.drop(self.what, str(self.own[word]))


def about(sketch: Sketch, held: Mapping[str, Any], line: int | None = None) -> None:
    """Take over what apnemu's own exports say of the whole: source, licence, what was inferred, the rate of lines."""
    inferred = held.get("inferred")
    if isinstance(inferred, str) and inferred.startswith("["):
        try:
            inferred = json.loads(inferred)
        except (ValueError, RecursionError):
            inferred = []
    if isinstance(inferred, list):
        sketch.inferred += [str(each)[:500] for each in inferred[:50] if str(each).strip()]
    sketch.source = str(held.get("source") or sketch.source)
    sketch.licence = str(held.get("licence") or sketch.licence)
    sketch.line_rate_gbps = sketch.positive(held.get("line_rate_gbps"), "line_rate_gbps", line, RATE_GBPS)


def node_of(sketch: Sketch, key: object, held: Mapping[Any, Any], line: int | None, label: object = "") -> None:
    """Add a node by its attributes; `label` is what it is called where they do not say."""
    own = Attributes(sketch, "node", held, line)
    kinds = get_args(SiteKind)
    given = own.held.get("kind")
    kind = given if given in kinds else None
    if kind:
        own.take(("kind",))
    if str(own.take(("hyperedge",)) or "0") not in ("0", "False", "false"):
        kind = "exchange"
        sketch.inferred.append("kind of nodes that are hyperedges: exchange, a junction")
    sketch.node(
        key,
        line,
        name=own.held.get("name"),
        label=own.take(LABEL) or label,
        kind=kind,
        **{name: own.take(words) for name, words in (PLACE | NODE).items()},
    )
    own.left()


def link_of(
    sketch: Sketch, a: object, b: object, held: Mapping[Any, Any], line: int | None, *, one_way: bool, unit_gbps: float
) -> None:
    """Add a link by its attributes. A length without a unit is taken as km, a capacity without one as `unit_gbps`."""
    own = Attributes(sketch, "link", held, line)
    length_km = own.number(LENGTH_KM)
    if length_km is None and (length_km := own.number(LENGTH_M, 1e-3)) is None:
        length_km = own.number(LENGTH)
        if length_km:
            sketch.inferred.append("unit of lengths, which the file does not state: km")
    capacity = own.number(CAPACITY_GBPS)
    if capacity is None and (capacity := own.number(CAPACITY_BPS, bps_to_gbps(1))) is None:
        capacity = own.number(CAPACITY, unit_gbps)
        if capacity:
            sketch.inferred.append(unit_said(unit_gbps))
    delay_ms = own.number(("delayms", "latencyms"))
    sketch.link(
        a,
        b,
        line,
        one_way=one_way,
        name=own.take(("name",)),
        label=own.take(("label",)),
        length_km=length_km,
        back_km=own.number(BACK_KM),
        delay_ns=own.take(("delayns",)) or (None if delay_ms is None else ms_to_ns(delay_ms)),
        back_delay_ns=own.take(("backdelayns",)),
        group_index=own.take(("groupindex",)),
        capacity_gbps=capacity,
    )
    own.left()


def unit_said(unit_gbps: float) -> str:
    """What is said of a file that names no unit of its rates."""
    return f"unit of capacities and demands, which the file does not state: {unit_gbps:g} Gbit/s (--unit-gbps)"
