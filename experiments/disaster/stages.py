# SPDX-License-Identifier: BSD-3-Clause
"""What is played for each hazard and number of poles: light to the keeper, frames and writes over it, the hazard."""

from __future__ import annotations

from dataclasses import dataclass, replace

from apnemu.experiments.disaster.cases import Case, Reach, cases, reaches
from apnemu.experiments.disaster.settings import Settings
from apnemu.experiments.failover.stages import BEFORE_NS, LIGHT_AFTER_NS, LIT_NS, dense
from apnemu.model.activities import Activity, Application, Event, Probes, Request
from apnemu.model.plant import Plant
from apnemu.model.scenario import Stage
from apnemu.planning.online import Asked
from apnemu.power.disaster import Struck
from apnemu.question.context import Context
from apnemu.question.light import request
from apnemu.units import NS_PER_S, VirtualNs, ns_to_s

PROGRAM = ("{python}", "-m", "apnemu.emulation.apps.copies")
WRITES_NS = 1_000_000_000
"""Least time for which writes are made before the hazard strikes."""
WINDOW_TRIPS = 40
"""Round trips for which they are made at least: TCP's window is as large as the path by then."""
KEEPS_NS = 1_000_000_000
"""Time after the hazard in which the keeper takes in what was under way."""
GAP_NS = VirtualNs(50_000_000)
"""Time between frames that are counted; where frames stop and come again others stand denser."""
ASKED_AFTER_NS = VirtualNs(1_000_000_000)
"""Time from the hazard until light is asked for between the pairs that are left: the controller has heard of it all."""
ROUNDS = 3
"""Frames between each pair that has light after the hazard."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """Instants of a case in ns after its stage begins: frames from `frames_ns` on, writes from `writes_ns` on, the
    hazard at `strikes_ns`; frames go on for `lasts_ns`."""

    frames_ns: int
    writes_ns: int
    strikes_ns: int
    lasts_ns: int

    @property
    def ends_ns(self) -> int:
        """Instant of the last frame."""
        return self.frames_ns + self.lasts_ns


def late_ns(plant: Plant, case: Case) -> int:
    """Time by which light may come back later than it should: ports of several fibres speak in any order, and a route
    may have to be computed once more for each of them, or after that of another service."""
    hit = sum(fate.hit for fate in case.fates)
    return max(0, len(case.struck.fibres) - 1 + hit) * plant.devices.controller_computing_ns if hit else 0


def timing(plant: Plant, case: Case) -> Timing:
    """Instants of a case: the hazard strikes once all light carries and TCP's windows are as they will be."""
    longest_ns = max(
        (fate.asked.decision.working.delay_ns for fate in case.fates if fate.asked.decision.working), default=0
    )
    writes_ns = case.ready_ns + LIT_NS
    strikes_ns = writes_ns + max(WRITES_NS, 2 * longest_ns * WINDOW_TRIPS)
    dark_ns = max((fate.until_ns or 0 for fate in case.fates), default=0)
    after_ns = (dark_ns + late_ns(plant, case) if dark_ns else 0) + LIGHT_AFTER_NS
    return Timing(
        frames_ns=strikes_ns - BEFORE_NS, writes_ns=writes_ns, strikes_ns=strikes_ns, lasts_ns=BEFORE_NS + after_ns
    )


def stages(context: Context[Settings]) -> tuple[Stage, ...]:
    """A stage for each case, then one for the pairs that each hazard leaves."""
    plant, settings = context.plant, context.settings
    played = [_case_stage(plant, settings, case) for case in cases(plant, settings)]
    return (*played, *(_pairs_stage(reach) for reach in reaches(plant, settings)))


def _case_stage(plant: Plant, settings: Settings, case: Case) -> Stage:
    at = timing(plant, case)
    lit = [fate for fate in case.fates if fate.asked.decision.accepted]
    pairs = tuple((fate.asked.service.source, fate.asked.service.target) for fate in lit)
    late, way_ns = late_ns(plant, case), max(way.delay_ns for fibre in plant.fibres for way in fibre.ways)
    spans = [(fate.from_ns, fate.from_ns) for fate in lit if fate.hit]
    spans += [(fate.until_ns, fate.until_ns + late) for fate in lit if fate.until_ns is not None]
    activities: list[Activity] = [
        request(fate.asked.service, fate.asked.ready_ns, released=True) for fate in case.fates
    ]
    activities.append(_strikes(case.struck, at.strikes_ns))
    if pairs:
        frames = Probes(
            pairs=pairs,
            count=at.lasts_ns // GAP_NS,
            gap_ns=GAP_NS,
            after_ns=VirtualNs(at.frames_ns),
            dense=dense(spans, way_ns, GAP_NS),
        )
        activities.append(frames)
    writers = [pole for pole in case.lost if pole in {source for source, _ in pairs}]
    activities += _programs(settings, case, writers, at)
    return Stage(phase=case.phase, duration_ns=VirtualNs(at.ends_ns), activities=tuple(activities))


def _strikes(struck: Struck, at_ns: int) -> Event:
    return Event(at_ns=VirtualNs(at_ns), kind="region", what=struck.hazard, fibres=struck.cut, sites=struck.sites)


def _programs(settings: Settings, case: Case, writers: list[str], at: Timing) -> list[Application]:
    """Programs of the keeper and of the poles that die: others lose nothing of what they wrote, and write unseen."""
    if not writers:
        return []
    modes, limit_s = settings.replication, ns_to_s(at.ends_ns) + 60
    keeps_ns = at.strikes_ns + KEEPS_NS
    keeper = Application(
        name="keeper",
        site=case.keeper,
        role="job",
        argv=(*PROGRAM, "keep", str(len(writers) * len(modes)), str(settings.write_bytes), f"{{start:{keeps_ns}}}"),
        ready="says:keeping",
        limit_s=limit_s,
    )
    return [keeper, *(_writer(settings, case, pole, at, limit_s) for pole in writers)]


def _writer(settings: Settings, case: Case, pole: str, at: Timing, limit_s: float) -> Application:
    times = (f"{{start:{at.writes_ns}}}", f"{{start:{at.strikes_ns}}}", str(settings.gap_ns))
    return Application(
        name=f"writer-{pole}",
        site=pole,
        role="job",
        argv=(
            *(*PROGRAM, "write", pole, f"{{address:{case.keeper}}}", *times),
            *(str(settings.write_bytes), ",".join(settings.replication)),
        ),
        needs=("keeper",),
        limit_s=limit_s,
    )


def _asked_later(asked: Asked) -> Request:
    return replace(request(asked.service, asked.ready_ns, released=True), at_ns=ASKED_AFTER_NS)


def _pairs_stage(reach: Reach) -> Stage:
    """The hazard first, then light for pairs, then frames over what was lit."""
    requests = tuple(_asked_later(asked) for asked in reach.asked)
    lit = [asked for asked in reach.asked if asked.decision.accepted]
    ready_ns = ASKED_AFTER_NS + max((asked.ready_ns for asked in reach.asked), default=0) + LIT_NS
    frames: tuple[Activity, ...] = ()
    if lit:
        pairs = tuple((asked.service.source, asked.service.target) for asked in lit)
        frames = (Probes(pairs=pairs, count=ROUNDS, gap_ns=GAP_NS, after_ns=VirtualNs(ready_ns)),)
    ends_ns = ready_ns + ROUNDS * GAP_NS + NS_PER_S
    activities = (_strikes(reach.struck, 0), *requests, *frames)
    return Stage(phase=reach.phase, duration_ns=VirtualNs(ends_ns), activities=activities)
