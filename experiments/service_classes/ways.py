# SPDX-License-Identifier: BSD-3-Clause
"""Eight classes of service and four ways to serve them: which way keeps what a class needs, and what it costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import Literal

from apnemu.model.reason import Reason, write_reasons
from apnemu.planning.wavelength_sharing import slots_of, tributary_slots
from apnemu.question.bounds import Bounds, Felt
from apnemu.question.context import Row

Way = Literal["own wavelength", "shared wavelength", "subcarriers", "packet"]
ORDER: tuple[Way, ...] = ("packet", "subcarriers", "own wavelength", "shared wavelength")
"""The order among ways of equal cost, the simpler first: time slots that fill a wavelength are an own wavelength."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceClass:
    """A class of service (wide or local, delay-strict or tolerant, large or small) and what it needs."""

    wide: bool
    strict: bool
    large: bool
    pair: tuple[str, str]
    rate_gbps: float
    bounds: Bounds

    @property
    def name(self) -> str:
        """
        >>> bounds = Bounds(rtt_ns=1, jitter_ns=0, loss=0)
        >>> ServiceClass(wide=True, strict=False, large=False, pair=("a", "b"), rate_gbps=1, bounds=bounds).name
        'wide tolerant small'
        """
        return " ".join(
            (("local", "wide")[self.wide], ("tolerant", "strict")[self.strict], ("small", "large")[self.large])
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """One way to serve a class: what it would feel, up to which rate, for what part of wavelengths and transceivers."""

    way: Way
    felt: Felt
    most_gbps: float
    wavelengths: float
    transceivers: float


def offers(
    wanted: ServiceClass,
    light: Felt,
    packets: Felt,
    *,
    mode_gbps: float,
    mapping_ns: int,
    subcarrier_gbps: float,
    subcarriers: int,
    subcarrier_km: float,
    length_km: float,
    line_gbps: float,
    load: float,
) -> list[Offer]:
    """The four ways. Parts are what the service takes of something that others use as well.

    Subcarriers: of a hub's wavelength and transceiver its share, and a leaf's transceiver. A shared wavelength:
    tributary slots, and as much of the two transceivers; the mapping delays each way. Packet: no light of its own.
    """
    few = ceil(wanted.rate_gbps / subcarrier_gbps - 1e-9)
    slots = tributary_slots(wanted.rate_gbps) / slots_of(mode_gbps)
    mapped = Felt(
        rtt_ns=None if light.rtt_ns is None else light.rtt_ns + 2 * mapping_ns,
        jitter_ns=light.jitter_ns,
        loss=light.loss,
        refused=light.refused,
    )
    hub_gbps = subcarrier_gbps * subcarriers
    divided = light
    if light.rtt_ns is not None and length_km > subcarrier_km:
        far = Reason(code="reach", text=f"{length_km:g} km of fibre, subcarriers reach {subcarrier_km:g}")
        divided = Felt(rtt_ns=None, jitter_ns=0.0, loss=0.0, refused=far)
    return [
        Offer(way="packet", felt=packets, most_gbps=line_gbps * max(0.0, 1 - load), wavelengths=0, transceivers=0),
        Offer(
            way="subcarriers",
            felt=divided,
            most_gbps=hub_gbps,
            wavelengths=few / subcarriers,
            transceivers=1 + few / subcarriers,
        ),
        Offer(way="shared wavelength", felt=mapped, most_gbps=mode_gbps, wavelengths=slots, transceivers=2 * slots),
        Offer(way="own wavelength", felt=light, most_gbps=mode_gbps, wavelengths=1, transceivers=2),
    ]


def service_rows(wanted: ServiceClass, offered: Sequence[Offer]) -> list[Row]:
    """A row for each way; `best` is the cheapest by transceivers, then wavelengths, of those that keep all bounds."""
    reasons = {offer.way: _why_not(wanted, offer) for offer in offered}
    kept = [offer for offer in offered if not reasons[offer.way]]
    best = min(kept, key=lambda offer: (offer.transceivers, offer.wavelengths, ORDER.index(offer.way)), default=None)
    return [
        {
            "class": wanted.name,
            "from": wanted.pair[0],
            "to": wanted.pair[1],
            "needed_gbps": wanted.rate_gbps,
            "needed_rtt_ns": wanted.bounds.rtt_ns,
            "needed_jitter_ns": wanted.bounds.jitter_ns,
            "needed_loss": wanted.bounds.loss,
            "way": offer.way,
            "meets": not reasons[offer.way],
            "best": best is not None and offer.way == best.way,
            "rtt_ns": offer.felt.rtt_ns,
            "jitter_ns": None if offer.felt.jitter_ns == float("inf") else round(offer.felt.jitter_ns),
            "loss": offer.felt.loss,
            "wavelengths": round(offer.wavelengths, 6),
            "transceivers": round(offer.transceivers, 6),
            "reason": write_reasons(reasons[offer.way]),
        }
        for offer in offered
    ]


def _why_not(wanted: ServiceClass, offer: Offer) -> tuple[Reason, ...]:
    reasons = offer.felt.why_not(wanted.bounds)
    if wanted.rate_gbps > offer.most_gbps:
        text = f"{wanted.rate_gbps:g} Gbit/s asked, {offer.most_gbps:g} to be had"
        reasons += (Reason(code="rate", text=text),)
    return reasons
