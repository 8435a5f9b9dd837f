# SPDX-License-Identifier: BSD-3-Clause
"""GNPy for a fibre between two ROADMs: built from forms, designed by GNPy, light sent through.

GNPy computes amplifier noise, nonlinear interference (GN model), stimulated Raman scattering, dispersion, PMD, PDL and
latency, element by element; this file only reads its results. Importing GNPy takes a second, so `judging` imports this
file only if the cache does not have what is asked for.
"""

from __future__ import annotations

import copy
import logging
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from gnpy.core import elements as gnpy_elements
from gnpy.core.parameters import SimParams
from gnpy.tools import json_io as gnpy_json
from gnpy.tools import worker_utils as gnpy_work
from gnpy.topology import request as gnpy_request

from apnemu.errors import InputError
from apnemu.model.spectrum import ANCHOR_THZ, STEP_GHZ
from apnemu.optics.forms import Form
from apnemu.optics.light import Section

Element = Any
"""An element of GNPy's, which has no types."""


class _Heard(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.said.append(" ".join(record.getMessage().split()))


@contextmanager
def gnpy_heard() -> Iterator[list[str]]:
    """Collect GNPy's warnings as a list of lines; GNPy would write them to stderr, over several lines each.

    Warnings of its arithmetic are left out: what comes of them is looked at where results are read.
    """
    heard, log = _Heard(), logging.getLogger("gnpy")
    before = log.propagate
    log.addHandler(heard)
    log.propagate = False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)
            yield heard.said
    finally:
        log.removeHandler(heard)
        log.propagate = before


@contextmanager
def refused_by_gnpy(what: str, way_out: str, file: Path | None = None) -> Iterator[None]:
    """Say whatever GNPy raises over somebody's input as that: one line with `what` was refused, or the file.

    Raises:
        InputError: GNPy raised something, of whatever kind; it says what it does not take in many kinds.
    """
    try:
        yield
    except InputError:
        raise
    except Exception as error:
        said = " ".join(f"{type(error).__name__} {error}".split())[:400]
        raise InputError(f"GNPy refuses {what}: {said}; {way_out}", file=None if file is None else str(file)) from error


def propagate_section(
    line: Form, section: Form, spectra: Sequence[list[Form]], express_loss_db: float
) -> tuple[Section, ...]:
    """Propagate each of the spectra over a fibre between two ROADMs.

    GNPy designs the fibre's amplifiers once, for the load in `line`'s SI: a full band has the same power by slot width
    in every spectrum.
    """
    with gnpy_heard():
        SimParams.set_params({})  # GNPy's global state; a network with Raman pumps may have changed it
        # GNPy takes its forms apart as it reads them
        equipment, network = gnpy_json.load_eqpt_topo_from_json(copy.deepcopy(line), copy.deepcopy(section))
        source, target = transceivers(network)
        network, request, _ = gnpy_work.designed_network(equipment, network, source, target)
        path = gnpy_request.compute_constrained_path(network, request)
        return tuple(_section(path, request, equipment, spectrum, express_loss_db) for spectrum in spectra)


def transceivers(network: Any) -> list[str]:
    """Uids of a network's transceivers, in the order of the file."""
    return [node.uid for node in network.nodes() if isinstance(node, gnpy_elements.Transceiver)]


def _section(
    path: list[Element], request: Any, equipment: Form, spectrum: list[Form], express_loss_db: float
) -> Section:
    # an amplifier that saturates keeps its lower gain, so every spectrum gets elements of its own
    path = copy.deepcopy(path)
    request.initial_spectrum = gnpy_json._spectrum_from_json([dict(part) for part in spectrum])
    lit = gnpy_request.propagate(path, request, equipment)
    roadm = path[-2]
    arriving_dbm = roadm.pch_out_dbm + roadm.loss_pch_db
    wanted_dbm = roadm.get_per_degree_power(path[-1].uid, lit)
    return as_section(lit, weak_db=max(0.0, float(np.max(wanted_dbm + express_loss_db - arriving_dbm))))


def as_section(lit: Any, *, weak_db: float) -> Section:
    """Section out of GNPy's spectral information at the end of a path."""
    return Section(
        signal=lit.signal / lit.pch,
        ase=lit.ase / lit.pch,
        nli=lit.nli / lit.pch,
        dispersion_ps_per_nm=lit.chromatic_dispersion * 1e3,
        pmd_ps=lit.pmd * 1e12,
        pdl_db=np.asarray(lit.pdl, dtype=float),
        weak_db=weak_db,
        slots=tuple(round((hz / 1e12 - ANCHOR_THZ) * 1e3 / STEP_GHZ) for hz in lit.frequency),
    )
