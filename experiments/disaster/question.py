# SPDX-License-Identifier: BSD-3-Clause
"""Question: what is left of a service, its data, cables and connections when a disaster takes all within some circles?

A service stands at N data centres in equal parts, its poles; one stands where the hazard strikes. Light that was asked
of the controller joins each to the data centre that keeps copies. At one instant the hazard's sites and fibres go dark.
What is heard of each pole afterwards says what is kept, at once and once the controller has found other ways; what the
keeper has of the dead pole's writes says what is lost. Then light is asked for between all data centres that stand.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from apnemu.experiments.disaster.cases import prepare
from apnemu.experiments.disaster.rows import rows
from apnemu.experiments.disaster.settings import Settings
from apnemu.experiments.disaster.shown import SHOWN
from apnemu.experiments.disaster.stages import stages
from apnemu.model.assignment import Assignment
from apnemu.question.context import Row
from apnemu.question.experiment import Experiment
from apnemu.question.verdict import Claim, Verdict, at_least, at_most, judge_rows, missing, near, same

COMMIT_SLACK_MS = 0.1
"""Allowed for a commit beyond light's way there and back: segments that go one after another, and TCP's own pace."""
RTT_SLACK_MS = 0.001


def arrange(planned: Assignment, settings: Settings) -> Assignment:
    """A plan without light: none is lit before it is asked for."""
    return Assignment(lightpaths=(), refusals=())


def expected(settings: Settings) -> str:
    """The answer, before the run."""
    return (
        "of N poles apart (N - 1) / N is left where the hazard strikes one; synchronous copies lose nothing,"
        " asynchronous ones at most what is written in one way of the light; light comes back as declared times say;"
        " pairs are joined as the graph of what is left says"
    )


def judge(results: Sequence[Row], settings: Settings) -> Verdict:
    """Every row."""
    return judge_rows(results, _claims, KEY)


def _claims(row: Mapping[str, Any]) -> Iterator[Claim]:
    yield same("sites lost", row["lost_sites"], row["predicted_sites"])
    yield same("fibres lost", row["lost_fibres"], row["predicted_fibres"])
    yield same("kept at once", row["kept_at_once"], row["predicted_at_once"])
    yield same("poles heard of in the end", row["poles_reached"], row["predicted_poles_reached"])
    yield same("kept after", row["kept_after"], row["predicted_after"])
    if row["predicted_restore_s"] is not None:
        yield from _restored(row)
    if row["data_lost_bytes"] is not None or not row["refused"]:
        yield at_most("committed bytes without a copy", row["data_lost_bytes"], row["most_lost_bytes"], "bytes")
        yield at_least("committed bytes without a copy", row["data_lost_bytes"], row["least_lost_bytes"], "bytes")
    if row["predicted_commit_ms"] and row["commit_ms"] is not None:
        yield at_least("time until a write counts", row["commit_ms"], row["predicted_commit_ms"], "ms")
        yield at_most("time until a write counts", row["commit_ms"], row["predicted_commit_ms"] + COMMIT_SLACK_MS, "ms")
    yield same("pairs that got light", row["pairs_lit"], row["predicted_pairs_lit"])
    yield at_most("pairs that got light", row["pairs_lit"], row["pairs_left"])
    if row["predicted_rtt_ms_worst"] is not None:
        yield near("longest round trip", row["rtt_ms_worst"], row["predicted_rtt_ms_worst"], RTT_SLACK_MS, "ms")


def _restored(row: Mapping[str, Any]) -> Iterator[Claim]:
    if row["restore_s"] is None:
        yield missing("time until light is back")
        return
    slack_s = row["slack_s"] if row["predicted_restore_s"] else 0.0
    yield at_least("time until light is back", row["restore_s"], row["predicted_restore_s"] - slack_s, "s")
    yield at_most("time until light is back", row["restore_s"], row["predicted_restore_s"] + slack_s, "s")


KEY = ("hazard", "placing", "poles", "replication")
EXPERIMENT = Experiment(
    name="disaster",
    question="What is left when a disaster strikes: of a service, its data, light, cables and connections?",
    topology="jpn12-disaster",
    settings=Settings,
    key=KEY,
    prepare=prepare,
    arrange=arrange,
    stages=stages,
    rows=rows,
    expected=expected,
    judge=judge,
    shown=SHOWN,
    networks=("apn",),
)
