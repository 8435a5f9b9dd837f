# SPDX-License-Identifier: BSD-3-Clause
"""The protocol of a player: what the stage asks of whoever plays one kind of activity, and when.

A new kind of activity is one file here, with its value (a subclass of `model.activities.Activity`) and its player (a
subclass of `Playing`), and one line in the table of `emulation.play`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from apnemu.blueprint.document import Blueprint
from apnemu.emulation.controller import Controller
from apnemu.emulation.ends import Ends
from apnemu.emulation.hand import Hand, Tell, nobody
from apnemu.emulation.loop import Loop
from apnemu.emulation.net import Net
from apnemu.emulation.notes import Notes
from apnemu.model.activities import Pair
from apnemu.model.scenario import Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """The running network that all stages are played on, and the notes that all players write to.

    `namespaces` has the descriptor of each host's network namespace. `controller` is None where routers find their own
    way.
    """

    net: Net
    folder: Path
    notes: Notes
    controller: Controller | None
    ends: Ends
    namespaces: Mapping[str, int]
    tell: Tell = nobody
    """Hears at once of what is seen, where somebody follows the run."""
    hand: Hand = field(default_factory=Hand)

    @property
    def blueprint(self) -> Blueprint:
        return self.net.blueprint


class Playing:
    """Plays all activities of one kind in one stage. The methods stand in the order in which they are called.

    Every stage has a player of every kind, also where it has no activity of that kind. A subclass writes the methods
    that it needs; the others do nothing. Its constructor reads the stage and makes no system call: each takes virtual
    time, and a stage's first instant must not depend on what is in it.
    """

    def __init__(self, scene: Scene, stage: Stage) -> None:
        self.scene, self.stage = scene, stage

    def pairs(self) -> Sequence[Pair]:
        """Pairs of sites whose hosts will talk. Before the first stage each is probed, so that no switch on the way
        looks anything up later."""
        return ()

    def frames(self) -> Sequence[tuple[str, str]]:
        """(interface, destination MAC) of frames that are sent before the first stage, for the same reason."""
        return ()

    def prepare(self) -> None:
        """Bring up what takes virtual time of its own. The stage's first instant comes after all are prepared."""

    def start(self, loop: Loop, start_ns: int) -> int:
        """Open what is needed, and ask the loop for all that happens at or after `start_ns`.

        Returns the last instant that the stage must last until, whatever its duration; 0 is none.
        """
        return 0

    def awaited(self) -> Callable[[], bool] | None:
        """Whether what the stage goes on for beyond its duration has happened; None where it waits for nothing."""
        return None

    def stop(self, loop: Loop) -> None:
        """End what has no end of its own. What is under way has `SETTLE_NS` from the stage's end to arrive."""

    def settle(self, loop: Loop) -> None:
        """Make whole what the stage broke, and read what has yet to be read; may run the loop."""

    def note(self) -> None:
        """Write the records of what was seen. What must bear its own instant is written when it happens."""

    def close(self, loop: Loop) -> None:
        """Give back sockets, files and processes."""
