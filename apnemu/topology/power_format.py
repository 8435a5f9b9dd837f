# SPDX-License-Identifier: BSD-3-Clause
"""Every key of a power file, declared once, as `format` has those of a topology.

A further section is a key of `POWER` whose record makes a class of the model, with an attribute of that name in
`model.power.Power`: it is then read, limited, described, and part of the schema. A mapping by name gives its items
their `name`.
"""

from __future__ import annotations

from apnemu.model.power import HIDEABLE, MONEY, Area, Feeder, Gpu, Moves, Party, Power, Tie, Work
from apnemu.topology.origins import ABOUT, NAME, PROSE, TITLE, VERSION
from apnemu.topology.shapes import Choice, Columns, Either, Flag, ListOf, MapOf, Number, Record, Text, may, must
from apnemu.topology.site_power_format import KGCO2_PER_MWH, YEN_PER_MWH
from apnemu.topology.siting_format import SITING
from apnemu.topology.zones_format import ZONES
from apnemu.units import clock_to_s

MW = Number(above=True, high=1_000_000, hint="give MW, for example 500")
CLOCK = Text(
    pattern=r"\d{1,3}:[0-5]\d",
    limit='it must be hours and minutes after the run\'s midnight, in quotes, such as "09:00"',
    hint='the next day goes on: "33:00" is nine in the morning',
    held=clock_to_s,
)
STEP = Columns(
    numbers={"mw": MW, "yen_per_mwh": YEN_PER_MWH, "kgco2_per_mwh": KGCO2_PER_MWH},
    hint="write for example [4000, 9000, 450]: MW, money per MWh, kg of CO2 per MWh",
)
HZ = Number(low=50, high=60, decimals=0, hint="give the grid's frequency, 50 or 60")
AREA = Record(
    makes=Area,
    meaning="An area of a grid operator. Its demand, sun, wind and prices stand in the profile.",
    keys={
        "tso": may(NAME, "party that operates its grid", otherwise="nobody"),
        "hz": may(HZ, "AC ties join areas of one frequency"),
        "supply": may(
            ListOf(item=STEP, noun="step", most=200, hint="list steps in ascending order of price"),
            "merit order of its plants, needed for clearing: dispatch",
            fills="",
        ),
    },
    hint="write for example {tso: tso-9, hz: 60, supply: [[8000, 0, 0], [4000, 9000, 450]]}",
)
BETWEEN = ListOf(item=NAME, noun="area", least=2, most=2, hint="write between: [kanmon-a, kanmon-b]")
PROFILE = "or a profile from this file's folder"
BASE = Either(
    shapes=(Number(low=-1_000_000, high=1_000_000, hint="give MW"), PROSE),
    hint="give MW, or the file that has them slot by slot",
)
TIE = Record(
    makes=Tie,
    meaning="A line between two areas. Power spreads over AC ties by their reactances; DC ties carry what is set.",
    keys={
        "name": must(TITLE, "no two ties have one name"),
        "between": must(BETWEEN, "the two areas that it joins", fills="a b"),
        "mw": must(
            ListOf(item=MW, noun="number", most=2, alone=True, hint="write mw: 500, or mw: [2780, 500] for each way"),
            "most that it carries: from the first area, and back",
            fills="mw back_mw",
        ),
        "kind": must(Choice(words=("ac", "dc"), hint="dc is what a converter sets, between frequencies too")),
        "reactance": may(
            Number(above=True, high=1_000, hint="give it per unit, of one base for all ties, for example 0.02"),
            "of an AC tie, which must have it",
        ),
        "base": may(BASE, f"MW that it carries while nothing shifts, {PROFILE}: tie, from, slot_s, flow_mw"),
    },
    hint="write for example {name: kanmon, between: [kyushu, chugoku], mw: [2780, 500], kind: ac, reactance: 0.02}",
)
SOME_SITES = ListOf(item=NAME, noun="site", most=1_000, hint="name sites of the topology")
FEEDER = Record(
    makes=Feeder,
    meaning="A line inside an area that feeds some sites. Its operator alone sees it.",
    keys={
        "name": must(TITLE, "no two feeders have one name"),
        "area": must(NAME, "the area that it lies in"),
        "sites": must(SOME_SITES, "what it feeds"),
        "mw": must(MW, "most that it carries"),
        "base": may(BASE, f"MW that it carries while nothing shifts, {PROFILE}: feeder, from, slot_s, load_mw"),
    },
    hint="write for example {name: itoshima-66, area: kyushu, sites: [hakata], mw: 80, base: 40}",
)
HIDES = ListOf(
    item=Choice(words=HIDEABLE, hint="name what the party keeps to itself"),
    noun="field",
    most=len(HIDEABLE),
    hint="write for example hides: [jobs]",
)
PARTY = Record(
    makes=Party,
    meaning="Somebody who takes part, with a program at a site.",
    keys={
        "role": must(Choice(words=("aggregator", "power", "dc"), hint="power is a grid operator, dc a data centre's")),
        "at": must(NAME, "site of its program"),
        "hides": may(HIDES, "what nobody else gets to know"),
    },
    hint="write for example {role: dc, at: hakata, hides: [jobs]}",
)
HOURS = Either(
    shapes=(
        Number(above=True, high=100_000, hint="give the hours that it takes"),
        Choice(words=("all",), hint="all is endless"),
    ),
    hint="write for example 12, or all for endless work",
)
WORK = Record(
    makes=Work,
    meaning="Work that data centres do: as it arrives at home, or elsewhere and later where it may.",
    keys={
        "name": must(TITLE, "no two works have one name"),
        "owner": must(NAME, "whose work it is: an owner of a site, or a party"),
        "home": must(NAME, "site where it arrives"),
        "mw": must(Number(above=True, high=100_000, hint="give MW of IT"), "what it takes while it runs as it arrives"),
        "hours": may(HOURS, "how long it runs at mw", default="all"),
        "from": may(CLOCK, "when it arrives", otherwise="00:00", fills="from_s"),
        "by": may(CLOCK, "when it must be done", otherwise="the end of the day", fills="by_s"),
        "state_bytes": may(
            Number(high=1e18, hint="give bytes, for example 2.0e+12"), "what is moved with it", otherwise="0"
        ),
        "whole": may(Flag(hint="yes: one job; no: many small ones"), "whether it is one job", otherwise="no"),
        "pausable": may(Flag(hint="no: once begun, it runs on"), "whether a whole job may pause", otherwise="yes"),
        "zone": may(NAME, "zone that it may not leave", otherwise="its home's"),
        "class": may(
            Choice(words=("flexible", "fixed"), hint="fixed stays as it arrives"), "whether it shifts", fills="kind"
        ),
        "most_mw": may(
            Number(above=True, high=100_000, hint="give MW of IT, no less than mw"),
            "most at once, of work that is not whole",
            otherwise="what there is room for",
        ),
    },
    hint='write for example {name: train-1, owner: dc-1, home: tokyo, mw: 20, hours: 12, from: "09:00", by: "33:00"}',
)
GPU = Record(
    makes=Gpu,
    meaning="What GPUs are worth.",
    keys={
        "yen_per_it_mwh": must(
            Number(high=1e9, hint="give money per MWh of IT, for example 147000"), "worth of GPUs' time"
        )
    },
    hint="write gpu: {yen_per_it_mwh: 147000}",
)
MOVES = Record(
    makes=Moves,
    meaning="What it costs to move work over light.",
    keys={
        "nj_per_bit": may(
            Number(high=1_000_000, hint="give nJ/bit, both ends together"), "energy of a transfer", otherwise="20"
        ),
        "stop_s": may(
            Number(high=86_400, hint="give the seconds that its GPUs stand still"), "stop of what moves", otherwise="30"
        ),
    },
    hint="write moves: {nj_per_bit: 20, stop_s: 30}",
)
POWER = Record(
    makes=Power,
    meaning="The power system around the data centres of a topology that names this file, or alone.",
    keys={
        "apnemu-power": VERSION,
        "name": must(TITLE, "name of the power system"),
        "about": may(ABOUT, "where the data comes from"),
        "currency": may(Choice(words=tuple(MONEY), hint="yen in a key's name stands for it"), "money", default="JPY"),
        "profile": may(
            PROSE,
            "CSV or Parquet from this file's folder: area, from, slot_s and figures; needed by areas",
            otherwise="none, where there are no areas",
            fills="",
        ),
        "clearing": may(
            Choice(words=("price", "dispatch"), hint="price: areas' prices are given; dispatch: supply makes them"),
            "where prices come from",
            default="price",
        ),
        "areas": may(
            MapOf(key=NAME, item=AREA, noun="area", least=1, most=1_000, hint="list the areas"),
            otherwise="none",
            fills="",
        ),
        "ties": may(ListOf(item=TIE, noun="tie", least=0, most=10_000, hint="list lines between areas"), fills=""),
        "feeders": may(
            ListOf(
                item=FEEDER,
                noun="feeder",
                least=0,
                most=10_000,
                hint="list lines that sites share",
                twice="feeder {} comes twice",
            )
        ),
        "parties": may(
            MapOf(key=NAME, item=PARTY, noun="party", least=0, most=1_000, hint="say who takes part"), "by name"
        ),
        "work": may(
            ListOf(
                item=WORK, noun="work", least=0, most=10_000, hint="list what runs where", twice="work {} comes twice"
            )
        ),
        "zones": may(ZONES, "of law"),
        "gpu": may(GPU, "price at which idling pays", otherwise="147000 yen per IT-MWh"),
        **SITING,
        "moves": may(MOVES, "energy and stop of a move", otherwise="20 nJ/bit, 30 s"),
    },
    hint="a power file begins with apnemu-power: 1",
)
