"""Plant + lit spectrum -> `Quality`: GSNR, margin, delay. GNPy does the physics; this room feeds it and reads it.

`judge_of` gives a function from a route (fibre names in order) to its `Quality`, for who plans; `quality` does a few
routes at once; `export_gnpy` and `read_gnpy` exchange files with GNPy's own command line. What GNPy is told comes from
`topologies/equipment/optics/` (`reader`). Every slot is taken as lit, by neighbours of the same mode, which is the safe
case: nothing that is lit later can make an earlier verdict wrong.

    forms     Plant and optics in GNPy's JSON forms, as plain data; what is computed, written out and hashed
    line      the one module that names GNPy: one fibre between two ROADMs, or a whole network from files
    light     fibres -> routes, exactly; routes and modes -> verdicts
    cache     each kind of fibre section is computed once, ever
    judging   the four above in order
    exchange  files that GNPy's command line reads, out of a plant
    imported  a network in GNPy's own files (`foreign`, `chains`): a plant, its judge; `returned` gives it back

*Not modelled:* polarisation-dependent loss of ROADMs and amplifiers unless the optics file gives it; filters that
narrow
as ROADMs add up; crosstalk; a transmitter weaker than the add path needs (400ZR's -10 dBm gets a booster for nothing);
fibres of several types in one plant; what a channel gains where neighbours are dark.

Rejected: one design of the whole network for each plan (GNPy designs each fibre between two ROADMs by itself anyway, so
the same figures come out of one fibre alone, and can be kept for every other plant that has it); GNPy's propagation
from end to end for each route (see `light`).
"""

from apnemu.optics.exchange import export_gnpy
from apnemu.optics.imported import GnpyNetwork, Received, network_of, read_gnpy
from apnemu.optics.judging import judge_of, quality
from apnemu.optics.reader import read_optics
from apnemu.optics.returned import export_imported

__all__ = [
    "GnpyNetwork",
    "Received",
    "export_gnpy",
    "export_imported",
    "judge_of",
    "network_of",
    "quality",
    "read_gnpy",
    "read_optics",
]
