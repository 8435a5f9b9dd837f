# SPDX-License-Identifier: BSD-3-Clause
"""Looks of a lab, made from a world's own state, are judged as the world is; what is put wrong in them is found."""

from __future__ import annotations

import copy
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from apnemu.controllers.rules import Rule
from apnemu.exploring import confirming
from apnemu.exploring import file as scenario_file
from apnemu.exploring.boots import Boot, Seen
from apnemu.exploring.confirming import HOST_ONLY, SHARED_ONLY, confirm
from apnemu.exploring.lab_judging import Broken, judge
from apnemu.exploring.network import network
from apnemu.exploring.scenario import LIGHT, Scenario, Step
from apnemu.exploring.search import Task, search
from apnemu.exploring.view import accepted
from apnemu.exploring.world import World
from tests.compiled import TOPOLOGIES

BLUEPRINT = network(str(TOPOLOGIES / "three-sites.yaml"))
SCENARIO = Scenario(
    steps=(
        Step(at_ns=0, do="request", what="s1", source="tokyo", target="nagoya", rate_gbps=100.0),
        Step(at_ns=1000, do="request", what="s2", source="tokyo", target="osaka", rate_gbps=100.0),
        Step(at_ns=300_000_000_000, do="cut", what="nagoya-osaka"),
    )
)
TRACEBACK = '  File "/x/apnemu/controllers/work.py", line 3, in begin\n    x()\nKeyError: 1'


def text(rule: Rule) -> str:
    """Rule as Open vSwitch writes it."""
    fields = [f"priority={rule.priority}", f"in_port={rule.port_in}"] + ([f"dl_vlan={rule.tag}"] if rule.tag else [])
    actions = []
    for step in rule.actions:
        if step[0] == "push":
            actions += ["push_vlan:0x8100", f"set_field:{4096 + step[1]}->vlan_vid"]
        else:
            actions.append("pop_vlan" if step[0] == "pop" else f"output:{step[1]}")  # type: ignore[misc]
    return ",".join([*fields, "actions=" + ",".join(actions)])


def look(world: World) -> dict[str, Any]:
    """Look at a world as a lab's guest does."""
    ground = world.ground
    names = {switch.dpid: switch.name for switch in BLUEPRINT.switches}
    frames = []
    for client in ground.orders:
        came = [[*one, 1] for one in ground.follow(client).came if ground.receives(one)]
        frames.append({"from": list(client), "came": came})
    return {
        "services": world.services(),
        "tables": {names[dpid]: [text(rule) for rule in table.values()] for dpid, table in ground.tables.items()},
        "orders": [asdict(order) for order in ground.orders.values()],
        "frames": frames,
    }


def seen() -> tuple[dict[str, Any], dict[str, Any]]:
    """Outcome and journals of the scenario, as a lab would have them."""
    world = World(BLUEPRINT, {})
    world.begin()
    world.play(SCENARIO)
    looks, journals = {}, {}

    def keep(place: str) -> None:
        looks[place] = look(world)
        journals[place] = {"at_ns": world.now_ns, "lines": copy.deepcopy(world.journal)}

    keep("played")
    world.mend()
    keep("mended")
    world.restart()
    keep("restarted")
    asked = [number for number, step in enumerate(SCENARIO.steps) if step.do in LIGHT]
    answers = [{"step": number, "status": 201, "again": False, "errors": []} for number in asked]
    for step in accepted(world).values():
        world.do(Step(at_ns=0, do="release", what=step.what, source=step.source), world.now_ns)
    world.rest()
    keep("released")
    return {"looks": looks, "answers": answers}, journals


OUTCOME, JOURNALS = seen()


def broken(outcome: dict[str, Any]) -> list[tuple[str, str]]:
    return [(one.signature, one.place) for one in judge(BLUEPRINT, SCENARIO, outcome, JOURNALS)]


def test_what_is_right_breaks_nothing() -> None:
    assert broken(OUTCOME) == []


def test_a_lost_frame_a_lost_rule_and_a_raised_error_are_found() -> None:
    wrong = copy.deepcopy(OUTCOME)
    wrong["looks"]["played"]["frames"][0]["came"] = []
    assert broken(wrong) == [("frames-arrive", "played")]
    wrong = copy.deepcopy(OUTCOME)
    next(table for table in wrong["looks"]["mended"]["tables"].values() if table).pop()
    assert ("devices-as-decided", "mended") in broken(wrong)
    wrong = OUTCOME | {"raised": [TRACEBACK]}
    assert broken(wrong) == [("controller-stands: KeyError in work.begin", "released")]
    assert broken(OUTCOME | {"error": "LabError: x"}) == [("lab-stands", "released")]


def test_a_request_that_is_made_again_may_have_been_heard() -> None:
    again = copy.deepcopy(OUTCOME)
    again["answers"][0] |= {"status": 409, "again": True, "errors": [{"error-tag": "data-exists"}]}
    assert broken(again) == []
    again["answers"][0]["again"] = False
    assert broken(again) == [("accepted-is-kept", "played")]


@pytest.mark.parametrize(
    ("shared", "fresh", "wanted"),
    [(True, True, (True, "")), (False, True, (False, HOST_ONLY)), (True, False, (False, SHARED_ONLY))],
)
def test_only_what_fresh_boots_show_is_confirmed(
    shared: bool, fresh: bool, wanted: tuple[bool, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = Broken(signature="x", invariant="x", place="played", what="it broke")
    played = Seen(outcome={"shared": True}, journals={}, sha256="abc")
    boots = [Boot(seen=(played,), compared=2, differed=(), wall_s=1.0)]
    monkeypatch.setattr(confirming, "in_boots", lambda *rest: ([played], boots))
    monkeypatch.setattr(
        confirming, "boot", lambda *rest, **more: Boot(seen=(alone,), compared=0, differed=(), wall_s=1)
    )
    alone = Seen(outcome={}, journals={}, sha256="abc")
    monkeypatch.setattr(
        confirming, "judge", lambda _, scenario, outcome, *rest: [one] if (shared if outcome else fresh) else []
    )
    done = confirm(BLUEPRINT, [("x", "x", SCENARIO)], [], tmp_path, lambda line: None)
    assert (done.verdicts[0].confirmed, done.verdicts[0].why) == wanted
    assert done.counts["set_back_compared"] == 2
    assert [done.counts[key] for key in ("confirmed", "host_only", "shared_only")] == [
        shared and fresh,
        not shared,
        shared and not fresh,
    ]


def test_a_sample_is_the_same_again_and_a_file_says_whether_it_is_confirmed(tmp_path: Path) -> None:
    task = Task(
        topology=str(TOPOLOGIES / "three-sites.yaml"), transceivers=4, seed=3, number=0, count=12, steps=6, sample=3
    )
    first = search(task)
    assert len(first.passed) == 3
    assert list(first.passed) == sorted(first.passed) == list(search(task).passed)
    kept = scenario_file.Kept(scenario=SCENARIO, topology="x", transceivers=4, confirmed=True, sha256="abc")
    file = tmp_path / "one.yaml"
    file.write_text(scenario_file.write(kept))
    assert scenario_file.read(file)[0] == kept


def test_what_is_seen_between_looks_is_judged() -> None:
    """Two rules that send into one slot at the end of an instant are too many; one that has gone by then is not."""
    name = BLUEPRINT.switches[0].name
    one, other = (f"in_port={port},actions=push_vlan:0x8100,set_field:4097->vlan_vid,output:9" for port in (1, 2))
    assert broken(OUTCOME | {"unlit": [0]}) == [("lit-in-time", "its declared time")]
    assert broken(OUTCOME | {"restless": "it goes on"}) == [("comes-to-rest", "played")]
    assert broken(OUTCOME | {"changes": {name: [[["+", one]], [["+", other]]]}}) == [
        ("one-light-a-slot", "every instant")
    ]
    assert broken(OUTCOME | {"changes": {name: [[["+", one]], [["+", other], ["-", one]]]}}) == []
