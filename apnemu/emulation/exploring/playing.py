# SPDX-License-Identifier: BSD-3-Clause
"""A scenario played on a network, with the players of `play`: played, mended, the controller restarted, all released.

At each of these places the network has time to come to rest, and is looked at.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from typing import Any

from apnemu.blueprint.document import Blueprint
from apnemu.blueprint.requests import service_uuid
from apnemu.emulation import dcn
from apnemu.emulation.exploring.asking import Asking, first_centre
from apnemu.emulation.exploring.kept import tell
from apnemu.emulation.exploring.seeing import Seeing
from apnemu.emulation.exploring.watching import Watching
from apnemu.emulation.loop import Loop, now_ns
from apnemu.emulation.play.failures import Failures
from apnemu.emulation.play.losses import Losses
from apnemu.emulation.play.playing import Playing, Scene
from apnemu.emulation.play.sags import Sags
from apnemu.emulation.standing import wait_for_a_round_instant
from apnemu.errors import ApnemuError, LabError
from apnemu.model.activities import Event
from apnemu.model.scenario import Stage
from apnemu.model.steps import CONTROLLER, GROUND, MOST_REST_NS, Scenario, Step
from apnemu.units import NS_PER_S, VirtualNs

BEGIN_EVERY_NS = 10 * NS_PER_S
LEAD_NS = NS_PER_S
"""Time between setting a scenario up and its first step: connections are opened in it, over slow ways too."""
SETTLE_NS = 5 * NS_PER_S
"""Time that messages, devices and switches have to come to rest, once the controller has nothing to do any more."""
TRACEBACK = b"Traceback (most recent call last):"


class PatientLosses(Losses):
    """Losses that look seldom at whether the controller is ready: each look wakes a daemon."""

    look_every_s = 0.5


class RestlessError(LabError):
    """A controller that always has something to do next."""


class Play:
    """Plays scenarios one after another, with everything that stays between them.

    `watches`: what happens between looks is seen too, which takes many system calls.
    """

    def __init__(self, scene: Scene, seeing: Seeing, *, watches: bool = False) -> None:
        self.scene, self._seeing, self._watches = scene, seeing, watches
        self.journals: dict[str, Any] = {}
        """Place -> what the last scenario's controller had on its disk there, and when."""
        self._log_bytes = 0

    def play(self, scenario: Scenario) -> dict[str, Any]:
        """Outcome of a scenario: its answers, and a look at each place; `error` or `restless` where it could not go on.

        Where it is watched: `changes` and `unlit` (`watching`), which have no instants either.
        """
        wait_for_a_round_instant(BEGIN_EVERY_NS)
        loop = Loop()
        outcome: dict[str, Any] = {"looks": {}}
        self.journals = {}
        self._log_bytes = self._log().stat().st_size
        players: list[Playing] = []
        watching: Watching | None = None
        try:
            watching = Watching(self.scene.net, loop, scenario) if self._watches else None
            asking = Asking(self.scene, scenario, None if watching is None else watching.answered)
            outcome["answers"] = asking.answers
            self._play(loop, scenario, asking, players, outcome["looks"], watching)
        except RestlessError as error:
            outcome["restless"] = str(error)
        except (ApnemuError, OSError) as error:
            outcome["error"] = f"{type(error).__name__}: {error}"
        if watching is not None:
            outcome |= {"changes": watching.changes, "unlit": watching.unlit}
            watching.close()
        for player in players:
            player.close(loop)
        loop.close()
        if raised := self._raised():
            outcome["raised"] = raised
        return outcome

    def _play(
        self,
        loop: Loop,
        scenario: Scenario,
        asking: Asking,
        players: list[Playing],
        looks: dict[str, Any],
        watching: Watching | None,
    ) -> None:
        scene, controller = self.scene, self.scene.controller
        assert controller is not None
        self.slow(scenario, on=True)
        stage = Stage(
            phase="explored", duration_ns=VirtualNs(0), activities=tuple(events(scene.blueprint, scenario.steps))
        )
        failures, sags, losses = Failures(scene, stage), Sags(scene, stage), PatientLosses(scene, stage)
        players += [failures, sags, losses]
        for player in players:
            player.prepare()
        start_ns = now_ns() + LEAD_NS
        if watching is not None:
            watching.begin(start_ns)
        for player in players:
            player.start(loop, start_ns)
        asking.start(loop, start_ns)
        loop.run(start_ns + scenario.over_ns)
        self._rest(loop, asking)
        self._look(loop, "played", looks)
        failures.settle(loop)
        losses.settle(loop)
        sags.settle(loop)
        self._rest(loop, asking)
        self._look(loop, "mended", looks)
        controller.lose()
        losses.settle(loop)
        self._rest(loop, asking)
        self._look(loop, "restarted", looks)
        sites = {service_uuid(step.what): step.source for step in scenario.steps if step.do == "request"}
        for service in looks["restarted"]["services"]:
            asking.release(loop, service["uuid"], sites.get(service["uuid"]) or first_centre(scene.blueprint))
        self._rest(loop, asking)
        self._look(loop, "released", looks)

    def slow(self, scenario: Scenario, *, on: bool) -> None:
        """Have messages to the scenario's slow sites take longer, or again as long as declared."""
        longer_ns = {site: ns * on for site, ns in scenario.slow_ns.items()}
        namespace = self.scene.net.controller_namespace
        if longer_ns and namespace is not None:
            dcn.slow(self.scene.blueprint, namespace, self.scene.namespaces, longer_ns)

    def _rest(self, loop: Loop, asking: Asking) -> None:
        """Let all come to rest; what was asked while there is a controller is answered by then.

        Raises RestlessError where there is no rest, LabError where something is never answered.
        """
        controller, until_ns = self.scene.controller, now_ns() + MOST_REST_NS
        assert controller is not None
        while True:
            loop.run(now_ns() + SETTLE_NS)
            if controller.lost:
                return
            controller.check_alive()
            due_ns = tell("due")
            if due_ns is None and not asking.waits:
                return
            if now_ns() > until_ns:
                limit = f"within {MOST_REST_NS // NS_PER_S} virtual seconds"
                if due_ns is not None:
                    raise RestlessError(f"no rest {limit}: the controller always has something to do next")
                raise LabError(f"{asking.waits} requests are not answered {limit}")
            if due_ns is not None:
                loop.run(now_ns() + max(0, due_ns - time.time_ns()))

    def _look(self, loop: Loop, place: str, looks: dict[str, Any]) -> None:
        assert self.scene.controller is not None
        if self.scene.controller.lost:
            return
        looks[place] = self._seeing.look(loop)
        lines = (self.scene.folder / "controller.journal").read_text().splitlines()
        self.journals[place] = {"at_ns": time.time_ns(), "lines": [json.loads(line) for line in lines]}

    def _raised(self) -> list[str]:
        """Errors that the controller's program has raised meanwhile: the last lines of each in its log."""
        with self._log().open("rb") as log:
            log.seek(self._log_bytes)
            parts = log.read().split(TRACEBACK)[1:]
        return [part.decode(errors="replace").strip()[:4000] for part in parts]

    def _log(self) -> Any:
        return self.scene.folder / "controller.log"


def events(blueprint: Blueprint, steps: Sequence[Step]) -> list[Event]:
    """Events of a stage that are a scenario's steps in the ground."""
    assert blueprint.plant is not None
    found = []
    for step in steps:
        if step.do not in GROUND:
            continue
        is_site, is_controller = step.what in blueprint.plant.site, step.what == CONTROLLER
        found.append(
            Event(
                at_ns=VirtualNs(step.at_ns),
                kind=step.do,  # type: ignore[arg-type]  # those of the ground are its kinds
                what=step.what,
                fibres=() if is_site or is_controller else (step.what,),
                sites=(step.what,) if is_site else (),
                controller=is_controller,
                db=step.db,
            )
        )
    return found
