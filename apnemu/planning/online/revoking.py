# SPDX-License-Identifier: BSD-3-Clause
"""What follows for a service when an owner withdraws sites from where its data may be."""

from __future__ import annotations

from apnemu.planning.online import upkeep
from apnemu.planning.online.changes import together
from apnemu.planning.online.service import Outcome
from apnemu.planning.online.state import Kept, State


def after_revocation(state: State, kept: Kept) -> tuple[Outcome, ...]:
    """Outcome for a service; none where its light lies within what is left of its zones.

    One that ends where the data may not be any more is given up with everything that it holds. One whose light only
    passes there fares as if that were dead: it is restored within the zone as its scheme has it, or lost.
    """
    if state.chooser.zones.why_not(kept.ends) is None:
        return upkeep.after_failure(state, kept) if kept.started and not kept.lost else ()
    path = kept.carrying.path
    changes = together(*(upkeep.take_down_living(state, leg) for _, leg in state.lit_legs(kept)))
    state.forget(kept)
    return (Outcome(service=kept.service.name, kind="ended", lightpath=path, changes=changes),)
