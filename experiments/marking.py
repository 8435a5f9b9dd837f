# SPDX-License-Identifier: BSD-3-Clause
"""How long is the queue that TCP keeps where the queue marks frames (ECN), and what does TCP carry with it?

A tenant has a wavelength of its own, which waits for the light in one queue: its flows make that queue, and probes that
pass it meanwhile say how long it is. DCTCP keeps it at about the length from which on frames are marked, by a closed
form; CUBIC and Reno, shown beside it, take a mark for a loss, and the queue runs empty.
"""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import pyarrow as pa  # type: ignore[import-untyped]  # it ships no types
from markupsafe import Markup

from apnemu.blueprint.prediction import ETHERNET_HEADER_BYTES
from apnemu.blueprint.shared_wavelengths import shared_delay_ns
from apnemu.blueprint.tcp import tcp_most_gbps
from apnemu.model.activities import BY_MARKS, Flow, Probes
from apnemu.model.assignment import Assignment
from apnemu.model.plant import Plant
from apnemu.model.scenario import Stage
from apnemu.planning.marked_queues import kept_frames
from apnemu.planning.wavelength_sharing import whole
from apnemu.question.context import Context, Row
from apnemu.question.experiment import Experiment
from apnemu.question.pairs import PairSettings, chosen_pair, wanted_pair
from apnemu.question.settings import Setting
from apnemu.question.traffic import PROBE_BYTES, at_both_ends
from apnemu.question.verdict import Claim, Verdict, at_least, at_most, judge_rows, near
from apnemu.records.query import groups, known, nearest_rank
from apnemu.report import columns, svg, words
from apnemu.report.bars import Bar, bars, stroke, swatch
from apnemu.report.plots import figure
from apnemu.report.shown import Shown, count_of
from apnemu.units import VirtualNs, carried_gbps, s_to_ns, serialisation_ns, us_to_ns

TENANT = "flows"
USUAL_MARK_US = 200.0
"""Length of the queue from which on it marks where nobody says: a round trip of up to 1.4 ms, more than any of a
metropolitan network's, asks for less (a seventh of it: Alizadeh et al., SIGCOMM 2010, equation 13)."""
BURST_FRAMES = 8
"""Frames by which a queue may differ from the form: TCP sends some at a time, and marks are answered a round trip
later."""
SLOW_START_TRIPS = 16
"""Round trips beside those in which windows grow by a frame: slow start's, and those that answer its marks."""
EXPECTED_SHARE = 0.99
KEY = ("network", "case")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(PairSettings):
    """What `--set` may change."""

    congestion_control: Annotated[
        tuple[Literal["dctcp", "cubic", "reno"], ...], Setting("Congestion control of the senders")
    ] = ("dctcp", "cubic", "reno")
    flows: Annotated[tuple[int, ...], Setting("Numbers of TCP flows at once", low=1, high=64)] = (1, 4)
    rate_gbps: Annotated[float, Setting("Rate of the wavelength", "Gbit/s", low=0.1, high=1600)] = 10.0
    seconds: Annotated[float, Setting("Virtual time that is counted", "s", low=0.001, high=3600)] = 0.2
    ramp_s: Annotated[
        float,
        Setting(
            "Virtual time before counting begins; 0: until windows that grow by a frame in a round trip fill the line",
            "s",
            low=0,
            high=3600,
        ),
    ] = 0.0
    gap_us: Annotated[float, Setting("Time between probes of the queue", "us", low=1, high=1e6)] = 100.0


def prepare(plant: Plant, settings: Settings) -> Plant:
    """Every demand asks for `rate_gbps`, and queues mark."""
    demands = tuple(dataclasses.replace(demand, rate_gbps=settings.rate_gbps) for demand in plant.demands)
    packet = plant.packet.at(settings.rate_gbps)
    if not packet.mark_bytes:
        packet = dataclasses.replace(packet, mark_ns=us_to_ns(USUAL_MARK_US)).at(settings.rate_gbps)
    return dataclasses.replace(plant, demands=demands, packet=packet)


def arrange(planned: Assignment, settings: Settings) -> Assignment:
    """The pair's wavelength as one tenant's own, with the queue before it."""
    pairs = [ends for path in planned.lightpaths for ends in ((path.source, path.target), (path.target, path.source))]
    path = planned.by_pair().get(wanted_pair(pairs, settings)) if pairs else None
    return dataclasses.replace(planned, shares=whole(path, (TENANT,))) if path else planned


def stages(context: Context[Settings]) -> tuple[Stage, ...]:
    """A stage for each congestion control and number of flows."""
    settings = context.settings
    return tuple(_stage(context, control, flows) for control in settings.congestion_control for flows in settings.flows)


def _stage(context: Context[Settings], control: str, flows: int) -> Stage:
    settings = context.settings
    ends = at_both_ends(context.assignment, chosen_pair(context), TENANT)
    ramp_ns = s_to_ns(settings.ramp_s) or _filled_ns(context, flows)
    gap_ns = us_to_ns(settings.gap_us)
    duration_ns = ramp_ns + s_to_ns(settings.seconds)
    case = f"{control} x {flows}"
    flow = Flow(
        name=case,
        source=ends[0],
        target=ends[1],
        streams=flows,
        congestion_control=control,
        ramp_ns=VirtualNs(ramp_ns),
    )
    probes = Probes(
        pairs=(ends,),
        count=max(1, s_to_ns(settings.seconds) // gap_ns),
        gap_ns=VirtualNs(gap_ns),
        frame_bytes=PROBE_BYTES,
        after_ns=VirtualNs(ramp_ns),
    )
    return Stage(phase=case, duration_ns=VirtualNs(duration_ns), activities=(flow, probes))


def _filled_ns(context: Context[Settings], flows: int) -> int:
    """Time in which windows that grow by a frame in a round trip fill the line and the queue up to its mark.

    A mark ends slow start as soon as a burst is as long as the queue may be, however much the fibre holds.
    """
    packet, rate_gbps = context.plant.packet, context.assignment.shares[0].rate_gbps
    path = context.assignment.by_pair()[chosen_pair(context)]
    trip_ns = path.round_trip_ns + serialisation_ns(packet.mark_bytes, rate_gbps)
    frame_ns = serialisation_ns(packet.mtu_bytes + ETHERNET_HEADER_BYTES, rate_gbps)
    return math.ceil(trip_ns / frame_ns / flows + SLOW_START_TRIPS) * trip_ns


def rows(table: pa.Table, contexts: Sequence[Context[Settings]]) -> list[Row]:
    """A row for each case: the queue that probes found, and what the flows carried."""
    return [row for context in contexts for row in _rows(table, context)]


def _rows(table: pa.Table, context: Context[Settings]) -> Iterator[Row]:
    packet, share = context.plant.packet, context.assignment.shares[0]
    path = context.assignment.by_pair()[chosen_pair(context)]
    frame_bytes = packet.mtu_bytes + ETHERNET_HEADER_BYTES
    frame_ns = serialisation_ns(frame_bytes, share.rate_gbps)
    empty_ns = shared_delay_ns(path, share, PROBE_BYTES)
    under_way = (path.round_trip_ns + frame_ns) / frame_ns
    probes = dict(groups(table, "probe", "phase"))
    queues = dict(groups(table, "queue", "phase"))
    for (case,), parts in groups(table, "interval", "name"):
        detail = json.loads(parts[0]["detail"])
        flows, control = int(detail["flows"]), str(detail["congestion_control"])
        waits = [wait - empty_ns for wait in known(probes.get((case,), []), "one_way_ns")]
        kept = kept_frames(under_way, packet.mark_bytes / frame_bytes, flows) if control == BY_MARKS else None
        most_gbps, _ = tcp_most_gbps(
            share.rate_gbps,
            packet.mtu_bytes,
            path.round_trip_ns,
            flows,
            context.plant.tcp_window_bytes,
            whole=False,
        )
        yield {
            "network": context.network,
            "case": case,
            "congestion_control": control,
            "flows": flows,
            "goodput_gbps": carried_gbps(sum(known(parts, "bytes")), sum(known(parts, "duration_ns"))),
            "most_gbps": most_gbps,
            "mark_ns": serialisation_ns(packet.mark_bytes, share.rate_gbps),
            "queue_ns_mean": round(sum(waits) / len(waits)) if waits else None,
            "queue_ns_p50": nearest_rank(waits, 50),
            "queue_ns_p99": nearest_rank(waits, 99),
            "predicted_least_ns": round(kept.least * frame_ns) if kept else None,
            "predicted_queue_ns": round(kept.mean * frame_ns) if kept else None,
            "predicted_most_ns": round(kept.most * frame_ns) if kept else None,
            "burst_ns": BURST_FRAMES * frame_ns,
            "marks": sum(json.loads(part["detail"])["marks"] for part in queues.get((case,), []) if part["detail"]),
            "retransmits": sum(known(parts, "retransmits")),
        }


def expected(settings: Settings) -> str:
    """The answer, before the run."""
    return (
        f"DCTCP's mean queue is its closed form's within half a swing and {BURST_FRAMES} frames; 99 of 100 probes find"
        f" at most the mark, a frame for each flow, and {BURST_FRAMES} frames; where by the form the queue is never"
        f" empty, it carries at least {EXPECTED_SHARE:.0%} of what the line allows; whatever the congestion control,"
        " frames are marked and none is sent again"
    )


def judge(results: Sequence[Row], settings: Settings) -> Verdict:
    """Every case."""
    return judge_rows(results, _claims, KEY)


def _claims(row: Mapping[str, Any]) -> Iterator[Claim]:
    yield at_least("frames marked", row["marks"], 1)
    yield at_most("segments sent again", row["retransmits"], 0)
    if row["congestion_control"] != BY_MARKS:
        return
    yield at_most("queue, p99", row["queue_ns_p99"], row["predicted_most_ns"] + row["burst_ns"], "ns")
    swing_ns = (row["predicted_most_ns"] - row["predicted_least_ns"]) / 2
    yield near("mean queue", row["queue_ns_mean"], row["predicted_queue_ns"], swing_ns + row["burst_ns"], "ns")
    if row["predicted_least_ns"] > 0:
        yield at_least("goodput", row["goodput_gbps"], EXPECTED_SHARE * row["most_gbps"], "Gbit/s")


def sentence(results: Sequence[Mapping[str, Any]], picture: Mapping[str, Any]) -> str:
    """The mean queue of each congestion control, with the fewest flows.

    >>> row = {"case": "dctcp x 1", "queue_ns_mean": 44_100, "mark_ns": 50_000, "goodput_gbps": 9.5}
    >>> sentence([row], {})
    'In a queue that marks from 50.0 µs on, dctcp x 1 keeps 44.1 µs and carries 9.50 Gbit/s.'
    """
    told = [
        f"{row['case']} keeps {words.duration(row['queue_ns_mean'])}"
        f" and carries {words.gbps(row['goodput_gbps'])} Gbit/s"
        for row in results
        if row["queue_ns_mean"] is not None
    ]
    if not told:
        return count_of(results, picture)
    return f"In a queue that marks from {words.duration(results[0]['mark_ns'])} on, {'; '.join(told)}."


def queue_figure(rows: Sequence[Mapping[str, Any]], picture: Mapping[str, Any]) -> list[Markup]:
    """A bar of the mean queue for each case, beside its closed form and the threshold."""
    measured = [row for row in rows if row.get("queue_ns_mean") is not None]
    if not measured:
        return []
    longest = max(max(row["queue_ns_mean"], row.get("predicted_queue_ns") or 0) for row in measured) or 1
    drawn = [
        Bar(
            label=str(row["case"]),
            share=row["queue_ns_mean"] / longest,
            words=f"{words.duration(row['queue_ns_mean'])}, marks from {words.duration(row['mark_ns'])} on",
            mark=None if row.get("predicted_queue_ns") is None else row["predicted_queue_ns"] / longest,
        )
        for row in measured
    ]
    keys = [svg.key("mean queue", swatch()), svg.key("its closed form", stroke())]
    caption = "Mean delay that the queue adds, by the flows that fill it; the closed form is of flows that heed marks."
    return [figure("What the queue adds", caption, bars([("", drawn)], "mean queues"), svg.key_list(keys), wide=True)]


BRIEF = (
    columns.text("case"),
    columns.us("queue_ns_mean", "queue, µs"),
    columns.us("predicted_queue_ns", "by form"),
    columns.us("queue_ns_p99", "p99"),
    columns.us("mark_ns", "mark"),
    columns.gbps("goodput_gbps", "goodput, Gbit/s", 3),
    columns.plain("marks", "marked"),
)
EXPERIMENT = Experiment(
    name="marking",
    question="How long is the queue that TCP keeps where the queue marks frames (ECN), as DCTCP needs it?",
    topology="tokyo-metro",
    networks=("apn",),
    settings=Settings,
    key=KEY,
    prepare=prepare,
    arrange=arrange,
    stages=stages,
    rows=rows,
    expected=expected,
    judge=judge,
    shown=Shown(sentence=sentence, figures=(queue_figure,), brief=BRIEF),
)
