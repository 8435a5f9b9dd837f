# SPDX-License-Identifier: BSD-3-Clause
"""A topology file -> checked `Plant`: parse, resolve, use. Defaults come from the equipment file."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

from apnemu.model.plant import Fibre, GnpyFiles, Plant, Site
from apnemu.model.spectrum import ANCHOR_THZ, STEP_GHZ, Band
from apnemu.topology.demands import read_demands
from apnemu.topology.entry import Entry
from apnemu.topology.equipment import find_equipment, known_equipment, read_equipment
from apnemu.topology.fibres import read_fibre
from apnemu.topology.format import TOPOLOGY
from apnemu.topology.packet import read_packet
from apnemu.topology.parse import nearest, read_file
from apnemu.topology.power import Around, power_files, power_of
from apnemu.topology.scenario import read_scenario
from apnemu.topology.zones import check_bound, read_zones

log = logging.getLogger(__name__)


def read_plant(path: str | Path) -> Plant:
    """The plant that a topology file describes.

    Raises:
        InputError: one line, `FILE:LINE: what, the value, the limit, the way out`, FILE as given. The first thing wrong
            is reported: syntax, then each key in the file's order, then what keys say about one another.
    """
    entry = read_file(path, TOPOLOGY)
    equipment, equipped = _equipment(entry, Path(path).parent)
    of_fibres = equipment.entry("fibre")
    sites = tuple(_site(site, name) for name, site in entry.values["sites"].values.items())
    fibres = _fibres(entry, sites, of_fibres)
    _refuse_islands(entry, sites, fibres)
    demands, trees = read_demands(entry, sites)
    _check_controller(entry, sites)
    _check_years(entry, sites)
    zones = read_zones(entry, sites, fibres)
    power = power_of(Around(entry=entry, sites=sites, fibres=fibres, zones=zones), Path(path).parent)
    if power is None:
        check_bound(entry, sites, zones)
    return entry.made(
        Plant,
        sites=sites,
        fibres=fibres,
        demands=demands,
        trees=trees,
        packet=read_packet(entry.entry("packet"), equipment.entry("packet")),
        band=_band(entry.entry("spectrum")) if "spectrum" in entry else Band(),
        gaps=tuple(_band(gap) for gap in entry.entry("spectrum").entries("gaps")),
        gnpy=_gnpy(entry, Path(path).parent),
        span_km=of_fibres.number("span_km"),
        scenario=read_scenario(entry, sites, fibres),
        zones=zones if power is None else power.zones,
        power=power,
        **equipped,
    ).equal_lines()


def input_files(path: str | Path) -> tuple[Path, ...]:
    """The files that `read_plant` takes the plant from: the topology, its equipment and power. Raises InputError."""
    entry = read_file(path, TOPOLOGY)
    equipment = find_equipment(entry.text("equipment"), Path(path).parent)
    gnpy = _gnpy(entry, Path(path).parent)
    foreign = (gnpy.network, gnpy.equipment, gnpy.sim_params) if gnpy else ()
    power = power_files(entry, Path(path).parent)
    return tuple(filter(None, (Path(path), equipment, *(Path(file) for file in foreign if file), *power)))


def _check_controller(entry: Entry, sites: tuple[Site, ...]) -> None:
    """Refuse a controller at a site that is none."""
    controller = entry.entry("controller")
    known = [site.name for site in sites]
    if "at" in controller and controller.text("at") not in known:
        hint = nearest(controller.text("at"), known, "name a site of this file, or leave it out for the most central")
        controller.fail("at", f"at of controller names {controller.text('at')!r}; there is no such site; {hint}")


def _check_years(entry: Entry, sites: tuple[Site, ...]) -> None:
    """Refuse a site that is not there yet within the phase, and a year where there is no phase."""
    for site in sites:
        if site.ready_year is None:
            continue
        own = entry.values["sites"].values[site.name]
        fact = f"ready_year of {own.what} is {site.ready_year}"
        if "phase" not in entry:
            own.fail("ready_year", f"{fact}; the file has no phase; add phase: {{from_year: ...}}, or take it out")
        last = entry.entry("phase").values["to_year"]
        if site.ready_year > last:
            own.fail("ready_year", f"{fact}; the phase ends with {last}; mend the year, or take the site out")


def _gnpy(entry: Entry, beside: Path) -> GnpyFiles | None:
    """GNPy's files, their paths from the topology file's own folder; None where it names none."""
    if "gnpy" not in entry:
        return None
    named = entry.entry("gnpy")
    paths = {key: beside / named.text(key) for key in named.values}
    for key, path in paths.items():
        try:
            is_there = path.is_file()
        except OSError as error:  # too long a name, a loop of links, a folder that may not be entered
            named.fail(key, f"{key} cannot be looked at: {error.strerror}; put the file there, or import again")
        if not is_there:
            fact = f"{key} is {named.text(key)!r:.200}; there is no such file ({path.absolute()!s:.300})"
            named.fail(key, f"{fact}; put it there, or import again")
    return GnpyFiles(**{key: str(path.resolve()) for key, path in paths.items()})


def _equipment(entry: Entry, beside: Path) -> tuple[Entry, dict[str, Any]]:
    name = entry.text("equipment")
    path = find_equipment(name, beside)
    if path is None:
        known = ", ".join(known_equipment(beside)) or "none"
        fact = f"equipment is {name!r}; there is no equipment/{name}.yaml"
        entry.fail("equipment", f"{fact}; write one beside this file, or one of: {known}")
    log.info("%s: what the file leaves open comes from %s", entry.file, path)
    return read_equipment(path)


def _site(entry: Entry, name: str) -> Site:
    if ("lat" in entry) != ("lon" in entry):
        given, other = ("lat", "lon") if "lat" in entry else ("lon", "lat")
        fact = f"{given} of {entry.what} is given without {other}"
        entry.fail(given, f"{fact}; it must have both or neither; add {other}, or take {given} out")
    if entry.text("kind") != "exchange":
        return entry.made(Site, name=name)
    for key in ("power_mw", "hosts", "owner", "zone"):
        if key in entry:
            fact = f"{key} of {entry.what} is given; an exchange has no data centre"
            entry.fail(key, f"{fact}; take it out or change the kind")
    return entry.made(Site, name=name, hosts=0)


def _fibres(entry: Entry, sites: tuple[Site, ...], defaults: Entry) -> tuple[Fibre, ...]:
    by_name = {site.name: site for site in sites}
    fibres: dict[str, Fibre] = {}
    pairs: dict[frozenset[str], str] = {}
    for item in entry.entries("fibres"):
        a, b = (_known_site(end, by_name, item) for end in item.texts("between"))
        if a == b:
            fact = f"{item.what} leads from {a.said} to itself"
            item.fail("between", f"{fact}; its two ends must differ; name another site")
        pair = frozenset((a.name, b.name))
        if pair in pairs and "name" not in item:
            item.fail(
                None,
                f"{item.what} is a second fibre between {a.said} and {b.said}, beside {pairs[pair]}; fibres side by"
                f" side need names of their own; add name: {a.name}-{b.name}-2, or take it out",
            )
        fibre = read_fibre(item, a, b, defaults)
        if fibre.name in fibres:
            item.fail("name", f"fibre name {fibre.name!r} comes twice; names must differ; give it another name")
        fibres[fibre.name] = fibre
        pairs.setdefault(pair, fibre.name)
    return tuple(fibres.values())


def _known_site(name: str, sites: dict[str, Site], item: Entry) -> Site:
    """The site of that name; refused with the nearest known name if there is none."""
    if name not in sites:
        hint = nearest(name, sites, "add it under sites, or name one of them")
        item.fail("between", f"between of {item.what} names {name!r}; there is no such site; {hint}")
    return sites[name]


def _refuse_islands(entry: Entry, sites: tuple[Site, ...], fibres: tuple[Fibre, ...]) -> None:
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
            fact = f"no fibre leads from {sites[0].said} to it" if neighbours[site.name] else "no fibre reaches it"
            entry.values["sites"].fail(
                site.name,
                f"site {site.said} is cut off: {fact}; every site must be joined; add a fibre, or take the site out",
            )


def _band(spectrum: Entry) -> Band:
    low, high = (_edge(spectrum, key) for key in ("from_thz", "to_thz"))
    if low >= high:
        limit = f"it must be above from_thz, {spectrum.number('from_thz'):g}"
        spectrum.fail("to_thz", f"to_thz is {spectrum.number('to_thz'):g}; {limit}; swap the two")
    return Band(low=low, high=high)


def _edge(spectrum: Entry, key: str) -> int:
    """A band's edge in steps of 6.25 GHz from the anchor; refused off the grid rather than rounded to it."""
    steps = (spectrum.number(key) - ANCHOR_THZ) * 1e3 / STEP_GHZ
    edge = round(steps)
    if abs(steps - edge) > 1e-6:
        limit = "it must be 193.1 plus a multiple of 0.00625 (ITU-T G.694.1)"
        nearest_thz = ANCHOR_THZ + edge * STEP_GHZ / 1e3
        spectrum.fail(key, f"{key} is {spectrum.number(key):.9g}; {limit}; write {nearest_thz:.9g}")
    return edge
