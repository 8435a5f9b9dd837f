# SPDX-License-Identifier: BSD-3-Clause
"""Networks in GNPy's own form: GNPy's answers about them, and a plant out of them that can be planned.

A transceiver, with its ROADM if it has one, becomes a site; so does a ROADM without a transceiver (an exchange). A
chain of fibres, amplifiers and the like between two sites becomes one fibre; if the chain leads only one way, both ways
are taken as alike, since a plant's fibres are pairs. Signal quality is GNPy's from end to end over the elements of the
file, with its own equipment, amplifiers and launch power; modes, and what they need, are apnemu's.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from apnemu.errors import InputError
from apnemu.model.plant import Fibre, Plant, Site
from apnemu.model.quality import Judge, Quality, Route
from apnemu.optics import cache
from apnemu.optics.chains import Chain, chains_between, site_names, way_from
from apnemu.optics.equipment import Optics
from apnemu.optics.forms import Form, spectrum_form
from apnemu.optics.judging import figures_of, quality_of
from apnemu.optics.light import Arrival, verdict
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
        return Plant(
            name=re.sub(r"[^A-Za-z0-9_.-]+", "-", self.topology.stem),
            source=f"GNPy network {self.topology.name}",
            licence="not stated",
            inferred=(),
            devices=like.devices,
            sites=tuple(
                Site(
                    name=site,
                    kind="edge" if site in ends else "exchange",
                    lat=stand.lat,
                    lon=stand.lon,
                    hosts=1 if site in ends else 0,
                )
                for site, stand in where.items()
            ),
            fibres=tuple(
                Fibre(
                    name=name,
                    a=chain.source,
                    b=chain.target,
                    length_km=chain.length_km,
                    amplifiers=chain.amplifiers,
                    amplifier_delay_ns=like.fibres[0].amplifier_delay_ns,
                )
                for name, chain in self.chains.items()
            ),
            demands=(),
            modes=like.modes,
            roadm=like.roadm,
            packet=like.packet,
            band=like.band,
        )

    def judge_of(self, plant: Plant, *, optics: Optics | None = None) -> Judge:
        """Make a judge of routes of `plant(...)`: GNPy from end to end, from the route's first site on.

        Raises:
            InputError: a mode of the plant has no optical figures.
        """
        light = optics or read_optics()
        modes = tuple((mode, figures_of(mode, light)) for mode in plant.modes)
        spectra = tuple(spectrum_form(mode.slot_m, figures, light, plant.band) for mode, figures in modes)
        known: dict[Route, Quality] = {}

        def answer(route: Route) -> Quality:
            if route not in known:
                arrivals = self._arrivals(self.stations(route), spectra)
                verdicts = tuple(
                    verdict(
                        each.line,
                        figures,
                        gsnr_db=each.gsnr_db,
                        osnr_ase_db=each.osnr_ase_db,
                        wanted_db=light.load.margin_db,
                    )
                    for (_, figures), each in zip(modes, arrivals, strict=True)
                )
                known[route] = quality_of(plant, route, [each.line for each in arrivals], verdicts)
            return known[route]

        return answer

    def _arrivals(self, stations: tuple[str, ...], spectra: tuple[Form, ...]) -> tuple[Arrival, ...]:
        """Light over a route under each spectrum, from the cache or from GNPy."""
        key = cache.arrival_key(self.foreign.fingerprint, stations, spectra)
        kept = cache.load_arrivals(key, len(spectra))
        if kept is None:
            kept = self.foreign.arrivals(stations, spectra)
            cache.store(key, kept)
        return kept

    def stations(self, route: Route) -> tuple[str, ...]:
        """Elements that fix a route for GNPy: transceiver, the first fibre of each chain and the node after it.

        Raises:
            InputError: the fibres do not join, or have light only one way.
        """
        chains = [self.chains[name] for name in route]
        for start in (chains[0].source, chains[0].target):
            way = way_from(chains, start)
            if way is not None:
                ends = {self.sites[uid]: uid for uid in self.transceivers}
                nodes = [station for chain in way for station in (chain.first_fibre, chain.into)]
                first, last = ends[start], ends[way[-1].target]
                path = (first, way[0].out_of, *nodes, last)
                return tuple(uid for uid, before in zip(path, (None, *path), strict=False) if uid != before)
        raise InputError(f"the fibres {', '.join(route)} are no route with light both ways; name neighbours in order")


def network_of(plant: Plant) -> GnpyNetwork:
    """Read the network that an imported plant was made from.

    Raises:
        InputError: the plant has another fibre than the network, or GNPy refuses the files.
        ValueError: the plant did not come from GNPy's files.
    """
    if plant.gnpy is None:
        raise ValueError(f"{plant.name} did not come from GNPy's files")
    files = plant.gnpy
    network = read_gnpy(
        files.network,
        equipment=Path(files.equipment) if files.equipment else None,
        sim_params=Path(files.sim_params) if files.sim_params else None,
    )
    for fibre in plant.fibres:
        chain = network.chains.get(fibre.name)
        if chain is None or {chain.source, chain.target} != {fibre.a, fibre.b}:
            raise InputError(
                f"fibre {fibre.name} from {fibre.a} to {fibre.b} is not in the GNPy network; import it again, or take"
                " the key gnpy out to have routes judged by apnemu's own optics",
                file=files.network,
            )
    return network


def read_gnpy(topology: str | Path, *, equipment: Path | None = None, sim_params: Path | None = None) -> GnpyNetwork:
    """Read a network in GNPy's JSON form; GNPy's auto-design adds the amplifiers that it lacks.

    Raises:
        InputError: GNPy refuses the files, or there are no two transceivers in them.
    """
    from apnemu.optics.foreign import Foreign  # imports GNPy, which takes a second

    path = Path(topology)
    foreign = Foreign(path, equipment, sim_params)
    if len(foreign.ends) < 2:
        raise InputError(
            f"the network has {len(foreign.ends)} transceivers; light needs two ends; add a Transceiver", file=str(path)
        )
    return GnpyNetwork(topology=path, foreign=foreign)
