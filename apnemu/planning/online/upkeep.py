"""Keeping services alive: what is done when light is lost, when it may come back, and to be ready for the next loss."""

from __future__ import annotations

from apnemu.model.assignment import Lightpath
from apnemu.planning.online.changes import one_after_another, set_up, switch_over, take_down, take_over
from apnemu.planning.online.service import Change, Outcome, Role
from apnemu.planning.online.state import Kept, Leg, State


def after_failure(state: State, kept: Kept) -> tuple[Outcome, ...]:
    """What becomes of a service some of whose light passes what is dead; nothing if none does."""
    hit = [leg for _, leg in state.lit_legs(kept) if not state.finder.lives(leg.path)]
    for leg in hit:
        leg.lit = False
    if not hit:
        return ()
    carrying, idle = kept.carrying, kept.legs.get(kept.idle_role)
    if carrying.lit:
        assert idle is not None
        reason = why_dead(state, idle.path)
        return (_outcome(kept, "unprotected", idle, take_down_living(state, idle), reason=reason),)
    if idle is not None and idle.lit:
        assert carrying.numbers is not None and idle.numbers is not None
        kept.active = kept.idle_role
        over = switch_over(idle.path, carrying.numbers, idle.numbers)
        changes = one_after_another(over, take_down_living(state, carrying))
        return (_outcome(kept, "switched", idle, changes),)
    gone = one_after_another(*(take_down_living(state, leg) for leg in hit if leg is not carrying))
    return (restore(state, kept, gone),)


def restore(state: State, kept: Kept, before: tuple[Change, ...] = ()) -> Outcome:
    """Light for a service that has none: its own if that lives, else what was prepared, else what is found.

    Without protection only its own. `before` is what devices must do first.
    """
    for role in (kept.active, kept.idle_role):
        leg = kept.legs.get(role)
        if leg is not None and leg.numbers and state.finder.lives(leg.path):
            kept.active, kept.lost = role, ""
            return _outcome(kept, "restored", leg, one_after_another(before, light_up(leg)), how="repaired")
    old = kept.carrying
    assert old.numbers is not None
    was_lit = not kept.lost
    ready = kept.legs.get("protecting")
    if ready is not None and ready.numbers is None and state.finder.lives(ready.path):
        state.drop(kept, "protecting")
        return _taken_over(state, kept, old, ready.path, "prepared", before, was_lit)
    found = None
    if kept.service.protection != "none":
        found = _find(state, kept, old)
    if found is not None:
        return _taken_over(state, kept, old, found, "computed", before, was_lit)
    reason = why_dead(state, old.path)
    if kept.service.protection != "none":
        reason += f"; {state.finder.why_not(kept.service, state.rest_of(kept))}"
    kept.lost = reason
    gone = take_down_living(state, old) if was_lit else ()
    return _outcome(kept, "lost", old, one_after_another(before, gone), reason=reason)


def start(state: State, kept: Kept) -> Outcome:
    """The booked time has come: what was booked is lit or, where that is dead, what is found in its place."""
    kept.started = True
    living = [kept.legs[role] for role in (kept.active, kept.idle_role) if _may_be_lit(state, kept, role)]
    if living:
        kept.active = kept.active if kept.carrying in living else kept.idle_role
        changes = tuple(sorted((change for leg in living for change in light_up(leg)), key=lambda change: change.step))
        return _outcome(kept, "started", kept.carrying, changes)
    old = kept.carrying
    if kept.service.protection == "restoration-prepared":
        state.drop(kept, "protecting")
    found = _find(state, kept, old)
    if found is not None:
        leg = state.swap(kept, kept.active, found)
        return _outcome(kept, "started", leg, light_up(leg))
    kept.lost = f"{why_dead(state, old.path)}; {state.finder.why_not(kept.service, state.rest_of(kept))}"
    return _outcome(kept, "lost", old, reason=kept.lost)


def protect(state: State, kept: Kept) -> tuple[Outcome, ...]:
    """A second lightpath for a service whose scheme has one: nothing to do, a new one, or none to be had."""
    outcome = None
    if kept.service.protection == "restoration-prepared":
        outcome = _prepare(state, kept)
    elif kept.service.protection == "1+1" and kept.started:
        outcome = _light_second(state, kept)
    return () if outcome is None else (outcome,)


def light_up(leg: Leg) -> tuple[Change, ...]:
    assert leg.numbers is not None
    leg.lit = True
    return set_up(leg.path, leg.numbers)


def take_down_living(state: State, leg: Leg) -> tuple[Change, ...]:
    """Take a leg down at the sites that can be spoken to."""
    assert leg.numbers is not None
    return take_down(leg.path, leg.numbers, dead=state.finder.dead_sites)


def why_dead(state: State, path: Lightpath) -> str:
    """What a lightpath passes that is dead, sites first, in the order in which it passes them; else why it is open."""
    sites = [f"site {name}" for name in path.route if name in state.finder.dead_sites]
    fibres = [f"fibre {name}" for name in path.fibres if name in state.finder.dead_fibres]
    if sites or fibres:
        return f"dead: {', '.join(sites + fibres)}"
    mode = next(mode for mode in state.plant.modes if mode.name == path.mode)
    return f"reach: {state.finder.how_it_sags(path.fibres, path.length_km)}, {mode.name} reaches {mode.reach_km:g} km"


def _may_be_lit(state: State, kept: Kept, role: Role) -> bool:
    leg = kept.legs.get(role)
    return leg is not None and leg.numbers is not None and state.finder.lives(leg.path)


def _find(state: State, kept: Kept, old: Leg) -> Lightpath | None:
    return state.finder.single(kept.service, kept.new_name(), state.rest_of(kept), but=(old.path.name,))


def _taken_over(
    state: State, kept: Kept, old: Leg, path: Lightpath, how: str, before: tuple[Change, ...], was_lit: bool
) -> Outcome:
    """The transceivers of the old light on another route."""
    leg = state.swap(kept, kept.active, path)
    kept.lost = ""
    changes = light_up(leg)
    if was_lit:
        assert leg.numbers is not None
        changes = take_over(old.path, path, leg.numbers, dead=state.finder.dead_sites)
    return _outcome(kept, "restored", leg, one_after_another(before, changes), how=how)


def _prepare(state: State, kept: Kept) -> Outcome | None:
    """A reservation for the working light as it now is."""
    had = kept.legs.get("protecting")
    working = kept.legs["working"].path
    if had is not None and state.finder.lives(had.path):
        return None
    state.drop(kept, "protecting")
    period = state.rest_of(kept)
    path = state.finder.away(kept.service, kept.new_name(), period, working, reserved=True)
    if path is not None:
        leg = state.put(kept, "protecting", path, None)
        return _now_protected(kept, leg, ())
    return _now_unprotected(state, kept, (), "protection: no second route with a free slot can be reserved")


def _light_second(state: State, kept: Kept) -> Outcome | None:
    """1+1: the idle leg is lit again where it was, or elsewhere."""
    role = kept.idle_role
    leg, carrying = kept.legs.get(role), kept.carrying
    if leg is not None and leg.lit:
        return None
    if leg is not None and state.finder.lives(leg.path) and state.finder.apart(leg.path, carrying.path):
        return _now_protected(kept, leg, light_up(leg))
    own = (leg.path.name,) if leg is not None else ()
    path = state.finder.away(kept.service, kept.new_name(), state.rest_of(kept), carrying.path, reserved=False, but=own)
    if path is not None:
        if leg is not None:
            leg = state.swap(kept, role, path)
        else:
            assert kept.spare is not None
            leg, kept.spare = state.put(kept, role, path, kept.spare), None
        return _now_protected(kept, leg, light_up(leg))
    if leg is not None and not state.finder.apart(leg.path, carrying.path):
        state.drop(kept, role, keep_transceivers=True)
    return _now_unprotected(state, kept, (), "protection: no second route with a free slot can be lit")


def _now_protected(kept: Kept, leg: Leg, changes: tuple[Change, ...]) -> Outcome:
    kept.protected = True
    return _outcome(kept, "protected", leg, changes)


def _now_unprotected(state: State, kept: Kept, changes: tuple[Change, ...], reason: str) -> Outcome | None:
    """Said once, not after every event."""
    was, kept.protected = kept.protected, False
    return _outcome(kept, "unprotected", kept.carrying, changes, reason=reason) if was else None


def _outcome(
    kept: Kept, kind: str, leg: Leg, changes: tuple[Change, ...] = (), *, how: str = "", reason: str = ""
) -> Outcome:
    if kind == "unprotected":
        kept.protected = False
    return Outcome(
        service=kept.service.name,
        kind=kind,  # type: ignore[arg-type]
        how=how,  # type: ignore[arg-type]
        lightpath=leg.path,
        changes=changes,
        reason=reason,
    )
