# SPDX-License-Identifier: BSD-3-Clause
"""Verdicts: nothing judged is neither met nor not, and what failed is named with the worst of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from apnemu.question.discovery import known_experiments, load_experiment
from apnemu.question.verdict import Claim, at_least, at_most, judge_rows, missing, near, near_share, same


def claims(row: Mapping[str, Any]) -> Iterator[Claim]:
    if row["network"] == "apn":
        yield near("round trip", row["rtt_ns"], 1_000, 100, "ns")
        yield at_most("frames lost", row["lost"], 0)


def row(network: str, rtt_ns: int | None, lost: int = 0) -> dict[str, Any]:
    return {"from": "tokyo", "to": "osaka", "network": network, "rtt_ns": rtt_ns, "lost": lost}


KEY = ("from", "to", "network")


def test_all_that_is_judged_holds() -> None:
    verdict = judge_rows([row("apn", 1_050), row("packet", 9_000, 7)], claims, KEY)
    assert (verdict.met, verdict.judged, verdict.failed) == (True, 1, ())


def test_nothing_judged_is_not_met_and_not_unmet() -> None:
    for rows in ([], [row("packet", 9_000)]):
        verdict = judge_rows(rows, claims, KEY, about="the APN")
        assert verdict.met is None
        assert verdict.to_json() == {"met": None, "judged": 0, "failed": [], "why": verdict.why}
        assert "nothing to judge" in verdict.why


def test_the_worst_row_is_named_with_what_was_measured_and_expected() -> None:
    verdict = judge_rows([row("apn", 1_150), row("apn", 1_400), row("apn", 1_000)], claims, KEY)
    assert verdict.met is False
    assert verdict.failed == ({"from": "tokyo", "to": "osaka", "network": "apn"},) * 2
    assert verdict.why == (
        "2 of 3 rows judged; the worst (Tokyo–Osaka, APN): round trip 1.40 µs, expected 1.00 µs within 100 ns"
    )


def test_what_was_not_measured_is_the_worst_of_all() -> None:
    verdict = judge_rows([row("apn", 99_000), row("apn", None)], claims, KEY)
    assert "round trip was not measured, expected a value" in verdict.why


def test_a_figure_without_anything_to_hold_it_against_is_told() -> None:
    claim = near("round trip", 5_440_000, None, 100, "ns")
    assert (claim.measured, claim.expected) == ("5.44 ms", "a value that is not known")


@pytest.mark.parametrize(
    ("claim", "held"),
    [
        (near("x", 10, 11, 1), True),
        (near("x", 10, 11.1, 1), False),
        (near_share("x", 104.9, 100, 0.05), True),
        (near_share("x", 106, 100, 0.05), False),
        (near_share("x", 100, 100, 0), True),
        (near_share("x", 101, 100, 0), False),
        (at_most("x", 0, 0), True),
        (at_most("x", 1, 0), False),
        (at_least("x", 1, 1), True),
        (at_least("x", 0, 1), False),
        (same("x", True, True), True),
        (same("x", "a", "b"), False),
        (missing("x"), False),
        (near("x", None, 1, 1), False),
        (at_most("x", None, 1), False),
        (near("x", 1, None, 1), False),
        (near_share("x", 1, None, 0.05), False),
        (at_most("x", 1, None), False),
        (at_least("x", 1, None), False),
    ],
)
def test_a_claim_holds_up_to_its_limit(claim: Claim, held: bool) -> None:
    assert claim.held is held
    assert claim.excess >= 0 and (claim.held or claim.excess > 0)


@pytest.mark.parametrize("name", known_experiments())
def test_no_experiment_of_ours_judges_nothing_to_be_met(name: str) -> None:
    experiment = load_experiment(name)
    verdict = experiment.judge([], experiment.resolve([]).own)
    assert verdict.met is None
    assert verdict.why
