# SPDX-License-Identifier: BSD-3-Clause
"""The reference of records in Markdown: every column and every kind of `records.parquet`.

`docs/records.md` is `text()` written out; a test compares the two. The host alone imports this file.
"""

from __future__ import annotations

from apnemu.records.record import KINDS
from apnemu.records.table import SCHEMA

COLUMNS = {
    "network": "`apn` or `packet`",
    "kind": "one of the kinds below",
    "phase": "the stretch of the run: `idle`, `load=0.7`, ...",
    "name": "the flow, queue, case, event or program",
    "source": "the site where it began, or that was asked; empty: no site",
    "target": "the site that it went to; empty: no site",
    "seq": "its number within phase, name, source and target",
    "at_ns": "the instant, from the lab's start; of what lasts, its begin",
    "rtt_ns": "there and back; empty: lost",
    "one_way_ns": "there",
    "duration_ns": "of a flow from its first byte to its last; empty: unfinished. Of an interval or a queue the time"
    " counted",
    "bytes": "what arrived",
    "retransmits": "segments that TCP sent again",
    "drops": "frames that a queue dropped",
    "sent": "of a flow the bytes asked for; of a queue its frames",
    "load": "offered share of the line rate",
    "detail": "a JSON object: what only this kind has",
}
"""Column -> what it holds."""
ROWS = {
    "probe": ("each packet that was sent to be timed", "`at_ns rtt_ns one_way_ns`"),
    "flow": ("each transfer of a number of bytes", "`at_ns sent bytes duration_ns retransmits load`"),
    "interval": (
        "each steady stretch of traffic; those with the same `at_ns` ran side by side",
        "`at_ns bytes duration_ns`; `detail` has `flows congestion_control line_rate_gbps`",
    ),
    "queue": (
        "the counters of an output queue over a time",
        "`at_ns duration_ns sent drops`; `detail` has `marks` where the queue marks frames",
    ),
    "event": ("each thing that was done to the network", "`at_ns name source target`"),
    "application": (
        "each line that a program in a site printed for the record",
        "`at_ns name source`; `detail` is its own",
    ),
}
"""Kind -> what it has a row for, and the columns that are filled."""
PREFACE = """\
# Records

`records.parquet` of a run holds everything that was seen, a row each; `apnemu.open_run(...).records` reads it.

## Columns

A column that is empty was not measured, or is not meant for this kind of record. Instants and durations are virtual
time.
"""


def text() -> str:
    """The reference of all columns, in their order, and of all kinds."""
    lines = [PREFACE, "| column | type | what |", "|---|---|---|"]
    lines += [f"| `{field.name}` | {field.type} | {COLUMNS[field.name]} |" for field in SCHEMA]
    lines += ["", "## Kinds", "", "| kind | a row for | columns |", "|---|---|---|"]
    lines += [f"| `{kind}` | {ROWS[kind][0]} | {ROWS[kind][1]} |" for kind in KINDS]
    return "\n".join([*lines, ""])
