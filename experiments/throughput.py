# SPDX-License-Identifier: BSD-3-Clause
"""How much of the line rate does TCP get, with one flow and with several, CUBIC and BBR?"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypedDict

import pyarrow as pa  # type: ignore[import-untyped]  # it ships no types
from markupsafe import Markup

from apnemu.errors import LabError
from apnemu.model.activities import Arrivals, Flow
from apnemu.model.plant import Plant
from apnemu.model.scenario import Stage
from apnemu.question.clients import AFFORDABLE_GBPS
from apnemu.question.context import Context, Network, Row
from apnemu.question.experiment import Experiment
from apnemu.question.pairs import PairSettings, chosen_pair, fibres_both_ways
from apnemu.question.settings import Setting
from apnemu.question.traffic import arrivals, declared_load
from apnemu.question.verdict import Claim, Verdict, at_least, at_most, judge_rows
from apnemu.records.query import groups, known
from apnemu.report import columns, words
from apnemu.report.ordering import networks
from apnemu.report.plots import figure
from apnemu.report.shown import Shown, count_of
from apnemu.report.svg import css, element, legend
from apnemu.units import VirtualNs, carried_gbps, s_to_ns

EXPECTED_SHARE = 0.95
"""Share expected over the APN of the most that the line and TCP's window allow: slow start may still be under way."""
KEY = ("from", "to", "network", "case")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(PairSettings):
    """What `--set` may change."""

    flows: Annotated[tuple[int, ...], Setting("Numbers of TCP flows at once", low=1, high=1024)] = (1, 8)
    congestion_control: Annotated[
        tuple[Literal["cubic", "bbr", "reno", "dctcp"], ...], Setting("Congestion control of the senders")
    ] = ("cubic", "bbr")
    rate_gbps: Annotated[
        float,
        Setting(
            "Rate of every demand, and so of both networks' lines; 0: what the topology says",
            "Gbit/s",
            low=0,
            high=1600,
        ),
    ] = AFFORDABLE_GBPS
    seconds: Annotated[float, Setting("Virtual time that is counted", "s", low=0.001, high=3600)] = 0.3
    ramp_s: Annotated[float, Setting("Virtual time before counting begins", "s", low=0, high=3600)] = 0.5


ThroughputRow = TypedDict(
    "ThroughputRow",
    {
        "network": str,
        "from": str,
        "to": str,
        "case": str,
        "flows": int,
        "congestion_control": str,
        "line_rate_gbps": float,
        "goodput_gbps": float,
        "share_of_line": float,
        "retransmits": int,
    },
)
"""Bytes that arrived in a steady stretch of one case, against the line rate."""


def prepare(plant: Plant, settings: Settings) -> Plant:
    """Every demand asks for `rate_gbps`, where that is given."""
    if not settings.rate_gbps:
        return plant
    demands = tuple(dataclasses.replace(demand, rate_gbps=settings.rate_gbps) for demand in plant.demands)
    return dataclasses.replace(plant, demands=demands)


def stages(context: Context[Settings]) -> tuple[Stage, ...]:
    """A stage for each case: a congestion control and a number of flows."""
    settings = context.settings
    return tuple(
        _stage(context, f"{control} x {flows}", control, flows)
        for control in settings.congestion_control
        for flows in settings.flows
    )


def _stage(context: Context[Settings], case: str, control: str, flows: int) -> Stage:
    ramp_ns = s_to_ns(context.settings.ramp_s)
    duration_ns = ramp_ns + s_to_ns(context.settings.seconds)
    pair = chosen_pair(context)
    flow = Flow(
        name=case,
        source=pair[0],
        target=pair[1],
        streams=flows,
        congestion_control=control,
        ramp_ns=VirtualNs(ramp_ns),
    )
    others: tuple[Arrivals, ...] = ()
    if load := declared_load(context):
        others = arrivals(context, case.replace(" ", "-"), fibres_both_ways(context, pair), load, duration_ns)
    return Stage(phase=case, duration_ns=VirtualNs(duration_ns), activities=(flow, *others))


def rows(table: pa.Table, contexts: Sequence[Context[Settings]]) -> list[Row]:
    """A row for each network and case."""
    rates = {
        (*chosen_pair(context), context.network): context.line_rate_gbps(chosen_pair(context)) for context in contexts
    }
    by_network: dict[str, Context[Settings]] = {context.network: context for context in contexts}
    found: list[Row] = []
    for row in throughput_rows(table, rates):
        most_gbps, bound = by_network[row["network"]].tcp_most_gbps((row["from"], row["to"]), row["flows"])
        window_bytes = by_network[row["network"]].plant.tcp_window_bytes
        found.append({**row, "most_gbps": most_gbps, "bound": bound, "tcp_window_bytes": window_bytes})
    return found


def throughput_rows(
    table: pa.Table, line_rate_gbps: Mapping[tuple[str, str, Network], float] | None = None
) -> list[ThroughputRow]:
    """One row for each (network, from, to, case) with intervals.

    `line_rate_gbps[from, to, network]` is taken where a record's `detail` does not say its own.

    Records that begin at the same instant ran side by side: their bytes add up and their time counts once.
    """
    rows: list[ThroughputRow] = []
    for (network, source, target, case), parts in groups(table, "interval", "network", "source", "target", "name"):
        place = f"interval {case!r} from {source} to {target} over {network}"
        known_gbps = (line_rate_gbps or {}).get((source, target, network))
        flows, congestion_control, rate_gbps = _detail(parts[0]["detail"], known_gbps, place)
        stretches: dict[int, int] = {}
        for part in parts:
            stretches[part["at_ns"]] = max(stretches.get(part["at_ns"], 0), part["duration_ns"] or 0)
        goodput_gbps = carried_gbps(sum(known(parts, "bytes")), sum(stretches.values()))
        rows.append(
            {
                "network": network,
                "from": source,
                "to": target,
                "case": case,
                "flows": flows,
                "congestion_control": congestion_control,
                "line_rate_gbps": rate_gbps,
                "goodput_gbps": goodput_gbps,
                "share_of_line": round(goodput_gbps / rate_gbps, 6),
                "retransmits": sum(known(parts, "retransmits")),
            }
        )
    return rows


def _detail(text: str | None, known_gbps: float | None, place: str) -> tuple[int, str, float]:
    """The number of flows, their congestion control and the line rate that a record says."""
    try:
        said = json.loads(text or "")
        rate_gbps = float(said.get("line_rate_gbps", known_gbps))
        flows, congestion_control = int(said["flows"]), str(said["congestion_control"])
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise LabError(
            f"{place}: detail is {text!r}; it must be JSON with flows, congestion_control, line_rate_gbps"
        ) from error
    if not rate_gbps > 0:
        raise LabError(f"{place}: line_rate_gbps is {rate_gbps}; it must be above 0")
    return flows, congestion_control, rate_gbps


def expected(settings: Settings) -> str:
    """The answer, before the run."""
    return (
        f"over the APN every case gets at least {EXPECTED_SHARE:.0%} of the most that its line, less headers, and TCP's"
        " window (tcp_window_bytes, 1 GiB by itself) a round trip allow, and sends nothing again"
    )


def judge(results: Sequence[Row], settings: Settings) -> Verdict:
    """Every case over the APN."""
    return judge_rows(results, _claims, KEY, about="the APN")


def _claims(row: Mapping[str, Any]) -> Iterator[Claim]:
    if row["network"] == "apn":
        yield at_least("goodput", row["goodput_gbps"], EXPECTED_SHARE * row["most_gbps"], "Gbit/s")
        yield at_most("segments sent again", row["retransmits"], 0)


def sentence(results: Sequence[Mapping[str, Any]], picture: Mapping[str, Any]) -> str:
    """The best case of each network."""
    parts = []
    for name in networks(results):
        known = [row for row in results if row["network"] == name and row["goodput_gbps"] is not None]
        if not known:
            continue
        row = max(known, key=lambda row: float(row["goodput_gbps"]))
        parts.append(
            f"the {words.network(name)} carried {words.gbps(row['goodput_gbps'])} Gbit/s of a line of "
            f"{words.gbps(row['line_rate_gbps'])} ({words.percent(row['share_of_line'])})"
            + (
                f", as much as TCP's window of {row['tcp_window_bytes']:,} bytes a round trip allows"
                f" ({words.gbps(row['most_gbps'])} Gbit/s)"
                if row.get("bound") == "window"
                else ""
            )
        )
    return words.capital("; ".join(parts)) + "." if parts else count_of(results, picture)


def bars(rows: Sequence[Mapping[str, Any]], picture: Mapping[str, Any]) -> list[Markup]:
    """A bar for each case, as long as its goodput, in a frame as long as its line rate."""
    known = [row for row in rows if row["goodput_gbps"] is not None]
    if not known:
        return []
    most = max(row["line_rate_gbps"] for row in known)
    drawn: list[Markup] = []
    for row in known:
        share = row["line_rate_gbps"] / most
        label = f"{words.pair(row['from'], row['to'])}, {row['case']}"
        detail = f"{words.network(row['network'])}, {words.count(row['flows'], 'flow')}, {row['congestion_control']}"
        value = f"{words.gbps(row['goodput_gbps'])} of {words.gbps(row['line_rate_gbps'])} Gbit/s"
        drawn.append(
            element(
                "li",
                element("span", element("b", label), element("span", detail, class_="muted"), class_="bar-name"),
                element(
                    "svg",
                    element("rect", class_="track", x=0, y=1, width=f"{100 * share:.2f}%", height=18),
                    element(
                        "rect",
                        class_=f"bar {css(row['network'])}",
                        x=0,
                        y=1,
                        height=18,
                        width=f"{100 * share * min(row['share_of_line'], 1):.2f}%",
                    ),
                    width="100%",
                    height=20,
                    aria_hidden="true",
                ),
                element("span", f"{value} ({words.percent(row['share_of_line'])})", class_="bar-value"),
            )
        )
    caption = (
        "Goodput of the steady part (filled) against the line rate (frame); headers and acknowledgements are not "
        "goodput."
    )
    drawing = figure(
        "Goodput against line rate", caption, legend(networks(rows)), element("ol", *drawn, class_="bars"), wide=True
    )
    return [drawing]


COLUMNS = (
    columns.site("from"),
    columns.site("to"),
    columns.network(),
    columns.text("case"),
    columns.plain("flows"),
    columns.text("congestion_control", "congestion control"),
    columns.gbps("line_rate_gbps", "line rate, Gbit/s", 3),
    columns.gbps("goodput_gbps", "goodput, Gbit/s", 3),
    columns.percent("share_of_line", "share of line"),
    columns.gbps("most_gbps", "most by closed form, Gbit/s", 3),
    columns.text("bound", "bounded by"),
    columns.plain("tcp_window_bytes", "TCP's window, bytes"),
    columns.plain("retransmits"),
)
BRIEF = (
    columns.network_short(),
    columns.pair(),
    columns.text("case"),
    columns.plain("flows"),
    columns.gbps("goodput_gbps", "goodput"),
    columns.gbps("line_rate_gbps", "line, Gbit/s"),
    columns.percent("share_of_line", "share"),
    columns.plain("retransmits", "sent again"),
)
EXPERIMENT = Experiment(
    name="throughput",
    question="How much of the line rate does TCP get, with one flow and with several?",
    topology="three-sites",
    settings=Settings,
    key=KEY,
    prepare=prepare,
    stages=stages,
    rows=rows,
    expected=expected,
    judge=judge,
    shown=Shown(sentence=sentence, figures=(bars,), columns=COLUMNS, brief=BRIEF),
)
