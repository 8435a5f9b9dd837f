"""Eight classes of service: wide or local, strict or tolerant of delay, large or small. Which way serves each best?

The classes are those of the Japanese ministry's paper on watt-bit of January 2026; what each needs in figures is
declared here, since the paper names none.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any

from apnemu.blueprint.prediction import lightpath_rtt_ns, packet_rtt_ns
from apnemu.errors import InputError
from apnemu.model.assignment import Lightpath
from apnemu.model.demand import Demand
from apnemu.model.plant import Plant
from apnemu.planning import next_hops, plan
from apnemu.question.experiment import Experiment, Row, Setting
from apnemu.question.stages import PROBE_BYTES
from apnemu.report.reach_rows import Bounds, Felt, over_light, over_packets
from apnemu.report.service_rows import ServiceClass, offers, service_rows
from apnemu.units import us_to_ns


def pairs(plant: Plant, settings: Mapping[str, Any]) -> dict[bool, tuple[str, str]]:
    """Wide and local: as given, or of all demands the one with the longest and the one with the shortest light."""
    light = plan(plant).lightpaths
    if not light:
        raise InputError(f"no demand of {plant.name} gets light; see apnemu plan", file="--topology")
    ordered = sorted(light, key=lambda path: (path.length_km, path.name))
    found = {True: _ends(ordered[-1]), False: _ends(ordered[0])}
    for wide, name in ((True, "wide"), (False, "local")):
        if settings[name]:
            a, _, b = settings[name].partition("-")
            sites = [site.name for site in plant.data_centres]
            if a not in sites or b not in sites or a == b:
                raise InputError(
                    f"{name} is '{settings[name]}'; it must be two data centres, joined by a hyphen; for example"
                    f" --set {name}={'-'.join(found[wide])}",
                    file="--set",
                )
            found[wide] = (a, b)
    return found


def _ends(path: Lightpath) -> tuple[str, str]:
    return path.source, path.target


def classes(plant: Plant, settings: Mapping[str, Any]) -> list[ServiceClass]:
    ends = pairs(plant, settings)
    found = []
    for wide, strict, large in product((True, False), repeat=3):
        rtt_ms = settings["strict_wide_rtt_ms" if wide else "strict_local_rtt_ms"] if strict else settings["rtt_ms"]
        found.append(
            ServiceClass(
                wide=wide,
                strict=strict,
                large=large,
                pair=ends[wide],
                rate_gbps=settings["large_gbps" if large else "small_gbps"],
                bounds=Bounds(
                    rtt_ns=us_to_ns(rtt_ms * 1e3),
                    jitter_ns=1e3 * settings["strict_jitter_us" if strict else "jitter_us"],
                    loss=settings["strict_loss" if strict else "loss"],
                ),
            )
        )
    return found


def computed(plant: Plant, settings: Mapping[str, Any], seed: int) -> list[Row]:
    return [row for wanted in classes(plant, settings) for row in _rows(plant, settings, wanted)]


def _rows(plant: Plant, settings: Mapping[str, Any], wanted: ServiceClass) -> list[Row]:
    a, b = wanted.pair
    demand = Demand(name=b, source=a, target=b, rate_gbps=wanted.rate_gbps)
    assignment = plan(dataclasses.replace(plant, demands=(demand,)))
    paths = assignment.by_pair()
    rtts_ns = {pair: lightpath_rtt_ns(plant, path, PROBE_BYTES) for pair, path in paths.items()}
    light = over_light(assignment, rtts_ns, wanted.pair)
    hops = next_hops(plant)
    packets = Felt(rtt_ns=None, jitter_ns=0.0, loss=0.0, refused="route: no fibres join the two")
    if wanted.pair in hops:
        lone_ns = {wanted.pair: packet_rtt_ns(plant, hops, wanted.pair, PROBE_BYTES)}
        packets = over_packets(plant, hops, lone_ns, wanted.pair, settings["load"])
    mode = paths[wanted.pair].mode if wanted.pair in paths else ""
    mode_gbps = next((known.rate_gbps for known in plant.modes if known.name == mode), 0.0) or wanted.rate_gbps
    found = offers(
        wanted,
        light,
        packets,
        mode_gbps=mode_gbps,
        mapping_ns=us_to_ns(settings["mapping_us"]),
        subcarrier_gbps=settings["subcarrier_gbps"],
        subcarriers=settings["subcarriers"],
        subcarrier_km=settings["subcarrier_km"],
        length_km=paths[wanted.pair].length_km if wanted.pair in paths else 0.0,
        line_gbps=plant.packet.line_rate_gbps,
        load=settings["load"],
    )
    return service_rows(wanted, found)


def expected(settings: Mapping[str, Any]) -> str:
    return "an own wavelength meets every class that other light meets, and a way that does not meet one has its reason"


def met(results: Sequence[Row], settings: Mapping[str, Any]) -> bool:
    own = {row["class"]: row["meets"] for row in results if row["way"] == "own wavelength"}
    others = all(own[row["class"]] for row in results if row["meets"] and row["way"] != "packet")
    return others and all(row["meets"] == (row["reason"] == "") for row in results)


EXPERIMENT = Experiment(
    name="service_classes",
    question="Which way of serving meets each class of service, and at what cost in wavelengths and transceivers?",
    topology="jpn12",
    settings=(
        Setting(name="wide", default="", meaning="A-B, two data centres; those with the longest light by default"),
        Setting(name="local", default="", meaning="A-B, two data centres; those with the shortest light by default"),
        Setting(name="large_gbps", default=100.0, low=0.001, high=1600, meaning="rate of large data"),
        Setting(name="small_gbps", default=1.0, low=0.001, high=1600, meaning="rate of small data"),
        Setting(name="strict_wide_rtt_ms", default=30.0, low=0.001, high=10_000, meaning="round trip, strict and wide"),
        Setting(name="strict_local_rtt_ms", default=1.0, low=0.001, high=10_000, meaning="round trip, strict, local"),
        Setting(name="rtt_ms", default=100.0, low=0.001, high=10_000, meaning="round trip of the tolerant"),
        Setting(name="strict_jitter_us", default=1.0, low=0, high=1e9, meaning="p99 that queues may add, strict"),
        Setting(name="jitter_us", default=1000.0, low=0, high=1e9, meaning="p99 that queues may add, tolerant"),
        Setting(name="strict_loss", default=1e-9, low=0, high=1, meaning="share of frames, strict"),
        Setting(name="loss", default=1e-3, low=0, high=1, meaning="share of frames, tolerant"),
        Setting(name="load", default=0.5, low=0, high=2, meaning="of others on the packet network's lines"),
        Setting(
            name="mapping_us", default=10.0, low=0, high=1e6, meaning="each way, into time slots and out; inferred"
        ),
        Setting(name="subcarrier_gbps", default=25.0, low=0.1, high=400, meaning="of one digital subcarrier (Open XR)"),
        Setting(name="subcarriers", default=16, low=1, high=64, whole=True, meaning="of a hub (Open XR)"),
        Setting(
            name="subcarrier_km", default=450.0, low=1, high=10_000, meaning="their reach; inferred: as OpenZR+ 400G"
        ),
    ),
    expected=expected,
    met=met,
    computed=computed,
)
