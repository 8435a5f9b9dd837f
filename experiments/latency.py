# SPDX-License-Identifier: BSD-3-Clause
"""How long does a small packet take between two data centres, there and back, and how much does that vary?

Idle, or while others fill their own wavelengths on the same fibres (APN) and the routers' lines (packet network).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal, cast

import pyarrow as pa  # type: ignore[import-untyped]  # it ships no types

from apnemu.errors import InputError
from apnemu.model.activities import Pair, Probes, Saturation
from apnemu.model.scenario import Stage
from apnemu.question.chances import EVERY, felt, with_chances
from apnemu.question.clients import ClientSettings, with_clients, with_lines
from apnemu.question.context import Context, Row
from apnemu.question.experiment import Experiment
from apnemu.question.pairs import joined_pairs
from apnemu.question.round_trips import latency_rows
from apnemu.question.settings import Setting
from apnemu.question.traffic import arrivals, declared_load, filling_ns, halves, over_routers, settled_ns
from apnemu.question.verdict import Claim, Verdict, at_most, by_chance, judge_rows, near
from apnemu.report import words
from apnemu.report.ordering import networks, phases
from apnemu.report.round_trip_figures import ROUND_TRIP_COLUMNS, round_trip_figures, said_of_pairs
from apnemu.report.round_trip_table import round_trip_table
from apnemu.report.round_trips import LatencyRow, chief
from apnemu.report.shown import Shown
from apnemu.units import VirtualNs, serialisation_ns, us_to_ns

TOLERANCE_NS = 100
JITTER_NS = 50
PACKET_TOLERANCE_NS = 1_000
"""Allowed for up to 12 hops, each rounded to the clock's step."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(ClientSettings):
    """What `--set` may change."""

    load: Annotated[
        tuple[Literal["idle", "full"], ...],
        Setting(
            "Load beside the probes: idle (but for what the topology declares), or full (other wavelengths at all of"
            " their lines, routers at background_load of theirs)"
        ),
    ] = ("idle",)
    probes: Annotated[int, Setting("Echo requests for each pair", low=1, high=65_535)] = 20
    gap_us: Annotated[
        float,
        Setting("Time between probes; longer where two could meet in an idle router", "us", low=1, high=1e6),
    ] = 20.0
    frame_bytes: Annotated[int, Setting("Ethernet frame of a probe", "bytes", low=60, high=1514)] = 98
    background_load: Annotated[
        float, Setting("Load of the routers' lines under load=full, as a share of their rate", low=0, high=2)
    ] = 0.7


def stages(context: Context[Settings]) -> tuple[Stage, ...]:
    """The phases, one after another; on the APN a full one comes in two halves, so that each lightpath is full once."""
    played: list[Stage] = []
    joined = joined_pairs(context)
    for load in context.settings.load:
        if load == "idle":
            played.append(_stage(context, "declared" if declared_load(context) else "idle", joined))
        elif context.network == "apn":
            _refuse_leaks(context)
            halved = halves(context.assignment)
            played += [_stage(context, "full", pairs, full) for pairs, full in halved]
        else:
            played.append(_stage(context, "full", joined))
    return tuple(played)


def _refuse_leaks(context: Context[Settings]) -> None:
    """Raises InputError where what fills a wavelength, going round and round, would be lost on the way."""
    for name, chances in felt(context.plant, "apn").items():
        if "loss" in chances:
            raise InputError(
                f"load=full fills wavelengths with frames that go round, and fibre {name} would lose them all in time;"
                " take its loss out, or give load=idle",
                file="--set",
            )


def _stage(context: Context[Settings], phase: str, pairs: tuple[Pair, ...], full: tuple[Saturation, ...] = ()) -> Stage:
    settings = context.settings
    gap_ns = us_to_ns(settings.gap_us)
    if phase == "idle":  # alike on both, though no two probes could meet on light
        gap_ns = max(gap_ns, 4 * settled_ns(over_routers(context)))
    after_ns = 0 if phase == "idle" else filling_ns(full) + settled_ns(context)
    probes = Probes(
        pairs=pairs,
        count=settings.probes,
        gap_ns=VirtualNs(gap_ns),
        frame_bytes=settings.frame_bytes,
        after_ns=VirtualNs(after_ns),
    )
    duration_ns = after_ns + gap_ns * len(pairs) * settings.probes + settled_ns(context)
    stage = Stage(phase=phase, duration_ns=VirtualNs(duration_ns), activities=(probes, *full))
    if phase != "idle" and context.network == "packet":
        everywhere = [(site, fibre) for fibre in context.plant.fibres for site in (fibre.a, fibre.b)]
        load = declared_load(context) if phase == "declared" else settings.background_load
        others = arrivals(context, phase, everywhere, load, duration_ns)
        stage = dataclasses.replace(stage, activities=(*stage.activities, *others))
    return stage


def rows(table: pa.Table, contexts: Sequence[Context[Settings]]) -> list[Row]:
    """A row for each pair, network and phase: round trips beside their closed form."""
    predicted = {
        (*pair, context.network): rtt_ns
        for context in contexts
        for pair, rtt_ns in context.predicted_rtts(context.settings.frame_bytes).items()
    }
    return _with_meetings(with_chances([dict(row) for row in latency_rows(table, predicted)], contexts), contexts)


def _with_meetings(results: Sequence[Row], contexts: Sequence[Context[Settings]]) -> list[Row]:
    """Rows, each with `meeting_ns` where probes of a run may meet on light: the longest that one may wait for others.

    Both directions of a lightpath are probed, so that an answer and a probe may leave a transceiver at one instant, at
    either end. Probes of an idle network are too far apart for that.
    """
    if all(row["network"] != "apn" or row["phase"] == "idle" for row in results):
        return list(results)
    longest_ns = {
        (*pair, context.network): 2 * serialisation_ns(context.settings.frame_bytes, path.rate_gbps)
        for context in contexts
        if context.network == "apn"
        for pair, path in context.assignment.by_pair().items()
    }
    return [
        {
            **row,
            "meeting_ns": 0 if row["phase"] == "idle" else longest_ns.get((row["from"], row["to"], row["network"]), 0),
        }
        for row in results
    ]


def expected(settings: Settings) -> str:
    """The answer, before the run."""
    return (
        f"over the APN every median is within {TOLERANCE_NS} ns of the closed form, idle or not; over the idle packet "
        f"network every median is within {PACKET_TOLERANCE_NS} ns of its closed form; none of these probes takes "
        f"more than {JITTER_NS} ns longer than the fastest of its pair, and none is lost; where the topology declares"
        " jitter or loss, these are that much wider, and as many are lost as chance allows; beside full wavelengths a"
        " probe may wait for the frame of another of its own light at either end"
    )


def judge(results: Sequence[Row], settings: Settings) -> Verdict:
    """Every row of the APN, and those of the idle packet network."""
    return judge_rows(results, _claims, KEY, about="the APN or the idle packet network")


def _claims(row: Mapping[str, Any]) -> Iterator[Claim]:
    if row["network"] == "packet" and row["phase"] != "idle":
        return
    tolerance_ns = PACKET_TOLERANCE_NS if row["network"] == "packet" else TOLERANCE_NS
    jitter_ns = row.get("declared_jitter_ns", 0)
    if share := row.get("predicted_loss", 0.0):
        yield by_chance("probes lost", row["lost"], row["sent"], share)
    else:
        yield at_most("probes lost", row["lost"], 0)
    if share and not row["rtt_ns_p50"]:  # nothing came back, as may well be
        return
    yield near("median round trip", row["rtt_ns_p50"], row["predicted_rtt_ns"], tolerance_ns + jitter_ns, "ns")
    yield at_most("jitter", row["jitter_ns"], JITTER_NS + 2 * jitter_ns + row.get("meeting_ns", 0), "ns")


def sentence(results: Sequence[Mapping[str, Any]], picture: Mapping[str, Any]) -> str:
    """The chief pair's round trip and jitter over each network; of several phases the last, which is the busiest."""
    rows = cast(Sequence[LatencyRow], results)
    last = phases(rows)[-1]
    of_last = [row for row in rows if row["phase"] == last]
    ends = chief([(row["from"], row["to"]) for row in of_last], picture)
    assert ends is not None
    of_pair = {row["network"]: row for row in of_last if (row["from"], row["to"]) == ends}
    parts = [_felt(of_pair[name], name) for name in networks(list(of_pair.values()))]
    when = f", {last}" if len(phases(rows)) > 1 else ""
    return f"{words.pair(*ends)}{when}: {'; '.join(parts)}."


def _felt(row: LatencyRow, network: str) -> str:
    where = f"over the {words.network(network)}"
    if row["rtt_ns_p50"] is None:
        return f"every one of {words.count(row['sent'], 'probe')} lost {where}"
    return f"{words.duration(row['rtt_ns_p50'])} {where} with {words.duration(row['jitter_ns'])} of jitter"


KEY = ("from", "to", "network", "phase")
EXPERIMENT = Experiment(
    name="latency",
    question="How long does a small packet take between two data centres, and how much does that vary?",
    topology="jpn12",
    settings=Settings,
    key=KEY,
    reckons_with=EVERY,
    prepare=with_lines,
    arrange=with_clients,
    stages=stages,
    rows=rows,
    expected=expected,
    judge=judge,
    shown=Shown(
        sentence=sentence,
        figures=(round_trip_figures,),
        phases="phase",
        columns=ROUND_TRIP_COLUMNS,
        table=round_trip_table,
        pairs=said_of_pairs,
    ),
)
