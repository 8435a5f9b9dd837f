# SPDX-License-Identifier: BSD-3-Clause
"""What is wrong with a request before any route is looked for."""

from __future__ import annotations

from apnemu.model.reason import Reason
from apnemu.planning.online.service import Service
from apnemu.planning.online.state import State


def unfit(state: State, service: Service) -> Reason | None:
    """What is wrong with a request by itself."""
    if service.name in state.kept:
        text = f"service {service.name} is there already; release it first, or choose another name"
        return Reason(code="name", text=text)
    for site in (service.source, service.target):
        if site not in state.plant.site:
            known = ", ".join(list(state.plant.site)[:6])
            return Reason(code="site", text=f"{site!r} is no site of {state.plant.name}; name one of {known}, ...")
    if service.end_ns is not None and service.end_ns <= state.now_ns:
        text = f"it ends at {service.end_ns} ns and it is {state.now_ns} ns; ask for a later end"
        return Reason(code="period", text=text)
    return state.chooser.zones.why_not((service.source, service.target))


def too_few(state: State, site: str, need: int, free: int) -> Reason:
    """Reason for a request that needs more transceivers than a site has free."""
    count = state.ledger.count[site]
    return Reason(
        code="transceivers",
        text=f"{need} needed at {site}, {free} of {count} free in that period; release a service, or add transceivers",
    )
