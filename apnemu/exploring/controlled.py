# SPDX-License-Identifier: BSD-3-Clause
"""The controller's life: started, lost and started again, with its messages on their way to devices and back.

A message takes its declared way over the data communication network, longer where the scenario says so, and
connections keep their order. When the controller is lost, what is on its way to it is lost too, and what was sent
arrives; it is back `START_UP_NS` after it was started, reads its journal, and switches that connect say their ports and
then their tables.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from apnemu.blueprint.document import Blueprint
from apnemu.controllers.apn import Apn, Entry
from apnemu.controllers.lab import Lab
from apnemu.controllers.northbound import Northbound
from apnemu.controllers.orders import Order
from apnemu.controllers.rules import Rule
from apnemu.exploring.clock import Clock
from apnemu.exploring.surroundings import Around, Desk, Disk
from apnemu.exploring.switches import Ground
from apnemu.planning.dcn import dcn

START_UP_NS = 1_000_000_000
"""Time that a controller takes from its start until it speaks."""


class Controlled(Clock):
    """Devices, and a controller that lives, or does not."""

    def __init__(self, blueprint: Blueprint, slow_ns: Mapping[str, int]) -> None:
        super().__init__()
        assert blueprint.plant is not None
        self.blueprint, self.plant = blueprint, blueprint.plant
        self.ground = Ground(blueprint)
        self.delay_ns = {site: ns + slow_ns.get(site, 0) for site, ns in dcn(self.plant).delay_ns.items()}
        """Site -> way of a message to or from it."""
        self.disks: dict[str, Disk] = {}
        self.lab: Lab | None = None
        self.desk: Desk | None = None
        self.northbound: Northbound | None = None
        self.changed: set[int] = set()
        """Datapaths whose tables have changed since somebody looked."""
        self.lives_lost = 0
        self.life = 0
        """Number of the controller's life, or of the time without one."""
        self.site = {switch.dpid: switch.site for switch in blueprint.switches}
        self._woken_ns: int | None = None

    @property
    def apn(self) -> Apn:
        """State of the controller that runs."""
        assert self.desk is not None
        return self.desk.apn

    @property
    def has_controller(self) -> bool:
        """Whether there is a controller that takes requests."""
        return self.northbound is not None

    @property
    def journal(self) -> list[Entry]:
        """Journal on the controller's disk."""
        return self.disks["journal"].lines

    def due_ns(self) -> int | None:
        """Instant at which a receiver of 1+1 chooses by itself."""
        return self.ground.selectors.due_ns()

    def act(self) -> None:
        """Have receivers choose whose time has come."""
        self.ground.selectors.act(self.now_ns)

    def serve(self, northbound: Northbound) -> None:
        """Take requests from now on."""
        self.northbound = northbound

    def wake(self) -> None:
        """See to it that the desk works when something is due there."""
        assert self.desk is not None
        due_ns = self.desk.apn.due_ns()
        if due_ns is not None and (self._woken_ns is None or due_ns < self._woken_ns):
            self._woken_ns = due_ns
            self.at(due_ns, partial(self._work, self.life, due_ns))

    def _work(self, life: int, due_ns: int) -> None:
        if life != self.life or self.desk is None or self._woken_ns != due_ns:
            return
        self._woken_ns = None
        self.desk.apn.run(self.now_ns)
        self.desk.changed()
        self.wake()

    def start(self) -> None:
        """Begin a life of the controller."""
        self.life += 1
        self._woken_ns = None
        self.lab = Lab(Around(self), self._send)
        self.worked()
        for dpid, site in self.site.items():
            self.to_controller(site, partial(self._connected, dpid), ways=3)

    def _connected(self, dpid: int, lab: Lab) -> None:
        """A switch says its ports, and then its table."""
        for port, up in self.ground.ports(dpid):
            lab.port(dpid, port, up)
        lab.read_back(dpid, list(self.ground.tables[dpid].values()))

    def worked(self) -> None:
        """Have devices told what the desk's work has changed."""
        assert self.desk is not None
        self.desk.changed()
        self.wake()

    def lose(self) -> None:
        """End the controller's life without a warning."""
        self.lab = self.desk = self.northbound = None
        self.lives_lost += 1
        self.life += 1

    def back(self) -> None:
        """Start it where it is lost."""
        if self.lab is None:
            life = self.life
            self.at(self.now_ns + START_UP_NS, lambda: self.start() if life == self.life else None)

    def to_controller(self, site: str, call: Callable[[Lab], None], ways: int = 1) -> None:
        """Send what a site says on its way to the controller that lives now."""
        life = self.life

        def arrive() -> None:
            if life == self.life and self.lab is not None:
                call(self.lab)

        self.at(self.now_ns + ways * self.delay_ns[site], arrive)

    def _send(self, dpid: int, install: list[Rule], remove: list[Rule], number: int) -> None:
        site = self.site[dpid]

        def arrive() -> None:
            self.ground.install(dpid, install, remove)
            self.changed.add(dpid)
            if number:
                self.to_controller(site, lambda lab: lab.roadm_answered(dpid, number))

        self.at(self.now_ns + self.delay_ns[site], arrive)

    def tell(self, site: str, orders: Sequence[Order], number: int, answered: Callable[[str, int], None]) -> None:
        """Give a site's transponders orders, which they answer."""

        def arrive() -> None:
            self.ground.obey(orders, self.now_ns)
            if number:
                self.to_controller(site, lambda lab: answered(site, number))

        self.at(self.now_ns + self.delay_ns[site], arrive)
