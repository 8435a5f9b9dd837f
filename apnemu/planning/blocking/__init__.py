"""How often a request for light is refused: arrivals, departures and an online planner, simulated on the host.

`rules` what the network and its requests are, `candidates` the routes tried, `routes` both as arrays, `arrivals` the
seeded draws, `compiled` the planner as machine code, `plain` the same rule as anybody would write it in Python (the
oracle of the first and the yardstick of its speed), `simulation` runs one of them, `erlang` what theory knows.

Requests come as a Poisson process between pairs of data centres chosen uniformly, each holds its light for a time
drawn from the exponential distribution, and one that finds no light is lost. Light is the same slots on every fibre of
the route: no conversion. Loads are in erlangs: arrivals per mean holding time.

*Not modelled:* signal quality (the flexible grid judges reach by a table), time to set up, retries, moving light.

Rejected: one compiled loop for each grid (the fixed grid is the flexible one with one slot a request, and loses no
speed by it); a compiler other than numba (the lab's gcc would do, at the price of a second language and a build step);
numba's own random numbers (numpy's generators give the plain loop the very same draws).
"""

from apnemu.planning.blocking.rules import Rules
from apnemu.planning.blocking.simulation import Blocking, race, simulate

__all__ = ["Blocking", "Rules", "race", "simulate"]
