"""The stages of a run, one after another in virtual time, and the instants around them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeVar

from apnemu.model.activities import Activity, Probes, Routing
from apnemu.units import VirtualNs, ns_to_s

START_EVERY_NS = VirtualNs(10_000_000_000)
"""Playing begins at a whole multiple of this on the lab's clock."""
LEAD_NS = VirtualNs(50_000_000)
"""Between setting a stage up and its first event."""
SETTLE_NS = VirtualNs(500_000_000)
"""After a stage: whatever is still under way, retransmissions among it, arrives or is given up."""
A = TypeVar("A", bound=Activity)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One thing after another: all activities of a stage start together and the next stage begins when all is quiet.

    `load` labels the records; `duration_ns` is how long flows without a size, and load, go on. The stage goes on until
    all jobs among its applications have ended. When it is over, what its events took is whole again; lines that it
    retuned, and light that it asked for, stay. Raises ValueError for more than one `Probes` or `Routing`.
    """

    phase: str
    duration_ns: VirtualNs
    load: float | None = None
    observe: Literal["nothing", "waits"] = "nothing"
    activities: tuple[Activity, ...] = ()

    def __post_init__(self) -> None:
        for kind in (Probes, Routing):
            if len(self.of(kind)) > 1:
                raise ValueError(f"stage {self.phase!r} has {len(self.of(kind))} {kind.__name__}; it may have one")

    def of(self, kind: type[A]) -> tuple[A, ...]:
        """The stage's activities of one kind, in their order."""
        return tuple(activity for activity in self.activities if isinstance(activity, kind))


def planned_virtual_s(stages: tuple[Stage, ...]) -> float:
    """About how much virtual time a guest will take: until it begins, then each stage with what goes round it."""
    around_ns = LEAD_NS + SETTLE_NS
    return ns_to_s(2 * START_EVERY_NS + around_ns + sum(stage.duration_ns + around_ns for stage in stages))
