"""A wavelength shared by several tenants: how many hard time slots each needs, and whether they fit.

OTN divides a wavelength's payload into tributary slots of 1.25 Gbit/s; an ODUflex takes as many as its rate needs and
nobody else can use them (ITU-T G.709/Y.1331, clauses 12 and 19). Rates here are the client's: a slot carries 1.25
Gbit/s of frames.

*Not modelled:* the slots' own 1.301 Gbit/s with their overhead, the grain of GMP's mapping, and resizing (G.7044).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import ceil, floor

from apnemu.model.assignment import Lightpath, Refusal, Scheme, Share
from apnemu.model.reason import Reason

SLOT_GBPS = 1.25
HAIR = 1e-9
"""So that a rate that is a whole number of slots is not rounded up by its last bit."""


def tributary_slots(rate_gbps: float) -> int:
    """How many a client of that rate needs.

    >>> tributary_slots(50), tributary_slots(10.1), tributary_slots(1.25)
    (40, 9, 1)
    """
    return max(1, ceil(rate_gbps / SLOT_GBPS - HAIR))


def slots_of(rate_gbps: float) -> int:
    """How many a wavelength of that rate has.

    >>> slots_of(100), slots_of(400)
    (80, 320)
    """
    return floor(rate_gbps / SLOT_GBPS + HAIR)


def slotted(path: Lightpath, tenants: Mapping[str, float], *, mapping_ns: int) -> tuple[Share, ...] | Refusal:
    """Hard shares of one lightpath for tenants with their rates in Gbit/s, in their order; or why they do not fit."""
    has, needs = slots_of(path.rate_gbps), {tenant: tributary_slots(rate) for tenant, rate in tenants.items()}
    if sum(needs.values()) > has:
        asked = ", ".join(f"{tenant} {count}" for tenant, count in needs.items())
        return Refusal(
            demand=path.name,
            why=Reason(
                code="slots",
                text=f"{sum(needs.values())} tributary slots of {SLOT_GBPS:g} Gbit/s asked ({asked}), a wavelength of"
                f" {path.rate_gbps:g} Gbit/s has {has}; ask for less, or for another wavelength",
            ),
        )
    return tuple(
        Share(
            tenant=tenant,
            lightpath=path.name,
            scheme="slots",
            rate_gbps=count * SLOT_GBPS,
            tributary_slots=count,
            mapping_ns=mapping_ns,
        )
        for tenant, count in needs.items()
    )


def whole(path: Lightpath, tenants: Sequence[str]) -> tuple[Share, ...]:
    """A lightpath for one tenant alone, or for several in one queue."""
    scheme: Scheme = "own" if len(tenants) == 1 else "statistical"
    return tuple(
        Share(tenant=tenant, lightpath=path.name, scheme=scheme, rate_gbps=path.rate_gbps) for tenant in tenants
    )
