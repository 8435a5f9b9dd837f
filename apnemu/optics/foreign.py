# SPDX-License-Identifier: BSD-3-Clause
"""GNPy for a whole network from its own files: the elements in it, and light from end to end, auto-design included."""

from __future__ import annotations

import copy
import hashlib
import json
import pickle
from collections import deque
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cached_property, reduce
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

import numpy as np
from gnpy.core import elements as gnpy_elements
from gnpy.core.parameters import SimParams
from gnpy.tools import json_io as gnpy_json
from gnpy.tools import worker_utils as gnpy_work
from gnpy.topology import request as gnpy_request

from apnemu.errors import InputError
from apnemu.model.spectrum import Band, Bands, common, steps_above, steps_below
from apnemu.optics import intake
from apnemu.optics.endless import refuse_endless
from apnemu.optics.forms import Form
from apnemu.optics.light import Arrival
from apnemu.optics.line import Element, as_section, gnpy_heard, refused_by_gnpy, transceivers

WAY_OUT = "give a network that GNPy's command line takes, and ends that are in it"
AMPLIFIERS = (gnpy_elements.Edfa, gnpy_elements.Multiband_amplifier)
SHEETS = (".xls", ".xlsx")
"""Endings of the spreadsheets that GNPy makes networks of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stands:
    """An element as the file has it; `then` names the elements after it, and only a fibre has a length."""

    uid: str
    kind: Literal["transceiver", "roadm", "fibre", "amplifier", "other"]
    lat: float
    lon: float
    length_km: float
    then: tuple[str, ...]


class Foreign:
    """A network as GNPy reads it, designed once when light is first sent. `said` holds GNPy's warnings, a line each.

    Raises:
        InputError: GNPy refuses the files.
    """

    def __init__(self, topology: Path, equipment: Path | None, sim_params: Path | None) -> None:
        self.topology = topology
        self._designed: tuple[Any, Any] | None = None
        self.equipment_file = Path(equipment or gnpy_json.DEFAULT_EQPT_CONFIG)
        with gnpy_heard() as said:
            self.sim_params = intake.older(sim_params, intake.read_json(sim_params)) if sim_params else {}
            with refused_by_gnpy("them", "give simulation parameters of GNPy's", sim_params):
                SimParams.set_params(self.sim_params)
            if sim_params:
                refuse_endless(sim_params, self.sim_params)
            form = intake.equipment(self.equipment_file)
            with refused_by_gnpy("it", "give an equipment library of GNPy's", self.equipment_file):
                self.library = gnpy_json._equipment_from_json(form, gnpy_json.DEFAULT_EXTRA_CONFIG)
            if topology.suffix.lower() in SHEETS:
                with self._refused():
                    self.network = gnpy_json.load_network(topology, self.library)
            else:
                form = intake.network(topology)
                with self._refused():
                    self.network = gnpy_json.network_from_json(form, self.library)
        self.said = tuple(dict.fromkeys(said))
        self.ends = tuple(transceivers(self.network))

    @cached_property
    def fingerprint(self) -> str:
        """Hash (SHA-256) of all files read: network, equipment with the files that it names beside it, parameters."""
        library = self.equipment_file.read_text("utf-8")
        beside = [file for file in sorted(self.equipment_file.parent.glob("*.json")) if file.name in library]
        read = hashlib.sha256(json.dumps(self.sim_params, sort_keys=True).encode())
        for file in (self.topology, self.equipment_file, *beside):
            read.update(hashlib.sha256(file.read_bytes()).digest())
        return read.hexdigest()

    def design(self) -> None:
        """Have GNPy design the network. Raises InputError: GNPy refuses it."""
        with self._refused():
            self._design()

    def stands(self) -> tuple[Stands, ...]:
        """List every element before auto-design, in the file's order. Raises InputError: one is nowhere on Earth."""
        places = [self._place(node) for node in self.network.nodes()]
        return tuple(
            Stands(
                uid=node.uid,
                kind=_kind(node),
                lat=lat,
                lon=lon,
                length_km=node.params.length / 1e3 if isinstance(node, gnpy_elements.Fiber) else 0.0,
                then=tuple(after.uid for after in self.network.successors(node)),
            )
            for node, (lat, lon) in zip(self.network.nodes(), places, strict=True)
        )

    def _place(self, node: Element) -> tuple[float, float]:
        """Latitude and longitude of an element; 0, 0 where its metadata have no location, as GNPy's own defaults."""
        if "location" not in node.metadata:
            return 0.0, 0.0
        lat, lon = float(node.lat or 0.0), float(node.lng or 0.0)
        if not (abs(lat) <= 90 and abs(lon) <= 180):
            raise InputError(
                f"{node.uid[:60]} lies at latitude {lat:g}, longitude {lon:g}; they must be from -90 to 90 and from"
                " -180 to 180; give degrees north and east",
                file=str(self.topology),
            )
        return lat, lon

    def example(self, source: str, target: str, via: Sequence[str], spectrum: Path | None) -> Arrival:
        """Propagate the load of the library's SI, or of a spectrum file, as `gnpy-transmission-example` does.

        Raises:
            InputError: GNPy refuses, or there is no such path.
        """
        with self._refused():
            lit = gnpy_json._spectrum_from_json(intake.spectrum(spectrum)) if spectrum else None
            network, request = self._design()
            request = self._request(request, source, target, via, lit)
            with gnpy_heard():
                path = gnpy_request.compute_constrained_path(network, request)
            if not path:
                raise ValueError(f"there is no path from {source} to {target} by way of {', '.join(via) or 'anything'}")
            return self._propagated(path, request)

    def further_loads(self) -> list[tuple[float, float, float]]:
        """Loads that the library's SI has beside the default one: lowest and highest centre, spacing, in Hz."""
        loads = (load for name, load in self.library["SI"].items() if name != "default")
        return [(load.f_min, load.f_max, load.spacing) for load in loads]

    def carried(self, out_of: str, first_fibre: str, into: str) -> Bands:
        """Spectrum that every amplifier from one station to the next carries, and the ROADMs at both ends.

        Raises:
            InputError: GNPy refuses.
        """
        with self._refused():
            network, _ = self._design()
            here, fibre, there = self._nodes(network, (out_of, first_fibre, into))
            path = _shortest(network, here, fibre) + _shortest(network, fibre, there)[1:]
            load = self.library["SI"]["default"]
            amplified = [node.params.bands for node in path if isinstance(node, AMPLIFIERS)]
            ranges = [*(amplified or [[{"f_min": load.f_min, "f_max": load.f_max}]])]
            ranges += [_passes(here, before.uid, path[1].uid) for before in network.predecessors(here)]
            ranges += [_passes(there, path[-2].uid, after.uid) for after in network.successors(there)]
            return reduce(common, (_bands(each) for each in ranges if each))

    def _nodes(self, network: Any, stations: Sequence[str]) -> list[Element]:
        """Elements of the designed network; a fibre that auto-design divides is found by its first part."""
        by_uid = {node.uid: node for node in network.nodes()}
        first_parts = {uid.partition("_(1/")[0]: node for uid, node in by_uid.items() if "_(1/" in uid}
        return [by_uid[uid] if uid in by_uid else first_parts[uid] for uid in stations]

    def arrivals(self, stations: Sequence[str], spectra: Sequence[list[Form]]) -> tuple[Arrival, ...]:
        """Propagate loads from the first station (a transceiver) to the last, past the others in their order.

        Raises:
            InputError: GNPy refuses, or the parameters name channels that a load does not have.
        """
        with self._refused():
            network, request = self._design()
            stops = self._nodes(network, stations)
            path = stops[:1]
            for here, there in pairwise(stops):
                path += _shortest(network, here, there)[1:]
            lit = {}
            for spectrum in spectra:
                # modes that load a fibre alike arrive alike
                key = json.dumps(spectrum, sort_keys=True)
                if key not in lit:
                    load = gnpy_json._spectrum_from_json([dict(part) for part in spectrum])
                    self._has_the_channels_named(len(load))
                    lit[key] = self._propagated(path, self._request(request, stations[0], stations[-1], (), load))
            return tuple(lit[json.dumps(spectrum, sort_keys=True)] for spectrum in spectra)

    def _has_the_channels_named(self, channels: int) -> None:
        named = self.sim_params.get("nli_params", {}).get("computed_channels") or [0]
        if max(named) > channels:
            raise InputError(
                f"nli_params.computed_channels of the sim_params names channel {max(named)}, and a full band has"
                f" {channels} in one of the modes; write computed_number_of_channels: {len(named)} in its place, which"
                " spreads them over any band",
                file=str(self.topology),
            )

    def _request(self, designed_for: Any, source: str, target: str, via: Sequence[str], lit: Any) -> Any:
        request = copy.copy(designed_for)
        request.source, request.destination = source, target
        request.nodes_list = [*via, target]
        request.loose_list = ["STRICT"] * len(request.nodes_list)
        request.initial_spectrum = lit
        return request

    def _propagated(self, path: list[Element], request: Any) -> Arrival:
        SimParams.set_params(self.sim_params)  # GNPy's global state
        # a saturated amplifier keeps its lower gain, so every transmission gets elements of its own;
        # written and read back they are copied four times as fast as by deepcopy
        path = pickle.loads(pickle.dumps(path))
        with gnpy_heard():
            light = gnpy_request.propagate(path, request, self.library)
        if not np.all(np.isfinite(path[-1].snr_01nm)):
            raise ValueError(f"light from {path[0].uid} to {path[-1].uid} has no GSNR")
        return Arrival(
            gsnr_db=path[-1].snr_01nm,
            osnr_ase_db=path[-1].osnr_ase_01nm,
            latency_ms=path[-1].latency,
            line=as_section(light, weak_db=0.0),
        )

    def _design(self) -> tuple[Any, Any]:
        """Design the network, once for all routes, for the load of the library's SI."""
        if self._designed is None:
            SimParams.set_params(self.sim_params)
            with gnpy_heard() as said:
                network, request, _ = gnpy_work.designed_network(self.library, self.network, *self.ends[:2])
            self.said += tuple(said)
            self._designed = network, request
        return self._designed

    def _refused(self) -> AbstractContextManager[None]:
        return refused_by_gnpy("it", WAY_OUT, self.topology)


def _passes(node: Element, before: str, after: str) -> list[dict[str, float]]:
    """Frequency ranges in which a ROADM passes light from one neighbour to another; none where it says none."""
    if not isinstance(node, gnpy_elements.Roadm):
        return []
    ranges = [each["frequency-range"] for each in node.get_roadm_path(before, after).impairment.impairments]
    return [{"f_min": each["lower-frequency"], "f_max": each["upper-frequency"]} for each in ranges]


def _bands(ranges: Sequence[dict[str, float]]) -> Bands:
    """Ranges in Hz as bands, in whole steps of the grid; a range without edges has no end."""
    edges = [(each["f_min"] or 1e12, each["f_max"] or 1e15) for each in ranges]
    bands = [Band(low=steps_above(low / 1e12), high=steps_below(high / 1e12)) for low, high in edges]
    return tuple(sorted((band for band in bands if band.low < band.high), key=lambda band: band.low))


def _kind(node: Element) -> Literal["transceiver", "roadm", "fibre", "amplifier", "other"]:
    if isinstance(node, gnpy_elements.Transceiver):
        return "transceiver"
    if isinstance(node, gnpy_elements.Roadm):
        return "roadm"
    if isinstance(node, gnpy_elements.Fiber):
        return "fibre"
    return "amplifier" if isinstance(node, AMPLIFIERS) else "other"


def _shortest(network: Any, here: Element, there: Element) -> list[Element]:
    """Find the way with the fewest elements; between neighbouring stations there is but one."""
    came: dict[Element, Element] = {here: here}
    front = deque([here])
    while front and there not in came:
        node = front.popleft()
        for after in network.successors(node):
            if after not in came:
                came[after] = node
                front.append(after)
    if there not in came:
        raise ValueError(f"nothing leads from {here.uid} to {there.uid}")
    path = [there]
    while path[-1] is not here:
        path.append(came[path[-1]])
    return path[::-1]
