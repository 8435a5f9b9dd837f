# SPDX-License-Identifier: BSD-3-Clause
"""The program of a guest that is explored: a network stands, and scenarios are played on it one after another."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

from apnemu.emulation import switching
from apnemu.emulation.__main__ import PLAYER_PRIORITY
from apnemu.emulation.controller import Controller
from apnemu.emulation.ends import Ends
from apnemu.emulation.exploring.kept import Kept
from apnemu.emulation.exploring.playing import Play
from apnemu.emulation.exploring.seeing import Seeing
from apnemu.emulation.exploring.setting_back import differing, set_back, state
from apnemu.emulation.namespaces import plays_devices
from apnemu.emulation.notes import Notes
from apnemu.emulation.play.playing import Scene
from apnemu.emulation.standing import stand
from apnemu.errors import ApnemuError
from apnemu.model.steps import read

QUIET_AFTER_S = 2.0
"""Time in which Open vSwitch writes into its database what it has been told, before the database sleeps."""


class Silent(Notes):
    """Notes that nobody reads."""

    def write(self, kind: str, **seen: Any) -> None:
        """Write nothing."""


def quiet() -> None:
    """Stop the database of Open vSwitch, which wakes about every second: nothing is configured any more."""
    time.sleep(QUIET_AFTER_S)
    os.kill(int((switching.RUN / "ovsdb-server.pid").read_text()), signal.SIGSTOP)


def main(folder: Path) -> int:
    """Play all scenarios; end early after one that leaves the network otherwise than it was."""
    told = json.loads((folder / "explored.json").read_text())
    scenarios = [read(plain) for plain in told["scenarios"]]
    net, controller = stand(folder, print, start=Kept if told["keeps"] else Controller)
    assert controller is not None
    quiet()
    os.sched_setscheduler(0, os.SCHED_FIFO | os.SCHED_RESET_ON_FORK, os.sched_param(PLAYER_PRIORITY))
    plays_devices(os.getpid())
    namespaces = {host.name: net[host.name].namespace for host in net.blueprint.hosts}
    notes = Silent(folder / "records.jsonl", net.blueprint.network)
    ends = Ends(net.blueprint, namespaces)
    scene = Scene(net=net, folder=folder, notes=notes, controller=controller, ends=ends, namespaces=namespaces)
    play = Play(scene, Seeing(net), watches=not told["keeps"])
    before: dict[str, Any] = {}
    with (folder / "outcomes.jsonl").open("w") as outcomes, (folder / "journals.jsonl").open("w") as journals:
        for number, scenario in enumerate(scenarios):
            if told["compare_every"] and number % told["compare_every"] == 0:
                found = state(net, folder)
                before = before or found
                differs = differing(before, found)
                if number:
                    print(f"set back {json.dumps({'after': number, 'differs': differs})}", flush=True)
                if differs:
                    (folder / f"state-{number}.json").write_text(
                        json.dumps({name: [before[name], found[name]] for name in differs}, indent=1)
                    )
                    break
            outcome = play.play(scenario)
            outcomes.write(json.dumps(outcome, sort_keys=True) + "\n")
            outcomes.flush()
            journals.write(json.dumps(play.journals) + "\n")
            journals.flush()
            if not is_clean(outcome):
                break
            play.slow(scenario, on=False)
            set_back()
    if isinstance(controller, Kept):
        controller.end()
    else:
        controller.lose()
    return 0


def is_clean(outcome: dict[str, Any]) -> bool:
    """Whether a scenario went to its end and left nothing at any device: the network can be set back."""
    last = outcome["looks"].get("released")
    if "error" in outcome or "restless" in outcome or "raised" in outcome or last is None:
        return False
    return not last["orders"] and not last["services"] and not any(last["tables"].values())


if __name__ == "__main__":
    try:
        sys.exit(main(Path(sys.argv[1])))
    except ApnemuError as error:
        print(f"apnemu: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
