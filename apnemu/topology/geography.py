# SPDX-License-Identifier: BSD-3-Clause
"""Distances on the Earth, to tell a fibre's length from a slip of the pen."""

from __future__ import annotations

from math import asin, cos, radians, sin, sqrt

from apnemu.model.plant import Site

EARTH_KM = 6371.0088
"""Mean radius R1 of the Earth (IUGG)."""
SLACK_SHARE = 0.03
SLACK_KM = 10.0
"""Coordinates name a town, the fibre ends in a building: 5 km at each end.

In the Japan Photonic Network Model, Kyoto to Osaka is 39.0 km of fibre and 45.4 km between the coordinates given.
"""


def great_circle_km(a: Site, b: Site) -> float:
    """The shortest way over ground (haversine on a sphere, within 0.5 % of the ellipsoid). Both must have a place.

    >>> north, south = (Site(name="x", kind="edge", lat=lat, lon=0.0) for lat in (90.0, -90.0))
    >>> round(great_circle_km(north, south), 1)
    20015.1
    """
    (a_lat, a_lon), (b_lat, b_lon) = a.place, b.place
    north = radians(b_lat - a_lat) / 2
    east = radians(b_lon - a_lon) / 2
    half_chord = sin(north) ** 2 + cos(radians(a_lat)) * cos(radians(b_lat)) * sin(east) ** 2
    return 2 * EARTH_KM * asin(sqrt(min(1.0, half_chord)))


def shortest_possible_km(a: Site, b: Site, slack_km: float = SLACK_KM) -> float:
    """The least length of a fibre between the two: the great circle less 3 % and 10 km; 0 where a place is unknown."""
    if not (a.is_placed and b.is_placed):
        return 0.0
    return max(0.0, great_circle_km(a, b) * (1 - SLACK_SHARE) - slack_km)
