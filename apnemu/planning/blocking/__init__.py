# SPDX-License-Identifier: BSD-3-Clause
"""Blocking probability of requests for light: arrivals, departures and an online planner, simulated on the host.

`rules` says what the network and its requests are, `candidates` which routes are tried; `routes` holds both as arrays.
`arrivals` draws the requests from the seed. `compiled` is the planner as machine code; `plain` is the same planner as
anybody would write it in Python, the oracle of the compiled planner and the yardstick of its speed. `simulation` runs
either of them, `erlang` holds what theory knows.

Requests come as a Poisson process between pairs of data centres chosen uniformly; each holds its light for a time
drawn from the exponential distribution; a request that no route has room for is lost. Light takes the same slots on
every fibre of the route: no conversion. Loads are in erlangs: arrivals per mean holding time.

*Not modelled:* signal quality (the flexible grid judges reach by a table), time to set up, retries, moving light.

Rejected: one compiled loop for each grid (the fixed grid is the flexible one with one slot a request, and loses no
speed by it); a compiler other than numba (the lab's gcc would do, at the price of a second language and a build step);
numba's own random numbers (numpy's generators give the plain loop the very same draws).
"""

from apnemu.planning.blocking.rules import Rules
from apnemu.planning.blocking.simulation import Blocking, race, simulate

__all__ = ["Blocking", "Rules", "race", "simulate"]
