# SPDX-License-Identifier: BSD-3-Clause
"""A power file -> checked `Power`, alone or with the data centres of the topology that names it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from apnemu.errors import InputError
from apnemu.model.plant import Fibre, Site
from apnemu.model.power import MONEY, Area, Power, SitePower, Step, Tie, Zone, islands
from apnemu.topology.document import Mapping as YamlMapping
from apnemu.topology.document import load_document
from apnemu.topology.entry import Entry
from apnemu.topology.equipment import SHIPPED
from apnemu.topology.parse import nearest, read_file
from apnemu.topology.power_format import POWER
from apnemu.topology.profile_format import AREA_PROFILE, FEEDER_PROFILE, TIE_PROFILE
from apnemu.topology.site_power import check_no_power, read_sites
from apnemu.topology.siting import check_places, check_siting
from apnemu.topology.siting_format import SITING
from apnemu.topology.work import check_people, check_work
from apnemu.topology.zones import check_bound, read_zones, unchecked_zones

if TYPE_CHECKING:
    from apnemu.model.profile import Profile

SHIPPED_POWER = SHIPPED.parent / "power"
"""The folder of the power files that come with apnemu."""
MOST_DEMAND = 10
"""Largest demand of an area in multiples of what its plants and those that it is joined to can give: above it somebody
wrote kW."""

NEED_AREAS = ("profile", "ties", "feeders", "parties", "work", "zones")
FREE = ("solar_mw", "wind_mw")


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """What a topology says of the data centres in a power system: its file as read, its sites, fibres and zones."""

    entry: Entry
    sites: tuple[Site, ...]
    fibres: tuple[Fibre, ...] = ()
    zones: tuple[Zone, ...] = ()


def is_power_file(path: str | Path) -> bool:
    """Whether a YAML file is a power file, by its first key. Raises InputError where it is no YAML."""
    node = load_document(Path(path), str(path))
    return isinstance(node, YamlMapping) and any(key.text == "apnemu-power" for key, _ in node.pairs)


def find_power(name: str, beside: Path) -> Path | None:
    """The file of a named power system: `power/NAME.yaml` beside the topology, or that with apnemu; or None."""
    paths = (folder / f"{name}.yaml" for folder in (beside / "power", SHIPPED_POWER))
    return next((path for path in paths if path.is_file()), None)


def known_power(beside: Path) -> tuple[str, ...]:
    """The names that would be found, in alphabetical order."""
    folders = (beside / "power", SHIPPED_POWER)
    return tuple(sorted({path.stem for folder in folders if folder.is_dir() for path in folder.glob("*.yaml")}))


def power_of(around: Around, beside: Path) -> Power | None:
    """The power system that a topology names, with what it says of its sites; None where it names none.

    Raises:
        InputError: naming the file and line of the topology, the power file or the profile.
    """
    if "power" not in around.entry:
        check_no_power(around.entry)
        return None
    return read_power(_named(around.entry, beside), around)


def power_files(entry: Entry, beside: Path) -> tuple[Path, ...]:
    """The power file that a topology names, and the profiles that belong to it."""
    if "power" not in entry:
        return ()
    path = _named(entry, beside)
    own = read_file(path, POWER)
    bases = [item.values["base"] for key in ("ties", "feeders") for item in own.entries(key) if "base" in item]
    main = [own.text("profile")] if "profile" in own else []
    named = dict.fromkeys([*main, *(base for base in bases if isinstance(base, str))])
    sites = (site for site in entry.values["sites"].values.values() if "follows" in site)
    follows = dict.fromkeys(site.text("follows") for site in sites)
    return path, *(path.parent / name for name in named), *(beside / name for name in follows)


def _named(entry: Entry, beside: Path) -> Path:
    name = entry.text("power")
    path = find_power(name, beside)
    if path is None:
        known = ", ".join(known_power(beside)) or "none"
        fact = f"power is {name!r}; there is no power/{name}.yaml"
        entry.fail("power", f"{fact}; write one beside this file, or one of: {known}")
    return path


def read_power(path: str | Path, around: Around | None = None) -> Power:
    """The power system of a file; with a topology `around` it, names of sites must be those of its data centres.

    Raises:
        InputError: naming the file and line of the power file, its profile, or the topology.
    """
    entry, beside = read_file(path, POWER), Path(path).parent
    _check_areas(entry)
    named = entry.values["areas"].values if "areas" in entry else {}
    areas = tuple(_area(item, name) for name, item in named.items())
    ties = _ties(entry, areas)
    profile = _profile(entry, beside, areas, ties)
    sites: tuple[SitePower, ...] = ()
    if around is not None and areas:
        names = [area.name for area in areas]
        sites = read_sites(around.entry, around.sites, names, Path(around.entry.file).parent, profile)
    elif around is not None:
        check_no_power(around.entry, f"{entry.text('name')} has no areas")
    zones = unchecked_zones(entry) if around is None else read_zones(entry, around.sites, around.fibres, around.zones)
    if around is not None:
        check_bound(around.entry, around.sites, zones)
    power = entry.made(Power, areas=areas, ties=ties, sites=sites, profile=profile, zones=zones)
    _check_feeders(entry, power)
    _check_supply(entry, power, beside)
    check_people(entry, power)
    check_work(entry, power, alone=around is None)
    check_siting(entry, power)
    if around is not None:
        check_places(entry, power, around.sites, around.fibres)
    return power


def _check_areas(entry: Entry) -> None:
    """Refuse areas without a profile, and what needs areas where there are none."""
    if "areas" in entry:
        if "profile" not in entry:
            fact = "the file has areas and no profile"
            entry.fail("areas", f"{fact}; what areas ask and pay must be known; add profile: FILE")
        return
    for key in NEED_AREAS:
        if key in entry:
            entry.fail(
                key, f"{key} is given, and the file has no areas; {key} must lie in one; add areas, or take it out"
            )
    if not any(key in entry for key in SITING):
        entry.fail(None, f"the file has neither areas nor anything of {', '.join(SITING)}; it must have one; add areas")


def _area(item: Entry, name: str) -> Area:
    steps = tuple(Step(mw=mw, yen_per_mwh=yen, kgco2_per_mwh=kg) for mw, yen, kg in item.values.get("supply", ()))
    for number, (before, step) in enumerate(pairwise(steps), 2):
        if step.yen_per_mwh < before.yen_per_mwh:
            fact = f"step {number} of {item.what} costs {step.yen_per_mwh:g}, the one before it {before.yen_per_mwh:g}"
            item.fail("supply", f"{fact}; a merit order rises; sort the steps by price")
    return item.made(Area, name=name, supply=steps)


def _ties(entry: Entry, areas: Sequence[Area]) -> tuple[Tie, ...]:
    by_name = {area.name: area for area in areas}
    ties: dict[str, Tie] = {}
    for item in entry.entries("ties"):
        a, b = item.texts("between")
        for end in (a, b):
            if end not in by_name:
                hint = nearest(end, by_name, "add it under areas, or name one of them")
                item.fail("between", f"between of {item.what} names {end!r}; there is no such area; {hint}")
        if a == b:
            item.fail("between", f"{item.what} leads from {a} to itself; its two ends must differ; name another area")
        ac = item.values["kind"] == "ac"
        if ac and "reactance" not in item:
            fact = f"{item.what} is AC and has no reactance"
            item.fail(None, f"{fact}; power spreads over AC ties by it; write for example reactance: 0.02, or kind: dc")
        if not ac and "reactance" in item:
            item.fail("reactance", f"reactance of {item.what} is given; a DC tie carries what is set; take it out")
        if ac and by_name[a].hz != by_name[b].hz:
            fact = f"{item.what} joins {a} of {by_name[a].hz} Hz and {b} of {by_name[b].hz} Hz"
            item.fail("kind", f"{fact}; an AC tie has one frequency; write kind: dc, or mend hz of an area")
        mw = item.values["mw"]
        tie = item.made(Tie, a=a, b=b, mw=mw[0], back_mw=mw[-1])
        if tie.name in ties:
            item.fail("name", f"tie {tie.name} comes twice; names must differ; rename one")
        ties[tie.name] = tie
    return tuple(ties.values())


def _profile(entry: Entry, beside: Path, areas: Sequence[Area], ties: Sequence[Tie]) -> Profile:
    """The areas' profile, and beside it what feeders and ties carry by profiles of their own."""
    from apnemu.model.profile import NO_PROFILE
    from apnemu.topology.profiles import read_profile, with_others

    if not areas:
        return NO_PROFILE
    price = f"price_{MONEY[entry.text('currency')]}_per_mwh"
    needed = ("price_yen_per_mwh",) if entry.text("clearing") == "price" else ("demand_mw",)
    names = [area.name for area in areas]
    renamed = {"price_yen_per_mwh": price}
    main = read_profile(beside / entry.text("profile"), AREA_PROFILE, names, needed, renamed)
    for key, record, quantity in (("feeders", FEEDER_PROFILE, "load_mw"), ("ties", TIE_PROFILE, "flow_mw")):
        items = [item for item in entry.entries(key) if isinstance(item.values.get("base"), str)]
        for name in dict.fromkeys(item.text("base") for item in items):
            known = [item.text("name") for item in items if item.text("base") == name]
            path = beside / name
            main = with_others(main, read_profile(path, record, known, (quantity,)), f"{key[:-1]} ", str(path))
    return main


def _check_feeders(entry: Entry, power: Power) -> None:
    for item in entry.entries("feeders"):
        area = item.text("area")
        if area not in power.area:
            hint = nearest(area, power.area, "name one of the areas")
            item.fail("area", f"area of {item.what} is {area!r}; there is no such area; {hint}")
        for name in item.texts("sites") if power.sites else ():
            site = power.site.get(name)
            if site is None:
                hint = nearest(name, power.site, "name a data centre of the topology")
                item.fail("sites", f"sites of {item.what} names {name!r}; there is no such data centre; {hint}")
            if site.area != area:
                fact = f"sites of {item.what} names {name}, which lies in {site.area}"
                item.fail("sites", f"{fact}; a feeder lies in one area, {area}; take the site out, or mend its area")


def _check_supply(entry: Entry, power: Power, beside: Path) -> None:
    """Refuse areas that nothing feeds, and a demand that no plants could ever meet."""
    if power.clearing != "dispatch" and not any(area.supply for area in power.areas):
        return
    for island in islands((area.name for area in power.areas), power.ties):
        supply_mw = sum(step.mw for name in island for step in power.area[name].supply)
        free = max(
            sum(of) for of in zip(*(power.profile.of(name, kind) for name in island for kind in FREE), strict=True)
        )
        for name in island:
            asked_mw = float(power.profile.of(name, "demand_mw").max())
            if asked_mw > 0 and supply_mw + free == 0 and power.clearing == "dispatch":
                fact = f"area {name} asks for {asked_mw:g} MW and no plant feeds it or what it is joined to"
                entry.values["areas"].fail(name, f"{fact}; an island must have supply; give supply steps, or a tie")
            if supply_mw and asked_mw > MOST_DEMAND * (supply_mw + free):
                fact = f"demand_mw of {name} is {asked_mw:g}; the plants that can feed it have {supply_mw:g} MW"
                raise InputError(
                    f"{fact}; it must be at most {MOST_DEMAND} times that; give MW and not kW, or mend the supply",
                    file=str(beside / entry.text("profile")),
                )
