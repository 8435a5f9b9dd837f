# SPDX-License-Identifier: BSD-3-Clause
"""A disk in another data centre: what does a command wait for, and how many at once fill a wavelength?

A block device is lent over NVMe/TCP by a data centre at a distance; fio reads and writes it with 1 to 128 commands
under way. At last several jobs read a training set from it, each its own part in order.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from apnemu.errors import InputError
from apnemu.experiments.virtual_dc_storage.jobs import jobs_at, load_of_others, took_ns
from apnemu.experiments.virtual_dc_storage.rows import rows
from apnemu.experiments.virtual_dc_storage.settings import Settings, check, distances, phase_at
from apnemu.experiments.virtual_dc_storage.shown import SHOWN
from apnemu.model.activities import Application, Arrivals, Pair, Probes
from apnemu.model.plant import Plant
from apnemu.model.scenario import Stage
from apnemu.placement.remote_disk import round_trips
from apnemu.question.context import Context, Row
from apnemu.question.experiment import Experiment, Program
from apnemu.question.pairs import fibres_both_ways, need_joined
from apnemu.question.plants import NEAR, far_names, star
from apnemu.question.traffic import PROBE_BYTES, arrivals, over_routers
from apnemu.question.verdict import Claim, Verdict, judge_rows, near_share
from apnemu.units import VirtualNs, gbps_to_bytes_per_s, ns_to_s, s_to_ns

PROGRAM = ("{python}", "-m", "apnemu.emulation.apps.storage")
TOLERANCE, CARRIED_TOLERANCE = 0.05, 0.10
"""Tolerances of the time of a command alone, and of what several carry: where they begin to fill the line, those that
wait for one another leave gaps."""
PROBES, PROBE_GAP_NS = 20, 200_000
SETUP_RTTS = 120
"""Round trips until the connection is there: the initiator asks the target one thing after another."""
DEVICE_BYTES = 1 << 38
OTHERS_FRAMES = 2_000_000
"""Most background frames in one stage; the lab holds them all in memory."""


def prepare(plant: Plant, settings: Settings) -> Plant:
    """A star with a disk at each distance. Raises InputError for what the lab cannot do."""
    check(settings)
    return star(plant, distances(settings), rate_gbps=settings.rate_gbps)


def stages(context: Context[Settings]) -> tuple[Stage, ...]:
    """A stage for each distance."""
    need_joined(context)
    asked = enumerate(distances(context.settings))
    return tuple(_stage(context, km, far_names(number)[0]) for number, km in asked)


def _stage(context: Context[Settings], km: float, site: str) -> Stage:
    rtt_ns = context.predicted_rtts(PROBE_BYTES)[NEAR, site]
    begin_ns = s_to_ns(context.settings.setup_s) + SETUP_RTTS * rtt_ns
    gap_ns = VirtualNs(PROBE_GAP_NS + 4 * over_routers(context).predicted_rtts(PROBE_BYTES)[NEAR, site])
    probes = Probes(pairs=((NEAR, site),), count=PROBES, gap_ns=gap_ns, frame_bytes=PROBE_BYTES)
    phase = phase_at(km)
    activities = (probes, *_disk_and_reader(context, site, begin_ns))
    stage = Stage(phase=phase, duration_ns=VirtualNs(begin_ns), activities=activities)
    if not load_of_others(context):
        return stage
    all_ns = took_ns(context, site)
    return replace(
        stage,
        duration_ns=VirtualNs(begin_ns + all_ns),
        load=load_of_others(context),
        activities=(*activities, *_others(context, (NEAR, site), phase, all_ns, begin_ns)),
    )


def _disk_and_reader(context: Context[Settings], site: str, begin_ns: int) -> tuple[Application, Application]:
    device = {
        "device_bytes": DEVICE_BYTES,
        "device_ns": context.settings.device_ns,
        "inline_data_bytes": context.settings.inline_data_bytes,
    }
    disk = Application(
        name="disk",
        site=site,
        role="service",
        argv=(*PROGRAM, "serve", site, f"{{address:{site}}}", json.dumps(device)),
        ready="says:serving",
    )
    told = json.dumps({"seed": context.seed, "jobs": list(jobs_at(context, site))})
    reader = Application(
        name="fio",
        site=NEAR,
        role="job",
        argv=(*PROGRAM, "measure", site, f"{{address:{site}}}", f"{{start:{begin_ns}}}", told),
        needs=("disk",),
        limit_s=10_000,
    )
    return disk, reader


def _others(context: Context[Settings], pair: Pair, phase: str, all_ns: int, begin_ns: int) -> tuple[Arrivals, ...]:
    """Others' frames on every fibre between the two, both ways. Raises InputError for more than the lab can play."""
    load, background = load_of_others(context), context.plant.packet.background
    entered = fibres_both_ways(context, pair)
    rate = gbps_to_bytes_per_s(context.plant.packet.line_rate_gbps) * load * len(entered)
    if (frames := rate * ns_to_s(all_ns) / background.frame_bytes) > OTHERS_FRAMES:
        raise InputError(
            f"load is {load:g} for {ns_to_s(all_ns):.1f} virtual s at {phase}: {frames / 1e6:.0f} million frames of"
            f" others, and the lab plays {OTHERS_FRAMES / 1e6:.0f} million; give fewer block_bytes, queue_depth or rw,"
            " smaller ones, or training_bytes=0",
            file="--set",
        )
    return arrivals(context, phase.replace(" ", ""), entered, load, all_ns, begin_ns)


def expected(settings: Settings) -> str:
    """The answer, before the run."""
    return (
        "over the APN one command takes what it takes at 0 km and a round trip, or two where a write has more than "
        f"{settings.inline_data_bytes} bytes; commands of one round trip carry depth x block / that time, until "
        f"bandwidth x delay / block of them fill the line; times within {TOLERANCE:.0%}, bandwidths within "
        f"{CARRIED_TOLERANCE:.0%}"
    )


def judge(results: Sequence[Row], settings: Settings) -> Verdict:
    """Points of the sweep over the APN, with the disk at a distance.

    What more than one round trip carries is less: a command waits behind the data of others on the way there.
    """

    def claims(row: Mapping[str, Any]) -> Iterator[Claim]:
        if row["network"] != "apn" or row["what"] != "sweep" or not row["distance_km"]:
            return
        if row["queue_depth"] == 1:
            yield near_share("latency", row["latency_ns_p50"], row["predicted_alone_ns"], TOLERANCE, "ns")
        if round_trips(row["rw"], row["block_bytes"], settings.inline_data_bytes) == 1:
            carried, wanted = row["bandwidth_gbps"], row["predicted_bandwidth_gbps"]
            yield near_share("bandwidth", carried, wanted, CARRIED_TOLERANCE, "Gbit/s")

    return judge_rows(results, claims, KEY, about="the APN with a disk at a distance")


KEY = ("network", "distance_km", "what", "rw", "block_bytes", "queue_depth")
EXPERIMENT = Experiment(
    name="virtual_dc_storage",
    question="What does a disk in another data centre cost, and how many commands at once fill a wavelength?",
    topology="three-sites",
    settings=Settings,
    key=KEY,
    prepare=prepare,
    stages=stages,
    rows=rows,
    expected=expected,
    judge=judge,
    shown=SHOWN,
    needs=(Program(path="fio", package="fio", why="what reads and writes"),),
)
