"""Can lightpaths of different length from one data centre be given the same delay, to a step of a microsecond?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]  # it ships no types

from apnemu.errors import InputError
from apnemu.model.activities import Probes
from apnemu.model.assignment import Assignment
from apnemu.model.scenario import Stage
from apnemu.planning.equal_delay import STEP_NS, equalised
from apnemu.question.experiment import Context, Experiment, Row, Setting
from apnemu.question.stages import PROBE_BYTES, settled_ns
from apnemu.question.traffic import ordered_pairs
from apnemu.report.rows import latency_rows
from apnemu.units import VirtualNs

TOLERANCE_NS = 100
GAP_NS = VirtualNs(50_000)


def arrange(planned: Assignment, settings: Mapping[str, Any]) -> Assignment:
    site = settings["site"] or (planned.lightpaths[0].source if planned.lightpaths else "")
    if not site:
        why = f" ({planned.refusals[0].demand}: {planned.refusals[0].reason})" if planned.refusals else ""
        raise InputError(f"no lightpath is lit{why}; delay is managed of some; add a demand: see apnemu plan")
    names = [path.name for path in planned.lightpaths if site in (path.source, path.target)]
    if not names:
        raise InputError(f"no lightpath begins or ends at '{site}'; see apnemu plan", file="--set")
    kept = tuple(path for path in equalised(planned, names).lightpaths if path.name in names)
    return Assignment(lightpaths=kept, refusals=planned.refusals)


def stages(context: Context) -> tuple[Stage, ...]:
    pairs = ordered_pairs([(path.source, path.target) for path in context.assignment.lightpaths])
    probes = Probes(pairs=pairs, count=context.settings["probes"], gap_ns=GAP_NS, frame_bytes=PROBE_BYTES)
    return (Stage(phase="managed", duration_ns=settled_ns(context), activities=(probes,)),)


def rows(table: pa.Table, contexts: Sequence[Context]) -> list[Row]:
    found: list[Row] = []
    for context in contexts:
        paths = context.assignment.by_pair()
        predicted = {(*pair, context.network): rtt_ns for pair, rtt_ns in context.predicted_rtts(PROBE_BYTES).items()}
        found += [
            {**row, "added_delay_ns": paths[row["from"], row["to"]].added_delay_ns}
            for row in latency_rows(table, predicted)
        ]
    return found


def expected(settings: Mapping[str, Any]) -> str:
    return (
        f"the delays of all lightpaths of the site, one way, lie within {STEP_NS} ns of one another, "
        f"each within {TOLERANCE_NS} ns of its closed form"
    )


def met(results: Sequence[Row], settings: Mapping[str, Any]) -> bool:
    delays = [row["one_way_ns_p50"] for row in results]
    if not delays or None in delays:
        return False
    right = all(abs(row["rtt_ns_p50"] - row["predicted_rtt_ns"]) <= TOLERANCE_NS for row in results)
    return right and max(delays) - min(delays) <= STEP_NS + TOLERANCE_NS


EXPERIMENT = Experiment(
    name="delay_managed",
    question="Can lightpaths of different length be given the same delay?",
    topology="jpn12",
    networks=("apn",),
    settings=(
        Setting(name="site", default="", meaning="whose lightpaths; the first lightpath's by default"),
        Setting(name="probes", default=10, low=1, high=65_535, whole=True, meaning="echo requests for each pair"),
    ),
    arrange=arrange,
    stages=stages,
    rows=rows,
    expected=expected,
    met=met,
)
