# SPDX-License-Identifier: BSD-3-Clause
"""Upkeep of services: what follows when light is lost, when it may come back, and to be ready for the next loss."""

from __future__ import annotations

from apnemu.model.assignment import Lightpath
from apnemu.model.reason import Reason
from apnemu.planning.online.changes import one_after_another, select, set_up, take_down, take_over
from apnemu.planning.online.service import Change, Happened, Outcome, Restored, Role
from apnemu.planning.online.state import Kept, Leg, State


def after_failure(state: State, kept: Kept) -> tuple[Outcome, ...]:
    """Outcome for a service after something died; none where its light passes nothing dead."""
    hit = [leg for _, leg in state.lit_legs(kept) if not state.chooser.lives(leg.path)]
    for leg in hit:
        leg.lit = False
    if not hit:
        return ()
    carrying, idle = kept.carrying, kept.legs.get(kept.idle_role)
    if carrying.lit:
        assert idle is not None
        why = (why_dead(state, idle.path),)
        return (_outcome(kept, "unprotected", idle, take_down_living(state, idle), why=why),)
    if idle is not None and idle.lit:
        kept.active = kept.idle_role
        assert kept.clients is not None
        over = select(idle.path, kept.clients)
        changes = one_after_another(over, take_down_living(state, carrying))
        return (_outcome(kept, "switched", idle, changes),)
    gone = one_after_another(*(take_down_living(state, leg) for leg in hit if leg is not carrying))
    return (restore(state, kept, gone),)


def restore(state: State, kept: Kept, before: tuple[Change, ...] = ()) -> Outcome:
    """Light a service that has none: its own lightpath if that lives, else the reserved one, else another one.

    A service without protection gets its own or none. Devices do the changes of `before` first.
    """
    for role in (kept.active, kept.idle_role):
        leg = kept.legs.get(role)
        if leg is not None and leg.numbers and state.chooser.lives(leg.path):
            kept.active, kept.lost = role, ()
            return _outcome(kept, "restored", leg, one_after_another(before, light_up(kept, leg)), how="repaired")
    old = kept.carrying
    assert old.numbers is not None
    was_lit = not kept.lost
    ready = kept.legs.get("protecting")
    if ready is not None and ready.numbers is None and state.chooser.lives(ready.path):
        state.drop(kept, "protecting")
        return _taken_over(state, kept, old, ready.path, "prepared", before, was_lit)
    kept.lost = (why_dead(state, old.path),)
    if kept.service.protection != "none":
        path = _another(state, kept, old)
        if path is not None:
            return _taken_over(state, kept, old, path, "computed", before, was_lit)
        kept.lost += (state.chooser.why_not(kept.service, state.rest_of(kept)),)
    gone = take_down_living(state, old) if was_lit else ()
    return _outcome(kept, "lost", old, one_after_another(before, gone), why=kept.lost)


def start(state: State, kept: Kept) -> Outcome:
    """Light a service whose booked time has come: what was booked or, where that is dead, another lightpath."""
    kept.started = True
    living = [kept.legs[role] for role in (kept.active, kept.idle_role) if _may_be_lit(state, kept, role)]
    if living:
        kept.active = kept.active if kept.carrying in living else kept.idle_role
        changes = tuple(
            sorted((change for leg in living for change in light_up(kept, leg)), key=lambda change: change.step)
        )
        return _outcome(kept, "started", kept.carrying, changes)
    old = kept.carrying
    if kept.service.protection == "restoration-prepared":
        state.drop(kept, "protecting")
    path = _another(state, kept, old)
    if path is not None:
        leg = state.swap(kept, kept.active, path)
        return _outcome(kept, "started", leg, light_up(kept, leg))
    kept.lost = (why_dead(state, old.path), state.chooser.why_not(kept.service, state.rest_of(kept)))
    return _outcome(kept, "lost", old, why=kept.lost)


def protect(state: State, kept: Kept) -> tuple[Outcome, ...]:
    """Give a service its second lightpath again where its scheme has one and it is gone; no outcome if all is well."""
    outcome = None
    if kept.service.protection == "restoration-prepared":
        outcome = _prepare(state, kept)
    elif kept.service.protection == "1+1" and kept.started:
        outcome = _light_second(state, kept)
    return () if outcome is None else (outcome,)


def light_up(kept: Kept, leg: Leg) -> tuple[Change, ...]:
    """Changes that light a leg of a service."""
    assert leg.numbers is not None
    leg.lit = True
    return set_up(leg.path, leg.numbers, clients=kept.clients)


def take_down_living(state: State, leg: Leg) -> tuple[Change, ...]:
    """Changes that take a leg down, at its living sites."""
    assert leg.numbers is not None
    return take_down(leg.path, leg.numbers, dead=state.chooser.dead_sites)


def why_dead(state: State, path: Lightpath) -> Reason:
    """Dead sites and then fibres on a lightpath's way, in its order; without any, how far its amplifiers sag."""
    sites = [f"site {name}" for name in path.route if name in state.chooser.dead_sites]
    fibres = [f"fibre {name}" for name in path.fibres if name in state.chooser.dead_fibres]
    if not (sites or fibres) and not state.chooser.stays(path):
        return state.chooser.zones.why_no_route((path.source, path.target))
    if sites or fibres:
        return Reason(code="dead", text=", ".join(sites + fibres))
    mode = next(mode for mode in state.plant.modes if mode.name == path.mode)
    sags = state.chooser.how_it_sags(path.fibres, path.length_km)
    return Reason(code="reach", text=f"{sags}, {mode.name} reaches {mode.reach_km:g} km")


def _may_be_lit(state: State, kept: Kept, role: Role) -> bool:
    leg = kept.legs.get(role)
    return leg is not None and leg.numbers is not None and state.chooser.lives(leg.path)


def _another(state: State, kept: Kept, old: Leg) -> Lightpath | None:
    return state.chooser.single(kept.service, kept.new_id(), state.rest_of(kept), but=(old.path.id,))


def _taken_over(
    state: State, kept: Kept, old: Leg, path: Lightpath, how: Restored, before: tuple[Change, ...], was_lit: bool
) -> Outcome:
    """Light another lightpath with the transceivers of the old one."""
    leg = state.swap(kept, kept.active, path)
    kept.lost = ()
    changes = light_up(kept, leg)
    if was_lit:
        assert leg.numbers is not None
        changes = take_over(old.path, path, leg.numbers, clients=kept.clients, dead=state.chooser.dead_sites)
    return _outcome(kept, "restored", leg, one_after_another(before, changes), how=how)


def _prepare(state: State, kept: Kept) -> Outcome | None:
    """Reserve a lightpath for the working one as it now is."""
    had = kept.legs.get("protecting")
    working = kept.legs["working"].path
    if had is not None and state.chooser.lives(had.path):
        return None
    state.drop(kept, "protecting")
    period = state.rest_of(kept)
    path = state.chooser.away(kept.service, kept.new_id(), period, working, reserved=True)
    if path is not None:
        leg = state.put(kept, "protecting", path, None)
        return _now_protected(kept, leg, ())
    return _now_unprotected(kept, "no second route with a free slot can be reserved")


def _light_second(state: State, kept: Kept) -> Outcome | None:
    """Light the idle leg of 1+1 again, where it was or elsewhere."""
    role = kept.idle_role
    leg, carrying = kept.legs.get(role), kept.carrying
    if leg is not None and leg.lit:
        return None
    if leg is not None and state.chooser.lives(leg.path) and state.chooser.apart(leg.path, carrying.path):
        return _now_protected(kept, leg, light_up(kept, leg))
    own = (leg.path.id,) if leg is not None else ()
    path = state.chooser.away(kept.service, kept.new_id(), state.rest_of(kept), carrying.path, reserved=False, but=own)
    if path is not None:
        if leg is not None:
            leg = state.swap(kept, role, path)
        else:
            assert kept.spare is not None
            leg, kept.spare = state.put(kept, role, path, kept.spare), None
        return _now_protected(kept, leg, light_up(kept, leg))
    if leg is not None and not state.chooser.apart(leg.path, carrying.path):
        state.drop(kept, role, keep_transceivers=True)
    return _now_unprotected(kept, "no second route with a free slot can be lit")


def _now_protected(kept: Kept, leg: Leg, changes: tuple[Change, ...]) -> Outcome:
    kept.protected = True
    return _outcome(kept, "protected", leg, changes)


def _now_unprotected(kept: Kept, text: str) -> Outcome | None:
    """Report a protection that is gone: once, not after every event."""
    was, kept.protected = kept.protected, False
    why = (Reason(code="protection", text=text),)
    return _outcome(kept, "unprotected", kept.carrying, why=why) if was else None


def _outcome(
    kept: Kept,
    kind: Happened,
    leg: Leg,
    changes: tuple[Change, ...] = (),
    *,
    how: Restored = "",
    why: tuple[Reason, ...] = (),
) -> Outcome:
    if kind == "unprotected":
        kept.protected = False
    return Outcome(
        service=kept.service.name,
        kind=kind,
        how=how,
        lightpath=leg.path,
        changes=changes,
        why=why,
    )
