# SPDX-License-Identifier: BSD-3-Clause
"""Eight classes of service: wide or local, strict or tolerant of delay, large or small. Which way serves each best?

The classes are those of the Japanese ministry's paper on watt-bit of January 2026; what each needs in figures is
declared here, since the paper names none.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Annotated, Any

from apnemu.blueprint.prediction import lightpath_rtt_ns, packet_rtt_ns
from apnemu.errors import InputError
from apnemu.experiments.service_classes.shown import BRIEF, sentence, service_matrix
from apnemu.experiments.service_classes.ways import ServiceClass, offers, service_rows
from apnemu.model.assignment import Lightpath
from apnemu.model.demand import Demand
from apnemu.model.plant import Plant
from apnemu.model.reason import Reason
from apnemu.planning import next_hops, plan
from apnemu.question.bounds import Bounds, Felt, over_light, over_packets
from apnemu.question.context import Row
from apnemu.question.experiment import Experiment
from apnemu.question.settings import Setting
from apnemu.question.traffic import PROBE_BYTES
from apnemu.question.verdict import Claim, Verdict, judge_rows, same
from apnemu.report.shown import Shown
from apnemu.units import us_to_ns


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What `--set` may change."""

    wide: Annotated[
        str, Setting("Pair of data centres, A-B; empty: those with the longest light", example="tokyo-osaka", of="pair")
    ] = ""
    local: Annotated[
        str,
        Setting("Pair of data centres, A-B; empty: those with the shortest light", example="tokyo-osaka", of="pair"),
    ] = ""
    large_gbps: Annotated[float, Setting("Rate of large classes", "Gbit/s", low=0.001, high=1600)] = 100.0
    small_gbps: Annotated[float, Setting("Rate of small classes", "Gbit/s", low=0.001, high=1600)] = 1.0
    strict_wide_rtt_ms: Annotated[
        float, Setting("Largest round trip of classes that are strict and wide", "ms", low=0.001, high=10_000)
    ] = 30.0
    strict_local_rtt_ms: Annotated[
        float, Setting("Largest round trip of classes that are strict and local", "ms", low=0.001, high=10_000)
    ] = 1.0
    rtt_ms: Annotated[float, Setting("Largest round trip of tolerant classes", "ms", low=0.001, high=10_000)] = 100.0
    strict_jitter_us: Annotated[
        float, Setting("Largest wait in queues, 99th percentile, of strict classes", "us", low=0, high=1e9)
    ] = 1.0
    jitter_us: Annotated[
        float, Setting("Largest wait in queues, 99th percentile, of tolerant classes", "us", low=0, high=1e9)
    ] = 1000.0
    strict_loss: Annotated[float, Setting("Largest share of frames lost, of strict classes", low=0, high=1)] = 1e-9
    loss: Annotated[float, Setting("Largest share of frames lost, of tolerant classes", low=0, high=1)] = 1e-3
    load: Annotated[
        float, Setting("Load of others on the packet network's lines, as a share of their rate", low=0, high=2)
    ] = 0.5
    mapping_us: Annotated[
        float, Setting("Delay each way of mapping into time slots and out; inferred", "us", low=0, high=1e6)
    ] = 10.0
    subcarrier_gbps: Annotated[
        float, Setting("Rate of one digital subcarrier (Open XR)", "Gbit/s", low=0.1, high=400)
    ] = 25.0
    subcarriers: Annotated[int, Setting("Subcarriers that a hub has (Open XR)", low=1, high=64)] = 16
    subcarrier_km: Annotated[
        float, Setting("Reach of subcarriers; inferred: as OpenZR+ 400G", "km", low=1, high=10_000)
    ] = 450.0


def pairs(plant: Plant, settings: Settings) -> dict[bool, tuple[str, str]]:
    """Wide and local: as given, or of all demands the one with the longest and the one with the shortest light.

    Raises InputError for a plant without light and for a pair that is none.
    """
    light = plan(plant).lightpaths
    if not light:
        raise InputError(f"no demand of {plant.name} gets light; see apnemu plan", file="--topology")
    ordered = sorted(light, key=lambda path: (path.length_km, path.name))
    ends = {True: _ends(ordered[-1]), False: _ends(ordered[0])}
    for wide, name in ((True, "wide"), (False, "local")):
        given = settings.wide if wide else settings.local
        if given:
            a, _, b = given.partition("-")
            sites = [site.name for site in plant.data_centres]
            if a not in sites or b not in sites or a == b:
                raise InputError(
                    f"{name} is '{given}'; it must be two data centres, joined by a hyphen; for example"
                    f" --set {name}={'-'.join(ends[wide])}",
                    file="--set",
                )
            ends[wide] = (a, b)
    return ends


def _ends(path: Lightpath) -> tuple[str, str]:
    return path.source, path.target


def classes(plant: Plant, settings: Settings) -> list[ServiceClass]:
    """All eight, with what each needs."""
    ends = pairs(plant, settings)
    strict_rtt_ms = {True: settings.strict_wide_rtt_ms, False: settings.strict_local_rtt_ms}
    return [
        ServiceClass(
            wide=wide,
            strict=strict,
            large=large,
            pair=ends[wide],
            rate_gbps=settings.large_gbps if large else settings.small_gbps,
            bounds=Bounds(
                rtt_ns=us_to_ns((strict_rtt_ms[wide] if strict else settings.rtt_ms) * 1e3),
                jitter_ns=1e3 * (settings.strict_jitter_us if strict else settings.jitter_us),
                loss=settings.strict_loss if strict else settings.loss,
            ),
        )
        for wide, strict, large in product((True, False), repeat=3)
    ]


def computed(plant: Plant, settings: Settings, seed: int) -> list[Row]:
    """A row for each class and each way to serve it."""
    return [row for wanted in classes(plant, settings) for row in _rows(plant, settings, wanted)]


def _rows(plant: Plant, settings: Settings, wanted: ServiceClass) -> list[Row]:
    a, b = wanted.pair
    demand = Demand(name=b, source=a, target=b, rate_gbps=wanted.rate_gbps)
    assignment = plan(dataclasses.replace(plant, demands=(demand,)))
    paths = assignment.by_pair()
    rtts_ns = {pair: lightpath_rtt_ns(path, PROBE_BYTES) for pair, path in paths.items()}
    light = over_light(assignment, rtts_ns, wanted.pair)
    hops = next_hops(plant)
    apart = Reason(code="route", text="no fibres join the two")
    packets = Felt(rtt_ns=None, jitter_ns=0.0, loss=0.0, refused=apart)
    if wanted.pair in hops:
        lone_ns = {wanted.pair: packet_rtt_ns(plant, hops, wanted.pair, PROBE_BYTES)}
        packets = over_packets(plant, hops, lone_ns, wanted.pair, settings.load)
    mode = paths[wanted.pair].mode if wanted.pair in paths else ""
    mode_gbps = next((known.rate_gbps for known in plant.modes if known.name == mode), 0.0) or wanted.rate_gbps
    offered = offers(
        wanted,
        light,
        packets,
        mode_gbps=mode_gbps,
        mapping_ns=us_to_ns(settings.mapping_us),
        subcarrier_gbps=settings.subcarrier_gbps,
        subcarriers=settings.subcarriers,
        subcarrier_km=settings.subcarrier_km,
        length_km=paths[wanted.pair].length_km if wanted.pair in paths else 0.0,
        line_gbps=plant.packet.line_rate_gbps,
        load=settings.load,
    )
    return service_rows(wanted, offered)


def expected(settings: Settings) -> str:
    """The answer, before the run."""
    return "an own wavelength meets every class that other light meets, and a way that does not meet one has its reason"


def judge(results: Sequence[Row], settings: Settings) -> Verdict:
    """Every way of every class."""
    own = {row["class"]: row["meets"] for row in results if row["way"] == "own wavelength"}
    return judge_rows(results, lambda row: _claims(row, own), KEY)


def _claims(row: Mapping[str, Any], own: Mapping[str, bool]) -> Iterator[Claim]:
    yield same("a reason given", bool(row["reason"]), not row["meets"])
    if row["meets"] and row["way"] != "packet" and row["class"] in own:
        yield same("met by an own wavelength", own[row["class"]], True)


KEY = ("class", "way")
EXPERIMENT = Experiment(
    name="service_classes",
    question="Which way of serving meets each class of service, and at what cost in wavelengths and transceivers?",
    topology="jpn12",
    settings=Settings,
    key=KEY,
    expected=expected,
    judge=judge,
    computed=computed,
    shown=Shown(sentence=sentence, figures=(service_matrix,), brief=BRIEF),
)
