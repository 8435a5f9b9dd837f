# SPDX-License-Identifier: BSD-3-Clause
"""Chains of elements between two sites of a GNPy network, which of them are one cable, and the names of its sites.

A GNPy network is directed: each way between two sites is a chain of its own. Which chain out and which chain back lie
in one cable is told by what they join and pass, not by the file's order: first the ROADMs at their ends, then elements
that both pass, then words and places that only the two have, then spans that mirror one another, last their lengths.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain as joined
from typing import TYPE_CHECKING, Final

from apnemu.model import naming

if TYPE_CHECKING:
    from apnemu.optics.foreign import Stands

LONGEST_SITE: Final = 28
"""Longest id of a site: names of fibres and demands have two of them and a number, in 63 characters."""
_KIND: Final = re.compile(
    r"(?:trx|roadm|fib(?:er|re))(?:\((?P<within>.*\S.*)\)|[\s_:.-]+(?P<after>[^\s_:.-].*))", re.I | re.S
)
"""A uid that begins with the kind of its element."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """Elements between two sites one way, from `out_of` to `into`; `back` is the chain the other way, if it exists.

    `spans_km` are the lengths of its fibres in order, `passed` the uids of all its elements, and `marks` the words of
    its fibres' uids and the places of what stands between them.
    """

    source: str
    target: str
    out_of: str
    into: str
    first_fibre: str
    spans_km: tuple[float, ...]
    amplifiers: int
    passed: tuple[str, ...]
    marks: frozenset[str]
    back: Chain | None = None

    @property
    def length_km(self) -> float:
        return sum(self.spans_km)


def chain(stands: dict[str, Stands], sites: dict[str, str], out_of: str, after: str) -> Chain | None:
    """Follow the elements from a site to the next; None where no fibre lies between, or where the way ends or forks."""
    way = _passed(stands, out_of, after)
    if way is None:
        return None
    passed, into = way
    fibres = [stand for stand in passed if stand.kind == "fibre"]
    if not fibres:
        return None
    inside = passed[passed.index(fibres[0]) : passed.index(fibres[-1]) + 1]
    words = joined.from_iterable(_words(stand.uid) for stand in inside if stand.kind in ("fibre", "other"))
    places = (f"{stand.lat:.6f} {stand.lon:.6f}" for stand in inside)
    return Chain(
        source=sites[out_of],
        target=sites[into],
        out_of=out_of,
        into=into,
        first_fibre=fibres[0].uid,
        spans_km=tuple(fibre.length_km for fibre in fibres),
        amplifiers=sum(stand.kind == "amplifier" for stand in inside),
        passed=tuple(stand.uid for stand in passed),
        marks=frozenset((*words, *places)),
    )


def _passed(stands: dict[str, Stands], out_of: str, after: str) -> tuple[list[Stands], str] | None:
    """Elements from one station, a transceiver or a ROADM, to the next, and that; None where the way ends or forks."""
    before, here = out_of, after
    passed: list[Stands] = []
    while stands[here].kind not in ("transceiver", "roadm"):
        passed.append(stands[here])
        onward = [uid for uid in stands[here].then if uid != before]
        if len(onward) != 1 or len(passed) > len(stands):
            return None
        before, here = here, onward[0]
    return passed, here


def site_names(stands: Sequence[Stands]) -> dict[str, str]:
    """Name the sites, in the file's order; transceivers and ROADMs that no fibre parts are one site, named by the first
    transceiver."""
    by_uid = {stand.uid: stand for stand in stands}
    stations = [stand for stand in stands if stand.kind in ("transceiver", "roadm")]
    building = {stand.uid: {stand.uid} for stand in stations}
    for station in stations:
        for after in station.then:
            way = _passed(by_uid, station.uid, after)
            if way is not None and all(stand.kind != "fibre" for stand in way[0]):
                merged = building[station.uid] | building[way[1]]
                building |= dict.fromkeys(merged, merged)
    names: dict[str, str] = {}
    order = {stand.uid: index for index, stand in enumerate(sorted(stations, key=lambda each: each.kind == "roadm"))}
    for uid in order:
        if uid not in names:
            own = naming.identifier(own_name(uid), set(names.values()), longest=LONGEST_SITE)
            names |= dict.fromkeys(sorted(building[uid], key=order.__getitem__), own)
    return names


def own_name(uid: str) -> str:
    """What is left of an element's uid without the word for its kind.

    >>> own_name("trx 東京"), own_name("roadm(x)"), own_name("fiber 東京-大阪"), own_name("trxA"), own_name("trx_")
    ('東京', 'x', '東京-大阪', 'trxA', 'trx_')
    """
    found = _KIND.fullmatch(uid)
    return (found["within"] or found["after"]).strip() if found else uid


def _words(uid: str) -> list[str]:
    return re.findall(r"[^\W\d_]+|\d+", uid.lower())


def way_from(chains: list[Chain], start: str) -> list[Chain] | None:
    """Turn chains in the direction in which they lead on from a site; None where they do not join."""
    here, way = start, []
    for chain in chains:
        turned = next((each for each in (chain, chain.back) if each is not None and each.source == here), None)
        if turned is None:
            return None
        way.append(turned)
        here = turned.target
    return way


def chains_between(stands: dict[str, Stands], sites: dict[str, str]) -> dict[str, Chain]:
    """Find every chain, by the name that its fibre gets; the chain of its cable the other way stands in its `back`.

    A pair of sites is named in the direction of its first chain in the file.
    """
    between: dict[frozenset[str], list[Chain]] = {}
    for uid, site in sites.items():
        for after in stands[uid].then:
            new = chain(stands, sites, uid, after)
            if new is not None and new.target != site:
                between.setdefault(frozenset((site, new.target)), []).append(new)
    by_fibre: dict[str, Chain] = {}
    for chains in between.values():
        out = [each for each in chains if each.source == chains[0].source]
        back = [each for each in chains if each.source != chains[0].source]
        for cable in _cables(out, back):
            name, number = f"{cable.source}-{cable.target}", 2
            while name in by_fibre:
                name, number = f"{cable.source}-{cable.target}-{number}", number + 1
            by_fibre[name] = cable
    return by_fibre


def _cables(out: list[Chain], back: list[Chain]) -> Iterator[Chain]:
    """Chains out, each with its chain back, in the file's order; then those back that have no chain out."""
    seen = Counter(mark for chains in (out, back) for mark in joined.from_iterable(each.marks for each in chains))
    likeness = sorted(
        (_unlike(one, other, seen), first, second) for first, one in enumerate(out) for second, other in enumerate(back)
    )
    backs: dict[int, int] = {}
    for _, first, second in likeness:
        if first not in backs and second not in backs.values():
            backs[first] = second
    for first, one in enumerate(out):
        yield replace(one, back=back[backs[first]]) if first in backs else one
    yield from (other for second, other in enumerate(back) if second not in backs.values())


def _unlike(out: Chain, back: Chain, seen: Counter[str]) -> tuple[bool, bool, int, float, float]:
    """How little a chain out and a chain back look like one cable: the smaller, the more alike.

    A mark counts if nothing else has it: it is seen twice, here and there.
    """
    own = [mark for mark in out.marks & back.marks if seen[mark] == 2]
    mirrored = len(out.spans_km) == len(back.spans_km)
    spans = zip(out.spans_km, reversed(back.spans_km), strict=False)
    return (
        (out.out_of, out.into) != (back.into, back.out_of),
        not set(out.passed) & set(back.passed),
        -len(own),
        sum(abs(one - other) for one, other in spans) if mirrored else float("inf"),
        abs(out.length_km - back.length_km),
    )
