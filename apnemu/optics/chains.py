# SPDX-License-Identifier: BSD-3-Clause
"""Chains of elements between two sites of a GNPy network, and the names of its sites."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from apnemu.optics.foreign import Stands


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """Elements between two sites one way, from `out_of` to `into`; `back` has the chain the other way, if it exists."""

    source: str
    target: str
    out_of: str
    into: str
    first_fibre: str
    length_km: float
    amplifiers: int
    back: list[Chain]

    def is_back_of(self, other: Chain) -> bool:
        """Whether this chain is the way back of another, which has none yet."""
        return (self.source, self.target) == (other.target, other.source) and not other.back


def chain(stands: dict[str, Stands], sites: dict[str, str], out_of: str, after: str) -> Chain | None:
    """Follow the elements from a site to the next; None where a site's own transceiver and ROADM meet."""
    before, here = out_of, after
    passed: list[Stands] = []
    while here not in sites:
        passed.append(stands[here])
        onward = [uid for uid in stands[here].then if uid != before]
        if len(onward) != 1 or len(passed) > len(stands):
            return None
        before, here = here, onward[0]
    fibres = [stand for stand in passed if stand.kind == "fibre"]
    if not fibres:
        return None
    inside = passed[passed.index(fibres[0]) : passed.index(fibres[-1]) + 1]
    return Chain(
        source=sites[out_of],
        target=sites[here],
        out_of=out_of,
        into=here,
        first_fibre=fibres[0].uid,
        length_km=sum(fibre.length_km for fibre in fibres),
        amplifiers=sum(stand.kind == "amplifier" for stand in inside),
        back=[],
    )


def site_names(stands: Sequence[Stands]) -> dict[str, str]:
    """Name the sites, in the file's order; a transceiver and its ROADM are one site, named by the transceiver."""
    by_uid = {stand.uid: stand for stand in stands}
    names: dict[str, str] = {}
    for stand in sorted(stands, key=lambda stand: stand.kind != "transceiver"):
        if stand.kind in ("transceiver", "roadm") and stand.uid not in names:
            name = _word(stand.uid, set(names.values()))
            names[stand.uid] = name
            for after in stand.then:
                if stand.kind == "transceiver" and by_uid[after].kind == "roadm":
                    names.setdefault(after, name)
    return names


def _word(uid: str, taken: set[str]) -> str:
    """Make a site's name of a uid.

    >>> _word("trx_Malmö", set()), _word("Site_A", {"site-a"})
    ('malmo', 'site-a-2')
    """
    plain = unicodedata.normalize("NFKD", uid).encode("ascii", "ignore").decode().lower()
    word = re.sub(r"[^a-z0-9]+", "-", re.sub(r"^(trx|roadm)[^a-z0-9]+", "", plain)).strip("-")[:28] or "site"
    word = word if word[0].isalpha() else f"s{word}"[:28]
    name, number = word, 2
    while name in taken:
        name, number = f"{word}-{number}", number + 1
    return name


def way_from(chains: list[Chain], start: str) -> list[Chain] | None:
    """Turn chains in the direction in which they lead on from a site; None where they do not join."""
    here, way = start, []
    for chain in chains:
        turned = next((each for each in (chain, *chain.back) if each.source == here), None)
        if turned is None:
            return None
        way.append(turned)
        here = turned.target
    return way


def chains_between(stands: dict[str, Stands], sites: dict[str, str]) -> dict[str, Chain]:
    """Find every chain, by the name that its fibre gets; the chain the other way stands in its `back`."""
    by_fibre: dict[str, Chain] = {}
    for uid, site in sites.items():
        for after in stands[uid].then:
            new = chain(stands, sites, uid, after)
            if new is None or new.target == site:
                continue
            forth = next((known for known in by_fibre.values() if new.is_back_of(known)), None)
            if forth is not None:
                forth.back.append(new)
                continue
            name, number = f"{site}-{new.target}", 2
            while name in by_fibre:
                name, number = f"{site}-{new.target}-{number}", number + 1
            by_fibre[name] = new
    return by_fibre
