# SPDX-License-Identifier: BSD-3-Clause
"""A search finds faults that are put into the controller, shrinks them, and finds the same whoever looks."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from apnemu.controllers.apn import Apn
from apnemu.controllers.lab import Lab
from apnemu.errors import InputError
from apnemu.exploring import search as searching
from apnemu.exploring.exploration import Request, explore
from apnemu.exploring.invariants import OURS
from apnemu.exploring.judging import BrokenError, play
from apnemu.exploring.network import network
from apnemu.exploring.own import with_own
from apnemu.exploring.scenario import Scenario, Step
from apnemu.exploring.search import Failure, Task
from apnemu.planning.online import Light
from apnemu.planning.online.ledger import Ledger
from apnemu.units import NS_PER_S
from tests.compiled import TOPOLOGIES

METRO = str(TOPOLOGIES / "tokyo-metro.yaml")
MOST_STEPS = 3


def ignores_repair(patch: pytest.MonkeyPatch) -> None:
    port = Apn.port
    patch.setattr(
        Apn, "port", lambda self, dpid, number, up, now_ns: None if up else port(self, dpid, number, up, now_ns)
    )


def ignores_cuts(patch: pytest.MonkeyPatch) -> None:
    port = Apn.port
    patch.setattr(
        Apn, "port", lambda self, dpid, number, up, now_ns: port(self, dpid, number, up, now_ns) if up else None
    )


def frees_no_slot(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Ledger, "taken", lambda self, fibres, period, **rest: 0)


def removes_nothing(patch: pytest.MonkeyPatch) -> None:
    tell = Lab._tell

    def lazy(self: Lab, dpid: int, site: str, orders: list[Any], number: int) -> None:
        send, self._send = self._send, lambda dpid, install, remove, number: send(dpid, install, [], number)
        tell(self, dpid, site, orders, number)
        self._send = send

    patch.setattr(Lab, "_tell", lazy)


def forgets_a_release(patch: pytest.MonkeyPatch) -> None:
    note = Apn._note
    patch.setattr(
        Apn, "_note", lambda self, do, at_ns, **what: None if do == "release" else note(self, do, at_ns, **what)
    )


def tunes_before_it_crosses(patch: pytest.MonkeyPatch) -> None:
    """No order comes to the transceivers of one site."""
    last = Lab._changed

    def half(self: Lab) -> None:
        self._apn.orders[:] = [order for order in self._apn.orders if order.site != "toyosu"]
        last(self)

    patch.setattr(Lab, "_changed", half)


def never_restores(patch: pytest.MonkeyPatch) -> None:
    fail = Light.fail
    patch.setattr(
        Light, "fail", lambda self, fibres=(), sites=(): tuple(o for o in fail(self, fibres, sites) if o.kind == "lost")
    )


QUICK = [ignores_repair, frees_no_slot, removes_nothing]
THE_REST = [ignores_cuts, forgets_a_release, tunes_before_it_crosses, never_restores]


@pytest.mark.slow
@pytest.mark.parametrize("fault", [*QUICK, *(pytest.param(one, marks=pytest.mark.long) for one in THE_REST)])
def test_a_fault_is_found_and_shrunk(fault: Callable[[pytest.MonkeyPatch], None]) -> None:
    """Within one batch; the controller as it is passes the scenario that is left."""
    with pytest.MonkeyPatch.context() as patch:
        fault(patch)
        task = Task(topology=METRO, transceivers=4, seed=3, number=0, count=60 if fault in QUICK else 500, steps=24)
        failures = searching.search(task).failures
        assert failures
        smallest = searching.shrink(replace(task, signature=failures[0].signature))
        assert len(smallest.scenario.steps) <= MOST_STEPS, smallest
        assert broken(smallest.scenario) == smallest.invariant
    assert broken(smallest.scenario) == ""


def broken(scenario: Scenario) -> str:
    """Name of the invariant that a scenario breaks now; "" where none."""
    try:
        play(network(METRO, 4), scenario)
    except BrokenError as error:
        return error.invariant
    return ""


@pytest.mark.slow
def test_the_same_failures_in_the_same_order_by_one_or_two_workers_and_in_two_sittings(
    tmp_path: Path,
) -> None:
    own = tmp_path / "own.py"
    own.write_text(OWN)
    told: list[str] = []

    def asked(out: str, workers: int, scenarios: int = 12) -> dict[str, Any]:
        request = Request(
            topology=Path(METRO),
            scenarios=scenarios,
            seed=2,
            own=(own,),
            workers=workers,
            out=tmp_path / out,
            batch=6,
        )
        document = explore(request, say=told.append)
        return {name: document[name] for name in ("scenarios", "steps", "failed", "met")} | {
            "failures": [{**one, "file": Path(one["file"]).name} for one in document["failures"]]
        }

    one = asked("one", 1)
    assert [failure["invariant"] for failure in one["failures"]] == ["nobody-moves"]
    assert len(one["failures"][0]["steps"]) == 2
    asked("two", 1, scenarios=6)
    assert json.dumps(asked("two", 2)) == json.dumps(one)
    assert any("done already" in line for line in told)
    without = Request(topology=Path(METRO), scenarios=12, seed=2, out=tmp_path / "without", batch=6)
    assert explore(without, say=told.append)["failures"] == [], "what one request brings judges no other"


OWN = """
from apnemu.exploring.invariants import Invariant


class NobodyMoves(Invariant):
    name = "nobody-moves"
    meaning = "no service is ever moved"
    places = ("played",)

    def broken(self, view):
        for answer in view.world.answers:
            if answer.step.do == "move" and answer.status == 200:
                yield f"{answer.step.what} was moved"
"""


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("from apnemu.exploring.invariants import Invariant, Restored", "declares no invariant"),
        ("1 / 0", "ZeroDivisionError"),
        (OWN.replace('    meaning = "no service is ever moved"\n', ""), "NobodyMoves has no meaning"),
    ],
)
def test_a_file_that_declares_no_invariant_is_refused(text: str, why: str, tmp_path: Path) -> None:
    own = tmp_path / "own.py"
    own.write_text(text)
    with pytest.raises(InputError, match=why):
        with_own([own])


def test_own_invariants_come_after_apnemus_in_the_order_of_their_files(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / f"{name}.py").write_text(OWN.replace("nobody-moves", name))
    assert [one.name for one in with_own([tmp_path / "one.py", tmp_path / "two.py"])[len(OURS) :]] == ["one", "two"]
    assert [*with_own([])] == [*OURS]


def test_steps_that_nothing_needs_are_left_out_of_what_is_shrunk(tmp_path: Path) -> None:
    own = tmp_path / "own.py"
    own.write_text(OWN)
    ask = Step(at_ns=0, do="request", what="s1", source="toyosu", target="mitaka", rate_gbps=100.0)
    steps = (
        ask,
        Step(at_ns=1, do="cut", what="otemachi-shinjuku"),
        replace(ask, at_ns=2, what="s2", target="inzai"),
        Step(at_ns=3, do="repair", what="otemachi-shinjuku"),
        Step(at_ns=200 * NS_PER_S, do="move", what="s1", source="toyosu"),
        Step(at_ns=201 * NS_PER_S, do="lose", what="controller"),
    )
    task = Task(
        topology=METRO, transceivers=4, seed=1, number=0, count=100, steps=24, own=(str(own),), signature="nobody-moves"
    )
    whole = Failure(
        signature="nobody-moves",
        invariant="nobody-moves",
        what="",
        place="played",
        at_ns=0,
        scenario=Scenario(steps=steps),
        index=0,
    )
    assert searching._without(task, whole).scenario.steps == (steps[0], steps[4])
