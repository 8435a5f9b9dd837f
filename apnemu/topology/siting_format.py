# SPDX-License-Identifier: BSD-3-Clause
"""Keys of a power file about places for data centres: substations, bookings, candidates, hazards, cables, regions."""

from __future__ import annotations

from apnemu.model.siting import Booking, Cable, Candidate, Exchange, Hazard, Landing, Region, Substation
from apnemu.topology.origins import NAME, PROSE, TITLE
from apnemu.topology.shapes import Choice, Columns, Flag, ListOf, MapOf, Number, Record, may, must

LAT = Number(low=-90, high=90, hint="give degrees north, for example 36.57")
LON = Number(low=-180, high=180, hint="give degrees east, for example 139.88")
MW = Number(high=1_000_000, hint="give MW, for example 80")
SOME_MW = Number(above=True, high=1_000_000, hint="give MW, for example 100")
YEAR = Number(low=1950, high=2150, decimals=0, hint="give a calendar year, for example 2028")
SUBSTATION = Record(
    makes=Substation,
    meaning="A substation where data centres may be connected. It states its headroom, or the lines that feed it: firm"
    " load must be fed while any one of them is out.",
    keys={
        "area": may(NAME, "area of the power system that it lies in", otherwise="not stated"),
        "lat": must(LAT),
        "lon": must(LON),
        "voltage_kv": must(Number(above=True, high=2_000, hint="give kV, for example 66 or 154")),
        "ready_year": must(YEAR, "from when on it connects new load"),
        "headroom_mw": may(MW, "room for new firm load"),
        "lines_mw": may(
            ListOf(item=SOME_MW, noun="line", most=100, hint="write for example lines_mw: [100, 100]"),
            "what each line that feeds it carries",
        ),
        "peak_load_mw": may(MW, "what it carries already at its highest hour, with lines_mw", otherwise="0"),
        "low_load_mw": may(MW, "the same at its lowest hour", otherwise="peak_load_mw"),
    },
    hint="write for example {lat: 36.57, lon: 139.88, voltage_kv: 66, headroom_mw: 80, ready_year: 2026}",
)
BOOKING = Record(
    makes=Booking,
    meaning="A request for room at a substation; in the order of years, then of the file.",
    keys={
        "at": must(NAME, "the substation"),
        "owner": must(NAME, "who asks"),
        "mw": must(SOME_MW, "how much"),
        "year": must(YEAR, "when"),
        "builds": may(Flag(hint="no: it holds its room idle"), "whether it is ever used", otherwise="yes"),
    },
    hint="write for example {at: tochigi-1, owner: x, mw: 130, year: 2026, builds: no}",
)
CANDIDATE = Record(
    makes=Candidate,
    meaning="A place where a data centre may stand.",
    keys={
        "near": must(NAME, "site of the topology whose fibres reach it"),
        "land_ha": must(Number(high=1_000_000, hint="give hectares, for example 30"), "land that there is"),
        "ground": must(Choice(words=("firm", "soft"), hint="soft is what an earthquake shakes or turns liquid")),
        "road_km": must(Number(high=20_000, hint="give km to the next trunk road"), "way for machines and people"),
        "agrees": must(Flag(hint="say whether the municipality does"), "whether those who live there agree"),
        "lat": may(LAT, "of its own", otherwise="of the site that it is near"),
        "lon": may(LON, "of its own, with lat", otherwise="of the site that it is near"),
        "substation": may(NAME, "what would feed it", otherwise="the nearest that can"),
    },
    hint="write for example tomakomai: {near: sapporo, land_ha: 100, ground: firm, road_km: 5, agrees: yes}",
)
CIRCLE = Columns(
    numbers={
        "lat": LAT,
        "lon": LON,
        "km": Number(above=True, high=20_000, hint="give the radius in km over ground"),
    },
    hint="write for example [33.0, 135.5, 150]",
)
HAZARD = Record(
    makes=Hazard,
    meaning="A disaster; it hits what lies in any of its circles, and fibres whose way passes one. The experiment"
    " `disaster` plays it.",
    keys={
        "circles": must(ListOf(item=CIRCLE, noun="circle", most=1_000, hint=CIRCLE.hint)),
        "source": may(PROSE, "where its circles come from", default="not stated"),
    },
    hint="write for example nankai: {circles: [[33.0, 135.5, 150]], source: drawn by hand}",
)
LANDING = Record(
    makes=Landing,
    meaning="A place where submarine cables come ashore.",
    keys={"lat": must(LAT), "lon": must(LON)},
    hint="write for example shima: {lat: 34.30, lon: 136.85}",
)
CABLE = Record(
    makes=Cable,
    meaning="A submarine cable. It is lost where all of its landings are.",
    keys={
        "name": must(TITLE, "no two cables have one name"),
        "to": must(TITLE, "where it leads"),
        "landings": must(ListOf(item=NAME, noun="landing", hint="name landings of this file"), "where it comes ashore"),
        "gbps": must(Number(above=True, high=10_000_000, hint="give Gbit/s, for example 60000"), "what it carries"),
        "owner": may(TITLE, "country of its owner", otherwise="not stated"),
    },
    hint="write for example {name: c-07, to: us-west, landings: [shima], gbps: 60000, owner: JP}",
)
EXCHANGE = Record(
    makes=Exchange,
    meaning="An internet exchange.",
    keys={"site": must(NAME, "site of the topology where it is")},
    hint="write for example tokyo-ix: {site: tokyo}",
)
REGION = Record(
    makes=Region,
    meaning="Data centres of a region as they are today.",
    keys={
        "area_m2": must(Number(high=1e10, hint="give square metres"), "floor of all of them together"),
        "buildings": must(Number(high=1_000_000, decimals=0, hint="count them"), "how many they are"),
    },
    hint="write for example kanto: {area_m2: 1070450, buildings: 194}",
)


def _by_name(item: Record, noun: str, hint: str) -> MapOf:
    return MapOf(key=NAME, item=item, noun=noun, least=0, most=10_000, hint=hint)


SITING = {
    "substations": may(_by_name(SUBSTATION, "substation", "say where data centres may be connected"), "by name"),
    "bookings": may(
        ListOf(item=BOOKING, noun="booking", least=0, most=100_000, hint="list who asks for room"), "of substations"
    ),
    "candidates": may(_by_name(CANDIDATE, "candidate", "say where a data centre may stand"), "for data centres"),
    "hazards": may(_by_name(HAZARD, "hazard", "say what may happen where"), "of nature"),
    "landings": may(_by_name(LANDING, "landing", "say where cables come ashore"), "of submarine cables"),
    "cables": may(
        ListOf(
            item=CABLE,
            noun="cable",
            least=0,
            most=10_000,
            hint="list what lands",
            twice="cable {} comes twice",
        ),
        "under the sea",
    ),
    "exchanges": may(_by_name(EXCHANGE, "exchange", "say where networks meet"), "of the internet"),
    "regions": may(_by_name(REGION, "region", "say what stands where"), "with the data centres that they have"),
}
"""Sections of a power file; each fills the attribute of its name."""
