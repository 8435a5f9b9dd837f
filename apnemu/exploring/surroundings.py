# SPDX-License-Identifier: BSD-3-Clause
"""Surroundings of the controller in a world: its disk, its desk, its ways to devices. No thread, no socket, no file."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from apnemu.blueprint.document import Blueprint
from apnemu.controllers.apn import Apn, Entry
from apnemu.controllers.desk import Work
from apnemu.controllers.northbound import Northbound
from apnemu.controllers.orders import Order

T = TypeVar("T")


class Later(Exception):  # noqa: N818  # no error: it brings a piece of work out of the northbound's depth
    """Work that a desk does later, at the instant that `when` gives."""

    def __init__(self, work: Work[Any], when: Callable[[int], int]) -> None:
        super().__init__("work that is done later")
        self.work, self.when = work, when


class Outside(Protocol):
    """The part of a world that the controller's surroundings need."""

    now_ns: int
    blueprint: Blueprint
    disks: dict[str, Disk]
    desk: Desk | None

    def wake(self) -> None:
        """See to it that the desk works when something is due there."""

    def tell(self, site: str, orders: Sequence[Order], number: int, answered: Callable[[str, int], None]) -> None:
        """Give a site's transponders orders, which they answer."""

    def serve(self, northbound: Northbound) -> None:
        """Take requests."""


@dataclass(slots=True)
class Disk:
    """Journal that outlives its controller."""

    lines: list[Entry] = field(default_factory=list)

    def entries(self) -> Iterable[Entry]:
        """Entries, each a copy."""
        return json.loads(json.dumps(self.lines))  # type: ignore[no-any-return]

    def write(self, entry: Entry) -> None:
        """Append a copy of an entry."""
        self.lines.append(json.loads(json.dumps(entry)))


class Desk:
    """Desk that works at once, or hands work out to be done at its instant."""

    def __init__(self, world: Outside, apn: Apn, changed: Callable[[], None]) -> None:
        self._world, self.apn, self.changed = world, apn, changed

    def post(self, call: Callable[[int], None]) -> None:
        """Do a call now."""
        call(self._world.now_ns)
        self.changed()
        self._world.wake()

    def look(self, work: Work[T]) -> T:
        """Read the state."""
        return work(self.apn, self._world.now_ns)

    def decide(self, work: Work[T]) -> T:
        """Have work done when it is computed. Raises Later."""
        raise Later(work, self.apn.computed_ns)

    def after(self, work: Work[T], takes_ns: int) -> T:
        """Have work done after a time. Raises Later."""
        raise Later(work, lambda now_ns: now_ns + takes_ns)

    def tell(self, work: Work[T]) -> T:
        """Take in what has happened."""
        self.apn.run(self._world.now_ns)
        done = work(self.apn, self._world.now_ns)
        self.changed()
        self._world.wake()
        return done

    def wait(self, work: Work[bool], most_ns: int) -> None:
        """Return at once: a world is looked at when it is at rest."""


class Telling:
    """Ways to the transponders of all sites."""

    def __init__(self, world: Outside, answered: Callable[[str, int], None]) -> None:
        self._world, self._answered = world, answered

    def tell(self, site: str, orders: Sequence[Order], number: int) -> None:
        """Send orders on their way."""
        self._world.tell(site, orders, number, self._answered)


class Around:
    """Surroundings of the controller in a world."""

    def __init__(self, world: Outside) -> None:
        self._world = world

    def blueprint(self) -> Blueprint:
        """Blueprint of the world."""
        return self._world.blueprint

    def disk(self, name: str) -> Disk:
        """Journal of that name, as an earlier life of the controller has left it."""
        return self._world.disks.setdefault(name, Disk())

    def now_ns(self) -> int:
        """Instant of the world."""
        return self._world.now_ns

    def desk(self, apn: Apn, changed: Callable[[], None]) -> Desk:
        """Desk of this life."""
        self._world.desk = Desk(self._world, apn, changed)
        return self._world.desk

    def transponders(self, addresses: Mapping[str, str], answered: Callable[[str, int], None]) -> Telling:
        """Ways to the transponders."""
        return Telling(self._world, answered)

    def serve(self, northbound: Northbound, counts: dict[str, int]) -> None:
        """Take requests from now on."""
        self._world.serve(northbound)

    def note(self, line: str) -> None:
        """Drop a line of the log, which nobody reads."""
