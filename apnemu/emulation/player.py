# SPDX-License-Identifier: BSD-3-Clause
"""Plays the stages of a blueprint on a Net, one after another, and writes down what is seen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from apnemu.emulation.controller import Controller
from apnemu.emulation.ends import Ends
from apnemu.emulation.hand import Hand, Tell, nobody
from apnemu.emulation.loop import FOREVER_NS, Loop, is_virtual, now_ns
from apnemu.emulation.net import Net
from apnemu.emulation.notes import Notes
from apnemu.emulation.play import PLAYERS
from apnemu.emulation.play.arrivals import send_frames
from apnemu.emulation.play.playing import Playing, Scene
from apnemu.emulation.play.probes import Echoes
from apnemu.errors import LabError, LateError
from apnemu.model.activities import Activity, Probes, UnknownActivity
from apnemu.model.scenario import LEAD_NS, LEARNING_GAP_NS, LEARNING_ROUNDS, SETTLE_NS, Stage
from apnemu.units import VirtualNs, ns_to_us

WARM_UP_ROUNDS = 2
WARM_UP_GAP_NS = VirtualNs(2_000_000)


class Player:
    """Plays everything that a blueprint says, once its network stands."""

    def __init__(
        self,
        net: Net,
        folder: Path,
        notes: Notes,
        controller: Controller | None,
        *,
        tell: Tell = nobody,
        hand: Hand | None = None,
    ) -> None:
        namespaces = {host.name: net[host.name].namespace for host in net.blueprint.hosts}
        ends = Ends(net.blueprint, namespaces)
        self._scene = Scene(
            net=net,
            folder=folder,
            notes=notes,
            controller=controller,
            ends=ends,
            namespaces=namespaces,
            tell=tell,
            hand=hand or Hand(),
        )

    def play(self) -> None:
        self._warm_up()
        for stage in self._scene.blueprint.stages:
            play_stage(self._scene, stage)

    def _warm_up(self) -> None:
        """Let every path see packets, so that no lookup in a switch is part of a measurement.

        Where light is on demand there is none yet.
        """
        if self._scene.blueprint.transceivers:
            return
        players = [kind(self._scene, stage) for stage in self._scene.blueprint.stages for kind in PLAYERS]
        macs: dict[str, list[str]] = {}
        for interface, mac in dict.fromkeys(frame for player in players for frame in player.frames()):
            macs.setdefault(interface, []).append(mac)
        for interface, known in macs.items():
            send_frames(interface, known)
        pairs = tuple(dict.fromkeys(pair for player in players for pair in player.pairs()))
        if not pairs:
            return
        loop = Loop()
        learns = self._scene.controller is not None and not self._scene.controller.is_own()
        rounds, gap_ns = (LEARNING_ROUNDS, LEARNING_GAP_NS) if learns else (WARM_UP_ROUNDS, WARM_UP_GAP_NS)
        plan = Probes(pairs=pairs, count=rounds, gap_ns=gap_ns)
        echoes = Echoes(plan, self._scene.ends, self._scene.blueprint.seed)
        loop.run(echoes.start(loop, now_ns() + LEAD_NS) + SETTLE_NS)
        echoes.close(loop)
        loop.close()


def play_stage(scene: Scene, stage: Stage, kinds: Sequence[Callable[[Scene, Stage], Playing]] = PLAYERS) -> None:
    """Play one stage; `Playing` says what is done when, `PLAYERS` in which order.

    Raises LabError for an activity of an unknown kind, and LateError for a stage that is not ready in time.
    """
    for unknown in stage.of(UnknownActivity):
        raise LabError(
            f"stage {stage.phase!r} has an activity {unknown.kind!r}; known are {', '.join(Activity.kinds)}; add its"
            " player to the table of emulation.play"
        )
    scene.notes.phase, scene.notes.load = stage.phase, stage.load
    scene.tell("stage", stage.phase)
    players = [kind(scene, stage) for kind in kinds]
    try:
        _play(stage, players)
    except BaseException:  # whoever catches it goes on with the network, so nothing stays open
        loop = Loop()
        for player in reversed(players):
            with suppress(Exception):
                player.close(loop)
        loop.close()
        raise


def _play(stage: Stage, players: list[Playing]) -> None:
    for player in players:
        player.prepare()
    loop = Loop()
    begun_ns = now_ns()
    start_ns = begun_ns + stage.lead_ns
    end_ns = start_ns + stage.duration_ns
    for player in players:
        end_ns = max(end_ns, player.start(loop, start_ns))
    if (late_ns := loop.overdue_ns()) > 0 and is_virtual():
        raise LateError(
            f"stage {stage.phase!r} was ready {ns_to_us(late_ns):,.1f} us after its first event was due; its "
            f"{len(stage.activities)} activities have {ns_to_us(stage.lead_ns):,.0f} us for that; put fewer into one"
        )
    loop.run(end_ns)
    players.reverse()
    for player in players:
        if happened := player.awaited():
            loop.run(FOREVER_NS, unless=happened)
    for player in players:
        player.stop(loop)
    loop.run(end_ns + SETTLE_NS)
    for player in players:
        player.settle(loop)
        player.note()
        player.close(loop)
    loop.close()
