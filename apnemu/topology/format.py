"""What may stand in a topology file and in an equipment file, with every limit: one table each.

`schema.json` beside this file is made from `TOPOLOGY` (see `schema.py`); editors read it. A limit is either physics
(a latitude), a standard (an MTU), or far beyond anything built, there to catch a slip of unit; the hint says which.
"""

from __future__ import annotations

from apnemu.topology.shapes import Choice, ListOf, MapOf, Number, Record, Text

VERSION = Number(low=1, high=1, decimals=0, hint="this apnemu reads version 1; write apnemu: 1")

NAME = Text(
    pattern=r"[a-z][a-z0-9-]{0,30}",
    limit="it must begin with a letter a-z and go on with at most 30 of a-z, 0-9 and -",
    hint="rename it, for example osaka-2",
)
TITLE = Text(
    pattern=r"[A-Za-z0-9][A-Za-z0-9_.-]{0,62}",
    limit="it must begin with a letter or digit and go on with at most 62 of A-Z, a-z, 0-9, _, . and -",
    hint="choose another name, for example t-o-2",
)
PROSE = Text(pattern=r"(?s).*\S.*", limit="it must be text", hint="say it in words, in quotes")
DELAY_NS = Number(low=0, high=1_000_000_000, decimals=0, hint="give whole nanoseconds")
DURATION_MS = Number(low=0, high=3_600_000, decimals=6, hint="give milliseconds, down to 0.000001 (one nanosecond)")
DELAY_US = Number(low=0, high=1_000_000, decimals=3, hint="give microseconds, down to 0.001 (one nanosecond)")
RATE_GBPS = Number(low=0, above=True, high=100_000, hint="give Gbit/s, for example 100")
SPAN_KM = Number(low=1, high=400, hint="give the km between amplifiers, for example 80")
GROUP_INDEX = Number(low=1, high=2, hint="silica is near 1.468, hollow core near 1.003")
LENGTH_KM = Number(low=0, above=True, high=20_000, hint="give the fibre's own length in km (20000 is half the Earth)")
FREQUENCY_THZ = Number(low=180, high=230, hint="give THz; the C band is 191.3 to 196.1")

ABOUT = Record(
    keys={
        "source": PROSE,
        "licence": PROSE,
        "inferred": ListOf(item=PROSE, noun="word", least=0, most=100, hint="list what was not in the source"),
        "note": PROSE,
    },
    hint="say where the data comes from: about: {source: ..., licence: ..., inferred: [...]}",
)

SITE = Record(
    keys={
        "kind": Choice(words=("edge", "local", "cluster", "exchange"), hint="exchange has a ROADM but no data centre"),
        "lat": Number(low=-90, high=90, hint="give degrees north, for example 35.68"),
        "lon": Number(low=-180, high=180, hint="give degrees east, for example 139.77"),
        "power_mw": Number(low=0, high=100_000, hint="give the data centre's IT power in MW"),
        "population": Number(low=0, high=10_000_000_000, decimals=0, hint="count the people nearest to this site"),
        "hosts": Number(low=1, high=64, decimals=0, hint="give the hosts to emulate; leave it out for 1"),
    },
    required=("kind", "lat", "lon"),
    hint="write for example {kind: edge, lat: 34.67, lon: 135.50}",
)

FIBRE = Record(
    keys={
        "between": ListOf(item=NAME, noun="site", least=2, most=2, hint="write between: [tokyo, osaka]"),
        "length_km": LENGTH_KM,
        "name": TITLE,
        "group_index": GROUP_INDEX,
        "span_km": SPAN_KM,
        "risks": ListOf(
            item=TITLE, noun="risk", least=1, most=100, hint="name what is shared, for example risks: [tunnel-7]"
        ),
    },
    required=("between", "length_km"),
    hint="write for example {between: [tokyo, osaka], length_km: 552.6}",
)

DEMAND = Record(
    keys={
        "name": TITLE,
        "from": NAME,
        "to": NAME,
        "among": ListOf(
            item=NAME, noun="site", least=2, most=1000, or_word="all", hint="write among: all, or among: [tokyo, osaka]"
        ),
        "to_many": ListOf(item=NAME, noun="site", least=1, most=1000, hint="write to_many: [nagoya, osaka]"),
        "kind": Choice(
            words=("tree", "subcarriers"), hint="of to_many: one wavelength split, or shared by subcarriers"
        ),
        "rate_gbps": RATE_GBPS,
    },
    required=("name", "rate_gbps"),
    either=(("from", "to"), ("among",), ("from", "to_many")),
    hint="write for example {name: t-o, from: tokyo, to: osaka, rate_gbps: 100}",
)

BACKGROUND = Record(
    keys={
        "kind": Choice(words=("none", "poisson", "pareto"), hint="leave it out for the equipment's default"),
        "load": Number(low=0, high=2, hint="give the offered share of the line rate; 1 is all of it"),
        "frame_bytes": Number(low=64, high=65_549, decimals=0, hint="give bytes; leave it out for full frames"),
        "burst_bytes": Number(low=64, high=1_000_000_000, decimals=0, hint="give the mean burst in bytes"),
        "pareto_shape": Number(low=1, above=True, high=10, hint="at 1 and below a burst has no mean; 1.5 is usual"),
    },
    hint="write for example background: {kind: poisson, load: 0.4}",
)

PACKET = Record(
    keys={
        "line_rate_gbps": RATE_GBPS,
        "mtu_bytes": Number(low=576, high=65_535, decimals=0, hint="give the IP datagram in bytes, for example 1500"),
        "buffer_bytes": Number(low=590, high=100_000_000_000, decimals=0, hint="give one port's queue in bytes"),
        "forwarding_us": DELAY_US,
        "oeo_us": DELAY_US,
        "fec_us": DELAY_US,
        "background": BACKGROUND,
    },
    hint="write packet: {} for the equipment's defaults",
)

SPECTRUM = Record(
    keys={"from_thz": FREQUENCY_THZ, "to_thz": FREQUENCY_THZ},
    required=("from_thz", "to_thz"),
    hint="write for example spectrum: {from_thz: 191.3, to_thz: 196.1}",
)

EVENT = Record(
    keys={
        "at_s": Number(
            low=0, high=1_000_000, decimals=9, hint="give seconds of virtual time after the scenario begins"
        ),
        "event": Choice(
            words=("cut", "lose", "region", "sag", "repair"),
            hint="cut fibres, lose sites or the controller, a region; an amplifier's gain sags; repair",
        ),
        "what": ListOf(
            item=TITLE,
            noun="name",
            least=1,
            most=10_000,
            or_word="all",
            alone=True,
            hint="name fibres, sites or controller, for example [tokyo-nagoya]; all is for repair",
        ),
        "centre": ListOf(
            item=Number(low=-180, high=180, hint="give degrees, for example centre: [35.68, 139.77]"),
            noun="degree",
            least=2,
            most=2,
            hint="write latitude, longitude, for example centre: [35.68, 139.77]",
        ),
        "site": NAME,
        "radius_km": Number(low=0, above=True, high=20_000, hint="give km over ground (20000 is half the Earth)"),
        "db": Number(low=0.1, high=20, hint="give the dB that the amplifier's gain falls by, for example 3"),
    },
    required=("at_s", "event"),
    hint="write for example {at_s: 1, event: cut, what: tokyo-osaka}",
)

GNPY = Record(
    keys={"network": PROSE, "equipment": PROSE, "sim_params": PROSE},
    required=("network",),
    hint="apnemu import writes it: gnpy: {network: FILE.json, equipment: FILE.json}",
)

TOPOLOGY = Record(
    keys={
        "apnemu": VERSION,
        "name": TITLE,
        "about": ABOUT,
        "equipment": NAME,
        "spectrum": SPECTRUM,
        "sites": MapOf(
            key=NAME, item=SITE, noun="site", least=2, most=1000, hint="write sites: {tokyo: {kind: edge, ...}, ...}"
        ),
        "fibres": ListOf(item=FIBRE, noun="fibre", least=1, most=10_000, hint="list what joins the sites"),
        "demands": ListOf(item=DEMAND, noun="demand", least=0, most=100_000, hint="write [] for none"),
        "packet": PACKET,
        "scenario": ListOf(item=EVENT, noun="event", least=0, most=10_000, hint="list what happens; [] for nothing"),
        "gnpy": GNPY,
    },
    required=("apnemu", "name", "sites", "fibres"),
    hint="a topology file begins with apnemu: 1",
)

MODE = Record(
    keys={
        "name": TITLE,
        "rate_gbps": RATE_GBPS,
        "slot_m": Number(low=1, high=64, decimals=0, hint="give the slot's width in steps of 12.5 GHz; 75 GHz is 6"),
        "reach_km": LENGTH_KM,
        "fec_ns": DELAY_NS,
        "power_w": Number(low=0, above=True, high=1000, hint="give one transceiver's power in W"),
        "source": PROSE,
    },
    required=("name", "rate_gbps", "slot_m", "reach_km", "fec_ns", "source"),
    hint="write for example {name: zr, rate_gbps: 400, slot_m: 6, reach_km: 120, fec_ns: 15000, source: ...}",
)

SUBCARRIERS = Record(
    keys={
        "mode": TITLE,
        "count": Number(low=1, high=256, decimals=0, hint="Open XR has 16"),
        "rate_gbps": RATE_GBPS,
        "slot_m": Number(low=1, high=64, decimals=0, hint="give the slot's width in steps of 12.5 GHz; 75 GHz is 6"),
        "leaf_count": Number(low=1, high=256, decimals=0, hint="give the subcarriers that a leaf can have at most"),
        "fec_ns": DELAY_NS,
        "moving_ms": DURATION_MS,
        "hub_power_w": Number(low=0, above=True, high=1000, hint="give the hub transceiver's power in W"),
        "leaf_power_w": Number(low=0, above=True, high=1000, hint="give a leaf transceiver's power in W"),
        "source": PROSE,
    },
    required=(
        *("mode", "count", "rate_gbps", "slot_m", "leaf_count", "fec_ns", "moving_ms"),
        *("hub_power_w", "leaf_power_w", "source"),
    ),
)

DEVICES = (
    "wss_switching",
    "amplifier_settling",
    "laser_tuning",
    "fec_lock",
    "controller_computing",
    "loss_of_light_detection",
    "protection_switching",
)
"""What takes time when light is changed."""

EQUIPMENT = Record(
    keys={
        "apnemu-equipment": VERSION,
        "about": ABOUT,
        "fibre": Record(
            keys={"group_index": GROUP_INDEX, "span_km": SPAN_KM, "amplifier_delay_ns": DELAY_NS, "source": PROSE},
            required=("group_index", "span_km", "amplifier_delay_ns", "source"),
        ),
        "roadm": Record(
            keys={"add_ns": DELAY_NS, "drop_ns": DELAY_NS, "express_ns": DELAY_NS, "source": PROSE},
            required=("add_ns", "drop_ns", "express_ns", "source"),
        ),
        "devices": Record(
            keys={**{f"{name}_ms": DURATION_MS for name in DEVICES}, "source": PROSE},
            required=("source",),
            hint="leave out what is as in the default equipment",
        ),
        "splitter": Record(
            keys={"excess_loss_db": Number(low=0, high=20, hint="give dB beyond 10 log10(branches)"), "source": PROSE},
            required=("excess_loss_db", "source"),
        ),
        "subcarriers": SUBCARRIERS,
        "modes": ListOf(item=MODE, noun="mode", least=1, most=1000, hint="list the ways to run a transceiver"),
        "packet": Record(
            keys={
                **PACKET.keys,
                "background": Record(
                    keys=BACKGROUND.keys, required=("kind", "load", "burst_bytes", "pareto_shape"), hint=BACKGROUND.hint
                ),
                "source": PROSE,
            },
            required=(*PACKET.keys, "source"),
        ),
    },
    required=("apnemu-equipment", "fibre", "roadm", "modes", "packet"),
    hint="an equipment file begins with apnemu-equipment: 1",
)

SIZE_CLASSES = Record(
    keys={
        "apnemu-size-classes": VERSION,
        "about": ABOUT,
        "classes": ListOf(
            item=Record(
                keys={"name": NAME, "from_mw": Number(low=0, high=1_000_000, hint="give MW of IT power")},
                required=("name", "from_mw"),
                hint="write for example {name: small, from_mw: 10}",
            ),
            noun="size",
            least=1,
            most=100,
            hint="list the classes, the smallest first",
        ),
    },
    required=("apnemu-size-classes", "classes"),
    hint="a table of size classes begins with apnemu-size-classes: 1",
)
