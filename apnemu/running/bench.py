# SPDX-License-Identifier: BSD-3-Clause
"""Speed and accuracy of the lab, beside stock Mininet's in the same kernel on the host's clock: `apnemu bench`.

A chain of sites 100 km apart, a lightpath between neighbours; stock Mininet gets the same chain with its own classes.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from statistics import median
from time import perf_counter_ns
from typing import Any

import numpy as np
from rich.table import Table

from apnemu.blueprint.compiled import blueprint_for
from apnemu.interrupts import signals_raise
from apnemu.lab import kernel
from apnemu.lab.guest import Job, Outcome, Progress, run
from apnemu.lab.python import guest_code, guest_folders, guest_python
from apnemu.model.activities import Flow, Probes
from apnemu.model.demand import Demand
from apnemu.model.plant import Fibre, Mode, PacketNetwork, Plant, Roadm, Site
from apnemu.model.scenario import Stage
from apnemu.planning import next_hops, plan
from apnemu.planning.blocking import Rules, race
from apnemu.question.context import Context
from apnemu.question.discovery import shipped_topology
from apnemu.question.traffic import PROBE_BYTES, settled_ns
from apnemu.records.table import read_jsonl
from apnemu.running.guests import GUEST_FOLDER, MEMORY_MB, write_blueprint
from apnemu.shared_folder import read_bytes
from apnemu.topology import read_plant
from apnemu.units import NS_PER_S, VirtualNs, ns_to_s, ns_to_us, s_to_ns

SIZES, QUICK_SIZES = (6, 12, 48), (6,)
LENGTH_KM = 100.0
RATES_S = {1: 6.0, 10: 4.0, 100: 2.0}
"""Line rate in Gbit/s -> virtual seconds that one TCP flow lasts."""
IDLE_S = 500.0
PROBES = 50
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ran:
    """Guest of apnemu's that has ended: its records, and instants on both clocks."""

    outcome: Outcome
    table: Any
    clocks: list[tuple[int, float]]
    memory_mb: int

    def wall_per_virtual(self, from_ns: int, to_ns: int) -> float:
        """Wall seconds that a virtual second took between two instants."""
        virtual, wall = zip(*self.clocks, strict=True)
        took_s = float(np.interp(to_ns, virtual, wall) - np.interp(from_ns, virtual, wall))
        return took_s / ns_to_s(to_ns - from_ns)


def bench(*, say: Say, quick: bool = False) -> dict[str, Any]:
    """The document of `apnemu bench --json`. Raises LabError."""
    sizes = QUICK_SIZES if quick else SIZES
    ready = kernel.ensure(report=say).path
    with signals_raise(), tempfile.TemporaryDirectory(prefix="apnemu-bench-") as place:
        build, memory, accuracy = [], [], {}
        for sites in sizes:
            say(f"bench: {sites} sites")
            ours = _ours(ready, Path(place) / f"ours-{sites}", chain(sites), _probing)
            stock = _stock(ready, Path(place) / f"stock-{sites}", sites, flows=sites == sizes[0])
            build.append({"sites": sites, "ours_s": round(ours.outcome.wall_s, 3), "stock_mininet_s": stock["build_s"]})
            memory.append({"sites": sites, "ours_mb": ours.memory_mb, "stock_mininet_mb": stock["memory_mb"]})
            if sites == sizes[0]:
                accuracy = {"ours": _accuracy_of_ours(ours, chain(sites)), "stock_mininet": _accuracy_of_stock(stock)}
                stock_gbps = stock["goodput_gbps"]
        say("bench: speed")
        idle = _ours(ready, Path(place) / "idle", chain(sizes[0]), _idle)
        speed = [_speed("idle", 0, idle, None)]
        for rate in RATES_S:
            ran = _ours(ready, Path(place) / f"flow-{rate}", chain(2, rate), _flow)
            speed.append(_speed("one TCP flow", rate, ran, stock_gbps.get(str(rate))))
    say("bench: planner")
    return {"accuracy": accuracy, "build": build, "speed": speed, "memory": memory, "planner": _planner()}


def _planner() -> dict[str, Any]:
    """Requests for light per second on one core: by compiled code, and by a plain Python loop of the same rule."""
    plant = read_plant(shipped_topology("nsfnet"))
    ours, plain, same = race(
        plant, Rules(), load_erlang=240, requests=2_000_000, plain_requests=20_000, seed=1, clock=perf_counter_ns
    )
    return {
        "topology": plant.name,
        "load_erlang": 240,
        "requests_per_s": round(ours.pace),
        "plain_python_requests_per_s": round(plain.pace),
        "same_figures": same,
    }


def bench_table(document: dict[str, Any]) -> Table:
    """The figures as a table for a terminal."""
    table = Table("figure", "ours", "stock Mininet, real time", title="Speed and accuracy", title_justify="left")
    ours, stock = document["accuracy"]["ours"], document["accuracy"]["stock_mininet"]
    for name in ("rtt_error_ns", "jitter_ns"):
        table.add_row(f"{name} over {LENGTH_KM:g} km", f"{ours[name]:,}", f"{stock[name]:,}")
    for row in document["build"]:
        table.add_row(f"build {row['sites']} sites, s", f"{row['ours_s']:.1f}", f"{row['stock_mininet_s']:.1f}")
    for row in document["memory"]:
        table.add_row(f"memory of {row['sites']} sites, MB", str(row["ours_mb"]), str(row["stock_mininet_mb"]))
    for row in document["speed"]:
        name = row["traffic"] if row["traffic"] == "idle" else f"{row['traffic']}, {row['line_rate_gbps']:g} Gbit/s"
        table.add_row(f"{name}: wall s per virtual s", f"{row['wall_s_per_virtual_s']:.4f}", "1")
        if row["goodput_gbps"] is not None:
            got = row["stock_mininet_goodput_gbps"]
            table.add_row(f"{name}: Gbit/s", f"{row['goodput_gbps']:.2f}", "" if got is None else f"{got:.2f}")
    planner = document["planner"]
    table.add_row(
        "planner, NSFNET at 240 E: requests per s (beside: a plain Python loop)",
        f"{planner['requests_per_s']:,}",
        f"{planner['plain_python_requests_per_s']:,}",
    )
    return table


def chain(sites: int, rate_gbps: float = 100.0) -> Plant:
    """Plant of sites in a row, neighbours joined by a fibre and a lightpath."""
    names = [f"site-{number}" for number in range(1, sites + 1)]
    joined = list(pairwise(names))
    mode = Mode(name="line", rate_gbps=rate_gbps, slot_m=4, reach_km=1e4, fec_ns=0, source="for timing")
    return Plant(
        name=f"chain-{sites}",
        source="made for timing",
        licence="CC0-1.0",
        inferred=(),
        sites=tuple(Site(name=name, kind="edge", lat=0.0, lon=float(number)) for number, name in enumerate(names)),
        fibres=tuple(Fibre(name=f"{a}-{b}", a=a, b=b, length_km=LENGTH_KM) for a, b in joined),
        demands=tuple(Demand(name=f"{a}-{b}", source=a, target=b, rate_gbps=rate_gbps) for a, b in joined),
        modes=(mode,),
        roadm=Roadm(),
        packet=PacketNetwork(
            line_rate_gbps=rate_gbps, mtu_bytes=1500, buffer_bytes=10**7, forwarding_ns=0, oeo_ns=0, fec_ns=0
        ),
    )


def _probing(context: Context[None]) -> tuple[Stage, ...]:
    probes = Probes(pairs=context.reachable()[:2], count=PROBES, gap_ns=VirtualNs(100_000))
    return (Stage(phase="idle", duration_ns=settled_ns(context), activities=(probes,)),)


def _idle(context: Context[None]) -> tuple[Stage, ...]:
    return (Stage(phase="idle", duration_ns=VirtualNs(s_to_ns(IDLE_S))),)


def _flow(context: Context[None]) -> tuple[Stage, ...]:
    source, target = context.reachable()[0]
    duration_ns = VirtualNs(s_to_ns(RATES_S[round(context.line_rate_gbps((source, target)))]))
    flow = Flow(name="flow", source=source, target=target, ramp_ns=VirtualNs(duration_ns // 4))
    return (Stage(phase="flow", duration_ns=duration_ns, activities=(flow,)),)


def _ours(ready: Path, folder: Path, plant: Plant, stages: Callable[[Context[None]], tuple[Stage, ...]]) -> _Ran:
    folder.mkdir()
    context = Context(
        plant=plant,
        assignment=plan(plant),
        hops=next_hops(plant),
        network="apn",
        seed=1,
        settings=None,
        folder=folder,
    )
    blueprint = blueprint_for("apn", plant, context.assignment, context.hops, stages(context), seed=context.seed)
    write_blueprint(folder, blueprint)
    clocks: list[tuple[int, float]] = []

    def watch(progress: Progress) -> None:
        clocks.append((progress.virtual_ns, progress.wall_s))

    outcome = run(_job(ready, folder, "virtual", "apnemu.emulation", GUEST_FOLDER), on_progress=watch)
    clocks.append((outcome.virtual_ns, outcome.wall_s))
    memory_mb = json.loads(read_bytes(folder, "usage.json"))["memory_mb"]
    return _Ran(outcome=outcome, table=read_jsonl([folder / "records.jsonl"]), clocks=clocks, memory_mb=memory_mb)


def _stock(ready: Path, folder: Path, sites: int, *, flows: bool) -> dict[str, Any]:
    folder.mkdir()
    delay_us = round(ns_to_us(chain(2).fibres[0].ways[0].delay_ns))
    run(
        _job(
            ready,
            folder,
            "real",
            "apnemu.emulation.stock",
            GUEST_FOLDER,
            str(sites),
            str(delay_us),
            "flows" if flows else "no-flows",
        )
    )
    document: dict[str, Any] = json.loads(read_bytes(folder, "stock.json"))
    return {**document, "delay_ns": delay_us * 1_000}


def _job(ready: Path, folder: Path, time: Any, module: str, *arguments: str) -> Job:
    return Job(
        kernel=ready,
        folder=folder,
        argv=(guest_python(), "-m", module, *arguments),
        environment={"PYTHONPATH": guest_code()},
        shown=guest_folders(),
        memory_mb=MEMORY_MB,
        time=time,
        stall_limit_s=60,
        wall_limit_s=900,
    )


def _accuracy_of_ours(ran: _Ran, plant: Plant) -> dict[str, int]:
    rtts = [record["rtt_ns"] for record in ran.table.to_pylist() if record["kind"] == "probe"]
    fibre_ns = 2 * plant.fibres[0].ways[0].delay_ns + 2 * (PROBE_BYTES * NS_PER_S // 12_500_000_000)
    return {"rtt_error_ns": round(median(rtts)) - fibre_ns, "jitter_ns": max(rtts) - min(rtts)}


def _accuracy_of_stock(stock: dict[str, Any]) -> dict[str, int]:
    rtts = stock["rtts_ns"]
    return {"rtt_error_ns": round(median(rtts)) - 2 * stock["delay_ns"], "jitter_ns": max(rtts) - min(rtts)}


def _speed(traffic: str, rate_gbps: float, ran: _Ran, stock_gbps: float | None) -> dict[str, Any]:
    records = ran.table.to_pylist()
    stage = next(record for record in records if record["kind"] == "queue")
    flow = next((record for record in records if record["kind"] == "interval"), None)
    return {
        "traffic": traffic,
        "line_rate_gbps": rate_gbps,
        "wall_s_per_virtual_s": round(ran.wall_per_virtual(stage["at_ns"], stage["at_ns"] + stage["duration_ns"]), 5),
        "goodput_gbps": None if flow is None else round(8 * flow["bytes"] / flow["duration_ns"], 3),
        "stock_mininet_goodput_gbps": None if stock_gbps is None else round(stock_gbps, 3),
    }
