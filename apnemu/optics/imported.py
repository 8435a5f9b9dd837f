# SPDX-License-Identifier: BSD-3-Clause
"""Networks in GNPy's own form: GNPy's answers about them, and a plant out of them that can be planned.

A transceiver, with its ROADM if it has one, becomes a site; so does a ROADM without a transceiver (an exchange). A
chain of fibres, amplifiers and the like between two sites becomes one way of a fibre, with the chain back that lies in
the same cable as the other (`chains`); if there is none, both ways are taken as alike, since a plant's fibres are
pairs. Signal quality is GNPy's from end to end over the elements of the file, with its own equipment, amplifiers and
launch power; modes, and what they need, are apnemu's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from apnemu.errors import InputError
from apnemu.model import naming
from apnemu.model.plant import Fibre, Plant, Site
from apnemu.model.quality import Judge, Quality, Route, Verdict
from apnemu.model.spectrum import Bands, common
from apnemu.optics import cache
from apnemu.optics.chains import Chain, chains_between, own_name, site_names, way_from
from apnemu.optics.equipment import Optics
from apnemu.optics.forms import Form, spectrum_form
from apnemu.optics.judging import figures_of, first_site, quality_of, sites_of
from apnemu.optics.light import Arrival, Section, verdicts
from apnemu.optics.reader import read_optics

if TYPE_CHECKING:
    from apnemu.optics.foreign import Foreign


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """Answer of GNPy for a transmission: means over the channels as GNPy prints them, and the worst channel's GSNR.

    GSNR and OSNR are in 0.1 nm, with transmitter and ROADMs.
    """

    gsnr_db: float
    worst_gsnr_db: float
    osnr_ase_db: float
    dispersion_ps_per_nm: float
    pmd_ps: float
    pdl_db: float
    latency_ms: float


@dataclass(frozen=True, kw_only=True)
class GnpyNetwork:
    """A network in GNPy's own files, with its equipment and simulation parameters; `said` holds GNPy's warnings."""

    topology: Path
    foreign: Foreign

    @property
    def transceivers(self) -> tuple[str, ...]:
        """Uids of the network's transceivers, in the order of the file."""
        return self.foreign.ends

    @property
    def said(self) -> tuple[str, ...]:
        """Warnings of GNPy about the files, a line each."""
        return self.foreign.said

    def received(
        self,
        source: str | None = None,
        target: str | None = None,
        *,
        via: Sequence[str] = (),
        spectrum: Path | None = None,
    ) -> Received:
        """Compute a transmission at full load as `gnpy-transmission-example` does, auto-design included.

        An end that is not given is the first transceiver in the file that is not the other end, as GNPy chooses.
        `via` names elements to pass, in order.

        Raises:
            InputError: GNPy refuses the files, or there is no such path.
        """
        source = source or next(name for name in self.transceivers if name != target)
        target = target or next(name for name in self.transceivers if name != source)
        arrival = self.foreign.example(source, target, via, spectrum)
        return Received(
            gsnr_db=float(np.mean(arrival.gsnr_db)),
            worst_gsnr_db=float(np.min(arrival.gsnr_db)),
            osnr_ase_db=float(np.mean(arrival.osnr_ase_db)),
            dispersion_ps_per_nm=float(np.mean(arrival.line.dispersion_ps_per_nm)),
            pmd_ps=float(np.mean(arrival.line.pmd_ps)),
            pdl_db=float(np.mean(arrival.line.pdl_db)),
            latency_ms=float(np.mean(arrival.latency_ms)),
        )

    @cached_property
    def sites(self) -> dict[str, str]:
        """Names of the sites, by the uid of their transceiver and of their ROADM."""
        return site_names(self.foreign.stands())

    @cached_property
    def chains(self) -> dict[str, Chain]:
        """Chains between two sites, by the name of the fibre that a plant has in their place."""
        return chains_between({stand.uid: stand for stand in self.foreign.stands()}, self.sites)

    def plant(self, like: Plant) -> Plant:
        """Make a plant of the network, with the modes, ROADM delays, packet network and band of another plant; without
        demands."""
        stands = {stand.uid: stand for stand in self.foreign.stands()}
        ends = {self.sites[uid] for uid in self.transceivers}
        where = {site: stands[uid] for uid, site in self.sites.items()}
        first = {site: uid for uid, site in reversed(self.sites.items())}
        lay_ns = like.fibres[0].amplifier_delay_ns
        return Plant(
            name=naming.title(self.topology.stem, "network"),
            source=f"GNPy network {self.topology.name}",
            licence="not stated",
            inferred=(),
            devices=like.devices,
            sites=tuple(
                Site(
                    name=site,
                    kind="edge" if site in ends else "exchange",
                    lat=stand.lat if stand.lat or stand.lon else None,  # GNPy's 0, 0 is what a file without has
                    lon=stand.lon if stand.lat or stand.lon else None,
                    hosts=1 if site in ends else 0,
                    label=_label(site, first[site]),
                )
                for site, stand in where.items()
            ),
            fibres=tuple(_fibre(name, chain, lay_ns) for name, chain in self.chains.items()),
            demands=(),
            modes=like.modes,
            roadm=like.roadm,
            packet=like.packet,
            band=like.band,
        )

    def carried(self, plant: Plant) -> Plant:
        """The plant with the spectrum that the amplifiers and ROADMs of each fibre carry, both ways; a fibre that
        carries all of the plant's band is left as it is."""
        key = cache.bands_key(self.foreign.fingerprint)
        kept = cache.load_bands(key)
        if kept is None:
            kept = {name: self._bands(chain) for name, chain in self.chains.items()}
            cache.store_bands(key, kept)
        whole = (plant.band,)
        bands = {name: None if common(whole, each) == whole else each for name, each in kept.items()}
        return replace(plant, fibres=tuple(replace(each, carries=bands[each.name]) for each in plant.fibres))

    def _bands(self, chain: Chain) -> Bands:
        """Spectrum that a fibre carries both ways."""
        there = self.foreign.carried(chain.out_of, chain.first_fibre, chain.into)
        back = chain.back
        return there if back is None else common(there, self.foreign.carried(back.out_of, back.first_fibre, back.into))

    def judge_of(self, plant: Plant, *, optics: Optics | None = None) -> Judge:
        """Make a judge of routes of `plant(...)`: GNPy from end to end, there and back.

        Raises:
            InputError: a mode of the plant has no optical figures.
        """
        plant = self.carried(plant)
        light = optics or read_optics()
        modes = tuple((mode, figures_of(mode, light)) for mode in plant.modes)
        known: dict[Route, Quality] = {}

        def judged(stations: tuple[str, ...], bands: Bands) -> tuple[list[Section], tuple[Verdict, ...]]:
            forms = [
                (figures, spectrum_form(mode.slot_m, figures, light, plant.band, bands)) for mode, figures in modes
            ]
            lit = [(figures, form) for figures, form in forms if form]
            if not lit:
                return [], ()
            arrivals = self._arrivals(stations, tuple(form for _, form in lit))
            found = [
                verdicts(
                    each.line,
                    figures,
                    gsnr_db=each.gsnr_db,
                    osnr_ase_db=each.osnr_ase_db,
                    wanted_db=light.load.margin_db,
                )
                for (figures, _), each in zip(lit, arrivals, strict=True)
            ]
            return [each.line for each in arrivals], tuple(one for each in found for one in each)

        def answer(route: Route) -> Quality:
            if route not in known:
                start, bands = first_site(plant, route), plant.carried(route)
                end = sites_of(plant, start, route)[-1]
                there, back = self._way(route, start), self._way(route[::-1], end)
                stopped = _stopped(there or back, self.transceivers)
                if stopped:
                    known[route] = quality_of(plant, route, [], (), stopped=stopped)
                    return known[route]
                lines, found = judged(self.stations(there or back), bands)
                lines_back, found_back = judged(self.stations(back), bands) if there and back else (lines, ())
                known[route] = quality_of(plant, route, [*lines, *lines_back], found, found_back)
            return known[route]

        return answer

    def _arrivals(self, stations: tuple[str, ...], spectra: tuple[list[Form], ...]) -> tuple[Arrival, ...]:
        """Light over a route under each spectrum, from the cache or from GNPy."""
        key = cache.arrival_key(self.foreign.fingerprint, stations, spectra)
        kept = cache.load_arrivals(key, len(spectra))
        if kept is None:
            kept = self.foreign.arrivals(stations, spectra)
            cache.store(key, kept)
        return kept

    def _way(self, route: Route, start: str) -> list[Chain]:
        """Chains of a route in the direction in which they lead from its first site; none where they do not."""
        return way_from([self.chains[name] for name in route], start) or []

    def stations(self, way: Sequence[Chain]) -> tuple[str, ...]:
        """Elements that fix a route for GNPy: transceiver, the first fibre of each chain and the node after it."""
        ends = {self.sites[uid]: uid for uid in reversed(self.transceivers)}
        nodes = [station for chain in way for station in (chain.out_of, chain.first_fibre, chain.into)]
        path = (ends[way[0].source], *nodes, ends[way[-1].target])
        return tuple(uid for uid, before in zip(path, (None, *path), strict=False) if uid != before)

    def exported(self, route: Route) -> tuple[str, ...]:
        """Stations of a route from its first site on, or from its last if the file leads only that way.

        Raises:
            InputError: the fibres do not join, or have light only one way.
        """
        chains = [self.chains[name] for name in route]
        for start in (chains[0].source, chains[0].target):
            way = self._way(route, start)
            if way:
                return self.stations(way)
        raise InputError(f"the fibres {', '.join(route)} are no route with light both ways; name neighbours in order")


def _fibre(name: str, chain: Chain, amplifier_delay_ns: int) -> Fibre:
    back = chain.back or chain
    is_lost = len(chain.spans_km) == 1 and not chain.first_fibre.isascii()
    return Fibre(
        name=name,
        a=chain.source,
        b=chain.target,
        length_km=chain.length_km,
        back_km=None if back.length_km == chain.length_km else back.length_km,
        amplifiers=chain.amplifiers,
        back_amplifiers=None if back.amplifiers == chain.amplifiers else back.amplifiers,
        amplifier_delay_ns=amplifier_delay_ns,
        label=_label(name, chain.first_fibre) if is_lost else "",
    )


def _label(name: str, uid: str) -> str:
    """What the file calls a thing, without the word for its kind; "" where that is its id."""
    label = naming.label_of(own_name(uid))
    return "" if label == name else label


def _stopped(way: Sequence[Chain], transceivers: Sequence[str]) -> str:
    """Why the network's elements stop light on a way; empty where they do not."""
    if not way:
        return "the network's elements lead neither there nor back"
    for one, other in pairwise(way):
        if one.into in transceivers or other.out_of in transceivers:
            return f"light ends at {one.target}, which has no ROADM there"
    return ""
