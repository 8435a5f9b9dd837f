# SPDX-License-Identifier: BSD-3-Clause
"""Ground of a map: where sites lie, the lines of fibres between them, and the key. Each map draws its own marks on it.

Equirectangular: a degree of longitude is cos(mid-latitude) of a degree of latitude. Good enough for a country; it says
nothing about where the fibre lies between two sites. Sites without a place are laid out (`layout`), and where none has
one there is no land either. *Not modelled:* the antimeridian.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from apnemu.report import coasts, layout
from apnemu.report.svg import Attribute, element

WIDTH = 520
TALLEST = 640
FLATTEST = 260
MARGIN = 46
Point = tuple[float, float]


class Projection:
    """Degrees to pixels; `height` follows from what is to be shown."""

    def __init__(self, sites: Sequence[Mapping[str, Any]]) -> None:
        lats = [float(site["lat"]) for site in sites] or [0.0]
        lons = [float(site["lon"]) for site in sites] or [0.0]
        self.squeeze = math.cos(math.radians((min(lats) + max(lats)) / 2))
        wide = max((max(lons) - min(lons)) * self.squeeze, 1e-3)
        tall = max(max(lats) - min(lats), 1e-3)
        self.scale = min((WIDTH - 2 * MARGIN) / wide, (TALLEST - 2 * MARGIN) / tall)
        self.height = max(math.ceil(tall * self.scale) + 2 * MARGIN, FLATTEST)
        self._lon, self._lat = (min(lons) + max(lons)) / 2, (min(lats) + max(lats)) / 2

    def point(self, lat: float, lon: float) -> Point:
        """The place of a latitude and a longitude, in pixels."""
        x = WIDTH / 2 + (lon - self._lon) * self.squeeze * self.scale
        return round(x, 1), round(self.height / 2 - (lat - self._lat) * self.scale, 1)

    @property
    def shown(self) -> coasts.Bounds:
        """West, south, east and north of the paper, in degrees."""
        wide, tall = WIDTH / 2 / self.scale / self.squeeze, self.height / 2 / self.scale
        return self._lon - wide, self._lat - tall, self._lon + wide, self._lat + tall

    def land(self) -> Markup | None:
        """Land under the map, where it is known well enough."""
        return coasts.land(self.shown, self.scale, self.point)


class Ground:
    """The sites and fibres of a picture on paper: `at` has the place of each site.

    `laid_out` are the sites that a layout has placed; where these are all, the map `is_plan`: it has no land.
    """

    def __init__(self, picture: Mapping[str, Any]) -> None:
        places = layout.places(picture)
        self.laid_out = tuple(site["name"] for site in picture["sites"] if not layout.is_placed(site))
        self.is_plan = 0 < len(self.laid_out) == len(places)
        self.projection = Projection([{"lat": lat, "lon": lon} for lat, lon in places.values()])
        self.at = {name: self.projection.point(*place) for name, place in places.items()}

    def fibre(self, fibre: Mapping[str, Any], note: str = "", **look: Attribute) -> Markup:
        """A fibre's line, as one without light if it has no look of its own; `note` shows where one points at it."""
        (x1, y1), (x2, y2) = self.at[fibre["a"]], self.at[fibre["b"]]
        title = [element("title", note)] if note else []
        if via := [self.projection.point(lat, lon) for lat, lon in fibre.get("waypoints", ())]:
            way = " ".join(f"{x:g},{y:g}" for x, y in ((x1, y1), *via, (x2, y2)))
            return element("polyline", *title, **(look or {"class_": "fibre"}), points=way, fill="none")
        return element("line", *title, **(look or {"class_": "fibre"}), x1=x1, y1=y1, x2=x2, y2=y2)

    def drawn(self, *marks: Markup, label: str = "") -> Markup:
        """The map with its marks over land; `label` says in words what it shows, where no mark of it does."""
        named: dict[str, Attribute] = {"aria_label": label} if label else {}
        box = f"0 0 {WIDTH} {self.projection.height}"
        land = None if self.is_plan else self.projection.land()
        return element("svg", *([land] if land else []), *marks, class_="map", viewBox=box, role="img", **named)
