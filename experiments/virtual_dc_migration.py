"""A machine moves to another data centre while it runs: how long, how many bytes, and for how long does it stop?

Pre-copy over real TCP on a warm connection: all memory, then what was dirtied meanwhile, until the rest is small or
gets no smaller; then the machine stops, and starts again where the last byte has arrived.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]  # it ships no types
import pyarrow.compute as pc  # type: ignore[import-untyped]  # it ships no types

from apnemu.model.activities import Application
from apnemu.model.plant import Plant
from apnemu.model.scenario import Stage
from apnemu.placement.precopy import Migration, course, refusal
from apnemu.question.context import Context, Row
from apnemu.question.experiment import Experiment
from apnemu.question.plants import NEAR, far_names, star
from apnemu.question.settings import Setting
from apnemu.units import VirtualNs, gbps_to_bytes_per_s, ns_to_s

PORT = 7200
PROGRAM = ("{python}", "-m", "apnemu.emulation.apps.migration")
TOLERANCE = 0.05
LONGEST_FRAME_BYTES = 1514
WARM_RTTS, WARM_S = 60, 0.15
"""For how long a connection is warmed: its window then fits the path."""


def pairs(settings: Mapping[str, Any]) -> list[tuple[float, float, str]]:
    """(distance, rate, far site), each with a lightpath of its own."""
    asked = [(km, gbps) for km in settings["distance_km"] for gbps in settings["rate_gbps"]]
    return [(km, gbps, far_names(number)[0]) for number, (km, gbps) in enumerate(asked)]


def prepare(plant: Plant, settings: Mapping[str, Any]) -> Plant:
    asked = pairs(settings)
    laid = star(plant, [km for km, _, _ in asked], rate_gbps=1)
    demands = tuple(
        dataclasses.replace(demand, rate_gbps=gbps) for demand, (_, gbps, _) in zip(laid.demands, asked, strict=True)
    )
    return dataclasses.replace(laid, demands=demands)


def plans(context: Context) -> list[tuple[float, float, str, Migration]]:
    """What is asked of each pair on this network; the packet network has its lines' rate and no more."""
    settings = context.settings
    found: dict[tuple[float, float], tuple[float, float, str, Migration]] = {}
    rtts_ns = context.predicted_rtts(LONGEST_FRAME_BYTES)
    mtu = context.plant.packet.mtu_bytes
    for km, asked_gbps, site in pairs(settings):
        if (NEAR, site) not in rtts_ns:
            continue
        gbps = min(asked_gbps, context.line_rate_gbps((NEAR, site)))
        share = (mtu - 52) / (mtu + 14)  # IPv4, TCP with time stamps, Ethernet
        plan = Migration(
            memory_bytes=settings["memory_bytes"],
            dirty_bytes_per_s=settings["dirty_bytes_per_s"],
            bytes_per_s=gbps_to_bytes_per_s(gbps) * share / settings["machines"],
            rtt_s=ns_to_s(rtts_ns[NEAR, site]),
            page_bytes=settings["page_bytes"],
            pattern=settings["pattern"],
            stop_bytes=settings["stop_bytes"],
            most_rounds=settings["most_rounds"],
        )
        found.setdefault((km, gbps), (km, gbps, site, plan))
    return list(found.values())


def stages(context: Context) -> tuple[Stage, ...]:
    return tuple(_stage(context, km, gbps, site, plan) for km, gbps, site, plan in plans(context) if not refusal(plan))


def _stage(context: Context, km: float, gbps: float, site: str, plan: Migration) -> Stage:
    settings = context.settings
    slower = gbps < context.line_rate_gbps((NEAR, site))
    verify = settings["verify"] == "yes"
    applications: list[Application] = []
    for machine in range(1, settings["machines"] + 1):
        port = str(PORT + machine)
        told = {
            **{name: getattr(plan, name) for name in ("memory_bytes", "page_bytes", "dirty_bytes_per_s", "pattern")},
            **{name: getattr(plan, name) for name in ("stop_bytes", "most_rounds")},
            "pace_bytes_per_s": round(plan.bytes_per_s) if slower else 0,
            "warm_bytes": round(plan.bytes_per_s * (WARM_S + WARM_RTTS * plan.rtt_s)),
            "seed": f"{context.seed} {machine}",
            "verify": verify,
        }
        there, here = f"receiver-{machine}", f"machine-{machine}"
        wanted = "verify" if verify else "count"
        applications += [
            Application(
                name=there, site=site, role="job", argv=(*PROGRAM, "receive", port, wanted), ready="says:receiving"
            ),
            Application(
                name=here,
                site=NEAR,
                role="job",
                argv=(*PROGRAM, "send", f"{{address:{site}}}", port, json.dumps(told)),
                needs=(there,),
                limit_s=10_000,
            ),
        ]
    return Stage(
        phase=f"{km:.12g} km {gbps:.12g} Gbit/s", duration_ns=VirtualNs(1_000_000), activities=tuple(applications)
    )


def rows(table: pa.Table, contexts: Sequence[Context]) -> list[Row]:
    found: list[Row] = []
    for context in contexts:
        found += [row for plan in plans(context) for row in _rows(table, context, *plan)]
        found += _dark(context)
    return found


def _dark(context: Context) -> list[Row]:
    """A row for each pair that gets no light, with planning's reason."""
    reasons = {refusal.demand: f"no light: {refusal.reason}" for refusal in context.assignment.refusals}
    joined, settings = context.reachable(), context.settings
    return [
        _refused(context, km, gbps, settings["memory_bytes"], settings["dirty_bytes_per_s"], reasons[site])
        for km, gbps, site in dict.fromkeys(pairs(settings))
        if (NEAR, site) not in joined
    ]


def _refused(context: Context, km: float, gbps: float, memory_bytes: int, dirty: float, why: str) -> Row:
    nothing = dict.fromkeys(("rounds", "moved_bytes", "total_ns", "downtime_ns", "predicted_downtime_ns"))
    return {**_common(context, km, gbps, memory_bytes, dirty), **nothing, "reason": why}


def _common(context: Context, km: float, gbps: float, memory_bytes: int, dirty: float) -> Row:
    return {
        "network": context.network,
        "distance_km": km,
        "rate_gbps": gbps,
        "memory_bytes": memory_bytes,
        "dirty_bytes_per_s": dirty,
    }


def _rows(table: pa.Table, context: Context, km: float, gbps: float, site: str, plan: Migration) -> list[Row]:
    asked = (km, gbps, plan.memory_bytes, plan.dirty_bytes_per_s)
    if why := refusal(plan):
        return [_refused(context, *asked, why)]
    predicted = course(plan)
    own = table.filter(pc.equal(table["network"], context.network))
    seen = [
        json.loads(record["detail"])
        for record in own.filter(pc.equal(own["phase"], f"{km:.12g} km {gbps:.12g} Gbit/s")).to_pylist()
        if record["kind"] == "application"
    ]
    received = [one["received_sha256"] for one in seen if "received_sha256" in one]
    sent = [one for one in seen if "rounds" in one]
    return [
        {
            **_common(context, *asked),
            "rounds": one["rounds"],
            "moved_bytes": one["moved_bytes"],
            "total_ns": one["total_ns"],
            "downtime_ns": one["downtime_ns"],
            "predicted_downtime_ns": round(predicted.downtime_s * 1e9),
            "reason": "",
            "predicted_rounds": predicted.rounds,
            "predicted_moved_bytes": round(predicted.moved_bytes),
            "predicted_total_ns": round(predicted.total_s * 1e9),
            "machine": number,
            "machines": len(sent),
            "same_memory": one["sha256"] in received if "sha256" in one else None,
        }
        for number, one in enumerate(sent, 1)
    ]


def expected(settings: Mapping[str, Any]) -> str:
    return (
        f"rounds, bytes, total time, downtime of a machine alone within {TOLERANCE:.0%} of pre-copy's closed form, and "
        "a refusal where more is dirtied than the path carries or no light is given; what is compared arrives unchanged"
    )


def met(results: Sequence[Row], settings: Mapping[str, Any]) -> bool:
    return all(_met(row) for row in results)


def _met(row: Row) -> bool:
    if row["reason"] or row["machines"] > 1:
        return row.get("same_memory") is not False
    near = all(
        abs(row[name] / row[f"predicted_{name}"] - 1) <= TOLERANCE
        for name in ("moved_bytes", "total_ns", "downtime_ns")
    )
    return near and row["rounds"] == row["predicted_rounds"] and row["same_memory"] is not False


EXPERIMENT = Experiment(
    name="virtual_dc_migration",
    question="How long does a machine that moves to another data centre stop, and what does it cost?",
    topology="three-sites",
    settings=(
        Setting(name="distance_km", default=(10, 100, 1000), low=0, high=6000, many=True, meaning="between the two"),
        Setting(
            name="rate_gbps",
            default=(10, 100),
            low=0.1,
            high=1600,
            many=True,
            meaning="of the path; packet: at most its line",
        ),
        Setting(
            name="memory_bytes", default=1_073_741_824, low=65_536, high=1e13, whole=True, meaning="of the machine"
        ),
        Setting(
            name="dirty_bytes_per_s",
            default=500_000_000.0,
            low=0,
            high=1e13,
            meaning="that the machine writes, declared",
        ),
        Setting(
            name="page_bytes", default=65_536, low=4096, high=1 << 30, whole=True, meaning="in which it is tracked"
        ),
        Setting(
            name="pattern",
            default="sequential",
            choices=("sequential", "random"),
            meaning="of writes: through all memory in order, or anywhere",
        ),
        Setting(
            name="stop_bytes", default=4_194_304, low=0, high=1e12, whole=True, meaning="that are left to the stop"
        ),
        Setting(name="most_rounds", default=30, low=1, high=10_000, whole=True, meaning="before the stop in any case"),
        Setting(name="machines", default=1, low=1, high=64, whole=True, meaning="that move at once on each path"),
        Setting(name="verify", default="no", choices=("no", "yes"), meaning="compare both memories (needs both twice)"),
    ),
    prepare=prepare,
    stages=stages,
    rows=rows,
    expected=expected,
    met=met,
)
