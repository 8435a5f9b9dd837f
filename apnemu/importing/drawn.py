# SPDX-License-Identifier: BSD-3-Clause
"""A sketch of a foreign network as plants: ids, fibre pairs, lengths, demands; and what of them nobody has said.

Lengths that a file does not have come from coordinates by the route factor of ITU-T G.826: 1.5 times the great circle
where that is below 1,000 km, 1,500 km up to 1,200, and 1.25 times beyond.

*Not modelled:* what each link can carry (a fibre of ours has no capacity; the packet network has one line rate).
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from apnemu.importing.form import Imported, Wishes, demands_of, parts_of
from apnemu.importing.sketch import Link, Sketch, Want
from apnemu.model import naming
from apnemu.model.demand import Demand
from apnemu.model.fibre import Fibre, amplifier_count
from apnemu.model.plant import Plant, Site
from apnemu.question.discovery import shipped_topology
from apnemu.topology import read_plant
from apnemu.topology.format import DEMANDS, FIBRES
from apnemu.topology.geography import great_circle_km
from apnemu.topology.origins import NAME, TITLE
from apnemu.topology.writer import located
from apnemu.units import fibre_km

LIKE = "three-sites"
"""The shipped topology whose modes, devices and packet network an imported plant gets."""
SHORTEST_KM = 1.0
"""Length of a link between two nodes at one place."""
FEW = 5
"""Most things that a note names."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A link there and, where the file has one, the link back."""

    out: Link
    back: Link | None


def drawn(sketch: Sketch, wishes: Wishes) -> Imported:
    """The plants of a sketch. Raises InputError for one that no plant can be made of."""
    like = read_plant(shipped_topology(LIKE))
    sites = _sites(sketch)
    pairs = _pairs(sketch)
    if not pairs:
        sketch.fail("no link joins two nodes; a topology needs a fibre; give a network with a link")
    if len(pairs) > FIBRES.most:
        sketch.fail(f"the file has {len(pairs)} links; a topology has at most {FIBRES.most} fibres; take a part of it")
    fibres = _fibres(sketch, pairs, sites, like, wishes)
    rates = sorted({each.capacity_gbps for each in sketch.links if each.capacity_gbps is not None})
    packet = like.packet
    if sketch.line_rate_gbps:
        packet = replace(packet.at(sketch.line_rate_gbps), as_light=False)
    elif len(rates) == 1 and all(each.capacity_gbps for each in sketch.links):
        packet = replace(packet.at(rates[0]), as_light=False)
    elif rates:
        between = f"{rates[0]:g} to {rates[-1]:g}" if rates[1:] else f"{rates[0]:g}"
        some = sum(each.capacity_gbps is not None for each in sketch.links)
        sketch.dropped.append(f"capacities of {some} links, {between} Gbit/s: a fibre has none, lines have one rate")
    whole = located(
        Plant(
            name=naming.title(sketch.name or sketch.opened.path.stem, "network"),
            source=sketch.source or f"{sketch.form} file {sketch.opened.path.name}",
            licence=sketch.licence,
            inferred=(),
            sites=tuple(sites.values()),
            fibres=fibres,
            demands=(),
            modes=like.modes,
            roadm=like.roadm,
            packet=packet,
            devices=like.devices,
            band=like.band,
        )
    )
    moved = [site.name for site, was in zip(whole.sites, sites.values(), strict=True) if site != was]
    if moved:
        sketch.dropped.append(f"coordinates of {_few(moved)}: they lie further apart than a fibre between them is long")
    asked = _demands(sketch, sites, wishes)
    parts, alone = parts_of(replace(whole, demands=asked))
    if alone:
        sketch.dropped.append(f"nodes that no link reaches: {_few(alone)}")
    lost = len(asked) - sum(len(part.demands) for part in parts)
    if lost:
        sketch.dropped.append(f"{lost} demands between parts that no link joins")
    if not sketch.wants:
        parts = tuple(_asking(sketch, part, wishes) for part in parts)
    for what, names in sketch.odd.items():
        told = (f"{name} ({number})" if number > 1 else name for name, number in sorted(names.items()))
        sketch.dropped.append(f"of {'the file' if what == 'file' else f'{what}s'}: {', '.join(told)}")
    inferred = tuple(dict.fromkeys(sketch.inferred))
    parts = tuple(replace(part, inferred=inferred) for part in parts)
    return Imported(plant=parts[0], others=parts[1:], inferred=inferred, dropped=tuple(sketch.dropped))


def _sites(sketch: Sketch) -> dict[str, Site]:
    """Sites by their nodes' keys, in the file's order."""
    named: dict[str, Site] = {}
    taken: set[str] = set()
    open_kinds = 0
    for key, node in sketch.nodes.items():
        is_id = re.fullmatch(NAME.pattern, node.name) and node.name not in taken
        name = node.name if is_id else naming.identifier(node.label, taken)
        taken.add(name)
        label = naming.label_of(node.label)
        kind = node.kind or ("exchange" if node.hosts == 0 else "edge")
        open_kinds += node.kind is None and node.hosts is None
        named[key] = Site(
            name=name,
            kind=kind,
            lat=node.lat,
            lon=node.lon,
            hosts=0 if kind == "exchange" else node.hosts or 1,
            population=node.population,
            power_mw=None if kind == "exchange" else node.power_mw,
            label="" if label == name else label,
        )
    if open_kinds:
        sketch.inferred.append(f"kind of {_all(open_kinds, len(named), 'sites')}: edge, a small data centre")
    return named


def _pairs(sketch: Sketch) -> list[Pair]:
    """Fibre pairs: of links that lead one way the first from a to b goes with the first back, and so on."""
    waiting: dict[tuple[str, str], list[int]] = defaultdict(list)
    pairs: list[Pair] = []
    alone = 0
    for link in sketch.links:
        if link.a == link.b:
            sketch.drop("link", "from a node to itself")
        elif link.one_way and waiting[link.b, link.a]:
            at = waiting[link.b, link.a].pop(0)
            pairs[at] = Pair(pairs[at].out, link)
            alone -= 1
        else:
            if link.one_way:
                waiting[link.a, link.b].append(len(pairs))
                alone += 1
            pairs.append(Pair(link, None))
    if alone:
        sketch.inferred.append(f"the way back of {alone} links that lead one way in the file: as the way there")
    return pairs


def _fibres(
    sketch: Sketch, pairs: Sequence[Pair], sites: Mapping[str, Site], like: Plant, wishes: Wishes
) -> tuple[Fibre, ...]:
    lay_ns = like.fibres[0].amplifier_delay_ns
    how: Counter[str] = Counter()
    fibres: dict[str, Fibre] = {}
    for pair in pairs:
        out, a, b = pair.out, sites[pair.out.a], sites[pair.out.b]
        back_km = pair.back.length_km if pair.back else out.back_km
        back_ns = pair.back.delay_ns if pair.back else out.back_delay_ns
        index = out.group_index or like.fibres[0].group_index
        length_km = out.length_km
        if length_km is None and out.delay_ns is not None:
            length_km, back_km = fibre_km(out.delay_ns, index), fibre_km(back_ns, index) if back_ns else None
            how["as light passes it in the delay"] += 1
        elif length_km is None and back_km is not None:
            length_km = back_km
        elif length_km is None:
            length_km = _inferred_km(sketch, out, a, b, wishes, how)
        name, label = _fibre_name(out, a, b, fibres)
        amplifiers = amplifier_count(length_km, like.span_km)
        back_amplifiers = amplifier_count(back_km or length_km, like.span_km)
        fibres[name] = Fibre(
            name=name,
            a=a.name,
            b=b.name,
            length_km=length_km,
            back_km=None if back_km == length_km else back_km,
            group_index=index,
            amplifiers=amplifiers,
            back_amplifiers=None if back_amplifiers == amplifiers else back_amplifiers,
            amplifier_delay_ns=lay_ns,
            delay_ns=out.delay_ns,
            back_delay_ns=None if back_ns == out.delay_ns else back_ns,
            loss=out.loss,
            label=label,
        )
    for why, number in how.items():
        sketch.inferred.append(f"length_km of {_all(number, len(pairs), 'fibres')}: {why}")
    return tuple(fibres.values())


def _inferred_km(sketch: Sketch, link: Link, a: Site, b: Site, wishes: Wishes, how: Counter[str]) -> float:
    """A length that the file does not have: by the coordinates, else the one that the person gives."""
    if a.is_placed and b.is_placed:
        apart_km = great_circle_km(a, b)
        if apart_km == 0:
            how[f"{SHORTEST_KM:g} km, since both ends have one place"] += 1
            return SHORTEST_KM
        how["by the coordinates, 1.5 to 1.25 times the great circle (ITU-T G.826)"] += 1
        return round(along_ground_km(apart_km), 1) or 0.1
    if wishes.length_km is None:
        which = a if not a.is_placed else b
        sketch.fail(
            f"the link from {a.said} to {b.said} has no length, and {which.said} no place to infer one from;"
            " a fibre needs length_km; give --length-km, which such links get",
            link.line,
        )
    how["as --length-km says"] += 1
    return wishes.length_km


def along_ground_km(apart_km: float) -> float:
    """Length of a line along the ground between two places, by the route factor of ITU-T G.826.

    >>> along_ground_km(100), along_ground_km(1100), along_ground_km(2000)
    (150.0, 1500.0, 2500.0)
    """
    if apart_km < 1_000:
        return apart_km * 1.5
    return 1_500.0 if apart_km < 1_200 else apart_km * 1.25


def _fibre_name(link: Link, a: Site, b: Site, taken: Mapping[str, Fibre]) -> tuple[str, str]:
    """Name and label of a fibre: the link's own name where it can be one, else those of its sites."""
    if link.name and re.fullmatch(TITLE.pattern, link.name) and link.name not in taken:
        return link.name, naming.label_of(link.label)
    name, number = f"{a.name}-{b.name}", 2
    while name in taken or (number == 2 and f"{b.name}-{a.name}" in taken):
        name, number = f"{a.name}-{b.name}-{number}", number + 1
    label = naming.label_of(link.label or link.name)
    return name, "" if label == name else label


def _demands(sketch: Sketch, sites: Mapping[str, Site], wishes: Wishes) -> tuple[Demand, ...]:
    """A demand for each pair of sites: the sum of what is asked one way, or of the other way where that is more."""
    both: dict[tuple[str, str], tuple[list[Want], list[Want]]] = {}
    for want in sketch.wants:
        ends = (want.a, want.b)
        if ends not in both and ends[::-1] in both:
            both[ends[::-1]][1].append(want)
        else:
            both.setdefault(ends, ([], []))[0].append(want)
    named: set[str] = set()
    demands = []
    for (a, b), ways in both.items():
        for end in (a, b):
            if sites[end].kind == "exchange":
                sketch.fail(
                    f"a demand ends at {sites[end].said}, which has no data centre; name another node", ways[0][0].line
                )
        sums = [sum(wishes.rate_gbps if one.rate_gbps is None else one.rate_gbps for one in way) for way in ways]
        own = [one for way in ways for one in way]
        wanted = own[0].name if len(own) == 1 and own[0].name else f"{sites[a].name}_{sites[b].name}"
        name = naming.title(wanted, "demand", named)
        named.add(name)
        demands.append(Demand(name=name, source=sites[a].name, target=sites[b].name, rate_gbps=max(sums)))
    if len(demands) > DEMANDS.most:
        sketch.fail(f"the file has {len(demands)} demands; a topology has at most {DEMANDS.most}; take a part of it")
    if len(demands) < len(sketch.wants):
        sketch.inferred.append(
            f"{len(demands)} demands of {len(sketch.wants)}: one for each pair, at the greater sum of both ways"
        )
    if any(want.rate_gbps is None for want in sketch.wants):
        sketch.inferred.append(f"rate_gbps of demands without one: {wishes.rate_gbps:g}")
    return tuple(demands)


def _asking(sketch: Sketch, part: Plant, wishes: Wishes) -> Plant:
    """The part of a network whose file asks for nothing, with demands."""
    demands = demands_of([site.name for site in part.data_centres], wishes.rate_gbps)
    sketch.inferred.append(f"demands: {wishes.rate_gbps:g} Gbit/s between sites, since the file has none")
    return replace(part, demands=demands)


def _few(names: Iterable[str]) -> str:
    first = list(names)
    return ", ".join(first[:FEW]) + (f" and {len(first) - FEW} others" if len(first) > FEW else "")


def _all(number: int, of: int, what: str) -> str:
    return f"all {what}" if number == of else f"{number} of {of} {what}"
