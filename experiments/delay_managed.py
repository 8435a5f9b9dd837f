# SPDX-License-Identifier: BSD-3-Clause
"""Can lightpaths of different length from one data centre be given the same delay, to a step of a microsecond?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import pyarrow as pa  # type: ignore[import-untyped]  # it ships no types

from apnemu.errors import InputError
from apnemu.model.activities import Probes
from apnemu.model.assignment import Assignment
from apnemu.model.scenario import Stage
from apnemu.planning.lightpaths import STEP_NS, equalised
from apnemu.question.context import Context, Row
from apnemu.question.experiment import Experiment
from apnemu.question.round_trips import latency_rows
from apnemu.question.settings import Setting
from apnemu.question.traffic import PROBE_BYTES, ordered_pairs, settled_ns
from apnemu.question.verdict import Claim, Verdict, near, verdict_of
from apnemu.report import columns, words
from apnemu.report.round_trip_figures import ROUND_TRIP_COLUMNS, round_trip_figures, said_of_pairs
from apnemu.report.round_trip_table import round_trip_table
from apnemu.report.shown import Shown
from apnemu.units import VirtualNs

TOLERANCE_NS = 100
GAP_NS = VirtualNs(50_000)
KEY = ("from", "to")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What `--set` may change."""

    site: Annotated[
        str, Setting("Site whose lightpaths are managed; empty: the first lightpath's source", of="site")
    ] = ""
    probes: Annotated[int, Setting("Echo requests for each pair", low=1, high=65_535)] = 10


def arrange(planned: Assignment, settings: Settings) -> Assignment:
    """Delay added to each lightpath of the site, so that all have the longest one's. Raises InputError for none."""
    site = settings.site or (planned.lightpaths[0].source if planned.lightpaths else "")
    if not site:
        why = f" ({planned.refusals[0].demand}: {planned.refusals[0].reason})" if planned.refusals else ""
        raise InputError(f"no lightpath is lit{why}; delay is managed of some; add a demand: see apnemu plan")
    names = [path.name for path in planned.lightpaths if site in (path.source, path.target)]
    if not names:
        raise InputError(f"no lightpath begins or ends at '{site}'; see apnemu plan", file="--set")
    kept = tuple(path for path in equalised(planned, names).lightpaths if path.name in names)
    return Assignment(lightpaths=kept, refusals=planned.refusals)


def stages(context: Context[Settings]) -> tuple[Stage, ...]:
    """Probes over every lightpath, both ways."""
    pairs = ordered_pairs([(path.source, path.target) for path in context.assignment.lightpaths])
    probes = Probes(pairs=pairs, count=context.settings.probes, gap_ns=GAP_NS, frame_bytes=PROBE_BYTES)
    return (Stage(phase="managed", duration_ns=settled_ns(context), activities=(probes,)),)


def rows(table: pa.Table, contexts: Sequence[Context[Settings]]) -> list[Row]:
    """A row for each direction of each lightpath: its round trip, and the delay that was added to it."""
    managed: list[Row] = []
    for context in contexts:
        paths = context.assignment.by_pair()
        predicted = {(*pair, context.network): rtt_ns for pair, rtt_ns in context.predicted_rtts(PROBE_BYTES).items()}
        managed += [
            {**row, "added_delay_ns": paths[row["from"], row["to"]].added_delay_ns}
            for row in latency_rows(table, predicted)
        ]
    return managed


def expected(settings: Settings) -> str:
    """The answer, before the run."""
    return (
        f"the delays of all lightpaths of the site, one way, lie within a step of {STEP_NS} ns and {TOLERANCE_NS} ns "
        f"of one another, and each round trip within {TOLERANCE_NS} ns of its closed form"
    )


def judge(results: Sequence[Row], settings: Settings) -> Verdict:
    """Every lightpath: its round trip beside the closed form, its delay beside the others'."""
    delays = [row["one_way_ns_p50"] for row in results if row["one_way_ns_p50"] is not None]
    least = min(delays, default=0)
    judged = [(row, _claims(row, least)) for row in results]
    return verdict_of(judged, KEY, rows=len(results))


def _claims(row: Mapping[str, Any], least_ns: int) -> list[Claim]:
    return [
        near("median round trip", row["rtt_ns_p50"], row["predicted_rtt_ns"], TOLERANCE_NS, "ns"),
        near("delay one way beside the least", row["one_way_ns_p50"], least_ns, STEP_NS + TOLERANCE_NS, "ns"),
    ]


def sentence(rows: Sequence[Mapping[str, Any]], picture: Mapping[str, Any]) -> str:
    """How near to one another lightpaths of managed delay are, one way, both directions of each.

    >>> sentence([{"from": "a", "to": "b", "one_way_ns_p50": 5_000_400, "added_delay_ns": 4_000_000},
    ...           {"from": "a", "to": "c", "one_way_ns_p50": 5_000_000, "added_delay_ns": 0}], {})
    'The delays of 2 lightpaths lie within 400 ns of one another at 5.00 ms one way; 0 ns to 4.00 ms of it are added.'
    """
    seen = [row for row in rows if row["one_way_ns_p50"] is not None]
    if not seen:
        return "No delay was measured."
    delays, added = ([row[key] for row in seen] for key in ("one_way_ns_p50", "added_delay_ns"))
    paths = words.count(len({frozenset((row["from"], row["to"])) for row in seen}), "lightpath")
    return (
        f"The delays of {paths} lie within {words.duration(max(delays) - min(delays))} of one another at"
        f" {words.duration(max(delays))} one way; {words.duration(min(added))} to {words.duration(max(added))} of it"
        " are added."
    )


EXPERIMENT = Experiment(
    name="delay_managed",
    question="Can lightpaths of different length be given the same delay?",
    topology="jpn12",
    networks=("apn",),
    settings=Settings,
    key=KEY,
    arrange=arrange,
    stages=stages,
    rows=rows,
    expected=expected,
    judge=judge,
    shown=Shown(
        sentence=sentence,
        figures=(round_trip_figures,),
        columns=(*ROUND_TRIP_COLUMNS, columns.ms("added_delay_ns", "added, ms")),
        table=round_trip_table,
        pairs=said_of_pairs,
    ),
)
