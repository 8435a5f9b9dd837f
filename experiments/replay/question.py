# SPDX-License-Identifier: BSD-3-Clause
"""What becomes of somebody's own traffic, sent again between two data centres at its own times?

Frames of a capture go over the APN and over the packet network, with lines of one rate; on the packet network others'
frames are in the same queues. Every frame's arrival is held beside the one that first-in, first-out queues make with
these very frames of others.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from apnemu.experiments.replay.rows import EXPLAINED_NS, SHARES, replay_rows
from apnemu.experiments.replay.stages import Settings, arrange, prepare, read, stages
from apnemu.experiments.replay.way import TIE_NS
from apnemu.model.plant import Plant
from apnemu.question.context import Row
from apnemu.question.experiment import Experiment
from apnemu.question.verdict import Claim, Verdict, at_most, judge_rows, near
from apnemu.report import columns, words
from apnemu.report.curves import Curve
from apnemu.report.shown import Shown

KEY = ("network", "from", "to")


def expected(settings: Settings) -> str:
    """The answer, before the run."""
    return (
        f"over the APN frames arrive with their own gaps within {EXPLAINED_NS} ns and none is lost; over packets each"
        f" arrives within {EXPLAINED_NS} ns of when first-in, first-out queues with others' frames let it, but for"
        f" those that come to a queue within {TIE_NS} ns of one of others"
    )


def judge(results: Sequence[Row], settings: Settings) -> Verdict:
    """Every row."""
    return judge_rows(results, _claims, KEY)


def _claims(row: Mapping[str, Any]) -> Iterator[Claim]:
    yield near("frames lost", row["lost"], row["predicted_lost"], row["tied"] * bool(row["predicted_lost"]))
    yield at_most("frames not as their queues say", row["unexplained"], 0)
    if row["network"] == "apn":
        yield at_most("change of a gap", row["gap_off_ns_max"], EXPLAINED_NS, "ns")


def approximates(plant: Plant, settings: Settings) -> tuple[str, ...]:
    """What the frames that are sent differ in from those of the capture."""
    if not settings.pcap:
        return ()
    frames, notes = read(settings, 0.0, 0)
    told = [f"{words.count(count, 'frame')} of {settings.pcap}: {why}" for why, count in sorted(notes.items())]
    return (
        f"{words.count(len(frames), 'frame')} of {settings.pcap} are sent with the addresses of the lab's hosts"
        " (Ethernet, IPv4) and sums brought up to date; nothing else of them is changed",
        *told,
    )


def sentence(results: Sequence[Mapping[str, Any]], picture: Mapping[str, Any]) -> str:
    """What became of the gaps on each network, the worse of the two ways."""
    parts = []
    for network in dict.fromkeys(row["network"] for row in results):
        own = [row for row in results if row["network"] == network]
        row = max(own, key=lambda row: row["gap_off_ns_max"] or 0)
        frames, lost = sum(row["frames"] for row in own), sum(row["lost"] for row in own)
        text = f"over the {words.network(network)} every gap of {words.count(frames, 'frame')} arrives within"
        text += f" {words.duration(row['gap_off_ns_max'])} of its own"
        if row["load"]:
            waited = sum(row["waited"] for row in own)
            text = f"over the {words.network(network)} at load {row['load']:g} gaps change by up to"
            text += (
                f" {words.duration(row['gap_off_ns_max'])}, since {words.count(waited, 'frame')} waited behind others'"
            )
        parts.append(text + (f", {words.count(lost, 'frame')} lost" if lost else ""))
    return words.capital("; ".join(parts)) + "."


def _by_percent(rows: Sequence[Mapping[str, Any]]) -> list[Row]:
    return [
        {**row, "percent": share, "gap_off_ns": off}
        for row in rows
        for share, off in zip(SHARES, row["gap_off_ns_by_percent"] or [], strict=False)
    ]


FIGURES = (
    Curve(
        title="Change of the gaps between frames",
        caption="The share of gaps that changed by so much at most, on the way from the sender's line to the receiver.",
        x="percent",
        y="gap_off_ns",
        axes=("gaps, %", "change of a gap"),
        unit="time",
        split=("from", "to"),
        derive=_by_percent,
    ),
)
COLUMNS = (
    columns.network(),
    columns.pair(),
    columns.plain("frames"),
    columns.plain("left_out", "left out"),
    columns.plain("lost"),
    columns.plain("predicted_lost", "lost, by the queues"),
    columns.duration("one_way_ns_p50", "one way, p50"),
    columns.duration("gap_off_ns_p50", "gap changed, p50"),
    columns.duration("gap_off_ns_p99", "gap changed, p99"),
    columns.duration("gap_off_ns_max", "gap changed, most"),
    columns.plain("waited"),
    columns.duration("wait_ns_p99", "wait, p99"),
    columns.duration("wait_ns_max", "wait, most"),
    columns.duration("own_wait_ns_max", "own line, most"),
    columns.plain("tied"),
    columns.plain("unexplained"),
)
BRIEF = (
    columns.network_short(),
    columns.plain("frames"),
    columns.plain("lost"),
    columns.duration("gap_off_ns_p50", "gap p50"),
    columns.duration("gap_off_ns_max", "gap max"),
    columns.part("waited", "frames", "waited"),
    columns.duration("wait_ns_max", "wait max"),
    columns.plain("unexplained"),
)
EXPERIMENT = Experiment(
    name="replay",
    question="What becomes of the gaps of one's own traffic, a capture sent again between two data centres?",
    topology="three-sites",
    settings=Settings,
    key=KEY,
    prepare=prepare,
    arrange=arrange,
    stages=stages,
    rows=replay_rows,
    expected=expected,
    judge=judge,
    approximates=approximates,
    shown=Shown(sentence=sentence, figures=FIGURES, columns=COLUMNS, brief=BRIEF),
)
