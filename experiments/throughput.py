"""How much of the line rate does TCP get, with one flow and with several, CUBIC and BBR?"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]  # it ships no types

from apnemu.model.activities import Flow
from apnemu.model.plant import Plant
from apnemu.model.scenario import Stage
from apnemu.question.experiment import Context, Experiment, Row, Setting
from apnemu.question.stages import PAIR_SETTINGS, arrivals, chosen_pair, declared_load, fibres_both_ways
from apnemu.report.rows import throughput_rows
from apnemu.units import VirtualNs, s_to_ns

EXPECTED_SHARE = 0.88
"""Of the line rate, over the APN: what IPv4, TCP and Ethernet headers at 1,500 bytes leave is 0.95."""


def prepare(plant: Plant, settings: Mapping[str, Any]) -> Plant:
    if not settings["rate_gbps"]:
        return plant
    demands = tuple(dataclasses.replace(demand, rate_gbps=settings["rate_gbps"]) for demand in plant.demands)
    return dataclasses.replace(plant, demands=demands)


def stages(context: Context) -> tuple[Stage, ...]:
    settings = context.settings
    return tuple(
        _stage(context, f"{control} x {int(flows)}", control, int(flows))
        for control in settings["congestion_control"]
        for flows in settings["flows"]
    )


def _stage(context: Context, case: str, control: str, flows: int) -> Stage:
    ramp_ns = s_to_ns(context.settings["ramp_s"])
    duration_ns = ramp_ns + s_to_ns(context.settings["seconds"])
    pair = chosen_pair(context)
    flow = Flow(
        name=case,
        source=pair[0],
        target=pair[1],
        streams=flows,
        congestion_control=control,
        ramp_ns=VirtualNs(ramp_ns),
    )
    others = ()
    if load := declared_load(context):
        others = arrivals(context, case.replace(" ", "-"), fibres_both_ways(context, pair), load, duration_ns)
    return Stage(phase=case, duration_ns=VirtualNs(duration_ns), activities=(flow, *others))


def rows(table: pa.Table, contexts: Sequence[Context]) -> list[Row]:
    rates = {
        (*chosen_pair(context), context.network): context.line_rate_gbps(chosen_pair(context)) for context in contexts
    }
    return [dict(row) for row in throughput_rows(table, rates)]


def expected(settings: Mapping[str, Any]) -> str:
    return f"over the APN every case gets at least {EXPECTED_SHARE:.0%} of the line rate and sends nothing again"


def met(results: Sequence[Row], settings: Mapping[str, Any]) -> bool:
    lit = [row for row in results if row["network"] == "apn"]
    return all(row["share_of_line"] >= EXPECTED_SHARE and row["retransmits"] == 0 for row in lit)


EXPERIMENT = Experiment(
    name="throughput",
    question="How much of the line rate does TCP get, with one flow and with several?",
    topology="three-sites",
    settings=(
        Setting(name="flows", default=(1, 8), low=1, high=1024, whole=True, many=True, meaning="TCP flows at once"),
        Setting(
            name="congestion_control",
            default=("cubic", "bbr"),
            choices=("cubic", "bbr", "reno", "dctcp"),
            many=True,
            meaning="of the senders",
        ),
        Setting(
            name="rate_gbps", default=0.0, low=0, high=1600, meaning="of every demand; 0 is what the topology says"
        ),
        Setting(name="seconds", default=0.3, low=0.001, high=3600, meaning="virtual, counted"),
        Setting(name="ramp_s", default=0.5, low=0, high=3600, meaning="virtual, before counting begins"),
        *PAIR_SETTINGS,
    ),
    prepare=prepare,
    stages=stages,
    rows=rows,
    expected=expected,
    met=met,
)
