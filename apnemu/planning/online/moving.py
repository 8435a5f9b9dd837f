"""Make before break: the new light is lit while the old still carries."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from apnemu.model.assignment import Lightpath
from apnemu.planning.online.changes import one_after_another, set_up, switch_over, take_down
from apnemu.planning.online.service import Decision
from apnemu.planning.online.state import Kept, State


def move(state: State, kept: Kept, avoid_fibres: Collection[str], avoid_sites: Collection[str]) -> Decision:
    """Where what carries a service goes, and how; or why it stays."""
    if kept.lost or not kept.started:
        what = f"lost ({kept.lost})" if kept.lost else "booked and not lit yet"
        return Decision(accepted=False, reason=f"state: service {kept.service.name} is {what}; move what carries")
    period = state.rest_of(kept)
    free = [state.ledger.free_transceivers(site, period) for site in kept.ends]
    for site, spare in zip(kept.ends, free, strict=True):
        if not spare:
            return Decision(
                accepted=False,
                reason=f"transceivers: all {state.ledger.count[site]} of {site} are in use; to move without loss one"
                " must be spare; release a service, or add a transceiver",
            )
    reserved = kept.legs.get("protecting")
    if reserved is not None and reserved.numbers is None:
        state.ledger.let_go(reserved.path)
    else:
        reserved = None
    found = next(_places(state, kept, (avoid_fibres, avoid_sites)), None)
    if found is None:
        if reserved is not None:
            state.put(kept, "protecting", reserved.path, None)
        return Decision(accepted=False, reason=_why_not(kept, avoid_fibres, avoid_sites))
    old, role, numbers = kept.carrying, kept.active, (free[0][0], free[1][0])
    assert old.numbers is not None
    state.drop(kept, role)
    new = state.put(kept, role, found[0], numbers)
    new.lit = True
    if found[1] is not None:
        state.put(kept, "protecting", found[1], None)
        kept.protected = True
    second = kept.legs.get("protecting")
    return Decision(
        accepted=True,
        working=new.path,
        protecting=None if second is None else second.path,
        changes=one_after_another(
            set_up(new.path, numbers),
            switch_over(new.path, old.numbers, numbers),
            take_down(old.path, old.numbers),
        ),
    )


def _places(
    state: State, kept: Kept, avoid: tuple[Collection[str], Collection[str]]
) -> Iterator[tuple[Lightpath, Lightpath | None]]:
    """Light beside the old, and the reservation that it would have."""
    other = kept.legs.get(kept.idle_role)
    names = kept.new_name(), kept.new_name()
    for path in state.finder.others(kept.service, names[0], state.rest_of(kept), avoid):
        if kept.service.protection == "restoration-prepared":
            second = state.finder.away(kept.service, names[1], state.rest_of(kept), path, reserved=True)
            if second is not None or not kept.protected:
                yield path, second
        elif kept.service.protection != "1+1" or other is None or state.finder.apart(path, other.path):
            yield path, None


def _why_not(kept: Kept, fibres: Collection[str], sites: Collection[str]) -> str:
    clear = f" and is clear of {', '.join([*sorted(fibres), *sorted(sites)])}" if fibres or sites else ""
    kept_up = " and keeps its protection" if kept.service.protection in ("1+1", "restoration-prepared") else ""
    return (
        f"spectrum: no route of {kept.service.source} to {kept.service.target} has a slot beside the one in use"
        f"{clear}{kept_up}; release a service, or add a fibre"
    )
