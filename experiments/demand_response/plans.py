# SPDX-License-Identifier: BSD-3-Clause
"""Every call with what is expected of it in closed form: by how much, after what time, and until when it is played."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from apnemu.emulation.apps.watt.response.__main__ import site_of
from apnemu.emulation.apps.watt.response.dispatcher import shared
from apnemu.emulation.apps.watt.response.levers import Part, chosen, most_grid_w
from apnemu.emulation.apps.watt.response.load import MILLION, NEVER, Site, arrived, recharge, release
from apnemu.emulation.apps.watt.response.moving import guest, handed_over
from apnemu.errors import InputError
from apnemu.experiments.demand_response.course import course_of, mover_of, state_of, steps_of
from apnemu.experiments.demand_response.scene import Scene, admitted_mw, beside, filled, others_mw, scene_of
from apnemu.experiments.demand_response.settings import Case, Settings, cases, clock_s
from apnemu.experiments.demand_response.told import may_move, site_told
from apnemu.experiments.demand_response.ways import Ways, ways_of
from apnemu.model.plant import Plant
from apnemu.model.power import Power
from apnemu.placement.precopy import course, refusal
from apnemu.units import NS_PER_S, S_PER_DAY, ns_to_s, s_to_ns

MOST_BYTES = 100_000_000_000
"""Most bytes that moves of a run carry where the scale is chosen."""
W_PER_KW = 1_000
AFTER_NS = 5 * NS_PER_S
"""Time for last messages, once all is as it was."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A call: who draws what, how much is called for, what is expected. `parts_kw` is each agent's part.

    `factor` is that by which work was made larger or smaller; `admitted` None where no line fails. `predicted_mw` is
    None where whole jobs let it be more than was asked for; `predicted_ns` None where nothing is delivered.
    """

    case: Case
    scene: Scene
    factor: float
    admitted: float | None
    kw: int
    lines_kw: Mapping[str, int]
    limit_s: float
    called_kw: int
    parts_kw: Mapping[str, int]
    predicted_mw: float
    at_least: bool
    predicted_ns: int | None
    answered_ns: int | None
    held_s: float
    meant_bytes: int
    refused: str
    over_ns: int

    @property
    def phase(self) -> str:
        """The stage in which it is played."""
        return self.case.phase


def power_of(plant: Plant) -> Power:
    """The power system of a plant. Raises InputError where the topology names none."""
    if plant.power is None or not plant.power.sites:
        raise InputError(f"topology {plant.name} has no power system; add power: NAME, or take tokyo-osaka")
    return plant.power


def plans_of(plant: Plant, settings: Settings) -> tuple[Ways, list[Plan]]:
    """The light of a run and its calls."""
    scene = scene_of(power_of(plant), settings)
    ways = ways_of(plant, scene)
    plans = [_plan(scene, ways, settings, case) for case in cases(settings)]
    if (scale := scale_of(plans, settings)) != (settings.scale or 1):  # by which a connection begins sooner
        settings = replace(settings, scale=scale)
        plans = [_plan(scene, ways, settings, case) for case in cases(settings)]
    return ways, plans


def scale_of(plans: Sequence[Plan], settings: Settings) -> int:
    """Factor by which bytes and rates of moves are divided: as it was asked for, or the least power of ten by which
    the run's moves carry no more than `MOST_BYTES`."""
    if settings.scale:
        return settings.scale
    scale, meant = 1, sum(plan.meant_bytes for plan in plans)
    while meant > MOST_BYTES * scale:
        scale *= 10
    return scale


def _plan(whole: Scene, ways: Ways, settings: Settings, case: Case) -> Plan:
    at_s = clock_s(settings.clock)
    scene, factor, admitted, kw, lines_kw = whole, 1.0, None, round(case.mw * 1e3), {}
    limit_s = settings.within_s
    if case.connection:
        admitted = admitted_mw(whole, case, at_s)
        scene, factor = filled(whole, admitted)
        lines_kw = {one.name: round(one.mw * 1e3) for one in beside(whole)}
        kw = round((others_mw(whole, at_s) + sum(scene.facility_mw(site) for site in scene.called)) * 1e3)
        limits = [site.within_s for name in scene.called if (site := scene.power.site[name]).within_s is not None]
        limit_s = min(limits, default=limit_s)
    called_kw = kw
    if scene.line:
        called_kw = max(0, kw - sum(mw for name, mw in lines_kw.items() if name != scene.line.name))
    sites = {name: site_of(site_told(scene, settings, name, factor)) for name in scene.called}
    parts_kw = {name: kw for name, kw in shared(called_kw, _can_kw(sites, case, scene)).items() if kw}
    parts = {name: chosen(sites[name], case.by, kw * W_PER_KW, scene.to) for name, kw in parts_kw.items()}
    if case.by in ("battery", "plant"):
        parts = {name: [] for name in parts}
    refused = _refused(scene, ways, settings, case, parts)
    asked = {} if refused else {name: (kw, sites[name], parts[name]) for name, kw in parts_kw.items()}
    steps = steps_of(scene, ways, settings, case, asked)
    found = course_of(steps, scene, ways, called_kw / 1e3, settings.hold_s)
    last_ns = max((step.from_ns for step in steps), default=0)
    calm_ns = [_calm_ns(sites[name], settings, case, parts_kw[name], parts[name], last_ns) for name in parts_kw]
    if case.by == "move" and asked:
        calm_ns.append(_guests_calm_ns(scene, settings, parts, last_ns))
    latest_ns = max([*calm_ns, last_ns + settings.hold_s * NS_PER_S, found.answered_ns if found else 0])
    return Plan(
        case=case,
        scene=scene,
        factor=factor,
        admitted=admitted,
        kw=kw,
        lines_kw=lines_kw,
        limit_s=limit_s,
        called_kw=called_kw,
        parts_kw=parts_kw,
        predicted_mw=0.0 if refused else min(called_kw / 1e3, can_mw(scene, settings, case)),
        at_least=any(part.job.whole for own in parts.values() for part in own) and case.by != "cap",
        predicted_ns=found.reached_ns if found else None,
        answered_ns=found.answered_ns if found else None,
        held_s=ns_to_s(found.held_ns) if found else 0.0,
        meant_bytes=_meant_bytes(scene, ways, settings, case, parts) if asked and case.by == "move" else 0,
        refused=refused,
        over_ns=latest_ns + AFTER_NS,
    )


def can_mw(scene: Scene, settings: Settings, case: Case) -> float:
    """Most by which a lever lets the called sites draw less, MW, from the files' figures alone."""
    total = 0.0
    for name in scene.called:
        site, load = scene.power.site[name], scene.load_mw(name)
        facility = site.facility_mw(load)
        if case.by == "battery":
            total += min(site.battery.mw, facility) if site.battery else 0.0
        elif case.by == "plant":
            total += min(site.plant.mw, facility) if site.plant else 0.0
        else:
            flexible = [one for one in scene.running[name] if one.work.kind == "flexible"]
            if case.by == "pause":
                flexible = [one for one in flexible if one.work.pausable]
            elif case.by == "move":
                flexible = [one for one in flexible if may_move(scene, site, one)]
            share = settings.cap_share if case.by == "cap" else 1.0
            total += facility - site.facility_mw(load - share * sum(one.mw for one in flexible))
    return total


def _can_kw(sites: Mapping[str, Site], case: Case, scene: Scene) -> dict[str, int]:
    """What each called site says it can do without."""
    can = {}
    for name, site in sites.items():
        draws = max(0, site.grid_w())
        can[name] = draws // W_PER_KW - (draws - most_grid_w(site, case.by, scene.to)) // W_PER_KW
    return can


def _refused(scene: Scene, ways: Ways, settings: Settings, case: Case, parts: Mapping[str, Sequence[Part]]) -> str:
    """Why a move comes to nothing: no room, or no light; empty where it does not."""
    if case.by != "move" or not any(parts.values()):
        return ""
    room_kw = site_of(site_told(scene, settings, scene.to, 1.0)).more_it_w() // W_PER_KW
    if sum(-(-part.w // W_PER_KW) for own in parts.values() for part in own) > room_kw:
        return f"no room at {scene.to}"
    return next((moving.refused for name in parts if (moving := ways.for_move(name, scene.to, settings)).refused), "")


def _meant_bytes(scene: Scene, ways: Ways, settings: Settings, case: Case, parts: Mapping[str, Sequence[Part]]) -> int:
    """Bytes at full size that moves send. Raises InputError where work writes faster than its light carries."""
    total = 0
    for name, own in parts.items():
        if own:
            plan = mover_of(scene, ways, settings, case, name).plan(state_of(own, name, scene, settings))
            if why := refusal(plan):
                raise InputError(why, file="--set")
            total += round(course(plan).moved_bytes)
    return total


def _guests_calm_ns(scene: Scene, settings: Settings, parts: Mapping[str, Sequence[Part]], came_ns: int) -> int:
    """Instant at which what has moved has made up for its stop."""
    site, ppm = site_of(site_told(scene, settings, scene.to, 1.0)), round(settings.rebound * MILLION)
    stop_ns = s_to_ns(scene.power.moves.stop_s)
    told = [{"job": part.job.name, "from": at, **handed_over(part, 0)} for at, own in parts.items() for part in own]
    for run in [arrived(site, guest(each, came_ns), ppm, stop_ns, came_ns) for each in told]:
        run()
    return _settled_ns(site)


def _calm_ns(site: Site, settings: Settings, case: Case, kw: int, parts: Sequence[Part], done_ns: int) -> int:
    """Instant at which nothing is owed any more at a site, a week after the call at the latest."""
    ppm, ends_ns = round(settings.rebound * MILLION), done_ns + settings.hold_s * NS_PER_S
    site.go_on(done_ns)
    gives_w = 0
    if case.by == "battery" and site.battery:
        site.battery.gives_w = gives_w = min(kw * W_PER_KW, most_grid_w(site, case.by))
    elif case.by in ("cap", "pause"):
        for part in parts:
            part.job.held_w = part.w
    site.go_on(ends_ns)
    release(site, [part.job for part in parts], ppm)
    if gives_w:
        recharge(site, gives_w, ppm)
    return _settled_ns(site)


def _settled_ns(site: Site) -> int:
    """Instant at which a site that nobody calls owes nothing any more, a week after the call at the latest."""
    while not site.calm() and site.now_ns < 7 * S_PER_DAY * NS_PER_S and (next_ns := site.next_ns()) < NEVER:
        site.go_on(max(next_ns, site.now_ns + 1))
    return site.now_ns
