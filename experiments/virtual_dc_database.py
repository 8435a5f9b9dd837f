"""A database that commits in two cities: what does a transaction wait for, and is anything lost when the fibre is cut?

PostgreSQL with its primary in one data centre and synchronous standbys at a distance; its clients stand beside the
primary. The fibre is cut while rows are inserted. Either it stays dark: commits stall, and the standby is promoted; or
it is mended: commits stall until TCP finds out, and go on. What was acknowledged to the client is compared with what
either server has.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]  # it ships no types
import pyarrow.compute as pc  # type: ignore[import-untyped]  # it ships no types
from apnemu.report.rows import latency_rows

from apnemu.errors import InputError
from apnemu.model.activities import Application, Event, Probes
from apnemu.model.plant import Plant
from apnemu.model.scenario import Stage
from apnemu.question.context import Context, Row
from apnemu.question.experiment import Experiment, Program
from apnemu.question.pairs import fibres_both_ways, need_joined
from apnemu.question.plants import NEAR, far_names, star
from apnemu.question.settings import Setting
from apnemu.question.traffic import PROBE_BYTES, arrivals
from apnemu.report.database_rows import after_failover, after_repair, stall_bounds_ns
from apnemu.units import VirtualNs, s_to_ns

PROGRAM = ("{python}", "-m", "apnemu.emulation.apps.postgres")
USER = "postgres"
SHARE, SPARE_NS = 0.05, 50_000
"""Of the round trip, and besides: how near a commit's median must be."""
PROBES, PROBE_GAP_NS = 20, 200_000
CUT, FAILOVER, REPAIR = "cut", "failover", "repair"
CUT_S = 0.4
"""Rows are inserted for so long before the fibre is cut; after the cut, or the longest stall, as long again."""
ROWS_AFTER_REPAIR = 20
"""Are enough to see that commits go on."""


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
    need_joined(context)
    asked = sites_at(settings)
    found = [_benched(context, km, sites) for km, sites in asked.items()]
    if settings["cut"] == "yes":
        km, sites = list(asked.items())[-1]
        found += [_cut(context, km, sites, after) for after in settings["after_cut"]]
    return tuple(found)


def _benched(context: Context, km: float, sites: Sequence[str]) -> Stage:
    settings = context.settings
    rtt_ns = _rtt_ns(context, sites)
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
    phase = f"{km:.12g} km"
    probes = Probes(
        pairs=tuple((NEAR, site) for site in sites),
        count=PROBES,
        gap_ns=VirtualNs(PROBE_GAP_NS + 4 * rtt_ns),
        frame_bytes=PROBE_BYTES,
    )
    stage = Stage(
        phase=phase,
        duration_ns=VirtualNs(begin_ns),
        activities=(probes, *_servers(context, sites), client),
    )
    if context.network == "apn" or not settings["load"]:
        return stage
    entered = [entry for site in sites for entry in fibres_both_ways(context, (NEAR, site))]
    others = arrivals(context, phase.replace(" ", ""), entered, settings["load"], count * each_ns, begin_ns)
    return replace(stage, load=settings["load"], activities=(*stage.activities, *others))


def _cut(context: Context, km: float, sites: Sequence[str], after: str) -> Stage:
    """Rows inserted through a cut, `after` which there is a failover, or a repair."""
    begin_ns = s_to_ns(context.settings["setup_s"])
    cut_ns = begin_ns + s_to_ns(CUT_S)
    fibres = tuple(fibre.name for fibre in context.plant.fibres if {fibre.a, fibre.b} & set(sites))
    what = {"what": ", ".join(fibres), "fibres": fibres}
    events = [Event(at_ns=VirtualNs(cut_ns), kind="cut", **what)]
    inserting = [begin_ns, cut_ns + s_to_ns(CUT_S)]
    enough: list[str] = []
    if after == REPAIR:
        dark_ns = s_to_ns(context.settings["dark_s"])
        inserting = [begin_ns, cut_ns + stall_bounds_ns(dark_ns, _rtt_ns(context, sites))[1] + s_to_ns(CUT_S)]
        events.append(Event(at_ns=VirtualNs(cut_ns + dark_ns), kind="repair", **what))
        enough = [f"{{start:{cut_ns + dark_ns}}}", str(ROWS_AFTER_REPAIR)]
    client = Application(
        name="client",
        site=NEAR,
        role="job",
        argv=(*PROGRAM, "insert", f"{{address:{NEAR}}}", *(f"{{start:{at_ns}}}" for at_ns in inserting), *enough),
        needs=tuple(f"standby-{number}" for number in range(1, len(sites) + 1)),
        user=USER,
        output_limit_bytes=1 << 24,
    )
    return Stage(
        phase=f"{CUT if after == FAILOVER else REPAIR} {km:.12g} km",
        duration_ns=VirtualNs(inserting[-1]),
        activities=(*_servers(context, sites), client, *_checks(sites, after), *events),
    )


def _rtt_ns(context: Context, sites: Sequence[str]) -> int:
    """The closed form's, to the furthest."""
    rtts = context.predicted_rtts(PROBE_BYTES)
    return max(rtts[NEAR, site] for site in sites)


def _checks(sites: Sequence[str], after: str) -> list[Application]:
    """What the servers have once the client has ended; standbys are promoted if the fibre stays dark."""
    more = {"role": "job", "needs": ("client",), "user": USER, "output_limit_bytes": 1 << 24}
    reading = (*PROGRAM, "numbers")
    found = [
        Application(name="primary-check", site=NEAR, argv=(*reading, f"{{address:{NEAR}}}", "primary"), **more),
    ]
    for number, site in enumerate(sites, 1):
        promoting = (*PROGRAM, "promote", f"{{folder:standby-{number}}}", f"{{address:{site}}}")
        name, argv = f"promotion-{number}", promoting
        if after == REPAIR:
            name, argv = f"standby-check-{number}", (*reading, f"{{address:{site}}}", "standby")
        found.append(Application(name=name, site=site, argv=argv, **more))
    return found


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
        for km, sites in sites_at(context.settings).items():
            phase = f"{km:.12g} km"
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
                    **after_failover(seen.get(f"{CUT} {km:.12g} km")),
                    **after_repair(
                        seen.get(f"{REPAIR} {km:.12g} km"), s_to_ns(context.settings["dark_s"]), _rtt_ns(context, sites)
                    ),
                }
            )
    return found


def expected(settings: Mapping[str, Any]) -> str:
    return (
        f"over the APN a commit's median is that at 0 km and the round trip, within {SHARE:.0%} of it and "
        f"{SPARE_NS / 1e3:g} us; where a standby is waited for, a cut loses no acknowledged row, and commits stall "
        "until light is back and TCP has sent again (bounds: stalled_ns_least and _most), and go on"
    )


def met(results: Sequence[Row], settings: Mapping[str, Any]) -> bool:
    return all(_met(row, results, settings) for row in results)


def _met(row: Row, results: Sequence[Row], settings: Mapping[str, Any]) -> bool:
    if not settings["wait_for"]:
        return True
    kept = not row["acknowledged_lost"] and not row["repair_acknowledged_lost"]
    if row["repair_acknowledged"] is not None:
        kept = kept and row["repair_acknowledged_since"] >= ROWS_AFTER_REPAIR
        kept = kept and row["stalled_ns_least"] <= (row["stalled_ns"] or 0) <= row["stalled_ns_most"]
    if row["network"] != "apn":
        return bool(kept)
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
        Setting(name="cut", default="yes", choices=("yes", "no"), meaning="the furthest standbys' fibres, at the end"),
        Setting(name="after_cut", default=(FAILOVER, REPAIR), choices=(FAILOVER, REPAIR), many=True,
                meaning="the standby is promoted, or the fibre is mended"),
        Setting(name="dark_s", default=1, low=0.05, high=10, meaning="virtual, from the cut to the repair"),
        Setting(name="setup_s", default=1.5, low=0.1, high=600, meaning="virtual, until the servers are ready"),
    ),
    prepare=prepare,
    stages=stages,
    rows=rows,
    expected=expected,
    met=met,
    needs=(Program(path="/usr/lib/postgresql/*/bin/postgres", package="postgresql", why="the database"),),
)  # fmt: skip
