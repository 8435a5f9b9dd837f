"""Plays the stages of a blueprint on a Net, one after another, and writes down what is seen."""

from __future__ import annotations

from pathlib import Path

from apnemu.blueprint.document import Blueprint
from apnemu.emulation import shaping
from apnemu.emulation.apps.supervisor import Applications
from apnemu.emulation.capture import Capture
from apnemu.emulation.controller import Controller, Losses
from apnemu.emulation.ends import Ends
from apnemu.emulation.failures import Failures
from apnemu.emulation.flows import Flows
from apnemu.emulation.loads import Injecting, Saturating, send_frames
from apnemu.emulation.loop import Loop, now_ns
from apnemu.emulation.net import Net
from apnemu.emulation.notes import Notes
from apnemu.emulation.probes import Probing
from apnemu.emulation.requests import Requesting
from apnemu.emulation.routers import Routers
from apnemu.emulation.sags import Sags
from apnemu.emulation.trains import Trains
from apnemu.model.activities import (
    Application,
    Arrivals,
    Event,
    Flow,
    Pair,
    Probes,
    Request,
    Retune,
    Routing,
    Saturation,
    Train,
)
from apnemu.model.scenario import LEAD_NS, SETTLE_NS, Stage
from apnemu.units import VirtualNs

WARM_UP_ROUNDS = 2
WARM_UP_GAP_NS = 2_000_000
FOREVER_NS = 1 << 62
"""Each application has a limit of its own."""


class Player:
    """Everything that a guest does once its network stands."""

    def __init__(self, net: Net, folder: Path, notes: Notes, controller: Controller | None) -> None:
        self._net = net
        self._controller = controller
        self._blueprint: Blueprint = net.blueprint
        self._folder = folder
        self._notes = notes
        self._namespaces = {host.name: net[host.name].namespace for host in self._blueprint.hosts}
        self._addresses = {host.name: host.address for host in self._blueprint.hosts}
        self._ends = Ends(self._blueprint, self._namespaces)

    def play(self) -> None:
        self._warm_up()
        for stage in self._blueprint.stages:
            self._play(stage)

    def _warm_up(self) -> None:
        """Let every path see packets, so that no lookup in a switch is part of a measurement.

        Where light is on demand there is none yet.
        """
        if self._blueprint.transceivers:
            return
        pairs: list[Pair] = []
        for stage in self._blueprint.stages:
            pairs += [pair for probes in stage.of(Probes) for pair in probes.pairs]
            pairs += [(flow.source, flow.target) for flow in stage.of(Flow)]
            pairs += [(load.source, load.target) for load in stage.of(Saturation)]
            sites = list(dict.fromkeys(application.site for application in stage.of(Application)))
            pairs += [(a, b) for a in sites for b in sites if a != b and self._ends.joins(a, b)]
        for site in dict.fromkeys(arrivals.site for stage in self._blueprint.stages for arrivals in stage.of(Arrivals)):
            self._warm_up_injections(site)
        unique = tuple(dict.fromkeys(pairs))
        if not unique:
            return
        loop = Loop()
        plan = Probes(pairs=unique, count=WARM_UP_ROUNDS, gap_ns=VirtualNs(WARM_UP_GAP_NS))
        probing = Probing(plan, self._ends, self._blueprint.seed)
        loop.run(probing.start(loop, now_ns() + LEAD_NS) + SETTLE_NS)
        probing.close(loop)
        loop.close()

    def _warm_up_injections(self, site: str) -> None:
        """One frame for each port that load may leave a site's router by."""
        switch = next(switch for switch in self._blueprint.switches if switch.site == site)
        macs = [injection.mac for injection in self._blueprint.injections if injection.dpid == switch.dpid]
        interface = next(wire.a.interface for wire in self._blueprint.wires if wire.name == f"load@{site}")
        send_frames(interface, macs)

    def _play(self, stage: Stage) -> None:
        self._notes.phase, self._notes.load = stage.phase, stage.load
        routing = next(iter(stage.of(Routing)), None)
        probes = next(iter(stage.of(Probes)), None)
        events = stage.of(Event)
        routers = Routers(self._net, routing) if routing and self._blueprint.routers else None
        if routers:
            routers.start()
        loop = Loop()
        start = now_ns() + LEAD_NS
        end = start + stage.duration_ns
        before = self._net.drops()
        counted = Sinks(self._net, stage)
        capture = Capture(self._folder, stage, start, self._net, self._notes)
        saturating = Saturating(stage.of(Saturation), self._ends, self._blueprint.mtu_bytes)
        injecting = [self._injecting(arrivals) for arrivals in stage.of(Arrivals)]
        flows = Flows(stage.of(Flow), self._ends)
        saturating.start(loop, start)
        full = FullLines(self._net, self._ends, stage)
        loop.at(start + (probes.after_ns if probes else 0), full.begin)
        for injector in injecting:
            injector.start(loop, VirtualNs(start))
        flows.start(loop, start)
        failures = Failures(self._net, events, self._notes)
        failures.start(loop, start)
        sags = Sags(self._blueprint, events)
        sags.start(loop, start)
        losses = Losses(self._controller, events, self._notes)
        losses.start(loop, start)
        applications = Applications(stage, self._addresses, self._namespaces, self._folder)
        applications.start(loop, start)
        trains = Trains(self._net, stage.of(Train), stage.of(Retune))
        trains.start(loop, start)
        requesting = Requesting(stage.of(Request), self._blueprint, self._namespaces)
        requesting.start(loop, start)
        probing = Probing(probes, self._ends, self._blueprint.seed) if probes else None
        if probing:
            end = max(end, probing.start(loop, start))
        loop.run(end)
        if stage.of(Application):
            loop.run(FOREVER_NS, unless=applications.done)
            applications.end(loop)
            for injector in injecting:
                injector.stop()
        if stage.of(Request):
            loop.run(FOREVER_NS, unless=requesting.done)
        full.note(self._notes)
        saturating.stop()
        flows.stop(loop)
        loop.run(end + SETTLE_NS)
        flows.close(loop)
        flows.note(self._notes)
        applications.close(loop)
        applications.note(self._notes)
        if probing:
            probing.close(loop)
            probing.note(self._notes)
        trains.close(loop)
        trains.note(self._notes)
        for injector in injecting:
            injector.close()
        losses.close(loop)
        requesting.end(loop, ask=bool(events and self._blueprint.transceivers))
        loop.run(FOREVER_NS, unless=requesting.ended)
        requesting.note(self._notes)
        requesting.close()
        sags.close(loop)
        failures.close()
        if routers:
            routers.close()
        loop.close()
        capture.close()
        self._note_queues(before, start, stage.duration_ns)
        counted.note(self._notes, start)

    def _injecting(self, arrivals: Arrivals) -> Injecting:
        wire = next(wire for wire in self._blueprint.wires if wire.name == f"load@{arrivals.site}")
        netlink = self._net.netlink("")
        shaping.pace(netlink, self._net.index(wire.a))
        netlink.flush()
        return Injecting(arrivals, self._folder, wire.a.interface)

    def _note_queues(self, before: dict[str, int], start_ns: int, duration_ns: int) -> None:
        """The stage's time, and each port that dropped frames in it."""
        self._notes.write("queue", name="all", at_ns=start_ns, duration_ns=duration_ns, drops=0)
        for interface, count in self._net.drops().items():
            if count > before[interface]:
                self._notes.write("queue", name=interface, at_ns=start_ns, drops=count - before[interface])


class Sinks:
    """How many of the injected frames came out where they were to: were any lost?"""

    def __init__(self, net: Net, stage: Stage) -> None:
        self._net = net
        self._arrivals = [arrivals for arrivals in stage.of(Arrivals) if arrivals.sink]
        self._before = net.taken_out() if self._arrivals else {}

    def note(self, notes: Notes, at_ns: int) -> None:
        after = self._net.taken_out() if self._arrivals else {}
        for plan in self._arrivals:
            came = after[plan.sink] - self._before[plan.sink]
            notes.write(
                "queue",
                name="injected",
                source=plan.site,
                target=plan.sink,
                at_ns=at_ns,
                sent=plan.frames,
                drops=plan.frames - came,
            )


class FullLines:
    """How many bytes the transceivers of full lightpaths send while the probes go: were they full?"""

    def __init__(self, net: Net, ends: Ends, stage: Stage) -> None:
        self._net = net
        both = [
            pair for plan in stage.of(Saturation) for pair in ((plan.source, plan.target), (plan.target, plan.source))
        ]
        self._lines = [(pair, *ends.between(*pair)) for pair in both]
        self._before: dict[tuple[str, str], int] = {}
        self._since_ns = 0

    def begin(self) -> None:
        if self._lines:
            self._before, self._since_ns = self._net.sent_bytes(), now_ns()

    def note(self, notes: Notes) -> None:
        if not self._lines:
            return
        after, until_ns = self._net.sent_bytes(), now_ns()
        for (source, target), near, far in self._lines:
            line = (near.name, next(peer.interface for peer in near.peers if peer.address == far.address))
            notes.write(
                "interval",
                name="full",
                source=source,
                target=target,
                at_ns=self._since_ns,
                bytes=after[line] - self._before[line],
                duration_ns=until_ns - self._since_ns,
            )
