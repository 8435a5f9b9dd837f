# SPDX-License-Identifier: BSD-3-Clause
"""Every key of an equipment file, declared once, as `format.py` does it for a topology."""

from __future__ import annotations

from dataclasses import replace

from apnemu.model.plant import Devices, Fibre, Mode, Plant, Roadm, Splitter, Subcarriers
from apnemu.topology.format import GROUP_INDEX, LENGTH_KM, RATE_GBPS, ROUTERS, SPAN_KM
from apnemu.topology.origins import ABOUT, TITLE, VERSION, figures
from apnemu.topology.shapes import Key, ListOf, Number, Record, may, must
from apnemu.units import ms_to_ns

DELAY_NS = Number(high=1_000_000_000, decimals=0, hint="give whole nanoseconds")
DURATION_MS = Number(
    high=3_600_000, decimals=6, in_ns=ms_to_ns, hint="give milliseconds, down to 0.000001 (one nanosecond)"
)
SLOT_M = Number(low=1, high=64, decimals=0, hint="give the slot's width in steps of 12.5 GHz; 75 GHz is 6")
DEFAULT = "as in the default equipment"
FEC_NS = must(DELAY_NS, "what coding and decoding add one way, both ends together")


def time_of(device: str) -> Key:
    return may(DURATION_MS, device, otherwise=DEFAULT)


MODE = figures(
    Mode,
    meaning="One way to run a transceiver.",
    hint="write for example {name: zr, rate_gbps: 400, slot_m: 6, reach_km: 120, fec_ns: 15000, source: ...}",
    name=must(TITLE, "no two modes have one name"),
    rate_gbps=must(RATE_GBPS, "line rate"),
    slot_m=must(SLOT_M),
    reach_km=must(LENGTH_KM, "length of fibre over which light is good"),
    fec_ns=FEC_NS,
    power_w=may(Number(above=True, high=1000, hint="give one transceiver's power in W")),
)

LEAF_COUNT = Number(low=1, high=256, decimals=0, hint="give the subcarriers that a leaf can have at most")
HUB_POWER_W = Number(above=True, high=1000, hint="give the hub transceiver's power in W")
SUBCARRIERS = figures(
    Subcarriers,
    meaning="A hub whose wavelength is several digital subcarriers, each given to a leaf.",
    mode=must(TITLE, "name of the hub's mode", fills="name"),
    count=must(Number(low=1, high=256, decimals=0, hint="Open XR has 16"), "subcarriers of the hub"),
    rate_gbps=must(RATE_GBPS, "line rate of the hub"),
    slot_m=must(SLOT_M),
    leaf_count=must(LEAF_COUNT),
    fec_ns=FEC_NS,
    moving_ms=must(DURATION_MS, "time to move subcarriers from leaf to leaf, however many at once"),
    hub_power_w=must(HUB_POWER_W, fills="power_w"),
    leaf_power_w=must(Number(above=True, high=1000, hint="give a leaf transceiver's power in W")),
)
"""Keys of the hub's line fill the `Mode` in `Subcarriers`."""

DEVICES = figures(
    Devices,
    meaning="Time that devices and the controller take to act.",
    hint="leave out what is as in the default equipment",
    wss_switching_ms=time_of("a wavelength-selective switch, to pass or to block a slot"),
    amplifier_settling_ms=time_of("the amplifiers of a route, all at the same time"),
    laser_tuning_ms=time_of("a transceiver, until it sends where and how it is told"),
    fec_lock_ms=time_of("a receiver, until it has locked"),
    controller_computing_ms=time_of("the controller, for route and slot of one request"),
    loss_of_light_detection_ms=time_of("a receiver, to notice that light is lost"),
    protection_switching_ms=time_of("a protection switch, to move over"),
    flow_deletion_ms=time_of("a switch, to take flows out of its table when an owner withdraws light"),
)
FIBRE = figures(
    Fibre,
    fills="",
    group_index=must(GROUP_INDEX, "speed of light in vacuum over that in the fibre"),
    span_km=must(SPAN_KM, fills=""),
    amplifier_delay_ns=must(DELAY_NS, "what an in-line amplifier adds"),
)
ROADM = figures(
    Roadm,
    meaning="Delays of light through a ROADM, one way.",
    add_ns=must(DELAY_NS, "of light that is added"),
    drop_ns=must(DELAY_NS, "of light that is dropped"),
    express_ns=must(DELAY_NS, "of light that passes"),
)
SPLITTER = figures(
    Splitter,
    excess_loss_db=must(Number(high=20, hint="give dB beyond 10 log10(branches)"), "loss on top"),
)
PACKET = replace(ROUTERS, keys={**ROUTERS.keys, "source": MODE.keys["source"]})
MODES = ListOf(item=MODE, noun="mode", hint="list the ways to run a transceiver", twice="mode {} comes twice")
EQUIPMENT = Record(
    makes=Plant,
    keys={
        "apnemu-equipment": VERSION,
        "about": may(ABOUT, "where the figures come from", fills=""),
        "fibre": must(FIBRE, "fibres of which the topology does not say otherwise", fills=""),
        "roadm": must(ROADM, "delays in ROADMs"),
        "devices": may(DEVICES, "how long devices take to act", otherwise=DEFAULT),
        "splitter": may(SPLITTER, "what divides light among branches", otherwise="no loss beyond dividing"),
        "subcarriers": may(SUBCARRIERS, "hub and leaves of demands of that kind"),
        "modes": must(MODES),
        "packet": must(PACKET, "the conventional network", fills=""),
    },
    hint="an equipment file begins with apnemu-equipment: 1",
)
