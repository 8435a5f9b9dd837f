"""Plant + demands -> `Assignment`. The only room that chooses light.

`plan` gives each demand a wavelength of its own; `packet_routes` and `next_hops` say how the conventional network would
carry the same demands over the same fibres. All go by one total order of routes (`graph`), so that equal routes are
never a matter of chance. Nothing here reads a clock or a file; only
`blocking` draws random numbers, from a generator of the run's seed.

Rejected: networkx's `shortest_simple_paths` (no total order among equal routes, no parallel fibres, and 8 times
slower on 48 sites); exact optimisation (minutes where a person waits, for a wavelength or two).
"""

from apnemu.planning.lightpaths import best_mode, plan
from apnemu.planning.routing import NextHop, next_hops, packet_routes

__all__ = ["NextHop", "best_mode", "next_hops", "packet_routes", "plan"]
