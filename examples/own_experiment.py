# SPDX-License-Identifier: BSD-3-Clause
"""An experiment of one's own in one file: how much longer does a larger frame take between two data centres?

    apnemu experiments examples/own_experiment.py
    apnemu run examples/own_experiment.py --set frame_bytes=98,1514

A question has settings, plays stages on each network, makes rows of the records, judges them against an answer that was
stated before the run, and says how it is shown.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import pyarrow as pa

from apnemu import (
    Claim,
    Context,
    Curve,
    Experiment,
    PairSettings,
    Probes,
    Row,
    Setting,
    Shown,
    Stage,
    Verdict,
    chosen_pair,
    judge_rows,
    latency_rows,
    near,
)

TOLERANCE_NS = 100
GAP_NS = 20_000_000
KEY = ("network", "frame_bytes")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(PairSettings):
    """What `--set` may change; `from` and `to` come from PairSettings."""

    frame_bytes: Annotated[tuple[int, ...], Setting("Ethernet frames of the probes", "bytes", low=60, high=1514)] = (
        98,
        512,
        1514,
    )
    probes: Annotated[int, Setting("Echo requests of each length", low=1, high=1000)] = 5


def stages(context: Context[Settings]) -> tuple[Stage, ...]:
    """A stage for each length."""
    pair, count = chosen_pair(context), context.settings.probes
    return tuple(
        Stage(
            phase=f"{size} bytes",
            duration_ns=GAP_NS * (count + 1),
            activities=(Probes(pairs=(pair,), count=count, gap_ns=GAP_NS, frame_bytes=size),),
        )
        for size in context.settings.frame_bytes
    )


def rows(table: pa.Table, contexts: Sequence[Context[Settings]]) -> list[Row]:
    """A row for each network and length: the median round trip beside its closed form."""
    measured = {(row["network"], row["phase"]): row["rtt_ns_p50"] for row in latency_rows(table, {})}
    return [
        {
            "network": context.network,
            "frame_bytes": size,
            "rtt_ns_p50": measured[context.network, f"{size} bytes"],
            "predicted_rtt_ns": context.predicted_rtts(size)[chosen_pair(context)],
        }
        for context in contexts
        for size in context.settings.frame_bytes
    ]


def expected(settings: Settings) -> str:
    """The answer, before the run."""
    return f"over the APN every round trip is within {TOLERANCE_NS} ns of its closed form"


def judge(results: Sequence[Row], settings: Settings) -> Verdict:
    """Every row of the APN."""
    return judge_rows(results, claims, KEY, about="the APN")


def claims(row: Mapping[str, Any]) -> Iterator[Claim]:
    """What is expected of a row."""
    if row["network"] == "apn":
        yield near("round trip", row["rtt_ns_p50"], row["predicted_rtt_ns"], TOLERANCE_NS, "ns")


def sentence(results: Sequence[Mapping[str, Any]], picture: Mapping[str, Any]) -> str:
    """The answer, after the run."""
    parts = []
    for network in dict.fromkeys(row["network"] for row in results):
        own = sorted((row for row in results if row["network"] == network), key=lambda row: int(row["frame_bytes"]))
        more = own[-1]["rtt_ns_p50"] - own[0]["rtt_ns_p50"]
        parts.append(f"{more} ns over {network}")
    return f"From the shortest to the longest frame a round trip takes longer by {' and '.join(parts)}."


EXPERIMENT = Experiment(
    name="frame_length",
    question="How much longer does a larger frame take between two data centres?",
    topology="three-sites",
    settings=Settings,
    key=KEY,
    stages=stages,
    rows=rows,
    expected=expected,
    judge=judge,
    shown=Shown(
        sentence=sentence,
        figures=(
            Curve(
                title="Round trip over the frame's length",
                caption="Median of the probes. Dashed: the closed form.",
                x="frame_bytes",
                y="rtt_ns_p50",
                axes=("Ethernet frame, bytes", "round trip"),
                unit="time",
                reference="predicted_rtt_ns",
                reference_name="closed form",
            ),
        ),
    ),
)
