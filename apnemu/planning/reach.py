# SPDX-License-Identifier: BSD-3-Clause
"""Reach of light over a route: the mode that closes, the lightpath in that mode, or the reason why no mode closes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import reduce
from operator import or_
from typing import Any

from apnemu.model.assignment import LightId, Lightpath
from apnemu.model.plant import Mode, Plant
from apnemu.model.quality import Judge, Quality
from apnemu.model.reason import Reason
from apnemu.model.spectrum import Slot, common, told
from apnemu.planning.closing import closing_mode, preference, why_none_closes
from apnemu.planning.graph import Route, delays_ns
from apnemu.planning.spectrum_use import slot_mask


def best_mode(modes: tuple[Mode, ...], rate_gbps: float, length_km: float) -> Mode | None:
    """Choose the first mode by `preference` of those that carry the rate over the length; None if none does."""
    fit = [mode for mode in modes if mode.rate_gbps >= rate_gbps and mode.reach_km >= length_km]
    return min(fit, key=preference, default=None)


def longer_km(plant: Plant, fibres: Collection[str], sagging: Mapping[str, float]) -> float:
    """Extra km that fibres count by the table of reach; `sagging` maps a fibre to the dB that its first amplifier
    lacks."""
    return sum(plant.fibre[name].sag_km(sagging[name]) for name in fibres if name in sagging)


def spare_km(plant: Plant, path: Lightpath) -> float:
    """Extra km that a lightpath's fibres may count before its mode no longer closes."""
    return next(mode.reach_km for mode in plant.modes if mode.name == path.mode) - path.length_km


def closes(plant: Plant, path: Lightpath, sagging: Mapping[str, float]) -> bool:
    """Whether light that closed when it was lit still closes over fibres whose amplifiers sag."""
    more_km = longer_km(plant, path.fibres, sagging)
    return not more_km or more_km <= spare_km(plant, path)


def figures(quality: Quality, mode: str, slot: Slot, source: str) -> dict[str, Any]:
    """GSNR and margin of a lightpath from a site, in a slot, as attributes: those of its band, and the GSNR of its own
    channel."""
    turned = quality.source not in ("", source)
    there, back = (quality.verdict(mode, slot, back=way) for way in (turned, not turned))
    return {
        "gsnr_db": there.gsnr_db,
        "margin_db": min(there.margin_db, back.margin_db),
        "channel_gsnr_db": there.of(slot),
        "return_gsnr_db": back.gsnr_db,
    }


def not_carried_text(plant: Plant, route: Route) -> str:
    """Text of a refusal because the amplifiers on a route carry no slot of the plant's spectrum."""
    own = {name: plant.fibre[name].carries for name in route.fibres}
    name, bands = min(
        own.items(), key=lambda each: sum(b.high - b.low for b in common((plant.band,), each[1] or (plant.band,)))
    )
    carried = told(bands or (plant.band,))
    return (
        f"the spectrum is {plant.band}, and the amplifiers of fibre {name} carry {carried}; give a spectrum within it,"
        " or amplifiers of that band"
    )


class Reach:
    """Reach of a plant's modes over its routes, by the verdicts of a `judge` or, without it, by the table of reach."""

    def __init__(self, plant: Plant, judge: Judge | None) -> None:
        self.plant = plant
        self.judge = judge

    def mode(self, rate_gbps: float, route: Route, *, longer_km: float = 0.0) -> Mode | None:
        """Choose the mode for a rate over a route; None if no mode closes.

        `longer_km` are extra km that the route counts by the table (amplifiers that sag); a judge ignores them.
        """
        if self.judge is None:
            return best_mode(self.plant.modes, rate_gbps, route.length_km + longer_km)
        return closing_mode(self.plant.modes, rate_gbps, self.judge(route.fibres))

    def lightpath(self, id: LightId, rate_gbps: float, route: Route, mode: Mode, slot: Slot) -> Lightpath:
        """Make the lightpath over a route in a slot and a mode, with GSNR and margin where they are known."""
        quality = None if self.judge is None else self.judge(route.fibres)
        there_ns, back_ns = self.delays_ns(route, mode)
        return Lightpath(
            id=id,
            source=route.sites[0],
            target=route.sites[-1],
            route=route.sites,
            fibres=route.fibres,
            slot=slot,
            mode=mode.name,
            rate_gbps=rate_gbps,
            length_km=route.length_km,
            delay_ns=there_ns,
            return_delay_ns=None if back_ns == there_ns else back_ns,
            **({} if quality is None else figures(quality, mode.name, slot, route.sites[0])),
        )

    def barred(self, route: Route, mode: Mode) -> int:
        """Mask of the spectrum in which the mode does not close over a route, by the judge."""
        if self.judge is None:
            return 0
        band = self.plant.band
        quality = self.judge(route.fibres)
        slots = (slot for slot in band.slots(m=mode.slot_m) if not quality.closes(mode.name, slot))
        return reduce(or_, (slot_mask(band, slot) for slot in slots), 0)

    def delays_ns(self, route: Route, mode: Mode) -> tuple[int, int]:
        """Delay there and back, transceiver to transceiver: FEC, add, fibres with their amplifiers, ROADMs passed,
        drop."""
        roadm = self.plant.roadm
        others_ns = mode.fec_ns + roadm.add_ns + (len(route.sites) - 2) * roadm.express_ns + roadm.drop_ns
        there_ns, back_ns = delays_ns(self.plant.fibre, route.fibres, route.sites)
        return others_ns + there_ns, others_ns + back_ns

    def why_not(
        self,
        source: str,
        target: str,
        rate_gbps: float,
        routes: Sequence[Route],
        reached: Sequence[Route],
        dark_steps: Callable[[str], int],
    ) -> Reason:
        """Say why a demand gets no light: the fact, the value, the limit, and what would help.

        `reached` are those of `routes` over which a mode closes; `dark_steps` gives the dark steps of a fibre.
        """
        rate = f"{rate_gbps:g} Gbit/s"
        fastest = max(self.plant.modes, key=lambda mode: mode.rate_gbps)
        if rate_gbps > fastest.rate_gbps:
            return Reason(
                code="rate",
                text=f"{rate} asked, the fastest mode is {fastest.name} with {fastest.rate_gbps:g} Gbit/s;"
                " split the demand, or add a mode to the equipment",
            )
        if routes and not any(self.plant.carried(route.fibres) for route in routes):
            return Reason(code="spectrum", text=not_carried_text(self.plant, routes[0]))
        if not routes:
            return Reason(code="route", text=f"no fibres lead from {source} to {target}; add a fibre")
        if not reached and self.judge is not None:
            shortest = routes[0]
            return why_none_closes(self.plant.modes, rate_gbps, shortest.sites, self.judge(shortest.fibres))
        if not reached:
            able = (mode for mode in self.plant.modes if mode.rate_gbps >= rate_gbps)
            longest = max(able, key=lambda mode: mode.reach_km)
            return Reason(
                code="reach",
                text=f"the shortest route has {routes[0].length_km:g} km, {rate} reaches {longest.reach_km:g} km at"
                f" most ({longest.name}); ask for a lower rate, or go in two parts",
            )
        return self._no_slot(rate, routes, reached, dark_steps)

    def _no_slot(
        self, rate: str, routes: Sequence[Route], reached: Sequence[Route], dark_steps: Callable[[str], int]
    ) -> Reason:
        fibres = sorted({fibre for route in reached for fibre in route.fibres})
        fullest = min(fibres, key=lambda fibre: (dark_steps(fibre), fibre))
        width = self.plant.band.high - self.plant.band.low
        tried = f"{len(reached)} route{'s' if len(reached) > 1 else ''} tried"
        beyond = len(routes) - len(reached)
        carried = self.plant.carried(reached[0].fibres)
        within = "" if carried == (self.plant.band,) else f" (the route carries {told(carried)} alone)"
        too_long = f" ({beyond} more beyond reach)" if beyond else ""
        if carried != (self.plant.band,) and not any(
            band.high - band.low >= 2 * min(mode.slot_m for mode in self.plant.modes) for band in carried
        ):
            return Reason(code="spectrum", text=not_carried_text(self.plant, reached[0]))
        return Reason(
            code="spectrum",
            text=f"no slot is free from end to end for {rate}, {tried}{too_long}; the fullest"
            f" fibre is {fullest} with {dark_steps(fullest)} of {width} steps of 6.25 GHz dark{within}; ask for less,"
            " add a fibre, or try more routes",
        )
