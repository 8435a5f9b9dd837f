# SPDX-License-Identifier: BSD-3-Clause
"""A database that commits in two cities: what does a transaction wait for, and is anything lost when the fibre is cut?

PostgreSQL with its primary in one data centre and synchronous standbys at a distance; its clients stand beside the
primary. The fibre is cut while rows are inserted. Either it stays dark: commits stall, and the standby is promoted; or
it is mended: commits stall until TCP finds out, and go on. What was acknowledged to the client is compared with what
either server has.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from apnemu.errors import InputError
from apnemu.experiments.virtual_dc_database.rows import rows
from apnemu.experiments.virtual_dc_database.settings import (
    AfterCut,
    Settings,
    distances,
    furthest_rtt_ns,
    phase_at,
    phase_of_cut,
    sites_at,
)
from apnemu.experiments.virtual_dc_database.shown import SHOWN
from apnemu.model.activities import Application, Event, Probes
from apnemu.model.plant import Plant
from apnemu.model.scenario import Stage
from apnemu.placement.stalls import stall_bounds_ns
from apnemu.question.context import Context, Row
from apnemu.question.experiment import Experiment, Program
from apnemu.question.pairs import fibres_both_ways, need_joined
from apnemu.question.plants import NEAR, star
from apnemu.question.traffic import PROBE_BYTES, arrivals, over_routers
from apnemu.question.verdict import Claim, Verdict, at_least, at_most, judge_rows, missing, near
from apnemu.units import VirtualNs, s_to_ns

PROGRAM = ("{python}", "-m", "apnemu.emulation.apps.postgres")
USER = "postgres"
SHARE, SPARE_NS = 0.05, 50_000
"""Tolerance of a commit's median: this share of the round trip, and so much besides."""
PROBES, PROBE_GAP_NS = 20, 200_000
CUT_S = 0.4
"""Time of inserting before the fibre is cut; after the cut, or the longest stall, as long again."""
ROWS_AFTER_REPAIR = 20
"""Rows that are enough to see that commits go on."""


def prepare(plant: Plant, settings: Settings) -> Plant:
    """A star: the primary, and its standbys at each distance. Raises InputError for more to wait for than there are."""
    if settings.wait_for > settings.standbys:
        raise InputError(
            f"wait_for is {settings.wait_for}; there are {settings.standbys} standbys to wait for; give at most that",
            file="--set",
        )
    return star(plant, distances(settings), rate_gbps=settings.rate_gbps, copies=settings.standbys)


def stages(context: Context[Settings]) -> tuple[Stage, ...]:
    """Transactions at each distance; then, at the last of them, the cut and each sequel of it."""
    settings = context.settings
    need_joined(context)
    asked = sites_at(settings)
    played = [_benched(context, km, sites) for km, sites in asked.items()]
    if settings.cut == "yes":
        km, sites = list(asked.items())[-1]
        played += [_cut(context, km, sites, after) for after in settings.after_cut]
    return tuple(played)


def _benched(context: Context[Settings], km: float, sites: Sequence[str]) -> Stage:
    settings = context.settings
    rtt_ns = furthest_rtt_ns(context, sites)
    each_ns = rtt_ns + s_to_ns(0.001)
    count = max(20, min(settings.transactions, s_to_ns(settings.seconds) // each_ns))
    begin_ns = s_to_ns(settings.setup_s)
    client = Application(
        name="client",
        site=NEAR,
        role="job",
        argv=(*PROGRAM, "bench", f"{{address:{NEAR}}}", f"{{start:{begin_ns}}}", str(count), str(settings.clients),
              settings.script),
        needs=tuple(f"standby-{number}" for number in range(1, len(sites) + 1)),
        user=USER,
    )  # fmt: skip
    phase = phase_at(km)
    probes = Probes(
        pairs=tuple((NEAR, site) for site in sites),
        count=PROBES,
        gap_ns=VirtualNs(PROBE_GAP_NS + 4 * furthest_rtt_ns(over_routers(context), sites)),
        frame_bytes=PROBE_BYTES,
    )
    stage = Stage(
        phase=phase,
        duration_ns=VirtualNs(begin_ns),
        activities=(probes, *_servers(context, sites), client),
    )
    if context.network == "apn" or not settings.load:
        return stage
    entered = [entry for site in sites for entry in fibres_both_ways(context, (NEAR, site))]
    others = arrivals(context, phase.replace(" ", ""), entered, settings.load, count * each_ns, begin_ns)
    return replace(stage, load=settings.load, activities=(*stage.activities, *others))


def _cut(context: Context[Settings], km: float, sites: Sequence[str], after: AfterCut) -> Stage:
    """Rows inserted through a cut, `after` which there is a failover, or a repair."""
    begin_ns = s_to_ns(context.settings.setup_s)
    cut_ns = begin_ns + s_to_ns(CUT_S)
    fibres = tuple(fibre.name for fibre in context.plant.fibres if {fibre.a, fibre.b} & set(sites))
    happens = partial(Event, what=", ".join(fibres), fibres=fibres)
    events = [happens(at_ns=VirtualNs(cut_ns), kind="cut")]
    inserting = [begin_ns, cut_ns + s_to_ns(CUT_S)]
    enough: list[str] = []
    if after == "repair":
        dark_ns = s_to_ns(context.settings.dark_s)
        inserting = [begin_ns, cut_ns + stall_bounds_ns(dark_ns, furthest_rtt_ns(context, sites))[1] + s_to_ns(CUT_S)]
        events.append(happens(at_ns=VirtualNs(cut_ns + dark_ns), kind="repair"))
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
        phase=phase_of_cut(km, after),
        duration_ns=VirtualNs(inserting[-1]),
        activities=(*_servers(context, sites), client, *_checks(sites, after), *events),
    )


def _checks(sites: Sequence[str], after: AfterCut) -> list[Application]:
    """What the servers have once the client has ended; standbys are promoted if the fibre stays dark."""
    check = partial(Application, role="job", needs=("client",), user=USER, output_limit_bytes=1 << 24)
    reading = (*PROGRAM, "numbers")
    checks = [check(name="primary-check", site=NEAR, argv=(*reading, f"{{address:{NEAR}}}", "primary"))]
    for number, site in enumerate(sites, 1):
        promoting = (*PROGRAM, "promote", f"{{folder:standby-{number}}}", f"{{address:{site}}}")
        name, argv = f"promotion-{number}", promoting
        if after == "repair":
            name, argv = f"standby-check-{number}", (*reading, f"{{address:{site}}}", "standby")
        checks.append(check(name=name, site=site, argv=argv))
    return checks


def _servers(context: Context[Settings], sites: Sequence[str]) -> list[Application]:
    settings = context.settings
    names = ", ".join(f'"s{number}"' for number in range(1, len(sites) + 1))
    many = settings.wait_for
    synchronous = f"{settings.sync.upper()} {many} ({names})" if many else ""
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


def expected(settings: Settings) -> str:
    """The answer, before the run; none where no standby is waited for."""
    if not settings.wait_for:
        return ""
    return (
        f"over the APN a commit's median is that at 0 km and the round trip, within {SHARE:.0%} of it and "
        f"{SPARE_NS / 1e3:g} us; where a standby is waited for, a cut loses no acknowledged row, and commits stall "
        "until light is back and TCP has sent again (bounds: stalled_ns_least and _most), and go on"
    )


def judge(results: Sequence[Row], settings: Settings) -> Verdict:
    """Commits over the APN at a distance, and what a cut did on either network, where a standby is waited for."""
    if not settings.wait_for:
        return Verdict(judged=0, why="nothing to judge: no standby is waited for (wait_for=0)")
    base = next((row for row in results if row["network"] == "apn" and row["distance_km"] == 0), None)

    def claims(row: Mapping[str, Any]) -> Iterator[Claim]:
        if base is not None and row["network"] == "apn" and row["distance_km"]:
            yield from _commit(row, base)
        yield from _after_cut(row)

    return judge_rows(results, claims, KEY, about="a commit over the APN at a distance, or a cut")


def _commit(row: Mapping[str, Any], base: Mapping[str, Any]) -> Iterator[Claim]:
    """The median, beside that without distance and the round trip; a failure where one of them was not measured."""
    if None in (base["commit_ns_p50"], base["rtt_ns"], row["rtt_ns"]):
        yield missing("what a median commit is held against")
        return
    wanted_ns = base["commit_ns_p50"] + row["rtt_ns"] - base["rtt_ns"]
    yield near("median commit", row["commit_ns_p50"], wanted_ns, SHARE * row["rtt_ns"] + SPARE_NS, "ns")


def _after_cut(row: Mapping[str, Any]) -> Iterator[Claim]:
    """No acknowledged row is lost; after a repair commits go on, after a stall within its bounds."""
    if row["acknowledged"]:
        yield at_most("acknowledged rows lost in a failover", row["acknowledged_lost"], 0)
    if row["repair_acknowledged"] is not None:
        yield at_most("acknowledged rows lost in a repair", row["repair_acknowledged_lost"], 0)
        yield at_least("rows acknowledged after the repair", row["repair_acknowledged_since"], ROWS_AFTER_REPAIR)
        yield at_least("stall of commits", row["stalled_ns"], row["stalled_ns_least"], "ns")
        yield at_most("stall of commits", row["stalled_ns"], row["stalled_ns_most"], "ns")


KEY = ("network", "distance_km")
EXPERIMENT = Experiment(
    name="virtual_dc_database",
    question="What does a transaction wait for that commits in two cities, and is anything lost when the fibre is cut?",
    topology="three-sites",
    settings=Settings,
    key=KEY,
    prepare=prepare,
    stages=stages,
    rows=rows,
    expected=expected,
    judge=judge,
    shown=SHOWN,
    needs=(Program(path="/usr/lib/postgresql/*/bin/postgres", package="postgresql", why="the database"),),
)
