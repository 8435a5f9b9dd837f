# SPDX-License-Identifier: BSD-3-Clause
"""Signal quality: a plant and its lit spectrum become `Quality` (GSNR, margin, delay), with GNPy for the physics.

`judge_of` gives a planner a function from a route (fibre names in order) to its `Quality`; `quality` judges a few
routes at once; `export_gnpy` and `read_gnpy` exchange files with GNPy's own command line. GNPy is told the figures of
an optics file. Every slot is taken as lit, by neighbours of the same mode, which is the safe case: light that is lit
later cannot make an earlier verdict wrong.

    equipment  values of an optics file: fibre, amplifiers, ROADMs, what each transceiver mode needs
    format     keys of an optics file with their limits
    reader     reads an optics file into checked values
    forms      plant and optics in GNPy's JSON forms, as plain data: computed with, written out and hashed
    line       a fibre between two ROADMs, propagated by GNPy
    light      routes out of fibres, exactly; verdicts out of routes and modes
    cache      results by the hash of all that went into them, so that each is computed once, ever
    judging    the judge: from the cache or from GNPy to a verdict; also the headroom of a ROADM
    exchange   files that GNPy's command line reads, out of a plant, and GNPy's own answer over them
    intake     somebody's files in GNPy's form: their shape looked at, put into GNPy's older form by `yang`, a child
    endless    parameters of a simulation by which GNPy would compute for minutes
    foreign    a whole network in GNPy's own files, propagated by GNPy; it and `line` alone import GNPy
    chains     what lies between two sites of such a network, and names for its sites
    imported   such a network as a plant that can be planned, and its judge
    opened     such a network read once, by its files or by the plant that it became
    returned   an imported network given back to GNPy, with apnemu's modes and routes

*Not modelled:* polarisation-dependent loss of ROADMs and amplifiers unless the optics file gives it; filters that
narrow as ROADMs add up; crosstalk; a transmitter weaker than the add path needs (400ZR's -10 dBm gets a booster for
nothing); fibres of several types in one plant; what a channel gains where neighbours are dark.

Rejected: a design of the whole network for each plan (GNPy designs each fibre between two ROADMs by itself anyway, so
the same figures come out of the fibre alone, and can be kept for every other plant that has it); GNPy's propagation
from end to end for each route (see `light`).
"""

from apnemu.optics.exchange import end_to_end_gsnr_db, export_gnpy
from apnemu.optics.forms import network_form
from apnemu.optics.imported import GnpyNetwork, Received
from apnemu.optics.judging import Headroom, headroom, judge_of, quality
from apnemu.optics.opened import carried, network_of, read_gnpy
from apnemu.optics.reader import read_optics
from apnemu.optics.returned import export_imported

__all__ = [
    "GnpyNetwork",
    "Headroom",
    "Received",
    "carried",
    "end_to_end_gsnr_db",
    "export_gnpy",
    "export_imported",
    "headroom",
    "judge_of",
    "network_form",
    "network_of",
    "quality",
    "read_gnpy",
    "read_optics",
]
