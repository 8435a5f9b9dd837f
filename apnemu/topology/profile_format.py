# SPDX-License-Identifier: BSD-3-Clause
"""Every column of a profile, declared once: what areas, feeders, ties and feeds do slot by slot.

A profile is a CSV with a header (lines that begin with # may stand above it) or a Parquet file with those columns.
"""

from __future__ import annotations

from apnemu.topology.origins import NAME, TITLE
from apnemu.topology.shapes import Number, Record, Text, may, must
from apnemu.topology.site_power_format import KGCO2_PER_MWH, YEN_PER_MWH

INSTANT = Text(
    pattern=r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d)",
    limit="it must be an instant with its offset from UTC, as in RFC 3339",
    hint="write for example 2025-04-13T09:00:00+09:00, when the slot begins",
)
SLOT_S = Number(low=1, high=86_400, decimals=0, hint="give the slot's seconds, for example 1800")
MW = Number(high=1_000_000, hint="give MW")
EITHER_WAY_MW = Number(low=-1_000_000, high=1_000_000, hint="give MW")


AREA_PROFILE = Record(
    meaning="A profile of areas. All areas have the same slots, gapless; each row is one slot of one area.",
    keys={
        "area": must(NAME, "an area of the power file"),
        "from": must(INSTANT, "when the slot begins"),
        "slot_s": must(SLOT_S, "length of the slot, the same in every row; a day is a whole number of slots"),
        "demand_mw": may(MW, "demand, without the topology's data centres; needed for clearing: dispatch"),
        "solar_mw": may(MW, "sun that could be used", otherwise="0"),
        "wind_mw": may(MW, "wind that could be used", otherwise="0"),
        "curtailed_mw": may(MW, "surplus that is thrown away while nothing shifts", otherwise="0"),
        "price_yen_per_mwh": may(
            YEN_PER_MWH, "price; needed for clearing: price; price_usd_per_mwh or _eur_ in that currency"
        ),
        "kgco2_per_mwh": may(KGCO2_PER_MWH, otherwise="0"),
        "import_mw": may(EITHER_WAY_MW, "what ties bring, as published; for a look, nothing is computed from it"),
    },
)
FEEDER_PROFILE = Record(
    meaning="A profile of feeders, beside that of the areas.",
    keys={
        "feeder": must(TITLE, "a feeder of the power file"),
        "from": must(INSTANT, "when the slot begins"),
        "slot_s": must(SLOT_S, "length of the slot"),
        "load_mw": must(EITHER_WAY_MW, "what it carries while nothing shifts"),
    },
)
TIE_PROFILE = Record(
    meaning="A profile of ties, beside that of the areas.",
    keys={
        "tie": must(TITLE, "a tie of the power file"),
        "from": must(INSTANT, "when the slot begins"),
        "slot_s": must(SLOT_S, "length of the slot"),
        "flow_mw": must(EITHER_WAY_MW, "what it carries while nothing shifts, above 0 from its first area"),
    },
)
FEED_PROFILE = Record(
    meaning="A profile of feeds that follow.",
    keys={
        "site": must(NAME, "a site of the topology"),
        "from": must(INSTANT, "when the slot begins"),
        "slot_s": must(SLOT_S, "length of the slot"),
        "feed_mw": must(MW, "most that it draws from the grid"),
    },
)
