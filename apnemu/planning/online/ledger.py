# SPDX-License-Identifier: BSD-3-Clause
"""Holds on slots of fibres and on transceivers, each with its period."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from apnemu.model.assignment import LightId, Lightpath
from apnemu.model.plant import Plant
from apnemu.planning.spectrum_use import not_carried, slot_mask

FOREVER_NS = 1 << 62


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """A stretch of time, from `start_ns` until just before `end_ns`."""

    start_ns: int
    end_ns: int = FOREVER_NS

    def meets(self, other: Period) -> bool:
        """Whether the two have an instant in common.

        >>> Period(start_ns=0, end_ns=5).meets(Period(start_ns=5)), Period(start_ns=0).meets(Period(start_ns=5))
        (False, True)
        """
        return self.start_ns < other.end_ns and other.start_ns < self.end_ns


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """A lightpath's claim on its slot of its fibres.

    `shared` is None for light that is lit or kept for an accepted service. A reservation has the risks of the working
    route here: those whose failure would have it lit.
    """

    lightpath: Lightpath
    period: Period
    mask: int
    shared: frozenset[str] | None = None

    def allows(self, other: Hold) -> bool:
        """Whether both may hold the same slot of a fibre at once: two reservations that no single failure calls for."""
        return self.shared is not None and other.shared is not None and not self.shared & other.shared


class Ledger:
    """All holds. A query costs O(holds on the fibres that it names)."""

    def __init__(self, plant: Plant, transceivers: Mapping[str, int]) -> None:
        self.band = plant.band
        self.count = {site.name: transceivers.get(site.name, 0) for site in plant.sites}
        self.dark = {fibre.name: not_carried(plant, (fibre.name,)) for fibre in plant.fibres}
        """Fibre -> mask of the spectrum that its amplifiers do not carry."""
        self.on: dict[str, dict[LightId, Hold]] = {fibre.name: {} for fibre in plant.fibres}
        """Fibre -> holds on it, the oldest first."""
        self.at: dict[str, dict[tuple[str, str, int], Period]] = {site.name: {} for site in plant.sites}
        """Site -> (service, role, number of the transceiver) -> period."""

    def hold(self, path: Lightpath, period: Period, shared: frozenset[str] | None = None) -> Hold:
        hold = Hold(lightpath=path, period=period, mask=slot_mask(self.band, path.slot), shared=shared)
        for fibre in path.fibres:
            self.on[fibre][path.id] = hold
        return hold

    def let_go(self, path: Lightpath) -> None:
        for fibre in path.fibres:
            self.on[fibre].pop(path.id, None)

    def taken(
        self,
        fibres: Collection[str],
        period: Period,
        *,
        but: Collection[LightId] = (),
        shared: frozenset[str] | None = None,
    ) -> int:
        """Mask of the spectrum that a new hold on these fibres may not have; the lightpaths in `but` do not count."""
        mask = 0
        for fibre in fibres:
            mask |= self.dark[fibre]
            for id, hold in self.on[fibre].items():
                if id in but or not hold.period.meets(period):
                    continue
                if hold.shared is None or shared is None or hold.shared & shared:
                    mask |= hold.mask
        return mask

    def in_the_way(self, path: Lightpath, period: Period) -> Iterator[LightId]:
        """Lightpaths whose reservations must go when `path` is lit, in the order of its fibres."""
        mask = slot_mask(self.band, path.slot)
        seen = {path.id: None}
        for fibre in path.fibres:
            for id, hold in self.on[fibre].items():
                if hold.shared is not None and hold.mask & mask and hold.period.meets(period) and id not in seen:
                    seen[id] = None
        yield from list(seen)[1:]

    def free_transceivers(self, site: str, period: Period) -> list[int]:
        busy = {number for (_, _, number), when in self.at[site].items() if when.meets(period)}
        return [number for number in range(self.count[site]) if number not in busy]

    def owner(self, site: str, number: int, now_ns: int) -> str:
        """Service that has a transceiver at an instant; "" where it is free."""
        now = Period(start_ns=now_ns, end_ns=now_ns + 1)
        held = ((service, when) for (service, _, other), when in self.at[site].items() if other == number)
        return next((service for service, when in held if when.meets(now)), "")

    def use_transceivers(
        self, service: str, role: str, ends: tuple[str, str], numbers: tuple[int, int], period: Period
    ) -> None:
        for site, number in zip(ends, numbers, strict=True):
            self.at[site][service, role, number] = period

    def free_up(self, service: str, role: str, ends: tuple[str, str], numbers: tuple[int, int]) -> None:
        for site, number in zip(ends, numbers, strict=True):
            self.at[site].pop((service, role, number), None)
