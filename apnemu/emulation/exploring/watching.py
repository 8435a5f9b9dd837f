# SPDX-License-Identifier: BSD-3-Clause
"""What happens between looks, of a scenario that is played alone: switches' rules as they change, and light in time.

Open vSwitch itself tells of each rule that comes and goes (flow monitors of OpenFlow 1.3, by ovs-ofctl(8)). A request
that nothing disturbs is asked for once the declared times of its devices are over.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from contextlib import suppress
from functools import partial
from typing import Any

from apnemu.blueprint.declared import LATE_NS, is_held, lit_within_ns
from apnemu.blueprint.requests import LIST, SERVICES, service_uuid
from apnemu.emulation.calls import Call, Place
from apnemu.emulation.controller import CONSOLE
from apnemu.emulation.loop import READ, Loop, now_ns
from apnemu.emulation.net import Net
from apnemu.errors import LabError
from apnemu.model.steps import Scenario
from apnemu.planning.dcn import dcn
from apnemu.units import NS_PER_S

CHANGE = re.compile(r"^ event=(ADDED|DELETED|MODIFIED) (.*) (actions=\S*)$")
GONE = re.compile(r"^(reason|table|cookie)=")
"""Words of a change that are no part of its match."""
BEGIN_NS = 10 * NS_PER_S
"""Most time until a switch answers that it will tell of changes."""


class Watching:
    """Watches a scenario from now on. `changes` has for each switch its instants in their order, each with what came
    ("+") and went ("-") then; `unlit` the requests, by the number of their step, whose light came too late."""

    def __init__(self, net: Net, loop: Loop, scenario: Scenario) -> None:
        plant = net.blueprint.plant
        assert plant is not None
        self.changes: dict[str, list[list[list[str]]]] = {}
        self.unlit: list[int] = []
        self._plant, self._loop, self._scenario = plant, loop, scenario
        self._delay_ns = {site: ns + scenario.slow_ns.get(site, 0) for site, ns in dcn(plant).delay_ns.items()}
        self._begin_ns = 0
        self._at_ns: dict[str, int] = {}
        self._monitors: dict[str, subprocess.Popen[bytes]] = {}
        self._rest: dict[str, bytes] = {}
        self._waits: set[str] = set()
        for switch in net.blueprint.switches:
            self._monitor(switch.name)
        loop.run(now_ns() + BEGIN_NS, unless=lambda: not self._waits)
        if self._waits:
            raise LabError(f"switches do not tell of changes: {', '.join(sorted(self._waits))}")

    def begin(self, start_ns: int) -> None:
        """Take in at which instant the scenario's first step is."""
        self._begin_ns = start_ns

    def answered(self, number: int, document: Any) -> None:
        """Take in that a request was accepted just now; `document` is the answer to it.

        The answer's way to who asked is time that the light is granted beside its own.
        """
        (services,) = document.values()
        due_ns = now_ns() + lit_within_ns(self._plant, self._delay_ns, services[0]) + LATE_NS
        if is_held(self._scenario, self._scenario.steps[number], due_ns - self._begin_ns):
            self._loop.at(due_ns, partial(self._ask, number))

    def close(self) -> None:
        """End what watches."""
        for monitor in self._monitors.values():
            if monitor.stderr is not None and self._loop.watches(monitor.stderr.fileno()):
                self._loop.forget(monitor.stderr.fileno())
            monitor.kill()
            monitor.wait()
            for stream in (monitor.stdout, monitor.stderr):
                if stream is not None:
                    stream.close()

    def _monitor(self, name: str) -> None:
        command = ("ovs-ofctl", "-O", "OpenFlow13", "monitor", name, "watch:!initial")
        pipe = subprocess.PIPE
        monitor = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=pipe, stderr=pipe)
        assert monitor.stdout is not None and monitor.stderr is not None
        self._monitors[name] = monitor
        self._rest[name] = b""
        self._waits.add(name)
        self._loop.watch(monitor.stdout.fileno(), READ, partial(self._subscribed, name, monitor.stdout.fileno()))
        self._loop.watch(monitor.stderr.fileno(), READ, partial(self._told, name, monitor.stderr.fileno()))

    def _subscribed(self, name: str, descriptor: int, _: int) -> None:
        """The switch's answer is the only thing that comes by this way."""
        self._waits.discard(name)
        self._loop.forget(descriptor)

    def _told(self, name: str, descriptor: int, _: int) -> None:
        data = os.read(descriptor, 1 << 16)
        if not data:
            self._loop.forget(descriptor)
            return
        *lines, self._rest[name] = (self._rest[name] + data).split(b"\n")
        for line in lines:
            if change := CHANGE.match(line.decode()):
                self._changed(name, *change.groups())

    def _changed(self, name: str, event: str, match: str, actions: str) -> None:
        instants = self.changes.setdefault(name, [])
        if self._at_ns.get(name) != now_ns():
            self._at_ns[name] = now_ns()
            instants.append([])
        rule = ",".join([*(word for word in match.split(" ") if word and not GONE.match(word)), actions])
        instants[-1].append(["-" if event == "DELETED" else "+", rule])

    def _ask(self, number: int) -> None:
        """Ask whether light carries. A controller that does not answer has been lost: nothing is held then."""
        place = Place(namespace=None, address=CONSOLE[0], round_trip_ns=0)
        words = f"GET {SERVICES} HTTP/1.0\r\n\r\n".encode()
        Call(self._loop, place, words, partial(self._seen, number)).make()

    def _seen(self, number: int, status: int, content: bytes) -> None:
        with suppress(ValueError, KeyError):
            wanted = service_uuid(self._scenario.steps[number].what)
            for service in json.loads(content)[LIST] if status == 200 else ():
                if service["uuid"] == wanted and service["operational-state"] != "ENABLED":
                    self.unlit.append(number)
