# SPDX-License-Identifier: BSD-3-Clause
"""Moves of services, make before break: the new light is lit while the old still carries."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from apnemu.model.assignment import Lightpath
from apnemu.model.reason import Reason, write_reasons
from apnemu.planning.online.changes import Numbers, one_after_another, select, set_up, setup_ns, switch_over, take_down
from apnemu.planning.online.ledger import Period
from apnemu.planning.online.service import Change, Decision
from apnemu.planning.online.state import Kept, State
from apnemu.planning.spectrum_use import slot_mask
from apnemu.units import NS_PER_S


def move(state: State, kept: Kept, avoid_fibres: Collection[str], avoid_sites: Collection[str]) -> Decision:
    """Light a service's traffic on another route or slot and switch it over; or refuse, with the reason."""
    free = [state.ledger.free_transceivers(site, state.rest_of(kept)) for site in kept.ends]
    unready = _unready(state, kept, free)
    if unready is not None:
        return _refused(unready)
    reserved = kept.legs.get("protecting")
    if reserved is not None and reserved.numbers is None:
        state.ledger.let_go(reserved.path)
    else:
        reserved = None
    path, second = next(_places(state, kept, (avoid_fibres, avoid_sites)), (None, None))
    old, role, numbers = kept.carrying, kept.active, (free[0][0], free[1][0])
    assert old.numbers is not None
    changes = () if path is None else _changes(kept, path, old.numbers, numbers)
    takes_ns = setup_ns(state.plant, changes)
    why = _why_not(kept, avoid_fibres, avoid_sites) if path is None else _out_too_late(state, kept, takes_ns)
    if path is None or why is not None:
        if reserved is not None:
            state.put(kept, "protecting", reserved.path, None)
        assert why is not None
        return _refused(why)
    if kept.clients == old.numbers:
        kept.clients = numbers
    state.leave(kept, role, takes_ns)
    new = state.put(kept, role, path, numbers)
    new.lit = True
    if second is not None:
        state.put(kept, "protecting", second, None)
        kept.protected = True
    protecting = kept.legs.get("protecting")
    return Decision(
        accepted=True,
        working=new.path,
        protecting=None if protecting is None else protecting.path,
        changes=changes,
    )


def _changes(kept: Kept, path: Lightpath, old: Numbers, new: Numbers) -> tuple[Change, ...]:
    """Changes by which a service's traffic goes over to `path`, and its old light is put out."""
    others = kept.clients is not None and kept.clients != old
    over = select(path, kept.clients) if others and kept.clients else switch_over(path, old, new)
    clients = kept.clients if others else new
    return one_after_another(set_up(path, new, clients=clients), over, take_down(kept.carrying.path, old))


def _out_too_late(state: State, kept: Kept, takes_ns: int) -> Reason | None:
    """Reason why a move that takes so long is refused: its old light would still be on after the service's end, and
    another service has booked from there on what that holds."""
    end_ns, until_ns = kept.period.end_ns, state.now_ns + takes_ns
    if until_ns <= end_ns:
        return None
    old, beyond = kept.carrying, Period(start_ns=end_ns, end_ns=until_ns)
    assert old.numbers is not None
    late = f"the light that {kept.service.name} leaves is out {takes_ns / NS_PER_S:g} s from now, after its end, and"
    out = "release that, or let the service end"
    for site, number in zip(kept.ends, old.numbers, strict=True):
        if number not in state.ledger.free_transceivers(site, beyond):
            whose = f"its transceiver of {site} is booked from then on"
            return Reason(code="transceivers", text=f"{late} {whose}; {out}")
    if state.ledger.taken(old.path.fibres, beyond) & slot_mask(state.plant.band, old.path.slot):
        return Reason(code="spectrum", text=f"{late} its slot is booked from then on; {out}")
    return None


def _unready(state: State, kept: Kept, free: list[list[int]]) -> Reason | None:
    """Reason why a service cannot be moved whatever the routes; `free` has the spare transceivers of both ends."""
    if kept.lost or not kept.started:
        what = f"lost ({write_reasons(kept.lost)})" if kept.lost else "booked and not lit yet"
        return Reason(code="state", text=f"service {kept.service.name} is {what}; move what carries")
    for site, spare in zip(kept.ends, free, strict=True):
        if not spare:
            return Reason(
                code="transceivers",
                text=f"all {state.ledger.count[site]} of {site} are in use; to move without loss one must be spare;"
                " release a service, or add a transceiver",
            )
    return None


def _places(
    state: State, kept: Kept, avoid: tuple[Collection[str], Collection[str]]
) -> Iterator[tuple[Lightpath, Lightpath | None]]:
    """Candidates beside the present light: a lightpath, and the reservation that would go with it."""
    other = kept.legs.get(kept.idle_role)
    ids = kept.new_id(), kept.new_id()
    for path in state.chooser.others(kept.service, ids[0], state.rest_of(kept), avoid):
        if kept.service.protection == "restoration-prepared":
            second = state.chooser.away(kept.service, ids[1], state.rest_of(kept), path, reserved=True)
            if second is not None or not kept.protected:
                yield path, second
        elif kept.service.protection != "1+1" or other is None or state.chooser.apart(path, other.path):
            yield path, None


def _why_not(kept: Kept, fibres: Collection[str], sites: Collection[str]) -> Reason:
    clear = f" and is clear of {', '.join([*sorted(fibres), *sorted(sites)])}" if fibres or sites else ""
    kept_up = " and keeps its protection" if kept.service.protection in ("1+1", "restoration-prepared") else ""
    return Reason(
        code="spectrum",
        text=f"no route of {kept.service.source} to {kept.service.target} has a slot beside the one in use"
        f"{clear}{kept_up}; release a service, or add a fibre",
    )


def _refused(why: Reason) -> Decision:
    return Decision(accepted=False, why=(why,))
