# SPDX-License-Identifier: BSD-3-Clause
"""A scenario: steps at instants, and how slow the controller's ways to sites are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal

from apnemu.units import NS_PER_S

Do = Literal["request", "release", "move", "cut", "lose", "sag", "repair"]
CONTROLLER = "controller"
LIGHT: tuple[Do, ...] = ("request", "release", "move")
GROUND: tuple[Do, ...] = ("cut", "lose", "sag", "repair")
MOST_REST_NS = 3_600 * NS_PER_S
"""Time after the last thing that happens by itself, by which a network is at rest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Event or request, `at_ns` after the scenario begins.

    `what` is a service of light that is asked for, released or moved; a fibre, a site or `controller` otherwise: fibres
    are cut and sag (by `db`), sites and the controller are lost, all are repaired. A request has its two ends, its rate
    and protection, and may be booked: from `start_ns` until `end_ns`, counted as `at_ns`.
    """

    at_ns: int
    do: Do
    what: str
    source: str = ""
    target: str = ""
    rate_gbps: float = 0.0
    protection: str = "none"
    start_ns: int | None = None
    end_ns: int | None = None
    db: float = 0.0

    def to_plain(self) -> dict[str, Any]:
        """Members that say something, for a file."""
        kept = {one.name: one.default for one in fields(self)}
        return {name: value for name, value in asdict(self).items() if value != kept[name] or name == "at_ns"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """Steps in the order of their instants, and sites whose way to the controller takes longer, by ns one way."""

    steps: tuple[Step, ...]
    slow_ns: Mapping[str, int] = field(default_factory=dict)

    @property
    def last_ns(self) -> int:
        """Instant of the last step."""
        return max((step.at_ns for step in self.steps), default=0)

    @property
    def over_ns(self) -> int:
        """Instant of the last thing that happens by itself: a step, or the begin or end of light that is booked."""
        booked = [ns for step in self.steps for ns in (step.start_ns, step.end_ns) if ns is not None]
        return max([self.last_ns, *booked])

    def to_plain(self) -> dict[str, Any]:
        """Scenario as JSON has it."""
        return {"steps": [step.to_plain() for step in self.steps], "slow_ns": dict(self.slow_ns)}


def read(plain: Mapping[str, Any]) -> Scenario:
    """Read a scenario that `to_plain` has written.

    >>> one = Scenario(steps=(Step(at_ns=0, do="cut", what="a-b"),), slow_ns={"a": 1000})
    >>> read(one.to_plain()) == one
    True
    """
    steps = tuple(Step(**step) for step in plain["steps"])
    return Scenario(steps=steps, slow_ns=dict(plain["slow_ns"]))
