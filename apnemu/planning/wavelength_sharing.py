# SPDX-License-Identifier: BSD-3-Clause
"""Sharing of a wavelength: hard time slots of its tenants and whether they fit, and a hub's subcarriers among leaves.

OTN divides a wavelength's payload into tributary slots of 1.25 Gbit/s; an ODUflex takes as many as its rate needs and
nobody else can use them (ITU-T G.709/Y.1331, clauses 12 and 19). Rates are the client's: a slot carries 1.25 Gbit/s of
frames.

*Not modelled:* the slots' own 1.301 Gbit/s with their overhead, the grain of GMP's mapping, and resizing (G.7044).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import ceil, floor

from apnemu.model.assignment import Lightpath, Refusal, Scheme, Share
from apnemu.model.reason import Reason

SLOT_GBPS = 1.25
HAIR = 1e-9
"""Tolerance in slots, so that the last bit of a rate that is a whole number of slots does not round it up."""


def tributary_slots(rate_gbps: float) -> int:
    """Number of tributary slots that a client of a rate needs.

    >>> tributary_slots(50), tributary_slots(10.1), tributary_slots(1.25)
    (40, 9, 1)
    """
    return max(1, ceil(rate_gbps / SLOT_GBPS - HAIR))


def slots_of(rate_gbps: float) -> int:
    """Number of tributary slots that a wavelength of a rate has.

    >>> slots_of(100), slots_of(400)
    (80, 320)
    """
    return floor(rate_gbps / SLOT_GBPS + HAIR)


def slotted(path: Lightpath, tenants: Mapping[str, float], *, mapping_ns: int) -> tuple[Share, ...] | Refusal:
    """Divide a lightpath into hard shares for tenants with their rates in Gbit/s, in their order; or say why they do
    not fit."""
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
    """Give a lightpath to one tenant alone, or to several in one queue."""
    scheme: Scheme = "own" if len(tenants) == 1 else "statistical"
    return tuple(
        Share(tenant=tenant, lightpath=path.name, scheme=scheme, rate_gbps=path.rate_gbps) for tenant in tenants
    )


def before_moving(leaves: int, count: int, most: int) -> tuple[int, ...]:
    """Share out a hub's `count` subcarriers among leaves, at most `most` each.

    Each of the second half of the leaves gets one, so that there is room to move some to them.

    >>> before_moving(4, 16, 4), before_moving(8, 16, 4), sum(before_moving(16, 16, 4))
    ((4, 4, 1, 1), (3, 3, 3, 3, 1, 1, 1, 1), 16)
    """
    few = leaves // 2
    high = max(1, min(most, (count - few) // (leaves - few)))
    return (high,) * (leaves - few) + (1,) * few


def after_moving(before: Sequence[int], moved: int, most: int) -> tuple[int, ...]:
    """Move `moved` subcarriers, one by one, from the first half's fullest leaf to the second half's emptiest.

    A giver keeps its last subcarrier while another leaf can give; where none can, the giver is left dark. Fewer
    subcarriers move where no taker has room.

    >>> after_moving((4, 4, 1, 1), 4, 4), after_moving((4, 1), 4, 4), after_moving((1, 1, 1, 1), 1, 4)
    ((2, 2, 3, 3), (1, 4), (0, 1, 2, 1))
    """
    shares = list(before)
    half = len(shares) - len(shares) // 2
    for _ in range(moved):
        giver = min(range(half), key=lambda leaf: (-shares[leaf], leaf))
        takers = [leaf for leaf in range(half, len(shares)) if shares[leaf] < most]
        if not takers or not shares[giver]:
            break
        taker = min(takers, key=lambda leaf: (shares[leaf], leaf))
        shares[giver] -= 1
        shares[taker] += 1
    return tuple(shares)
