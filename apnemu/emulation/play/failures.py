# SPDX-License-Identifier: BSD-3-Clause
"""Failures of fibres and sites: their wires go dark, and come back.

The interfaces at both ends of a dark fibre are switched off, so that Open vSwitch reports the port's status and a
router's kernel its link. Frames on the fibre are lost: the kernel empties the queues of an interface that goes down.
A site that is lost loses its fibres, and its hosts the line to its ROADM or router.

*Not modelled:* where along a fibre it is cut. It goes dark along all its length at once, so that both ends see it at
that instant. A real cut is seen at each end as much later as light takes from it, and light beyond it still arrives.
"""

from __future__ import annotations

import json
import time
from functools import partial

from apnemu.blueprint.document import Wire
from apnemu.emulation import shaping
from apnemu.emulation.loop import Loop
from apnemu.emulation.netlink import ask, link_down, link_up
from apnemu.emulation.play.playing import Playing, Scene
from apnemu.emulation.transceivers import Light
from apnemu.model.activities import Event
from apnemu.model.scenario import Stage


class Failures(Playing):
    """Plays what the events of a stage do to wires, and knows which are dark at this instant."""

    def __init__(self, scene: Scene, stage: Stage) -> None:
        super().__init__(scene, stage)
        self._net = scene.net
        self._cut: dict[str, bool] = {}
        """Cut fibre -> whether its ends are left untold (`Event.silent`)."""
        self._lost: dict[str, bool] = {}
        """Lost site -> likewise."""
        self._dark: dict[str, bool] = {}
        """Dark wire -> whether its ends were left untold."""
        self._site = {host.name: host.site for host in scene.blueprint.hosts}
        self._site.update((switch.name, switch.site) for switch in scene.blueprint.switches)
        self._site.update((router.name, router.site) for router in scene.blueprint.routers)

        self._light: Light | None = None
        self._told: list[str] = []
        """Dark fibres, as the transponders' agent knows them."""

    def prepare(self) -> None:
        if self.stage.of(Event) and self.scene.blueprint.transceivers:
            self._light = Light()

    def close(self, loop: Loop) -> None:
        if self._light is not None:
            self._light.close()

    def start(self, loop: Loop, start_ns: int) -> int:
        for event in self.stage.of(Event):
            loop.at(start_ns + event.at_ns, partial(self.happens, event))
        self.scene.hand.does = self.happens
        return 0

    def stop(self, loop: Loop) -> None:
        """Take nothing more that is done by hand."""
        self.scene.hand.does = None

    def settle(self, loop: Loop) -> None:
        """Make every wire whole again."""
        self._cut.clear()
        self._lost.clear()
        self._apply()

    def happens(self, event: Event) -> None:
        """Do what an event does, at this instant."""
        if event.kind == "repair":
            for name in event.fibres:
                self._cut.pop(name, None)
            for name in event.sites:
                self._lost.pop(name, None)
        elif event.kind != "sag":  # see `sags`
            self._cut.update(dict.fromkeys(event.fibres, event.silent))
            self._lost.update(dict.fromkeys(event.sites, event.silent))
        detail = {"fibres": list(event.fibres), "sites": list(event.sites)}
        at_ns = time.clock_gettime_ns(time.CLOCK_REALTIME)
        self.scene.tell("event", at_ns, _words(event))
        self.scene.notes.write(
            "event",
            name=event.kind,
            source=event.what,
            at_ns=at_ns,
            detail=json.dumps(detail | ({"db": event.db} if event.kind == "sag" else {})),
        )
        self._apply()

    def _is_dark(self, wire: Wire) -> bool | None:
        """Whether the ends of a dark wire are left untold; None for a whole wire."""
        sites = [self._site[end.node] for end in (wire.a, wire.b) if end.node in self._site]
        causes = [self._lost[site] for site in sites if site in self._lost]
        if wire.kind == "fibre" and wire.name in self._cut:
            causes.append(self._cut[wire.name])
        return all(causes) if causes else None

    def _apply(self) -> None:
        """Set the wires whose state changes, in the blueprint's order."""
        touched: dict[str, None] = {}
        for wire in self._net.blueprint.wires:
            before, after = self._dark.get(wire.name), self._is_dark(wire)
            if before == after:
                continue
            if before is not None:
                touched.update(self._set(wire, dark=False, silent=before))
                del self._dark[wire.name]
            if after is not None:
                touched.update(self._set(wire, dark=True, silent=after))
                self._dark[wire.name] = after
        for node in touched:
            self._net.netlink(node).flush()
        dark = [wire.name for wire in self._net.blueprint.wires if wire.kind == "fibre" and wire.name in self._dark]
        self.scene.tell("dark", sorted(self._cut), sorted(self._lost))
        if self._light is None and dark and self._net.blueprint.transceivers:
            self._light = Light()  # a stage without events, and a fibre that is cut by hand
        if self._light is not None and dark != self._told:
            self._light.tell({"kind": "dark", "fibres": dark})
            self._told = dark

    def _set(self, wire: Wire, *, dark: bool, silent: bool) -> dict[str, None]:
        """Make a wire dark or whole; returns the nodes whose requests are queued.

        An interface that is switched off forgets its routes: a host's own is left on, and so is a router's to it.
        """
        silent = silent or (wire.kind == "access" and bool(self._net.blueprint.routers))
        ends = (wire.a, wire.b) if wire.kind == "fibre" or silent else (wire.b,)
        for end in ends:
            netlink, index = self._net.netlink(end.node), self._net.index(end)
            if silent:
                shaping.lose_all(netlink, index, end.sends, lost=dark)
            elif dark:
                ask(netlink, link_down, index)
            else:
                ask(netlink, link_up, index)
        return {end.node: None for end in ends}


def _words(event: Event) -> str:
    """What happens, for those who follow.

    >>> _words(Event(at_ns=0, kind="cut", what="a-b"))
    'cut a-b'
    """
    return event.what if event.what.startswith(event.kind) else f"{event.kind} {event.what}"
