# SPDX-License-Identifier: BSD-3-Clause
"""A plant as GeoJSON (RFC 7946): a point for each site, a line for each fibre, over its waypoints; of a site without a
place both have no geometry, as the RFC has it. Demands stand beside the features."""

from __future__ import annotations

import json
from typing import Any

from apnemu.exporting.attributes import of_demands, of_fibre, of_plant, of_site
from apnemu.model.fibre import Fibre
from apnemu.model.plant import Plant, Site
from apnemu.units import GROUP_INDEX


def geojson_text(plant: Plant) -> str:
    """The text of a GeoJSON file."""
    points = [_feature(_point(site), of_site(site)) for site in plant.sites]
    lines = [
        _feature(_line(fibre, plant), {"from": fibre.a, "to": fibre.b, **of_fibre(fibre, GROUP_INDEX)})
        for fibre in plant.fibres
    ]
    held = {
        "type": "FeatureCollection",
        **of_plant(plant),
        "demands": of_demands(plant),
        "features": [*points, *lines],
    }
    return json.dumps(held, ensure_ascii=False, indent=1) + "\n"


def _feature(geometry: dict[str, Any] | None, own: dict[str, Any]) -> dict[str, Any]:
    return {"type": "Feature", "geometry": geometry, "properties": own}


def _point(site: Site) -> dict[str, Any] | None:
    return {"type": "Point", "coordinates": [site.lon, site.lat]} if site.is_placed else None


def _line(fibre: Fibre, plant: Plant) -> dict[str, Any] | None:
    """The line of a fibre, from its first site over its waypoints; None where an end has no place."""
    ends = plant.site[fibre.a], plant.site[fibre.b]
    if not all(site.is_placed for site in ends):
        return None
    way = [ends[0].place, *fibre.waypoints, ends[1].place]
    return {"type": "LineString", "coordinates": [[lon, lat] for lat, lon in way]}
