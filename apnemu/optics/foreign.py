# SPDX-License-Identifier: BSD-3-Clause
"""GNPy for a whole network from its own files: the elements in it, and light from end to end, auto-design included."""

from __future__ import annotations

import copy
import hashlib
import json
import pickle
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

from gnpy.core import elements as gnpy_elements
from gnpy.core.exceptions import ConfigurationError
from gnpy.core.parameters import SimParams
from gnpy.tools import json_io as gnpy_json
from gnpy.tools import worker_utils as gnpy_work
from gnpy.topology import request as gnpy_request

from apnemu.errors import InputError
from apnemu.optics.forms import Form
from apnemu.optics.light import Arrival
from apnemu.optics.line import Element, as_section, gnpy_heard, transceivers

REFUSALS = (ConfigurationError, KeyError, StopIteration, ValueError, IndexError, RuntimeError)
"""Exceptions that GNPy raises for files and ends that it does not take; RuntimeError is its YANG checker's."""


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
        self.said: tuple[str, ...] = ()
        self._designed: tuple[Any, Any] | None = None
        try:
            with gnpy_heard() as said:
                self.sim_params = gnpy_json.load_json(sim_params) if sim_params else {}
                self.equipment_file = Path(equipment or gnpy_json.DEFAULT_EQPT_CONFIG)
                self.library = gnpy_json.load_equipments_and_configs(self.equipment_file, [], [])
                self.network = gnpy_json.load_network(topology, self.library)
        except (*REFUSALS, AttributeError, TypeError, OSError) as error:
            raise self._refused(error) from error
        self.said = tuple(said)
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

    def stands(self) -> tuple[Stands, ...]:
        """List every element before auto-design, in the file's order."""
        return tuple(
            Stands(
                uid=node.uid,
                kind=_kind(node),
                lat=float(node.lat or 0.0),
                lon=float(node.lng or 0.0),
                length_km=node.params.length / 1e3 if isinstance(node, gnpy_elements.Fiber) else 0.0,
                then=tuple(after.uid for after in self.network.successors(node)),
            )
            for node in self.network.nodes()
        )

    def example(self, source: str, target: str, via: Sequence[str], spectrum: Path | None) -> Arrival:
        """Propagate the load of the library's SI, or of a spectrum file, as `gnpy-transmission-example` does.

        Raises:
            InputError: GNPy refuses, or there is no such path.
        """
        try:
            lit = gnpy_json.load_initial_spectrum(spectrum) if spectrum else None
            network, request = self._design()
            request = self._request(request, source, target, via, lit)
            path = gnpy_request.compute_constrained_path(network, request)
            if not path:
                raise ValueError(f"there is no path from {source} to {target} by way of {', '.join(via) or 'anything'}")
            return self._propagated(path, request)
        except REFUSALS as error:
            raise self._refused(error) from error

    def arrivals(self, stations: Sequence[str], spectra: Sequence[Form]) -> tuple[Arrival, ...]:
        """Propagate loads from the first station (a transceiver) to the last, past the others in their order.

        Raises:
            InputError: GNPy refuses, or the parameters name channels that a load does not have.
        """
        try:
            network, request = self._design()
            by_uid = {node.uid: node for node in network.nodes()}
            first_parts = {uid.partition("_(1/")[0]: node for uid, node in by_uid.items() if "_(1/" in uid}
            stops = [by_uid[uid] if uid in by_uid else first_parts[uid] for uid in stations]
            path = stops[:1]
            for here, there in pairwise(stops):
                path += _shortest(network, here, there)[1:]
            lit = {}
            for spectrum in spectra:
                # modes that load a fibre alike arrive alike
                key = json.dumps(spectrum, sort_keys=True)
                if key not in lit:
                    load = gnpy_json._spectrum_from_json([dict(spectrum)])
                    self._has_the_channels_named(len(load))
                    lit[key] = self._propagated(path, self._request(request, stations[0], stations[-1], (), load))
            return tuple(lit[json.dumps(spectrum, sort_keys=True)] for spectrum in spectra)
        except REFUSALS as error:
            raise self._refused(error) from error

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

    def _refused(self, error: Exception) -> InputError:
        return InputError(
            f"GNPy refuses it: {type(error).__name__} {error}; give a network that GNPy's command line takes, and ends"
            " that are in it",
            file=str(self.topology),
        )


def _kind(node: Element) -> Literal["transceiver", "roadm", "fibre", "amplifier", "other"]:
    if isinstance(node, gnpy_elements.Transceiver):
        return "transceiver"
    if isinstance(node, gnpy_elements.Roadm):
        return "roadm"
    if isinstance(node, gnpy_elements.Fiber):
        return "fibre"
    return "amplifier" if isinstance(node, gnpy_elements.Edfa) else "other"


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
