"""Who holds which slot on which fibre, and which transceiver, from when until when."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from apnemu.model.assignment import Lightpath
from apnemu.model.plant import Plant
from apnemu.planning.spectrum_use import slot_mask

FOREVER_NS = 1 << 62


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """From `start_ns` until just before `end_ns`."""

    start_ns: int
    end_ns: int = FOREVER_NS

    def meets(self, other: Period) -> bool:
        """
        >>> Period(start_ns=0, end_ns=5).meets(Period(start_ns=5)), Period(start_ns=0).meets(Period(start_ns=5))
        (False, True)
        """
        return self.start_ns < other.end_ns and other.start_ns < self.end_ns


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """A lightpath's slot on its fibres. `shared` is None for light that is lit, or kept for what was accepted; else it
    is only reserved, and these risks of the working route are what may call for it."""

    lightpath: Lightpath
    period: Period
    mask: int
    shared: frozenset[str] | None = None

    def allows(self, other: Hold) -> bool:
        """Whether both may hold the same slot of a fibre at a time."""
        return self.shared is not None and other.shared is not None and not self.shared & other.shared


class Ledger:
    """All holds. Queries cost O(holds on the fibres asked for)."""

    def __init__(self, plant: Plant, transceivers: Mapping[str, int]) -> None:
        self.band = plant.band
        self.count = {site.name: transceivers.get(site.name, 0) for site in plant.sites}
        self.on: dict[str, dict[str, Hold]] = {fibre.name: {} for fibre in plant.fibres}
        self.at: dict[str, dict[tuple[str, str, int], Period]] = {site.name: {} for site in plant.sites}
        """Site -> (service, role, number) -> when."""

    def hold(self, path: Lightpath, period: Period, shared: frozenset[str] | None = None) -> Hold:
        made = Hold(lightpath=path, period=period, mask=slot_mask(self.band, path.slot), shared=shared)
        for fibre in path.fibres:
            self.on[fibre][path.name] = made
        return made

    def let_go(self, path: Lightpath) -> None:
        for fibre in path.fibres:
            self.on[fibre].pop(path.name, None)

    def taken(
        self,
        fibres: Collection[str],
        period: Period,
        *,
        but: Collection[str] = (),
        shared: frozenset[str] | None = None,
    ) -> int:
        """Steps of spectrum that a new hold may not have on all of the fibres; `but` these lightpaths do not count."""
        mask = 0
        for fibre in fibres:
            for name, hold in self.on[fibre].items():
                if name in but or not hold.period.meets(period):
                    continue
                if hold.shared is None or shared is None or hold.shared & shared:
                    mask |= hold.mask
        return mask

    def in_the_way(self, path: Lightpath, period: Period) -> Iterator[str]:
        """Reservations that must go when this is lit: the names of their lightpaths, in the order of the fibres."""
        mask = slot_mask(self.band, path.slot)
        seen = {path.name: None}
        for fibre in path.fibres:
            for name, hold in self.on[fibre].items():
                if hold.shared is not None and hold.mask & mask and hold.period.meets(period) and name not in seen:
                    seen[name] = None
        yield from list(seen)[1:]

    def free_transceivers(self, site: str, period: Period) -> list[int]:
        busy = {number for (_, _, number), when in self.at[site].items() if when.meets(period)}
        return [number for number in range(self.count[site]) if number not in busy]

    def use_transceivers(
        self, service: str, role: str, ends: tuple[str, str], numbers: tuple[int, int], period: Period
    ) -> None:
        for site, number in zip(ends, numbers, strict=True):
            self.at[site][service, role, number] = period

    def free_up(self, service: str, role: str, ends: tuple[str, str], numbers: tuple[int, int]) -> None:
        for site, number in zip(ends, numbers, strict=True):
            self.at[site].pop((service, role, number), None)
