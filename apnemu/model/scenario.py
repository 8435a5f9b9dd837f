# SPDX-License-Identifier: BSD-3-Clause
"""The stages of a run, one after another in virtual time, and the instants around them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeVar

from apnemu.model import activities
from apnemu.model.activities import Activity, Application, Pair, Probes, Routing
from apnemu.units import VirtualNs, ns_to_s, s_to_ns

START_EVERY_NS = VirtualNs(10_000_000_000)
"""Playing begins at a whole multiple of this on the lab's clock."""
LEAD_NS = VirtualNs(50_000_000)
"""Time between setting a stage up and its first event, for each `PARTS_A_LEAD` of its parts begun. Setting a part up
takes the player at most 50 us of system calls: twice over there is time."""
PARTS_A_LEAD = 500
SETTLE_NS = VirtualNs(500_000_000)
"""Time after a stage, in which all that is under way arrives or is given up, retransmissions included."""
LEARNING_ROUNDS, LEARNING_GAP_NS = 4, VirtualNs(500_000_000)
"""Rounds before the first stage for an application that is not ours, which may learn from each, and the time that it
has after each pair: one is over before the next."""
A = TypeVar("A", bound=Activity)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A stage of a run: its activities start together, and the next stage begins when all is quiet.

    `load` labels the records. Flows without a size, and load, last for `duration_ns`. The stage goes on until all jobs
    among its applications have ended. When it is over, what its events took is whole again; the rates of lines that it
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

    @property
    def lead_ns(self) -> VirtualNs:
        """Time for setting the stage up: its parts are its activities, and the pairs that are probed."""
        parts = sum(len(part.pairs) if isinstance(part, Probes) else 1 for part in self.activities)
        return VirtualNs(LEAD_NS * (1 + parts // PARTS_A_LEAD))

    def of(self, kind: type[A]) -> tuple[A, ...]:
        """The stage's activities of one kind, in their order."""
        return tuple(activity for activity in self.activities if isinstance(activity, kind))


def planned_virtual_s(stages: tuple[Stage, ...], *, learns: bool = False, settle_s: float | None = 0.0) -> float | None:
    """Estimate of the virtual time that a guest takes: until it begins, then each stage with the time around it.

    `learns`: an application that is not ours has the network, `settle_s` to converge, and learns from frames between
    all pairs that are played. None where nobody knows before: a stage goes on until its jobs have ended, or `settle_s`
    is None, until the application says that it is ready.
    """
    if settle_s is None or any(one.role == "job" for stage in stages for one in stage.of(Application)):
        return None
    begins_ns = ((START_EVERY_NS + s_to_ns(settle_s)) // START_EVERY_NS + 1) * START_EVERY_NS
    learning_ns = LEARNING_ROUNDS * len(_pairs(stages)) * LEARNING_GAP_NS if learns else 0
    stages_ns = sum(stage.lead_ns + stage.duration_ns + SETTLE_NS for stage in stages)
    return ns_to_s(begins_ns + LEAD_NS + learning_ns + SETTLE_NS + stages_ns)


def _pairs(stages: tuple[Stage, ...]) -> set[Pair]:
    """Pairs of sites between which frames are sent first."""
    probed = {pair for stage in stages for probes in stage.of(Probes) for pair in probes.pairs}
    return probed | {(flow.source, flow.target) for stage in stages for flow in stage.of(activities.Flow)}
