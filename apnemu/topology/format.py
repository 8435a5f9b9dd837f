# SPDX-License-Identifier: BSD-3-Clause
"""Every key of a topology file, declared once: its values and limits, what it means, and which attribute it fills.

To add a key of one value, add it to its record here and an attribute to the model: reading, messages, `schema.json`,
`docs/topology-format.md` and the writer follow. A key that must be resolved against others fills nothing, and a reader
beside this file looks at it. A limit is either physics (a latitude), a standard (an MTU), or far beyond anything built,
there to catch a slip of unit; the hint, which ends each message, says which.
"""

from __future__ import annotations

from dataclasses import replace

from apnemu.model.activities import Event
from apnemu.model.phase import Phase
from apnemu.model.plant import Background, Controller, Fibre, GnpyFiles, PacketNetwork, Plant, Site
from apnemu.topology.disturbed_format import DISTURBED, LINE
from apnemu.topology.origins import ABOUT, LABEL, NAME, PROSE, TITLE, VERSION
from apnemu.topology.shapes import ByWay, Choice, Columns, ListOf, MapOf, Number, Record, may, must
from apnemu.topology.site_power_format import SITE_POWER
from apnemu.topology.siting_format import YEAR
from apnemu.topology.zones_format import ZONES
from apnemu.units import s_to_ns, us_to_ns

RATE_GBPS = Number(above=True, high=100_000, hint="give Gbit/s, for example 100")
SPAN_KM = Number(low=1, high=400, hint="give the km between amplifiers, for example 80")
GROUP_INDEX = Number(low=1, high=2, hint="silica is near 1.468, hollow core near 1.003")
LENGTH_KM = Number(above=True, high=20_000, hint="give the fibre's own length in km (20000 is half the Earth)")
THE_EQUIPMENTS = "as in the equipment"


SITE_KIND = Choice(words=("edge", "local", "cluster", "exchange"), hint="exchange has a ROADM but no data centre")
SITE = Record(
    makes=Site,
    meaning="A building with a ROADM and, unless it is an exchange, a data centre. Without `lat` and"
    " `lon` maps lay it out; regions and hazards then cannot say what they hit.",
    keys={
        "kind": must(SITE_KIND, "what stands there"),
        "lat": may(Number(low=-90, high=90, hint="give degrees north, for example 35.68"), otherwise="not known"),
        "lon": may(Number(low=-180, high=180, hint="give degrees east, for example 139.77"), otherwise="not known"),
        "power_mw": may(Number(high=100_000, hint="give the data centre's IT power in MW")),
        "population": may(Number(high=10_000_000_000, decimals=0, hint="count the people nearest to this site")),
        "hosts": may(Number(low=1, high=64, decimals=0, hint="give the hosts to emulate; leave it out for 1")),
        "label": may(LABEL, "what people call it; commands that name a site take it too"),
        "owner": may(NAME, "who owns the data centre", otherwise="the site's name"),
        "zone": may(NAME, "zone that its data may not leave; work may say another"),
        "ready_year": may(YEAR, "from when on it stands, in a topology with a phase", otherwise="as the phase begins"),
        **SITE_POWER,
    },
    hint="write for example {kind: edge, lat: 34.67, lon: 135.50}",
)

BETWEEN = ListOf(item=NAME, noun="site", least=2, most=2, hint="write between: [tokyo, osaka]")
BOTH_KM = "length_km back_km"
RISKS = ListOf(item=TITLE, noun="risk", most=100, hint="name what is shared, for example risks: [tunnel-7]")
WAYPOINT = Columns(
    numbers={
        "lat": Number(low=-90, high=90, hint="give degrees north, for example 35.68"),
        "lon": Number(low=-180, high=180, hint="give degrees east, for example 139.77"),
    },
    hint="write for example waypoints: [[35.45, 138.33]]",
)
FIBRE = Record(
    makes=Fibre,
    meaning="A pair of fibres, one each way, no shorter than the great circle between its sites less 3 % and 10 km."
    " Planning of light goes by lengths: of a fibre with a delay alone, by the length that light passes in it.",
    keys={
        "between": must(BETWEEN, "the two sites that it joins", fills="a b"),
        "length_km": may(
            ByWay(each=LENGTH_KM),
            "of both ways, or {out: ..., back: ...}: out is from the first site",
            otherwise="from delay_ns",
            fills=BOTH_KM,
        ),
        "name": may(TITLE, "name of its own, for fibres side by side", otherwise="SITE-SITE"),
        "group_index": may(GROUP_INDEX, "speed of light in vacuum over that in the fibre", otherwise=THE_EQUIPMENTS),
        "span_km": may(ByWay(each=SPAN_KM), "of both ways, or of out and back", otherwise=THE_EQUIPMENTS, fills=""),
        "risks": may(RISKS, "what takes it down together with others that name it: a duct, a bridge"),
        "waypoints": may(
            ListOf(item=WAYPOINT, noun="place", most=1_000, hint=WAYPOINT.hint),
            "places on its way, from the first site on; they say what a region or a hazard hits",
            otherwise="the great circle",
        ),
        **DISTURBED,
        "line": may(LINE, "the packet network's line over it, where that differs", otherwise="as the fibre"),
        "label": may(LABEL, "what people call it"),
    },
    either=(("length_km",), ("delay_ns",), ("length_km", "delay_ns")),
    hint="write for example {between: [tokyo, osaka], length_km: 552.6}",
)

AMONG = ListOf(item=NAME, noun="site", least=2, or_word="all", hint="write among: all, or among: [tokyo, osaka]")
TO_MANY = ListOf(item=NAME, noun="site", hint="write to_many: [nagoya, osaka]")
TREE_KIND = Choice(words=("tree", "subcarriers"), hint="of to_many: one wavelength split, or shared by subcarriers")
DEMAND = Record(
    meaning="Light asked for: between two sites; between each two data centres among several, named NAME/SITE-SITE; or"
    " from one site to many.",
    keys={
        "name": must(TITLE, "no two demands have one name"),
        "from": may(NAME, "site at one end, or the hub of light to many", fills="source"),
        "to": may(NAME, "site at the other end", fills="target"),
        "among": may(AMONG, "data centres of a mesh", fills=""),
        "to_many": may(TO_MANY, "leaves of light to many", fills="leaves"),
        "kind": may(TREE_KIND, otherwise="tree"),
        "rate_gbps": must(RATE_GBPS, "capacity each way; of subcarriers for each leaf"),
    },
    either=(("from", "to"), ("among",), ("from", "to_many")),
    hint="write for example {name: t-o, from: tokyo, to: osaka, rate_gbps: 100}",
)

ARRIVALS = Choice(words=("none", "poisson", "pareto"), hint="leave it out for the equipment's default")
FRAME_BYTES = Number(low=64, high=65_549, decimals=0, hint="give bytes; leave it out for full frames")
PARETO_SHAPE = Number(low=1, above=True, high=10, hint="at 1 and below a burst has no mean; 1.5 is usual")
BACKGROUND = Record(
    makes=Background,
    meaning="Other people's traffic on every fibre of the packet network, each way.",
    keys={
        "kind": must(ARRIVALS, "poisson sends frames at exponential gaps, pareto bursts at line rate"),
        "load": must(Number(high=2, hint="give the offered share of the line rate; 1 is all of it")),
        "frame_bytes": may(FRAME_BYTES, "length of a frame, its 14 bytes of header included", otherwise="full frames"),
        "burst_bytes": must(Number(low=64, high=1_000_000_000, decimals=0, hint="give the mean burst in bytes")),
        "pareto_shape": must(PARETO_SHAPE, "shape of the bursts' lengths"),
    },
    hint="write for example background: {kind: poisson, load: 0.4}",
)

MTU_BYTES = Number(low=576, high=65_535, decimals=0, hint="give the IP datagram in bytes, for example 1500")
BUFFER_BYTES = Number(low=590, high=100_000_000_000, decimals=0, hint="give one port's queue in bytes")
DELAY_US = Number(high=1_000_000, decimals=3, in_ns=us_to_ns, hint="give microseconds, down to 0.001 (one nanosecond)")
ROUTERS = Record(
    makes=PacketNetwork,
    meaning="The conventional network over the same fibres: a store-and-forward router at every site.",
    keys={
        "line_rate_gbps": may(
            RATE_GBPS, "rate of each line between two routers", otherwise="that of the fastest demand"
        ),
        "mtu_bytes": must(MTU_BYTES),
        "buffer_bytes": may(
            BUFFER_BYTES,
            "queue of a port; it holds the frame in transmission too, and what does not fit is dropped",
            otherwise="as buffer_us says",
        ),
        "buffer_us": may(DELAY_US, "the same as the time in which the line sends it", otherwise="as buffer_bytes says"),
        "mark_bytes": may(
            BUFFER_BYTES,
            "a frame that finds more than this in the queue, itself included, is marked (ECN, RFC 3168)",
            otherwise="as mark_us says",
        ),
        "mark_us": may(DELAY_US, "the same as the time in which the line sends it; 0: no queue marks", otherwise="0"),
        "forwarding_us": must(DELAY_US, "what a router takes to forward a frame"),
        "oeo_us": must(DELAY_US, "what light to electricity and back takes at each router"),
        "fec_us": must(DELAY_US, "what error correction takes on each line, both ends together"),
        "background": must(BACKGROUND, "other people's traffic"),
    },
)
"""The conventional network as an equipment file has it: in full."""


def _left_open(record: Record, hint: str) -> Record:
    """The same keys, each of which a topology may leave to the equipment."""
    keys = {
        name: replace(
            key,
            must=False,
            otherwise=key.otherwise or THE_EQUIPMENTS,
            shape=_left_open(key.shape, key.shape.hint) if isinstance(key.shape, Record) else key.shape,
        )
        for name, key in record.keys.items()
    }
    return replace(record, keys=keys, hint=hint)


PACKET = _left_open(ROUTERS, "write packet: {} for the equipment's defaults")

FREQUENCY_THZ = Number(low=180, high=230, hint="give THz; the C band is 191.3 to 196.1")
GAP = Record(
    keys={"from_thz": must(FREQUENCY_THZ, "lower edge"), "to_thz": must(FREQUENCY_THZ, "upper edge")},
    hint="write for example gaps: [{from_thz: 190.1, to_thz: 191.3}]",
)
GAPS = ListOf(item=GAP, noun="gap", least=0, most=100, hint=GAP.hint)
SPECTRUM = Record(
    meaning="The spectrum that light may use, on the grid of ITU-T G.694.1: 193.1 and multiples of 0.00625 THz. What an"
    " amplifier or a ROADM on a route does not carry stays dark.",
    keys={
        "from_thz": must(FREQUENCY_THZ, "lower edge"),
        "to_thz": must(FREQUENCY_THZ, "upper edge"),
        "gaps": may(GAPS, "what is kept dark within, as a guard band between L and C is"),
    },
    hint="write for example spectrum: {from_thz: 191.3, to_thz: 196.1}",
)

AT_S = Number(high=1_000_000, decimals=9, in_ns=s_to_ns, hint="give seconds of virtual time after the scenario begins")
EVENT_KIND = Choice(
    words=("cut", "lose", "region", "sag", "repair"),
    hint="cut fibres, lose sites or the controller, a region; an amplifier's gain sags; repair",
)
WHAT = ListOf(
    item=TITLE,
    noun="name",
    most=10_000,
    or_word="all",
    alone=True,
    hint="name fibres, sites or controller, for example [tokyo-nagoya]; all is for repair",
)
DEGREES = Number(low=-180, high=180, hint="give degrees, for example centre: [35.68, 139.77]")
CENTRE = ListOf(
    item=DEGREES,
    noun="degree",
    least=2,
    most=2,
    hint="write latitude, longitude, for example centre: [35.68, 139.77]",
)
EVENT = Record(
    makes=Event,
    meaning="cut takes fibres; lose takes sites with their ROADM, router and hosts, or the controller; region takes"
    " what a circle on the map hits; sag takes gain from the first in-line amplifier of one fibre, each way, which only"
    " light on demand notices; repair gives back. The experiment `failover` plays them; others say that they do not.",
    keys={
        "at_s": must(AT_S),
        "event": must(EVENT_KIND, fills="kind"),
        "what": may(WHAT, "needed by every event but region"),
        "centre": may(CENTRE, "middle of a region, instead of site", fills=""),
        "site": may(NAME, "middle of a region, instead of centre", fills=""),
        "radius_km": may(
            Number(above=True, high=20_000, hint="give km over ground (20000 is half the Earth)"),
            "of a region",
            fills="",
        ),
        "db": may(
            Number(low=0.1, high=20, hint="give the dB that the amplifier's gain falls by, for example 3"), "of a sag"
        ),
    },
    hint="write for example {at_s: 1, event: cut, what: tokyo-osaka}",
)

CONTROLLER = Record(
    makes=Controller,
    meaning="The controller of the network stands at a site and reaches switches, devices and hosts over a data"
    " communication network of its own (DCN, ITU-T G.7712), which survives what happens to fibres and sites.",
    keys={
        "at": may(NAME, "the site where it stands", otherwise="the one with the shortest way to its farthest site"),
        "delay_us": may(
            DELAY_US,
            "delay of the DCN to every site, one way",
            otherwise="the shortest way over the fibres, 10 us at least",
            fills="delay_ns",
        ),
    },
    hint="write for example controller: {at: tokyo}",
)

PHASE = Record(
    makes=Phase,
    meaning="The years in which the network is so; a site with a later `ready_year` is refused.",
    keys={"from_year": must(YEAR, "the first"), "to_year": must(YEAR, "the last")},
    hint="write for example phase: {from_year: 2031, to_year: 2034}",
)

GNPY = Record(
    makes=GnpyFiles,
    meaning="GNPy's own files that `apnemu import` made this topology from; paths begin at this file.",
    keys={
        "network": must(PROSE, "the network"),
        "equipment": may(PROSE, "the equipment library", otherwise="GNPy's"),
        "sim_params": may(PROSE, "parameters of the simulation", otherwise="GNPy's"),
    },
    hint="apnemu import writes it: gnpy: {network: FILE.json, equipment: FILE.json}",
)

SITES = MapOf(key=NAME, item=SITE, noun="site", least=2, most=1000, hint="write sites: {tokyo: {kind: edge, ...}, ...}")
FIBRES = ListOf(item=FIBRE, noun="fibre", most=10_000, hint="list what joins the sites")
DEMANDS = ListOf(item=DEMAND, noun="demand", least=0, most=100_000, hint="write [] for none")
SCENARIO = ListOf(item=EVENT, noun="event", least=0, most=10_000, hint="list what happens; [] for nothing")
TOPOLOGY = Record(
    makes=Plant,
    keys={
        "apnemu": VERSION,
        "name": must(TITLE, "name of the network"),
        "about": may(ABOUT, "where the data comes from"),
        "equipment": may(NAME, "`equipment/NAME.yaml` beside this file, or shipped", default="default", fills=""),
        "spectrum": may(SPECTRUM, "the spectrum that light may use", otherwise="191.3 to 196.1 THz", fills=""),
        "sites": must(SITES, "all must be joined"),
        "fibres": must(FIBRES),
        "demands": may(DEMANDS),
        "packet": may(PACKET, "the conventional network", otherwise=THE_EQUIPMENTS, fills=""),
        "controller": may(CONTROLLER, "where the controller stands, and its way to everything else"),
        "scenario": may(SCENARIO, "events in any order", fills=""),
        "gnpy": may(GNPY, "files of an imported network"),
        "zones": may(ZONES, "where data may be", fills=""),
        "phase": may(PHASE, "years in which it is so, of a network that grows"),
        "power": may(NAME, "`power/NAME.yaml` beside this file, or shipped: the power system around", fills=""),
    },
    hint="a topology file begins with apnemu: 1",
)
