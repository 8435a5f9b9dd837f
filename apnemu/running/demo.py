# SPDX-License-Identifier: BSD-3-Clause
"""The demo: a few short runs, and one table of what two data centres feel over each network, lines alike."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from rich.table import Table
from rich.text import Text

from apnemu.question.clients import AFFORDABLE_GBPS
from apnemu.report import words
from apnemu.report.ordering import networks
from apnemu.report.round_trips import LatencyRow, chief, off_closed_form_ns
from apnemu.report.tables import coloured, left, right, titled
from apnemu.running.finished import Finished

Row = Mapping[str, Any]
RUNS = (
    ("latency", "jpn12", ("load=full", "probes=10", "gap_us=10")),
    ("control_loop", "three-sites", ("distance_km=200", "load=1.05", "loops=20", "seconds=0.1")),
    ("throughput", "three-sites", ("flows=1", "congestion_control=cubic", "seconds=0.1", "ramp_s=0.25")),
)
"""What `apnemu demo` runs: (experiment, topology, settings), short enough for a first look."""
WHY = (
    "The same fibres, the same line rate, others' traffic on both: a wavelength of one's own has no queue that anybody"
    " else could fill."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line of the demo's table: what is compared, and its value over each network."""

    what: str
    values: Mapping[str, str]


def demo_lines(runs: Sequence[Finished]) -> list[Line]:
    """The lines of the runs' experiments, in their order."""
    lines_of: dict[str, Callable[[Finished], Iterator[Line]]] = {
        "latency": _round_trips,
        "control_loop": _deadlines,
        "throughput": _goodput,
    }
    return [line for run in runs for line in lines_of[str(run.document["experiment"])](run)]


def demo_table(lines: Sequence[Line]) -> Table:
    """One table of all lines, a column for each network."""
    names = list(dict.fromkeys(name for line in lines for name in line.values))
    table = titled(
        f"Lines of {AFFORDABLE_GBPS:g} Gbit/s on both, while others send", *left(""), *right(*map(words.network, names))
    )
    for line in lines:
        table.add_row(Text(line.what), *(coloured(line.values.get(name, ""), name, "network") for name in names))
    return table


def _line(what: str, rows: Sequence[Row], value: Callable[[Sequence[Row]], str]) -> Line:
    return Line(
        what=what,
        values={name: value([row for row in rows if row["network"] == name]) for name in networks(rows)},
    )


def _part(rows: Sequence[Row], part: str, whole: str) -> str:
    return f"{sum(row[part] for row in rows):,} of {sum(row[whole] for row in rows):,}"


def _round_trips(run: Finished) -> Iterator[Line]:
    rows = run.document["results"]
    ends = chief([(row["from"], row["to"]) for row in rows], run.picture)
    assert ends is not None
    of_pair = [row for row in rows if (row["from"], row["to"]) == ends]
    yield _line(f"{words.pair(*ends)}, round trip", of_pair, lambda own: words.duration(own[0]["rtt_ns_p50"]))
    pairs = words.count(len({(row["from"], row["to"]) for row in rows}), "pair")

    def worst_ns(own: Sequence[Row]) -> int:
        return max(abs(off_closed_form_ns(cast(LatencyRow, row)) or 0) for row in own)

    yield _line(f"worst probe of {pairs}, off the closed form", rows, lambda own: words.duration(worst_ns(own)))
    yield _line("worst pair's jitter", rows, lambda own: words.duration(max(row["jitter_ns"] or 0 for row in own)))
    yield _line(
        "probes lost", rows, lambda own: f"{sum(row['lost'] for row in own)} of {sum(row['sent'] for row in own)}"
    )


def _deadlines(run: Finished) -> Iterator[Line]:
    rows = run.document["results"]
    one = rows[0]
    what = f"robot {one['distance_km']:g} km away, answer due in {words.duration(one['deadline_ns'])}: late"
    yield _line(what, rows, lambda own: _part(own, "missed", "asked"))


def _goodput(run: Finished) -> Iterator[Line]:
    rows = run.document["results"]
    yield _line("one TCP flow, nobody else there", rows, lambda own: f"{words.gbps(own[0]['goodput_gbps'])} Gbit/s")
