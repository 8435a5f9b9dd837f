# SPDX-License-Identifier: BSD-3-Clause
"""Keys of a topology's sites about power -> `SitePower`, each checked against its area and its feed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from apnemu.model.plant import Site
from apnemu.model.power import PUE, Battery, OwnPlant, SitePower
from apnemu.topology.entry import Entry
from apnemu.topology.parse import nearest
from apnemu.topology.profile_format import FEED_PROFILE
from apnemu.topology.site_power_format import SITE_POWER

if TYPE_CHECKING:
    from apnemu.model.profile import Profile


def check_no_power(entry: Entry, why: str = "the file names no power system") -> None:
    """Refuse sites that speak of power in a topology without a power system, or with one that has no areas."""
    for site in entry.values["sites"].values.values():
        for key in SITE_POWER:
            if key in site:
                fact = f"{key} of {site.what} is given; {why}"
                way_out = "add power: NAME" if "power" not in entry else "add areas there"
                site.fail(key, f"{fact}; {way_out}, or take it out")


def read_sites(
    entry: Entry, sites: Sequence[Site], areas: Sequence[str], beside: Path, profile: Profile
) -> tuple[SitePower, ...]:
    """The data centres of a topology in its power system, in the file's order. Raises InputError.

    `areas` are the names that its key `area` may have.
    """
    rates = lit_gbps(entry)
    read = []
    for site in sites:
        item = entry.values["sites"].values[site.name]
        if site.kind != "exchange":
            read.append(replace(_site(item, site, areas, beside, profile), lit_gbps=rates.get(site.name)))
            continue
        for key in SITE_POWER:
            if key in item:
                fact = f"{key} of {item.what} is given; an exchange has no data centre"
                item.fail(key, f"{fact}; take it out or change the kind")
    return tuple(read)


def lit_gbps(entry: Entry) -> Mapping[str, float]:
    """The rate of the fastest light that is asked for at each site."""
    fastest: dict[str, float] = {}
    everywhere = list(entry.values["sites"].values)
    for item in entry.entries("demands"):
        among = item.values.get("among", ())
        ends = everywhere if among == "all" else [*among, *item.texts("to_many")]
        ends += [item.text(key) for key in ("from", "to") if key in item]
        for end in ends:
            fastest[end] = max(fastest.get(end, 0.0), item.number("rate_gbps"))
    return fastest


def _site(item: Entry, site: Site, areas: Sequence[str], beside: Path, profile: Profile) -> SitePower:
    if "area" not in item:
        fact = f"{item.what} has no area; every data centre lies in one where the file names a power system"
        item.fail(None, f"{fact}; add area: one of {', '.join(areas)}")
    if item.text("area") not in areas:
        hint = nearest(item.text("area"), areas, f"name one of {', '.join(areas)}")
        item.fail("area", f"area of {item.what} is {item.text('area')!r}; there is no such area; {hint}")
    _check_feed(item)
    battery = item.entry("battery").made(Battery) if "battery" in item else None
    feed_mw = item.number("feed_mw") if "feed_mw" in item else None
    if battery and feed_mw is not None and battery.mw > feed_mw:
        fact = f"mw of battery of {item.what} is {battery.mw:g}; its feed has {feed_mw:g} MW"
        item.entry("battery").fail("mw", f"{fact}; a battery takes at most what feeds it; mend mw or feed_mw")
    given = {key: item.values[key] for key in ("within_s", "voltage_kv", "pooled") if key in item}
    return SitePower(
        name=site.name,
        area=item.text("area"),
        owner=site.owner or site.name,
        zone=site.zone,
        room_mw=site.power_mw or 0.0,
        feed_mw=feed_mw,
        feed=item.values.get("feed", "firm"),
        follows=_follows(item, site.name, beside, profile),
        pue=_pue(item),
        battery=battery,
        plant=item.entry("plant").made(OwnPlant) if "plant" in item else None,
        **given,
    )


def _check_feed(item: Entry) -> None:
    """Refuse a kind of feed without the key that belongs to it, and that key without its kind."""
    for kind, key in (("tripped", "within_s"), ("following", "follows")):
        if item.text("feed") == kind and key not in item:
            item.fail("feed", f"feed of {item.what} is {kind} and {key} is not given; it must be; add {key}")
        if item.text("feed") != kind and key in item:
            fact = f"{key} of {item.what} is given; its feed is {item.text('feed')}"
            item.fail(key, f"{fact}; {key} belongs to feed: {kind}; write that, or take it out")


def _follows(item: Entry, name: str, beside: Path, profile: Profile) -> tuple[float, ...]:
    """What a feed gives at most slot by slot; nothing where it does not follow."""
    if "follows" not in item:
        return ()
    from apnemu.topology.profiles import read_profile, with_others

    path = beside / item.text("follows")
    own = read_profile(path, FEED_PROFILE, [name], ("feed_mw",), others=True)
    return tuple(float(mw) for mw in with_others(profile, own, "feed of ", str(path)).of(f"feed of {name}", "feed_mw"))


def _pue(item: Entry) -> tuple[tuple[float, float], ...]:
    """Points of load and PUE, refused unless the facility's power rises with load, ever faster, from 0 or more."""
    value = item.values.get("pue", PUE)
    if isinstance(value, float):
        return ((1.0, value),)
    points: tuple[tuple[float, float], ...] = value
    if any(after <= before for (before, _), (after, _) in pairwise(points)):
        shares = ", ".join(f"{share:g}" for share, _ in points)
        item.fail("pue", f"pue of {item.what} has loads {shares}; they must rise; sort the points")
    power = [(share, share * pue) for share, pue in points]
    slopes = [(y - y0) / (x - x0) for (x0, y0), (x, y) in pairwise(power)]
    for before, after in pairwise(slopes):
        if after < before - 1e-9:
            fact = f"pue of {item.what}: the facility's power grows by {before:.4g} and then by {after:.4g} MW per MW"
            item.fail("pue", f"{fact}; it must be convex, never growing slower; mend the points")
    if slopes and (slopes[0] < 0 or power[0][1] - slopes[0] * power[0][0] < -1e-9):
        at_none = power[0][1] - slopes[0] * power[0][0]
        fact = f"pue of {item.what}: its line has a slope of {slopes[0]:.4g} and {at_none:.4g} of the room at no load"
        item.fail("pue", f"{fact}; both must be 0 or more; mend the points")
    return points
