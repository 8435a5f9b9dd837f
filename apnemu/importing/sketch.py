# SPDX-License-Identifier: BSD-3-Clause
"""A foreign network as its form tells it, before it is a plant: nodes, links, what is asked for, and what is not known.

A reader of a form fills a `Sketch`; what it holds is checked as it comes, so that a refusal has the file and the line.
`drawn` makes plants of it.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field
from typing import NoReturn

from apnemu.escapes import brief
from apnemu.importing.opened import Opened
from apnemu.model.plant import SiteKind
from apnemu.topology.disturbed_format import FIBRE_DELAY_NS
from apnemu.topology.format import DEMANDS, FIBRES, GROUP_INDEX, LENGTH_KM, RATE_GBPS, SITES
from apnemu.topology.shapes import Number

ANY = Number(low=-1e18, high=1e18, hint="")
LATITUDE, LONGITUDE = Number(low=-90, high=90, hint=""), Number(low=-180, high=180, hint="")


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A node under its own key in the file; what is None the file does not say."""

    key: str
    line: int | None
    name: str
    """Name that it is to have, where that can be an id; else one is made of its label."""
    label: str
    lat: float | None
    lon: float | None
    kind: SiteKind | None
    hosts: int | None
    population: int | None
    power_mw: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A link between two nodes, both ways or `one_way` from `a` to `b`; `name` is kept, `label` is for people."""

    a: str
    b: str
    line: int | None
    one_way: bool
    name: str
    label: str
    length_km: float | None
    back_km: float | None
    delay_ns: int | None
    back_delay_ns: int | None
    group_index: float | None
    loss: float
    capacity_gbps: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Want:
    """A rate asked for from one node to another; None: the file does not say how much."""

    a: str
    b: str
    line: int | None
    name: str
    rate_gbps: float | None


@dataclass
class Sketch:
    """What a file tells; its `inferred` and `dropped` are sentences for people, in the order in which they arose."""

    opened: Opened
    form: str
    name: str = ""
    source: str = ""
    licence: str = "not stated"
    line_rate_gbps: float | None = None
    """Rate of the packet network's lines, where the file says one for all."""
    nodes: dict[str, Node] = field(default_factory=dict)
    links: list[Link] = field(default_factory=list)
    wants: list[Want] = field(default_factory=list)
    inferred: list[str] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)
    odd: dict[str, Counter[str]] = field(default_factory=dict)
    """Attributes that a topology has no key for: of what -> name -> how many."""

    def fail(self, message: str, line: int | None = None) -> NoReturn:
        self.opened.fail(message, line)

    def node(
        self,
        key: object,
        line: int | None = None,
        *,
        name: object = "",
        label: object = "",
        lat: object = None,
        lon: object = None,
        kind: SiteKind | None = None,
        hosts: object = None,
        population: object = None,
        power_mw: object = None,
    ) -> None:
        """Add a node. A place of which one half is missing is none, and is counted as dropped."""
        own = self.key(key, "a node", line)
        if own in self.nodes:
            self.fail(f"node {brief(own)} comes twice; ids must differ; rename one", line)
        if len(self.nodes) >= SITES.most:
            self.fail(
                f"the file has more than {SITES.most} nodes; a topology has at most that; take a part of it", line
            )
        what = f"of node {brief(own)}"
        place = (
            self.number(lat, f"latitude {what}", line, LATITUDE),
            self.number(lon, f"longitude {what}", line, LONGITUDE),
        )
        if place.count(None) == 1:
            self.drop("node", "half a place")
            place = (None, None)
        whole = (
            self.number(hosts, f"hosts {what}", line, Number(low=0, high=64, hint="", decimals=0)),
            self.number(population, f"population {what}", line, Number(high=1e10, hint="")),
        )
        self.nodes[own] = Node(
            key=own,
            line=line,
            name=str(name or "").strip(),
            label=str(label).strip() or own,
            lat=place[0],
            lon=place[1],
            kind=kind,
            hosts=None if whole[0] is None else int(whole[0]),
            population=None if whole[1] is None else round(whole[1]),
            power_mw=self.number(power_mw, f"power_mw {what}", line, Number(high=100_000, hint="")),
        )

    def link(
        self,
        a: object,
        b: object,
        line: int | None = None,
        *,
        one_way: bool = False,
        name: object = "",
        label: object = "",
        length_km: object = None,
        back_km: object = None,
        delay_ns: object = None,
        back_delay_ns: object = None,
        group_index: object = None,
        loss: float = 0.0,
        capacity_gbps: object = None,
    ) -> None:
        """Add a link between two nodes that are known. A length, delay or capacity of 0 is none."""
        ends = [self.key(end, "an end of a link", line) for end in (a, b)]
        for end in ends:
            if end not in self.nodes:
                self.fail(f"a link names node {brief(end)}; there is no such node; add it, or name another", line)
        if len(self.links) >= 2 * FIBRES.most:
            self.fail(f"the file has more than {2 * FIBRES.most} links; a topology has at most half of it", line)
        what = f"of the link from {brief(ends[0])} to {brief(ends[1])}"
        lengths = [self.positive(each, f"length {what}", line, LENGTH_KM) for each in (length_km, back_km)]
        delays = [self.positive(each, f"delay {what}", line, FIBRE_DELAY_NS) for each in (delay_ns, back_delay_ns)]
        self.links.append(
            Link(
                a=ends[0],
                b=ends[1],
                line=line,
                one_way=one_way,
                name=str(name or "").strip(),
                label=str(label or "").strip(),
                length_km=lengths[0],
                back_km=lengths[1],
                delay_ns=None if delays[0] is None else round(delays[0]),
                back_delay_ns=None if delays[1] is None else round(delays[1]),
                group_index=self.number(group_index, f"group index {what}", line, GROUP_INDEX),
                loss=loss,
                capacity_gbps=self.positive(capacity_gbps, f"capacity {what}", line, Number(high=math.inf, hint="")),
            )
        )

    def want(self, a: object, b: object, rate_gbps: object, line: int | None = None, *, name: object = "") -> None:
        """Add a demand from one node to another; one of nothing, or from a node to itself, is dropped."""
        ends = [self.key(end, "an end of a demand", line) for end in (a, b)]
        for end in ends:
            if end not in self.nodes:
                self.fail(f"a demand names node {brief(end)}; there is no such node; add it, or name another", line)
        if len(self.wants) >= 10 * DEMANDS.most:
            self.fail(f"the file has more than {10 * DEMANDS.most} demands; take a part of it", line)
        what = f"rate of the demand from {brief(ends[0])} to {brief(ends[1])}"
        rate = self.number(rate_gbps, what, line, Number(high=RATE_GBPS.high, hint=""), "give another --unit-gbps")
        if ends[0] == ends[1] or rate == 0:
            self.drop("demand", "nothing asked for" if rate == 0 else "from a node to itself")
            return
        self.wants.append(Want(a=ends[0], b=ends[1], line=line, name=str(name or "").strip(), rate_gbps=rate))

    def drop(self, what: str, name: str, number: int = 1) -> None:
        """Count something of a node, link or demand that a topology has no place for."""
        self.odd.setdefault(what, Counter())[name[:60]] += number

    def key(self, value: object, what: str, line: int | None) -> str:
        """A node's id as text: a word, or a whole number."""
        if isinstance(value, str) and value.strip():
            return value.strip()
        if isinstance(value, int | float) and not isinstance(value, bool):
            return str(value)
        self.fail(f"{what} has {brief(value)} as its id; it must be a word or a number; give one", line)

    def positive(self, value: object, what: str, line: int | None, within: Number) -> float | None:
        """A number as `number` gives it; 0 is as good as nothing."""
        return self.number(value, what, line, Number(high=within.high, hint="")) or None

    def number(
        self, value: object, what: str, line: int | None, within: Number, way_out: str = "mend it, or take it out"
    ) -> float | None:
        """The number that a value is or spells, within limits; None for nothing."""
        if value is None or (isinstance(value, str) and not value.strip()):
            return None
        try:
            number = math.nan if isinstance(value, bool) or "_" in str(value) else float(str(value))
        except ValueError:
            number = math.nan
        if not within.low <= number <= within.high or (math.isinf(number)):
            self.fail(
                f"{what} is {brief(value)}; it must be a number from {within.low:g} to {within.high:g}; {way_out}",
                line,
            )
        return number
