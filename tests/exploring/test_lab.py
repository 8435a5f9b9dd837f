# SPDX-License-Identifier: BSD-3-Clause
"""Scenarios played in a lab: several in one boot, set back in between, and alone: the same bytes."""

from __future__ import annotations

from pathlib import Path

import pytest

from apnemu.exploring import boots
from apnemu.exploring.confirming import alone, confirm
from apnemu.exploring.lab_judging import judge
from apnemu.exploring.network import network
from apnemu.exploring.own import with_own
from apnemu.exploring.scenario import CONTROLLER, Scenario, Step
from tests.compiled import TOPOLOGIES
from tests.exploring.test_search import OWN

pytestmark = [pytest.mark.guest, pytest.mark.slow]
BLUEPRINT = network(str(TOPOLOGIES / "three-sites.yaml"))
S = 1_000_000_000


def asked(name: str, target: str, at_ns: int = 0, protection: str = "none") -> Step:
    return Step(
        at_ns=at_ns, do="request", what=name, source="tokyo", target=target, rate_gbps=100.0, protection=protection
    )


MOVED = Scenario(steps=(asked("s1", "nagoya"), Step(at_ns=100 * S, do="move", what="s1", source="tokyo")))
HIT = Scenario(
    steps=(
        asked("s1", "osaka", protection="restoration-computed"),
        Step(at_ns=200 * S, do="cut", what="tokyo-nagoya"),
        Step(at_ns=200 * S, do="lose", what=CONTROLLER),
        Step(at_ns=203 * S, do="repair", what=CONTROLLER),
        Step(at_ns=203 * S, do="sag", what="nagoya-osaka", db=3.0),
    ),
    slow_ns={"nagoya": 1000},
)


def test_scenarios_of_one_boot_leave_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything is as before after each, and the second time a scenario has the same bytes as the first."""
    monkeypatch.setattr(boots, "COMPARE_EVERY", 1)
    played = boots.boot(BLUEPRINT, [MOVED, HIT, MOVED], tmp_path / "shared")
    assert played.compared == 2
    assert played.differed == ()
    assert played.seen[0].sha256 == played.seen[2].sha256 != played.seen[1].sha256
    for scenario, one in zip([MOVED, HIT, MOVED], played.seen, strict=True):
        assert judge(BLUEPRINT, scenario, one.outcome, one.journals) == []
    frames = played.seen[1].outcome["looks"]["mended"]["frames"]
    assert [one["came"][0][2] for one in frames] == [1, 1]
    assert all(not one["came"] for one in played.seen[1].outcome["looks"]["played"]["frames"])


@pytest.mark.long
def test_a_failure_is_confirmed_by_fresh_boots(tmp_path: Path) -> None:
    """Two of them, with the same bytes, which a third has as well."""
    own = tmp_path / "own.py"
    own.write_text(OWN)
    invariants = with_own([own])
    done = confirm(BLUEPRINT, [("nobody-moves", "nobody-moves", MOVED)], [HIT], tmp_path, print, invariants)
    again = alone(BLUEPRINT, MOVED, tmp_path / "again", invariants)
    assert [one.confirmed for one in done.verdicts] == [True]
    assert done.found == []
    assert done.counts["confirmed"] == done.counts["sampled"] == done.counts["boots"] == 1
    assert again.seen.sha256 == done.verdicts[0].sha256
    assert [one.signature for one in again.broken] == ["nobody-moves"]
