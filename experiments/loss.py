"""What do TCP flows lose, and how long do they take, as the load on their way grows?

A tenant between two data centres opens flows of one size at random instants. On the packet network other people's
frames fill the same queues up to the load; on the APN they have wavelengths of their own, so the tenant's wavelength is
filled up to the load by a long flow of the tenant's own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]  # it ships no types

from apnemu.model.activities import Flow
from apnemu.model.scenario import Stage
from apnemu.question.experiment import Context, Experiment, Row, Setting
from apnemu.question.stages import PAIR_SETTINGS, arrivals, chosen_pair, fibres_both_ways
from apnemu.question.traffic import tenant_flows
from apnemu.report.rows import loss_rows
from apnemu.seeds import generator
from apnemu.units import VirtualNs, s_to_ns

SATURATION = 1.0


def stages(context: Context) -> tuple[Stage, ...]:
    return tuple(_stage(context, load) for load in context.settings["load"])


def _stage(context: Context, load: float) -> Stage:
    settings = context.settings
    pair = chosen_pair(context)
    rate_gbps = context.line_rate_gbps(pair)
    duration_ns = s_to_ns(settings["seconds"])
    phase = f"load={load:g}"
    share = min(settings["share"], load)
    flows = tenant_flows(
        pair, rate_gbps, share, settings["size_bytes"], duration_ns, generator(context.seed, f"flows {phase}")
    )
    rest = load - share
    if context.network == "packet":
        others = arrivals(context, phase, fibres_both_ways(context, pair), rest, duration_ns)
        return Stage(phase=phase, duration_ns=VirtualNs(duration_ns), load=load, activities=(*flows, *others))
    own = Flow(
        name="own",
        source=pair[0],
        target=pair[1],
        pace_gbps=rest * rate_gbps if load < SATURATION else None,
    )
    activities = (*flows, own) if rest > 0 else flows
    return Stage(phase=phase, duration_ns=VirtualNs(duration_ns), load=load, activities=activities)


def rows(table: pa.Table, contexts: Sequence[Context]) -> list[Row]:
    return [dict(row) for row in loss_rows(table)]


def expected(settings: Mapping[str, Any]) -> str:
    return (
        "the APN drops nothing and TCP sends nothing again at any load up to 1.0 of its wavelength; "
        "past a load of 1.0 the packet network drops frames and TCP sends again"
    )


def met(results: Sequence[Row], settings: Mapping[str, Any]) -> bool:
    return all(_met(row) for row in results)


def _met(row: Row) -> bool:
    if row["network"] == "apn":
        return bool(row["load"] > SATURATION or row["drops"] == row["retransmits"] == 0)
    return bool(row["load"] <= SATURATION or (row["drops"] > 0 and row["retransmits"] > 0))


EXPERIMENT = Experiment(
    name="loss",
    question="What do TCP flows lose, and how long do they take, as the load on their way grows?",
    topology="three-sites",
    settings=(
        Setting(
            name="load",
            default=(0.1, 0.3, 0.5, 0.7, 0.8, 0.9, 1.0, 1.1, 1.2),
            low=0.01,
            high=2,
            many=True,
            meaning="offered, as a share of the line rate",
        ),
        Setting(name="share", default=0.1, low=0.001, high=1, meaning="of the line rate that the tenant's flows offer"),
        Setting(name="size_bytes", default=1_000_000, low=1, high=1e12, whole=True, meaning="of each flow"),
        Setting(name="seconds", default=0.2, low=0.001, high=3600, meaning="virtual, for each load"),
        *PAIR_SETTINGS,
    ),
    stages=stages,
    rows=rows,
    expected=expected,
    met=met,
)
