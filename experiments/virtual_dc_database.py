"""A database that commits in two cities: what does a transaction wait for, and is anything lost when the fibre is cut?

PostgreSQL with its primary in one data centre and synchronous standbys at a distance; its clients stand beside the
primary. The fibre is cut while rows are inserted: commits stall, the standby is promoted, and what was acknowledged to
the client is compared with what either server has.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]  # it ships no types
import pyarrow.compute as pc  # type: ignore[import-untyped]  # it ships no types

from apnemu.errors import InputError
from apnemu.experiment import Context, Experiment, Program, Row, Setting
from apnemu.model.plant import Plant
from apnemu.model.scenario import Application, Event, Probes, Stage
from apnemu.report.rows import latency_rows
from apnemu.stages import NEAR, PROBE_BYTES, arrivals, far_names, fibres_both_ways, star
from apnemu.units import VirtualNs, s_to_ns

PROGRAM = ("{python}", "-m", "apnemu.emulation.apps.postgres")
USER = "postgres"
SHARE, SPARE_NS = 0.05, 50_000
"""Of the round trip, and besides: how near a commit's median must be."""
PROBES, PROBE_GAP_NS = 20, 200_000
CUT = "cut"
CUT_S = 0.4
"""Rows are inserted for so long before the fibre is cut, and as long after."""


def prepare(plant: Plant, settings: Mapping[str, Any]) -> Plant:
    if settings["wait_for"] > settings["standbys"]:
        raise InputError(
            f"wait_for is {settings['wait_for']}; there are {settings['standbys']} standbys to wait for; give at most"
            " that",
            file="--set",
        )
    return star(plant, distances(settings), rate_gbps=settings["rate_gbps"], copies=settings["standbys"])


def distances(settings: Mapping[str, Any]) -> list[float]:
    """Those asked for, and none at all to compare with."""
    return list(dict.fromkeys((0.0, *settings["distance_km"])))


def sites_at(settings: Mapping[str, Any]) -> dict[float, tuple[str, ...]]:
    copies = settings["standbys"]
    return {km: far_names(number, copies) for number, km in enumerate(distances(settings))}


def stages(context: Context) -> tuple[Stage, ...]:
    settings = context.settings
    joined = {pair[1] for pair in context.reachable()}
    asked = {km: sites for km, sites in sites_at(settings).items() if joined.issuperset(sites)}
    found = [_benched(context, km, sites) for km, sites in asked.items()]
    if settings["cut"] == "yes":
        km, sites = list(asked.items())[-1]
        found.append(_cut(context, km, sites))
    return tuple(found)


def _benched(context: Context, km: float, sites: Sequence[str]) -> Stage:
    settings = context.settings
    rtt_ns = context.predicted_rtts(PROBE_BYTES)[NEAR, sites[0]]
    each_ns = rtt_ns + s_to_ns(0.001)
    count = max(20, min(settings["transactions"], s_to_ns(settings["seconds"]) // each_ns))
    begin_ns = s_to_ns(settings["setup_s"])
    client = Application(
        name="client",
        site=NEAR,
        role="job",
        argv=(*PROGRAM, "bench", f"{{address:{NEAR}}}", f"{{start:{begin_ns}}}", str(count), str(settings["clients"]),
              settings["script"]),
        needs=tuple(f"standby-{number}" for number in range(1, len(sites) + 1)),
        user=USER,
    )  # fmt: skip
    phase = f"{km:g} km"
    stage = Stage(
        phase=phase,
        duration_ns=VirtualNs(begin_ns),
        probes=Probes(
            pairs=tuple((NEAR, site) for site in sites),
            count=PROBES,
            gap_ns=VirtualNs(PROBE_GAP_NS + 4 * rtt_ns),
            frame_bytes=PROBE_BYTES,
        ),
        applications=(*_servers(context, sites), client),
    )
    if context.network == "apn" or not settings["load"]:
        return stage
    entered = [entry for site in sites for entry in fibres_both_ways(context, (NEAR, site))]
    others = arrivals(context, phase.replace(" ", ""), entered, settings["load"], count * each_ns, begin_ns)
    return replace(stage, load=settings["load"], arrivals=others)


def _cut(context: Context, km: float, sites: Sequence[str]) -> Stage:
    begin_ns = s_to_ns(context.settings["setup_s"])
    cut_ns, stop_ns = begin_ns + s_to_ns(CUT_S), begin_ns + 2 * s_to_ns(CUT_S)
    client = Application(
        name="client",
        site=NEAR,
        role="job",
        argv=(*PROGRAM, "insert", f"{{address:{NEAR}}}", f"{{start:{begin_ns}}}", f"{{start:{stop_ns}}}"),
        needs=tuple(f"standby-{number}" for number in range(1, len(sites) + 1)),
        user=USER,
        output_limit_bytes=1 << 24,
    )
    more = {"role": "job", "needs": ("client",), "user": USER, "output_limit_bytes": 1 << 24}
    checks = [Application(name="primary-check", site=NEAR, argv=(*PROGRAM, "numbers", f"{{address:{NEAR}}}"), **more)]
    checks += [
        Application(
            name=f"promotion-{number}",
            site=site,
            argv=(*PROGRAM, "promote", f"{{folder:standby-{number}}}", f"{{address:{site}}}"),
            **more,
        )
        for number, site in enumerate(sites, 1)
    ]
    fibres = tuple(fibre.name for fibre in context.plant.fibres if {fibre.a, fibre.b} & set(sites))
    event = Event(at_ns=VirtualNs(cut_ns), kind="cut", what=", ".join(fibres), fibres=fibres)
    return Stage(
        phase=f"{CUT} {km:g} km",
        duration_ns=VirtualNs(stop_ns),
        applications=(*_servers(context, sites), client, *checks),
        events=(event,),
    )


def _servers(context: Context, sites: Sequence[str]) -> list[Application]:
    settings = context.settings
    names = ", ".join(f'"s{number}"' for number in range(1, len(sites) + 1))
    many = settings["wait_for"]
    synchronous = f"{settings['sync'].upper()} {many} ({names})" if many else ""
    primary = Application(
        name="primary",
        site=NEAR,
        role="service",
        argv=(*PROGRAM, "primary", "{folder}", synchronous),
        ready="says:database system is ready to accept connections",
        user=USER,
        end_signal="QUIT",
    )
    standbys = [
        Application(
            name=f"standby-{number}",
            site=site,
            role="service",
            argv=(*PROGRAM, "standby", "{folder}", f"{{address:{NEAR}}}", f"s{number}"),
            needs=("primary",),
            ready="says:started streaming WAL",
            user=USER,
            end_signal="QUIT",
        )
        for number, site in enumerate(sites, 1)
    ]
    return [primary, *standbys]


def rows(table: pa.Table, contexts: Sequence[Context]) -> list[Row]:
    measured = {(row["network"], row["phase"]): row["rtt_ns_p50"] for row in reversed(latency_rows(table, {}))}
    found: list[Row] = []
    for context in contexts:
        own = table.filter(pc.and_(pc.equal(table["network"], context.network), pc.equal(table["kind"], "application")))
        seen: dict[str, dict[str, Any]] = {}
        for record in own.to_pylist():
            seen.setdefault(record["phase"], {}).update({record["name"]: json.loads(record["detail"])})
        for km in distances(context.settings):
            phase = f"{km:g} km"
            if phase not in seen:
                continue
            found.append(
                {
                    "network": context.network,
                    "distance_km": km,
                    "rtt_ns": measured[context.network, phase],
                    "standbys": context.settings["standbys"],
                    **seen[phase]["client"],
                    "load": context.settings["load"] if context.network == "packet" else 0.0,
                    **_after_cut(seen.get(f"{CUT} {km:g} km")),
                }
            )
    return found


def _after_cut(seen: Mapping[str, Any] | None) -> dict[str, int | bool | None]:
    """How many rows were acknowledged, and how many of these are not on the promoted standby and on the primary."""
    if seen is None:
        return dict.fromkeys(("acknowledged", "acknowledged_lost", "standby_takes_rows"))
    acknowledged = set(seen["client"]["acknowledged"])
    promoted = [value for name, value in seen.items() if name.startswith("promotion")]
    best = max((set(one["standby_has"]) for one in promoted), key=len)
    held = best & set(seen["primary-check"]["primary_has"])
    return {
        "acknowledged": len(acknowledged),
        "acknowledged_lost": len(acknowledged - held),
        "standby_takes_rows": all(one["standby_takes_rows"] for one in promoted),
    }


def expected(settings: Mapping[str, Any]) -> str:
    return (
        f"over the APN a commit's median is that at 0 km and the round trip, within {SHARE:.0%} of it and "
        f"{SPARE_NS / 1e3:g} us; after the cut no acknowledged row is lost, if a standby is waited for"
    )


def met(results: Sequence[Row], settings: Mapping[str, Any]) -> bool:
    return all(_met(row, results, settings) for row in results)


def _met(row: Row, results: Sequence[Row], settings: Mapping[str, Any]) -> bool:
    kept = not row["acknowledged_lost"] or not settings["wait_for"]
    if row["network"] != "apn" or not settings["wait_for"]:
        return kept
    base = next(other for other in results if other["network"] == "apn" and other["distance_km"] == 0)
    more_ns = row["commit_ns_p50"] - base["commit_ns_p50"] - (row["rtt_ns"] - base["rtt_ns"])
    return bool(kept and abs(more_ns) <= SHARE * row["rtt_ns"] + SPARE_NS)


EXPERIMENT = Experiment(
    name="virtual_dc_database",
    question="What does a transaction wait for that commits in two cities, and is anything lost when the fibre is cut?",
    topology="three-sites",
    settings=(
        Setting(name="distance_km", default=(0, 100, 1000, 3000), low=0, high=6000, many=True, meaning="to standbys"),
        Setting(name="standbys", default=1, low=1, high=8, whole=True, meaning="each in a data centre of its own"),
        Setting(name="sync", default="any", choices=("any", "first"), meaning="of the standbys: any, or the first"),
        Setting(name="wait_for", default=1, low=0, high=8, whole=True, meaning="so many standbys; 0: asynchronous"),
        Setting(name="script", default="insert", choices=("insert", "pgbench"), meaning="one row, or pgbench -N"),
        Setting(name="clients", default=1, low=1, high=64, whole=True, meaning="at once"),
        Setting(name="transactions", default=300, low=20, high=1e7, whole=True, meaning="of each client, at most"),
        Setting(name="seconds", default=0.5, low=0.01, high=3600, meaning="virtual, of transactions (20 at least)"),
        Setting(name="load", default=0.7, low=0, high=0.98, meaning="of others on the packet network, as they go"),
        Setting(name="rate_gbps", default=100, low=1, high=1600, meaning="of each lightpath"),
        Setting(
            name="cut", default="yes", choices=("yes", "no"), meaning="cut the furthest standbys' fibres at the end"
        ),
        Setting(name="setup_s", default=1.5, low=0.1, high=600, meaning="virtual, until the servers are ready"),
    ),
    prepare=prepare,
    stages=stages,
    rows=rows,
    expected=expected,
    met=met,
    needs=(Program(path="/usr/lib/postgresql/*/bin/postgres", package="postgresql", why="the database"),),
)
