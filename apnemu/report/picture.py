# SPDX-License-Identifier: BSD-3-Clause
"""The plant and its plan as the page draws them."""

from __future__ import annotations

from typing import Any

from apnemu.model.assignment import Assignment
from apnemu.model.fibre import Fibre
from apnemu.model.plant import Plant, Site
from apnemu.model.power import Power
from apnemu.model.spectrum import ANCHOR_THZ, STEP_GHZ
from apnemu.model.zone import Zone


def picture_of(plant: Plant, assignment: Assignment) -> dict[str, Any]:
    """The picture that `page.render` takes: plain values, without types of this package."""
    planned = assignment.to_json()
    packet = plant.packet
    return {
        "topology": plant.name,
        "source": plant.source,
        "licence": plant.licence,
        "inferred": list(plant.inferred),
        "sites": [_site(site) for site in plant.sites],
        "fibres": [
            {"name": fibre.name, "a": fibre.a, "b": fibre.b, "length_km": fibre.length_km, "back_km": fibre.back_km}
            | _declared(fibre)
            | _label(fibre)
            for fibre in plant.fibres
        ],
        "lightpaths": [
            {**shown, "fibres": list(path.fibres)}
            for shown, path in zip(planned["lightpaths"], assignment.lightpaths, strict=True)
        ],
        "band": {"low": plant.band.low, "high": plant.band.high, "anchor_thz": ANCHOR_THZ, "step_ghz": STEP_GHZ},
        "refusals": planned["refusals"],
        "trees": [
            {
                **shown,
                "branches": [
                    {**branch, "fibres": list(lit.fibres)}
                    for branch, lit in zip(shown["branches"], tree.branches, strict=True)
                ],
            }
            for shown, tree in zip(planned["trees"], assignment.trees, strict=True)
        ],
        "packet": {
            "line_rate_gbps": packet.line_rate_gbps,
            "mtu_bytes": packet.mtu_bytes,
            "buffer_bytes": packet.buffer_bytes,
            "forwarding_ns": packet.forwarding_ns,
            "oeo_ns": packet.oeo_ns,
            "fec_ns": packet.fec_ns,
            "source": packet.source,
        },
        **({"zones": [_zone(zone) for zone in plant.zones]} if plant.zones else {}),
    } | ({"power": _power(plant.power)} if plant.power is not None and plant.power.areas else {})


def _site(site: Site) -> dict[str, Any]:
    return {
        "name": site.name,
        "kind": site.kind,
        "lat": site.lat,
        "lon": site.lon,
        "power_mw": site.power_mw,
        **_label(site),
    }


def _power(power: Power) -> dict[str, Any]:
    """Areas with their data centres, and ties."""
    return {
        "name": power.name,
        "areas": [
            {"name": area.name, "sites": [site.name for site in power.sites if site.area == area.name]}
            for area in power.areas
        ],
        "ties": [
            {"name": tie.name, "a": tie.a, "b": tie.b, "mw": tie.mw, "back_mw": tie.back_mw, "kind": tie.kind}
            for tie in power.ties
        ],
    }


def _zone(zone: Zone) -> dict[str, Any]:
    sites = zone.sites if zone.sites == "all" else list(zone.sites)
    return {"name": zone.name, "sites": sites, "without_fibres": list(zone.without_fibres)}


def _declared(fibre: Fibre) -> dict[str, Any]:
    """What a topology declares of a fibre beside its length: waypoints, a measured delay there and back, its
    chances."""
    ways = fibre.ways
    told: dict[str, Any] = {}
    if fibre.waypoints:
        told["waypoints"] = [list(place) for place in fibre.waypoints]
    if fibre.delay_ns is not None:
        told["round_trip_ns"] = sum(way.delay_ns for way in ways)
    if any(way.loss for way in ways):
        told["loss"] = [way.loss for way in ways]
    if any(way.jitter_ns for way in ways):
        told["jitter_ns"] = [way.jitter_ns for way in ways]
    return told


def _label(named: Site | Fibre) -> dict[str, str]:
    return {"label": named.label} if named.label else {}
