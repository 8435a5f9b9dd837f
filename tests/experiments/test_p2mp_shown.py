# SPDX-License-Identifier: BSD-3-Clause
"""Light to many as it is shown and judged: kinds told apart, what is refused in part, what may be refused."""

from __future__ import annotations

import re
from typing import Any

import pytest
from markupsafe import Markup

from apnemu.experiments.p2mp import EXPERIMENT

LEAF: dict[str, Any] = {
    **{"kind": "subcarriers", "leaves": 2, "leaf": "a", "refused": ""},
    **{"delay_ns": 1_050, "predicted_delay_ns": 1_000, "rate_gbps": 25.1, "share_gbps": 25.0},
    **{"sent": 5, "hub_frames": 5, "lost": 0, "lost_while_moving": 0},
    **{"moving_ns": 10_050_000, "declared_moving_ns": 10_000_000, "moving_step_ns": 1_000_000},
}


def figures(rows: list[dict[str, Any]]) -> list[Markup]:
    return [drawn for _, group in EXPERIMENT.shown.groups(rows, {}) for drawn in group]


def titles(rows: list[dict[str, Any]]) -> list[str]:
    return re.findall("<h3>(.*?)</h3>", "".join(figures(rows)))


def to_many(kind: str, leaves: int, refused: str = "") -> list[dict[str, Any]]:
    """A row for each leaf, as p2mp gives them; the last leaf's says why it was refused."""
    each = {"kind": kind, "leaves": leaves, "transceivers": 1 + leaves, "spectrum_ghz": 75.0, "power_w": None}
    rows = [{**each, "leaf": f"leaf-{at}", "share_gbps": 25.0, "refused": ""} for at in range(leaves)]
    return [*rows[:-1], {**rows[-1], "refused": refused}]


def test_kinds_of_light_are_told_apart_and_leaves_that_say_the_same_are_one_mark() -> None:
    rows = [row for kind in ("tree", "subcarriers", "p2p") for leaves in (2, 4) for row in to_many(kind, leaves)]
    assert titles(rows) == ["Transceivers", "What a leaf gets", "Spectrum"]  # no power is declared
    first = str(figures(rows)[0])
    for mark in ("other", "good", "apn"):
        assert len(re.findall(rf'class="mark {mark}"[^>]*><title>', first)) == 2
    for name in ("light tree", "shared subcarriers", "lightpaths"):
        assert f"</svg>{name}</li>" in first


def test_light_that_is_refused_in_part_has_no_point_and_the_sentence_says_so() -> None:
    rows = [*to_many("tree", 2), *to_many("tree", 4), *to_many("p2p", 2), *to_many("p2p", 4, refused="quality: far")]
    first = str(figures(rows)[0])
    assert len(re.findall(r"<title>", first)) == 3 and "<title>5 at 2" not in first
    assert EXPERIMENT.shown.answer(rows, {}) == (
        "For 4 leaves: 5 transceivers and 75 GHz as a light tree (the same 25 Gbit/s to all), 5 and 75 GHz as"
        " lightpaths to 3 of them alone (25 Gbit/s to each)."
    )


def judged(*rows: dict[str, Any]) -> tuple[bool | None, str]:
    verdict = EXPERIMENT.judge(rows, EXPERIMENT.resolve([]).own)
    return verdict.met, verdict.why


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"delay_ns": 1_101}, "delay 1.10 µs, expected 1.00 µs within 100 ns"),
        ({"delay_ns": None}, "delay was not measured, expected a value"),
        ({"rate_gbps": 24.0}, "rate 24 Gbit/s, expected 25 Gbit/s within 1 %"),
        ({"hub_frames": 10}, "frames that left the hub 10, expected 5"),
        ({"lost": 1}, "frames lost 1, expected 0"),
        ({"moving_ns": -1}, "time of moving was not measured, expected a value"),
        ({"moving_ns": 9_000_000}, "time of moving 9.00 ms, expected at least 10.0 ms"),
        ({"moving_ns": 11_050_000}, "time of moving 11.1 ms, expected at most 11.0 ms"),
        ({"lost_while_moving": 2}, "frames that other leaves lost meanwhile 2, expected 0"),
    ],
)
def test_a_leaf_that_fails_is_named_with_what_was_expected(changed: dict[str, Any], why: str) -> None:
    met, said = judged(LEAF, {**LEAF, **changed, "leaf": "b"})
    assert met is False
    assert said == f"1 of 2 rows judged; the worst (kind subcarriers, leaves 2, leaf b): {why}"


def test_a_tree_may_be_refused_for_its_light_alone_and_a_refused_lightpath_is_not_judged() -> None:
    assert judged(LEAF)[0]
    tree = {"kind": "tree", "leaves": 2, "leaf": "", "refused": "splitting: 20 dB are lost"}
    assert judged(tree)[0] is True
    assert judged({**tree, "refused": "spectrum: no slot is free"})[0] is False
    assert judged({**tree, "kind": "p2p", "refused": "spectrum: no slot is free"})[0] is None
    assert judged()[0] is None
