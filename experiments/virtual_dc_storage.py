"""A disk in another data centre: what does a command wait for, and how many at once fill a wavelength?

A block device is lent over NVMe/TCP by a data centre at a distance; fio reads and writes it with 1 to 128 commands
under way. At last several jobs read a training set from it, each its own part in order.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]  # it ships no types
import pyarrow.compute as pc  # type: ignore[import-untyped]  # it ships no types
from apnemu.report.rows import latency_rows

from apnemu.errors import InputError
from apnemu.model.activities import Application, Arrivals, Pair, Probes
from apnemu.model.plant import Plant
from apnemu.model.scenario import Stage
from apnemu.placement.remote_disk import round_trips
from apnemu.question.context import Context, Row
from apnemu.question.experiment import Experiment, Program
from apnemu.question.pairs import fibres_both_ways, need_joined
from apnemu.question.plants import NEAR, far_names, star
from apnemu.question.settings import Setting
from apnemu.question.traffic import PROBE_BYTES, arrivals
from apnemu.report.storage_rows import storage_row
from apnemu.units import VirtualNs, gbps_to_bytes_per_s, ns_to_s, s_to_ns

PROGRAM = ("{python}", "-m", "apnemu.emulation.apps.storage")
TOLERANCE, CARRIED_TOLERANCE = 0.05, 0.10
"""Of the time of a command alone; of what several carry: where they begin to fill the line, those that wait for one
another leave gaps."""
PROBES, PROBE_GAP_NS = 20, 200_000
SETUP_RTTS = 120
"""Until the connection is there: the initiator asks the target one thing after another."""
WARM_RTTS, WARM_S = 30, 0.05
"""For how long a connection is warmed, each way: its window then fits the path."""
RAMP_TIMES, RUN_TIMES, ALONE_TIMES = 1.5, 2, 30
"""A point is measured after so many of its latencies, for so many at least, and for so many of a command alone."""
DEVICE_NS = 10_000
"""A fast drive's order of magnitude: Intel Optane DC P5800X, 74,875 reads of 4 KiB a second one after another, which is
13 us with its host's software (kitguru.net, review of the 800 GB drive, page 7)."""
DEVICE_BYTES, SECTOR_BYTES = 1 << 38, 4096
UNDER_WAY_BYTES = 1 << 27
"""At most, of all commands: the lab maps each page of fio's buffers on its own, and a host maps no more than 65,530."""
BETWEEN_JOBS_NS = 300_000_000
"""At most: fio looks every 0.1 s at what its jobs do."""
OTHERS_FRAMES = 2_000_000
"""At most, of others in one stage: the lab holds them all in memory."""


def prepare(plant: Plant, settings: Mapping[str, Any]) -> Plant:
    for name in ("block_bytes", "training_block_bytes"):
        asked = settings[name] if isinstance(settings[name], tuple) else (settings[name],)
        for value in asked:
            if value % SECTOR_BYTES:
                raise InputError(
                    f"{name} is {value}; the disk has sectors of {SECTOR_BYTES} bytes; give a multiple, for example"
                    f" {-(-value // SECTOR_BYTES) * SECTOR_BYTES}",
                    file="--set",
                )
    jobs, block = settings["training_jobs"], settings["training_block_bytes"]
    if 0 < settings["training_bytes"] < jobs * block:
        raise InputError(
            f"training_bytes is {settings['training_bytes']}; {jobs} jobs read blocks of {block} bytes; give at least"
            f" {jobs * block}, or 0: no training set",
            file="--set",
        )
    largest = max(settings["block_bytes"])
    _check_under_way("queue_depth", max(settings["queue_depth"]), largest)
    _check_under_way("training_queue_depth", settings["training_queue_depth"], jobs * block)
    return star(plant, distances(settings), rate_gbps=settings["rate_gbps"])


def _check_under_way(name: str, depth: int, each_bytes: int) -> None:
    if depth * each_bytes > UNDER_WAY_BYTES:
        raise InputError(
            f"{name} is {depth}; of {each_bytes} bytes each that is {depth * each_bytes >> 20} MiB under way; the lab"
            f" holds {UNDER_WAY_BYTES >> 20}; give at most {UNDER_WAY_BYTES // each_bytes}, or smaller blocks",
            file="--set",
        )


def distances(settings: Mapping[str, Any]) -> list[float]:
    """Those asked for, and none at all to compare with."""
    return list(dict.fromkeys((0.0, *settings["distance_km"])))


def depths(settings: Mapping[str, Any]) -> list[int]:
    """Those asked for, and one alone."""
    return list(dict.fromkeys((1, *settings["queue_depth"])))


def stages(context: Context) -> tuple[Stage, ...]:
    need_joined(context)
    asked = enumerate(distances(context.settings))
    return tuple(_stage(context, km, far_names(number)[0]) for number, km in asked)


def line_bytes_per_s(context: Context, site: str) -> float:
    """What TCP gets of the line: IPv4, TCP with time stamps, Ethernet."""
    mtu = context.plant.packet.mtu_bytes
    return gbps_to_bytes_per_s(context.line_rate_gbps((NEAR, site))) * (mtu - 52) / (mtu + 14)


def _jobs(context: Context, site: str) -> Iterator[dict[str, Any]]:
    """What fio does at one distance, one after another."""
    settings = context.settings
    rtt_ns = context.predicted_rtts(PROBE_BYTES)[NEAR, site]
    line = line_bytes_per_s(context, site) * (1 - _load(context))
    ways, most = list(settings["rw"]), [(max(settings["block_bytes"]), max(settings["queue_depth"]))]
    if settings["training_bytes"]:
        ways.append("read")
        most.append((settings["training_block_bytes"], settings["training_jobs"] * settings["training_queue_depth"]))
    block, depth = max(most, key=lambda each: each[0] * each[1])
    warm = {"what": "warm", "block_bytes": block, "queue_depth": depth, "ramp_ns": 0}
    for rw in dict.fromkeys(ways):
        yield {**warm, "rw": rw, "run_ns": s_to_ns(WARM_S) + WARM_RTTS * rtt_ns}
    for rw in settings["rw"]:
        for block in settings["block_bytes"]:
            trips = round_trips(rw, block, settings["inline_data_bytes"])
            for depth in depths(settings):
                alone_ns = settings["device_ns"] + trips * rtt_ns + block / line * 1e9
                latency_ns = round(max(alone_ns, depth * block / line * 1e9))
                yield {
                    "what": "sweep",
                    "rw": rw,
                    "block_bytes": block,
                    "queue_depth": depth,
                    "ramp_ns": round(RAMP_TIMES * latency_ns),
                    "run_ns": max(s_to_ns(settings["seconds"]), RUN_TIMES * latency_ns, ALONE_TIMES * round(alone_ns)),
                }
    if settings["training_bytes"]:
        yield {
            "what": "training input",
            "rw": "read",
            "block_bytes": settings["training_block_bytes"],
            "queue_depth": settings["training_queue_depth"],
            "jobs": settings["training_jobs"],
            "read_bytes": settings["training_bytes"],
        }


def _load(context: Context) -> float:
    return 0.0 if context.network == "apn" else float(context.settings["load"])


def _stage(context: Context, km: float, site: str) -> Stage:
    settings = context.settings
    rtt_ns = context.predicted_rtts(PROBE_BYTES)[NEAR, site]
    begin_ns = s_to_ns(settings["setup_s"]) + SETUP_RTTS * rtt_ns
    jobs = list(_jobs(context, site))
    device = {
        "device_bytes": DEVICE_BYTES,
        "device_ns": settings["device_ns"],
        "inline_data_bytes": settings["inline_data_bytes"],
    }
    disk = Application(
        name="disk",
        site=site,
        role="service",
        argv=(*PROGRAM, "serve", site, f"{{address:{site}}}", json.dumps(device)),
        ready="says:serving",
    )
    reader = Application(
        name="fio",
        site=NEAR,
        role="job",
        argv=(*PROGRAM, "measure", site, f"{{address:{site}}}", f"{{start:{begin_ns}}}",
              json.dumps({"seed": context.seed, "jobs": jobs})),
        needs=("disk",),
        limit_s=10_000,
    )  # fmt: skip
    phase = f"{km:.12g} km"
    gap_ns = VirtualNs(PROBE_GAP_NS + 4 * rtt_ns)
    probes = Probes(pairs=((NEAR, site),), count=PROBES, gap_ns=gap_ns, frame_bytes=PROBE_BYTES)
    stage = Stage(
        phase=phase,
        duration_ns=VirtualNs(begin_ns),
        activities=(probes, disk, reader),
    )
    if not _load(context):
        return stage
    line = line_bytes_per_s(context, site) * (1 - _load(context))
    took_ns = sum(job["ramp_ns"] + job["run_ns"] for job in jobs if "run_ns" in job)
    took_ns += round(settings["training_bytes"] / line * 1e9) + BETWEEN_JOBS_NS * len(jobs)
    others = _others(context, (NEAR, site), phase, took_ns, begin_ns)
    return replace(
        stage,
        duration_ns=VirtualNs(begin_ns + took_ns),
        load=_load(context),
        activities=(*stage.activities, *others),
    )


def _others(context: Context, pair: Pair, phase: str, took_ns: int, begin_ns: int) -> tuple[Arrivals, ...]:
    """Others' frames on every fibre between the two, both ways. Raises InputError for more than the lab can play."""
    load, background = _load(context), context.plant.packet.background
    entered = fibres_both_ways(context, pair)
    rate = gbps_to_bytes_per_s(context.plant.packet.line_rate_gbps) * load * len(entered)
    if (frames := rate * ns_to_s(took_ns) / background.frame_bytes) > OTHERS_FRAMES:
        raise InputError(
            f"load is {load:g} for {ns_to_s(took_ns):.1f} virtual s at {phase}: {frames / 1e6:.0f} million frames of"
            f" others, and the lab plays {OTHERS_FRAMES / 1e6:.0f} million; give fewer block_bytes, queue_depth or rw,"
            " smaller ones, or training_bytes=0",
            file="--set",
        )
    return arrivals(context, phase.replace(" ", ""), entered, load, took_ns, begin_ns)


def rows(table: pa.Table, contexts: Sequence[Context]) -> list[Row]:
    measured = {(row["network"], row["phase"]): row["rtt_ns_p50"] for row in reversed(latency_rows(table, {}))}
    found: list[Row] = []
    for context in contexts:
        own = table.filter(pc.and_(pc.equal(table["network"], context.network), pc.equal(table["kind"], "application")))
        seen: dict[str, list[dict[str, Any]]] = {}
        for record in own.to_pylist():
            seen.setdefault(record["phase"], []).append(json.loads(record["detail"]))
        bases: dict[tuple[str, int], tuple[int, int]] = {}
        for number, km in enumerate(distances(context.settings)):
            phase = f"{km:.12g} km"
            for one in seen.get(phase, ()):
                if one["what"] == "warm":
                    continue
                rtt_ns, key = measured[context.network, phase], (one["rw"], one["block_bytes"])
                if one["what"] == "sweep" and one["queue_depth"] == 1:
                    bases.setdefault(key, (one["latency_ns_p50"], rtt_ns))
                row = storage_row(
                    one,
                    rtt_ns=rtt_ns,
                    line_bytes_per_s=line_bytes_per_s(context, far_names(number)[0]),
                    inline_data_bytes=context.settings["inline_data_bytes"],
                    base=None if _load(context) else bases.get(key),
                )
                found.append({"network": context.network, "distance_km": km, **row, "load": _load(context)})
    return found


def expected(settings: Mapping[str, Any]) -> str:
    return (
        "over the APN one command takes what it takes at 0 km and a round trip, or two where a write has more than "
        f"{settings['inline_data_bytes']} bytes; commands of one round trip carry depth x block / that time, until "
        f"bandwidth x delay / block of them fill the line; times within {TOLERANCE:.0%}, bandwidths within "
        f"{CARRIED_TOLERANCE:.0%}"
    )


def met(results: Sequence[Row], settings: Mapping[str, Any]) -> bool:
    """What more than one round trip carries is less: a command waits behind the data of others on the way there."""
    rows = [row for row in results if row["network"] == "apn" and row["what"] == "sweep" and row["distance_km"]]
    return all(_met(row, settings["inline_data_bytes"]) for row in rows)


def _met(row: Row, inline_data_bytes: int) -> bool:
    if row["queue_depth"] == 1 and abs(row["latency_ns_p50"] / row["predicted_alone_ns"] - 1) > TOLERANCE:
        return False
    twice = round_trips(row["rw"], row["block_bytes"], inline_data_bytes) > 1
    return twice or abs(row["bandwidth_gbps"] / row["predicted_bandwidth_gbps"] - 1) <= CARRIED_TOLERANCE


EXPERIMENT = Experiment(
    name="virtual_dc_storage",
    question="What does a disk in another data centre cost, and how many commands at once fill a wavelength?",
    topology="three-sites",
    settings=(
        Setting(name="distance_km", default=(0, 100, 1000), low=0, high=6000, many=True, meaning="to the disk"),
        Setting(
            name="block_bytes",
            default=(4096, 131_072, 1_048_576),
            low=SECTOR_BYTES,
            high=1 << 20,
            many=True,
            whole=True,
            meaning="of each command",
        ),
        Setting(
            name="queue_depth", default=(1, 8, 32, 128), low=1, high=1000, many=True, whole=True, meaning="at once"
        ),
        Setting(name="rw", default=("read", "write"), choices=("read", "write"), many=True, meaning="anywhere"),
        Setting(
            name="device_ns", default=DEVICE_NS, low=1, high=1e10, whole=True, meaning="of the disk for each command"
        ),
        Setting(name="inline_data_bytes", default=16_384, low=4096, high=1 << 20, whole=True, meaning="with a write"),
        Setting(name="seconds", default=0.1, low=0.01, high=10, meaning="virtual, of each point at least"),
        Setting(name="training_bytes", default=1 << 30, low=0, high=1 << 37, whole=True, meaning="read last; 0: none"),
        Setting(name="training_jobs", default=4, low=1, high=64, whole=True, meaning="each reads its part in order"),
        Setting(
            name="training_block_bytes",
            default=1_048_576,
            low=SECTOR_BYTES,
            high=1 << 20,
            whole=True,
            meaning="of each of their reads",
        ),
        Setting(name="training_queue_depth", default=4, low=1, high=128, whole=True, meaning="of each job"),
        Setting(name="load", default=0, low=0, high=0.98, meaning="of others on the packet network, as they go"),
        Setting(name="rate_gbps", default=100, low=1, high=1600, meaning="of each lightpath"),
        Setting(name="setup_s", default=1.5, low=0.1, high=600, meaning="virtual, until the disk is there"),
    ),
    prepare=prepare,
    stages=stages,
    rows=rows,
    expected=expected,
    met=met,
    needs=(Program(path="fio", package="fio", why="what reads and writes"),),
)
