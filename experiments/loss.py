# SPDX-License-Identifier: BSD-3-Clause
"""What do TCP flows lose, and how long do they take, as the load on their way grows?

A tenant between two data centres opens flows of one size at random instants, and frames at Poisson instants fill the
line up to the load: the same flows and the same kind of frames on both networks, over lines of one rate and queues of
one size. On the packet network these frames are other people's, and enter at every router on the way. Nobody else comes
onto a wavelength: on the APN they are the tenant's own, and wait with its flows in one queue before the light.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, TypedDict

import pyarrow as pa  # type: ignore[import-untyped]  # it ships no types

from apnemu.model.assignment import Assignment
from apnemu.model.scenario import Stage
from apnemu.planning.wavelength_sharing import whole
from apnemu.question.clients import ClientSettings, with_clients, with_lines
from apnemu.question.context import Context, Row
from apnemu.question.experiment import Experiment
from apnemu.question.pairs import PairSettings, chosen_pair, fibres_both_ways, wanted_pair
from apnemu.question.settings import Setting
from apnemu.question.traffic import arrivals, arrivals_on_light, at_both_ends, tenant_flows
from apnemu.question.verdict import Claim, Verdict, at_least, at_most, judge_rows
from apnemu.records.query import groups, known, nearest_rank
from apnemu.report import columns, words
from apnemu.report.curves import Curve
from apnemu.report.ordering import networks
from apnemu.report.shown import Shown
from apnemu.seeds import generator
from apnemu.units import VirtualNs, carried_gbps, s_to_ns

SATURATION = 1.0
CALM = 0.9
"""Load up to which Poisson arrivals fill no queue of 1 ms: M/D/1 waits for 5 frames on average there."""
FLOWS, FRAMES = "flows", "frames"
"""What shares the wavelength."""
KEY = ("network", "load")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(PairSettings, ClientSettings):
    """What `--set` may change."""

    load: Annotated[tuple[float, ...], Setting("Loads offered, each a share of the line rate", low=0.01, high=2)] = (
        0.1,
        0.3,
        0.5,
        0.7,
        0.8,
        0.9,
        1.0,
        1.1,
        1.2,
    )
    share: Annotated[
        float, Setting("Share of the line rate that the tenant's short flows offer", low=0.001, high=1)
    ] = 0.1
    size_bytes: Annotated[int, Setting("Size of each short flow", "bytes", low=1, high=1e12)] = 1_000_000
    seconds: Annotated[float, Setting("Virtual time of each load", "s", low=0.001, high=3600)] = 0.2


class LossRow(TypedDict):
    """What flows felt on one network at one offered load; flow completion times of finished flows alone."""

    network: str
    load: float
    background: str
    offered_gbps: float
    goodput_gbps: float
    retransmits: int
    drops: int
    flows: int
    flows_done: int
    fct_ns_p50: int | None
    fct_ns_p99: int | None


def stages(context: Context[Settings]) -> tuple[Stage, ...]:
    """A stage for each load: the tenant's flows, and beside them what makes up the rest of the load."""
    return tuple(_stage(context, load) for load in context.settings.load)


def _stage(context: Context[Settings], load: float) -> Stage:
    settings = context.settings
    pair = chosen_pair(context)
    rate_gbps = context.line_rate_gbps(pair)
    duration_ns = s_to_ns(settings.seconds)
    phase = f"load={load:g}"
    share = min(settings.share, load)
    source, target = pair if context.network == "packet" else at_both_ends(context.assignment, pair, FLOWS)
    flows = tenant_flows(
        (source, target), rate_gbps, share, settings.size_bytes, duration_ns, generator(context.seed, f"flows {phase}")
    )
    rest = load - share
    if context.network == "packet":
        frames = arrivals(context, phase, fibres_both_ways(context, pair), rest, duration_ns)
    else:
        frames = arrivals_on_light(context, phase, pair, FRAMES, rest, duration_ns)
    return Stage(phase=phase, duration_ns=VirtualNs(duration_ns), load=load, activities=(*flows, *frames))


def arrange(planned: Assignment, settings: Settings) -> Assignment:
    """The pair's wavelength for its flows and its frames together, in one queue."""
    planned = with_clients(planned, settings)
    pairs = [ends for path in planned.lightpaths for ends in ((path.source, path.target), (path.target, path.source))]
    path = planned.by_pair().get(wanted_pair(pairs, settings)) if pairs else None
    return dataclasses.replace(planned, shares=whole(path, (FLOWS, FRAMES))) if path else planned


def rows(table: pa.Table, contexts: Sequence[Context[Settings]]) -> list[Row]:
    """A row for each network and load."""
    kind = contexts[0].plant.packet.background.kind
    return [dict(row) for row in loss_rows(table, kind)]


def loss_rows(table: pa.Table, background: str = "poisson") -> list[LossRow]:
    """One row for each (network, load) with a stage of its own, also if no flow began in it.

    Offered is what the flows asked to send (`sent`; where that was not recorded, `bytes`), goodput what arrived
    (`bytes`), both over the measured time: the longest `duration_ns` of that network's and load's queue records or,
    without any, from the first flow's start to the last finished flow's end. Retransmissions of flows without an end
    (interval records) that ran beside them count too.
    """
    queues = dict(groups(table, "queue", "network", "load"))
    endless = dict(groups(table, "interval", "network", "load"))
    rows: list[LossRow] = []
    flows_of = dict(groups(table, "flow", "network", "load"))
    for network, load in dict.fromkeys([*queues, *flows_of]):
        if load is None:
            continue
        flows = flows_of.get((network, load), [])
        ports = queues.get((network, load), [])
        window_ns = max(known(ports, "duration_ns"), default=0) or _flows_last_ns(flows)
        completion = known(flows, "duration_ns")
        asked = sum(flow["bytes"] or 0 if flow["sent"] is None else flow["sent"] for flow in flows)
        rows.append(
            {
                "network": network,
                "load": load,
                "background": background,
                "offered_gbps": carried_gbps(asked, window_ns),
                "goodput_gbps": carried_gbps(sum(known(flows, "bytes")), window_ns),
                "retransmits": sum(known([*flows, *endless.get((network, load), [])], "retransmits")),
                "drops": sum(known(ports, "drops")),
                "flows": len(flows),
                "flows_done": len(completion),
                "fct_ns_p50": nearest_rank(completion, 50),
                "fct_ns_p99": nearest_rank(completion, 99),
            }
        )
    return rows


def _flows_last_ns(flows: Sequence[Mapping[str, Any]]) -> int:
    """The time from the first flow's start to the last finished flow's end."""
    starts = known(flows, "at_ns")
    last: int = max(flow["at_ns"] + (flow["duration_ns"] or 0) for flow in flows)
    return last - min(starts)


def expected(settings: Settings) -> str:
    """The answer, before the run."""
    return (
        f"where frames come at Poisson instants the APN drops nothing and TCP sends nothing again up to a load of "
        f"{CALM:g}; past a load of {SATURATION:.1f} either network drops frames and TCP sends again"
    )


def judge(results: Sequence[Row], settings: Settings) -> Verdict:
    """The APN where its queue is short, and both networks where they are offered more than they carry."""
    return judge_rows(results, _claims, KEY, about=f"flows over the APN up to a load of {CALM:g}, or a load past 1")


def _claims(row: Mapping[str, Any]) -> Iterator[Claim]:
    felt = (("frames dropped", row["drops"]), ("segments sent again", row["retransmits"]))
    anything = row["flows"] or row["drops"] or row["retransmits"]
    if row["network"] == "apn" and row["load"] <= CALM and row["background"] != "pareto" and anything:
        yield from (at_most(what, count, 0) for what, count in felt)
    if row["load"] > SATURATION and row["background"] != "none":
        yield from (at_least(what, count, 1) for what, count in felt)


def sentence(results: Sequence[Mapping[str, Any]], picture: Mapping[str, Any]) -> str:
    """What each network lost at the highest load that was offered to it."""
    parts = []
    for name in networks(results):
        row = max((row for row in results if row["network"] == name), key=lambda row: float(row["load"]))
        again = words.count(row["retransmits"], "segment")
        if row["drops"] == row["retransmits"] == 0:
            what = f"the {words.network(name)} dropped nothing and TCP sent nothing again"
        else:
            what = f"the {words.network(name)} dropped {words.count(row['drops'], 'frame')} and TCP sent {again} again"
        parts.append(f"at load {row['load']:g} {what}")
    return words.capital("; ".join(parts)) + "."


LOAD = "offered load, share of the line rate"
FIGURES = (
    Curve(
        title="Goodput",
        caption="Bytes that arrived, over the measured time. The dashed line is what was offered.",
        x="load",
        y="goodput_gbps",
        axes=(LOAD, "Gbit/s"),
        unit="gbps",
        reference="offered_gbps",
        reference_name="offered",
    ),
    Curve(
        title="Frames dropped by queues",
        caption="On a logarithmic scale, where none at all has no place: it stands in the shaded band.",
        x="load",
        y="drops",
        axes=(LOAD, "frames"),
        unit="count",
    ),
    Curve(
        title="Segments sent again",
        caption="TCP's retransmissions over all flows, as the senders' kernels count them.",
        x="load",
        y="retransmits",
        axes=(LOAD, "segments"),
        unit="count",
    ),
    Curve(
        title="Flow completion time, 99th percentile",
        caption="Flows that finished; the table says how many did not.",
        x="load",
        y="fct_ns_p99",
        axes=(LOAD, "time"),
        unit="time",
        log=True,
    ),
)
COLUMNS = (
    columns.network(),
    columns.plain("load"),
    columns.gbps("offered_gbps", "offered, Gbit/s", 3),
    columns.gbps("goodput_gbps", "goodput, Gbit/s", 3),
    columns.plain("retransmits"),
    columns.plain("drops"),
    columns.plain("flows"),
    columns.plain("flows_done", "flows done"),
    columns.ms("fct_ns_p50", "FCT p50, ms"),
    columns.ms("fct_ns_p99", "FCT p99, ms"),
)
BRIEF = (
    columns.network_short(),
    columns.plain("load"),
    columns.gbps("offered_gbps", "offered"),
    columns.gbps("goodput_gbps", "goodput, Gbit/s"),
    columns.plain("retransmits", "sent again"),
    columns.plain("drops"),
    columns.part("flows_done", "flows", "done"),
    columns.duration("fct_ns_p50", "FCT p50"),
    columns.duration("fct_ns_p99", "p99"),
)
EXPERIMENT = Experiment(
    name="loss",
    question="What do TCP flows lose, and how long do they take, as the load on their way grows?",
    topology="three-sites",
    settings=Settings,
    key=KEY,
    prepare=with_lines,
    arrange=arrange,
    stages=stages,
    rows=rows,
    expected=expected,
    judge=judge,
    shown=Shown(sentence=sentence, figures=FIGURES, columns=COLUMNS, brief=BRIEF),
)
