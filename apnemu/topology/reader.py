"""YAML -> checked `Plant`: parse, resolve, use. Defaults come from the equipment file and are filled in here alone."""

from __future__ import annotations

import difflib
import logging
from pathlib import Path

from apnemu.model.plant import Fibre, GnpyFiles, Plant, Site, amplifier_count
from apnemu.model.spectrum import ANCHOR_THZ, STEP_GHZ, Band
from apnemu.topology.demands import read_demands
from apnemu.topology.document import load_document
from apnemu.topology.equipment import Equipment, find_equipment, known_equipment, read_equipment
from apnemu.topology.format import TOPOLOGY
from apnemu.topology.geography import great_circle_km, shortest_possible_km
from apnemu.topology.packet import read_packet
from apnemu.topology.parse import Parser
from apnemu.topology.scenario import read_scenario
from apnemu.topology.shapes import Entry

log = logging.getLogger(__name__)


def read_plant(path: str | Path) -> Plant:
    """The plant that a topology file describes.

    Raises:
        InputError: one line, `FILE:LINE: what, the value, the limit, the way out`, FILE as given. The first thing wrong
            is reported: syntax, then each key in the file's order, then what keys say about one another.
    """
    parser = Parser(str(path))
    entry = parser.document(load_document(Path(path), str(path)), TOPOLOGY, "apnemu")
    equipment = _equipment(entry, parser, Path(path).parent)
    sites = tuple(_site(site, name, parser) for name, site in entry.entry("sites").values.items())
    fibres = _fibres(entry, sites, equipment, parser)
    _refuse_islands(entry, sites, fibres, parser)
    about = entry.entry("about")
    demands, trees = read_demands(entry, sites, parser)
    return Plant(
        name=entry.text("name"),
        source=about.text("source", "not stated"),
        licence=about.text("licence", "not stated"),
        inferred=about.texts("inferred"),
        sites=sites,
        fibres=fibres,
        demands=demands,
        trees=trees,
        splitter=equipment.splitter,
        subcarriers=equipment.subcarriers,
        modes=equipment.modes,
        roadm=equipment.roadm,
        packet=read_packet(entry.entry("packet"), equipment, parser),
        band=_band(entry, parser),
        gnpy=_gnpy(entry, parser, Path(path).parent),
        span_km=equipment.span_km,
        devices=equipment.devices,
        scenario=read_scenario(entry, sites, fibres, parser),
    )


def input_files(path: str | Path) -> tuple[Path, ...]:
    """The files that `read_plant` takes the plant from: the topology and its equipment. Raises InputError."""
    parser = Parser(str(path))
    entry = parser.document(load_document(Path(path), str(path)), TOPOLOGY, "apnemu")
    equipment = find_equipment(entry.text("equipment", "default"), Path(path).parent)
    gnpy = _gnpy(entry, parser, Path(path).parent)
    foreign = (gnpy.network, gnpy.equipment, gnpy.sim_params) if gnpy else ()
    return tuple(filter(None, (Path(path), equipment, *(Path(file) for file in foreign if file))))


def _gnpy(entry: Entry, parser: Parser, beside: Path) -> GnpyFiles | None:
    """GNPy's files, their paths from the topology file's own folder; None where it names none."""
    if "gnpy" not in entry:
        return None
    named = entry.entry("gnpy")
    found = {}
    for key in named.values:
        path = (beside / named.text(key)).resolve()
        if not path.is_file():
            parser.fail(
                named.line_of(key),
                f"{key} is {named.text(key)!r}; there is no such file ({path}); put it there, or import again",
            )
        found[key] = str(path)
    return GnpyFiles(**found)


def _equipment(entry: Entry, parser: Parser, beside: Path) -> Equipment:
    name = entry.text("equipment", "default")
    path = find_equipment(name, beside)
    if path is None:
        known = ", ".join(known_equipment(beside)) or "none"
        parser.fail(
            entry.line_of("equipment"),
            f"equipment is {name!r}; there is no equipment/{name}.yaml; write one beside this file, or one of: {known}",
        )
    log.info("%s: what the file leaves open comes from %s", parser.file, path)
    return read_equipment(path)


def _site(entry: object, name: str, parser: Parser) -> Site:
    assert isinstance(entry, Entry)
    kind = entry.text("kind")
    if kind == "exchange":
        for key in ("power_mw", "hosts"):
            if key in entry:
                parser.fail(
                    entry.line_of(key),
                    f"{key} of {entry.what} is given; an exchange has no data centre; take it out or change the kind",
                )
    return Site(
        name=name,
        kind=kind,  # type: ignore[arg-type]  # the format allows only the four words
        lat=entry.number("lat"),
        lon=entry.number("lon"),
        power_mw=entry.number("power_mw") if "power_mw" in entry else None,
        population=entry.whole("population") if "population" in entry else None,
        hosts=0 if kind == "exchange" else entry.whole("hosts", 1),
    )


def _fibres(entry: Entry, sites: tuple[Site, ...], equipment: Equipment, parser: Parser) -> tuple[Fibre, ...]:
    by_name = {site.name: site for site in sites}
    fibres: dict[str, Fibre] = {}
    pairs: dict[frozenset[str], str] = {}
    for item in entry.entries("fibres"):
        a, b = (known_site(end, by_name, item, "between", parser) for end in item.texts("between"))
        if a == b:
            parser.fail(
                item.line_of("between"),
                f"{item.what} leads from {a.name} to itself; its two ends must differ; name another site",
            )
        pair = frozenset((a.name, b.name))
        if pair in pairs and "name" not in item:
            parser.fail(
                item.line,
                f"{item.what} is a second fibre between {a.name} and {b.name}, beside {pairs[pair]}; fibres side by"
                f" side need names of their own; add name: {a.name}-{b.name}-2, or take it out",
            )
        fibre = _fibre(item, a, b, equipment, parser)
        if fibre.name in fibres:
            parser.fail(
                item.line_of("name"), f"fibre name {fibre.name!r} comes twice; names must differ; give it another name"
            )
        fibres[fibre.name] = fibre
        pairs.setdefault(pair, fibre.name)
    return tuple(fibres.values())


def _fibre(item: Entry, a: Site, b: Site, equipment: Equipment, parser: Parser) -> Fibre:
    length_km = item.number("length_km")
    least_km = shortest_possible_km(a, b)
    if length_km < least_km:
        parser.fail(
            item.line_of("length_km"),
            f"length_km of {item.what} is {length_km:g}; {a.name} and {b.name} lie {great_circle_km(a, b):.1f} km apart"
            f" over ground, so it must be at least {least_km:.1f} (3 % and 10 km allowed); give km of fibre, or mend"
            " the sites' lat and lon",
        )
    span_km = item.number("span_km", equipment.span_km)
    return Fibre(
        name=item.text("name", f"{a.name}-{b.name}"),
        a=a.name,
        b=b.name,
        length_km=length_km,
        group_index=item.number("group_index", equipment.group_index),
        amplifiers=amplifier_count(length_km, span_km),
        amplifier_delay_ns=equipment.amplifier_delay_ns,
        risks=_risks(item, parser),
    )


def _risks(item: Entry, parser: Parser) -> tuple[str, ...]:
    risks = item.texts("risks")
    for risk in risks:
        if risks.count(risk) > 1:
            parser.fail(
                item.line_of("risks"), f"risks of {item.what} names {risk} twice; each is shared once; take one out"
            )
    return risks


def known_site(name: str, sites: dict[str, Site], item: Entry, key: str, parser: Parser) -> Site:
    """The site of that name; refused with the nearest known name if there is none."""
    if name not in sites:
        near = difflib.get_close_matches(name, sites, n=1)
        hint = f"did you mean {near[0]}?" if near else "add it under sites, or name one of them"
        parser.fail(item.line_of(key), f"{key} of {item.what} names {name!r}; there is no such site; {hint}")
    return sites[name]


def _refuse_islands(entry: Entry, sites: tuple[Site, ...], fibres: tuple[Fibre, ...], parser: Parser) -> None:
    neighbours: dict[str, list[str]] = {site.name: [] for site in sites}
    for fibre in fibres:
        neighbours[fibre.a].append(fibre.b)
        neighbours[fibre.b].append(fibre.a)
    reached = {sites[0].name}
    waiting = [sites[0].name]
    while waiting:
        for name in neighbours[waiting.pop()]:
            if name not in reached:
                reached.add(name)
                waiting.append(name)
    for site in sites:
        if site.name not in reached:
            fact = f"no fibre leads from {sites[0].name} to it" if neighbours[site.name] else "no fibre reaches it"
            parser.fail(
                entry.entry("sites").line_of(site.name),
                f"site {site.name} is cut off: {fact}; every site must be joined; add a fibre, or take the site out",
            )


def _band(entry: Entry, parser: Parser) -> Band:
    if "spectrum" not in entry:
        return Band()
    spectrum = entry.entry("spectrum")
    low, high = (_edge(spectrum, key, parser) for key in ("from_thz", "to_thz"))
    if low >= high:
        parser.fail(
            spectrum.line_of("to_thz"),
            f"to_thz is {spectrum.number('to_thz'):g}; it must be above from_thz, {spectrum.number('from_thz'):g};"
            " swap the two",
        )
    return Band(low=low, high=high)


def _edge(spectrum: Entry, key: str, parser: Parser) -> int:
    """A band's edge in steps of 6.25 GHz from the anchor; refused off the grid rather than rounded to it."""
    steps = (spectrum.number(key) - ANCHOR_THZ) * 1e3 / STEP_GHZ
    edge = round(steps)
    if abs(steps - edge) > 1e-6:
        nearest = ANCHOR_THZ + edge * STEP_GHZ / 1e3
        parser.fail(
            spectrum.line_of(key),
            f"{key} is {spectrum.number(key):.9g}; it must be 193.1 plus a multiple of 0.00625 (ITU-T G.694.1);"
            f" write {nearest:.9g}",
        )
    return edge
