# SPDX-License-Identifier: BSD-3-Clause
"""Planning: a plant and its demands become an `Assignment`. The only room that chooses light.

Light for demands: `lightpaths` gives each demand a wavelength of its own (`plan`) and evens out delays; `trees` lights
trees from one site to many; `wavelength_sharing` divides a wavelength among tenants, a hub's subcarriers among leaves.
`judged` asks the optics room about the plan.

Rules that they share: `graph` holds the total orders of routes, so that equal routes are never a matter of chance;
`disjoint` pairs of routes without a common risk; `reach` the mode and the lightpath that a route allows, by the table
of reach or, in `closing`, by signal quality; `spectrum_use` which slots are lit; `zones` where light may not be.

Other questions: `routing` says how the conventional network would carry the same demands over the same fibres
(`packet_routes`, `next_hops`); `minimum` finds the fewest wavelengths, `blocking` simulates how often requests are
refused, `online` plans light on demand while a network runs, whose controller has its ways in `dcn`; `queueing` holds
what theory says of a router's queue (M/D/1, M/G/1, M/D/1/K), waits and loss; `served` what given arrivals must feel in
one; `marked_queues` what DCTCP keeps in one that marks.

What follows from a plant alone is made once for each (`by_plant`). No file of this room reads a clock. `judged` alone
reads files, through the optics room: the optics of the equipment, and the cache of what GNPy computed before.
`blocking` alone draws random numbers, from a generator of the run's seed.

Rejected: networkx's `shortest_simple_paths` (no total order among equal routes, no parallel fibres, and 8 times
slower on 48 sites); exact optimisation (minutes where a person waits, for a wavelength or two).
"""

from apnemu.planning.lightpaths import best_mode, plan
from apnemu.planning.routing import NextHop, NextHops, next_hops, packet_routes

__all__ = ["NextHop", "NextHops", "best_mode", "next_hops", "packet_routes", "plan"]
