# SPDX-License-Identifier: BSD-3-Clause
"""Keys by which a topology says what each of its data centres takes from the grid, and whose it is."""

from __future__ import annotations

from apnemu.model.power import Battery, OwnPlant
from apnemu.topology.origins import NAME, PROSE
from apnemu.topology.shapes import Choice, Columns, Either, Flag, ListOf, Number, Record, may, must

SITE_MW = Number(above=True, high=100_000, hint="give MW of the whole facility")
YEN_PER_MWH = Number(low=-1_000_000, high=10_000_000, hint="give money per MWh, for example 12000 (12 yen/kWh)")
KGCO2_PER_MWH = Number(high=5_000, hint="give kg of CO2 per MWh, for example 450 (coal is near 900)")
PUE = Number(low=1, high=5, hint="give the facility's power over that of its IT, for example 1.4")
PUE_POINT = Columns(
    numbers={
        "load_share": Number(above=True, high=1, hint="give the load as a share of power_mw, for example 0.25"),
        "pue": PUE,
    },
    hint="write for example [0.25, 1.6]",
)
PUE_POINTS = ListOf(item=PUE_POINT, noun="point", most=20, hint="write for example pue: [[0.25, 1.6], [1.0, 1.3]]")
BATTERY = Record(
    makes=Battery,
    meaning="A battery behind the meter of a data centre.",
    keys={
        "mwh": must(Number(above=True, high=100_000, hint="give the MWh that it holds")),
        "mw": must(Number(above=True, high=100_000, hint="give the MW that it takes and gives at most")),
        "round_trip": may(
            Number(above=True, high=1, hint="give the share that comes back, for example 0.85"),
            "share of what it takes that it gives back",
            otherwise="0.85 of lithium, 0.35 of hydrogen",
        ),
        "kind": may(Choice(words=("lithium", "hydrogen"), hint="hydrogen has a round trip of 0.35 by default")),
    },
    hint="write for example battery: {mwh: 20, mw: 10}",
)
PLANT = Record(
    makes=OwnPlant,
    meaning="A power plant behind the meter of a data centre; it feeds nobody else.",
    keys={
        "mw": must(Number(above=True, high=100_000, hint="give the MW that it gives at most")),
        "yen_per_mwh": must(YEN_PER_MWH, "what its power costs"),
        "kgco2_per_mwh": may(KGCO2_PER_MWH, otherwise="0"),
    },
    hint="write for example plant: {mw: 5, yen_per_mwh: 15000, kgco2_per_mwh: 400}",
)
FEED = Choice(
    words=("firm", "tripped", "following"),
    hint="tripped is off within within_s of a fault, following takes at most what the profile follows gives",
)
SITE_POWER = {
    "area": may(NAME, "area of the power system that the site lies in; needed where there is power:", fills=""),
    "feed_mw": may(SITE_MW, "most that it draws from the grid", otherwise="no limit", fills=""),
    "feed": may(FEED, "how sure its supply is", default="firm", fills=""),
    "within_s": may(
        Number(above=True, high=3_600, hint="give seconds after the fault, for example 1"),
        "when a tripped feed is off",
        fills="",
    ),
    "follows": may(PROSE, "a profile with columns site, from, slot_s, feed_mw, from this file's folder", fills=""),
    "voltage_kv": may(Number(above=True, high=2_000, hint="give kV, for example 66"), "of its feed", fills=""),
    "pooled": may(
        Flag(hint="no: its work stays, and nobody else's comes"), "whether others may use it", otherwise="yes", fills=""
    ),
    "pue": may(
        Either(shapes=(PUE, PUE_POINTS), hint="the facility's power must not grow slower as load rises"),
        "power usage effectiveness, one or by load",
        otherwise="1.4 (METI's benchmark)",
        fills="",
    ),
    "battery": may(BATTERY, "storage on site", fills=""),
    "plant": may(PLANT, "generation on site", fills=""),
}
"""The keys of a site; `power.read_power` makes a `SitePower` of them."""
