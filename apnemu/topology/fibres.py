# SPDX-License-Identifier: BSD-3-Clause
"""A fibre pair of a topology file: its lengths and delays, each from the other where one alone is given."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from apnemu.model.plant import Fibre, Site, amplifier_count
from apnemu.topology.entry import Entry
from apnemu.topology.format import LENGTH_KM
from apnemu.topology.geography import SLACK_KM, great_circle_km, shortest_possible_km
from apnemu.units import fibre_delay_ns, fibre_km

VACUUM = 1.0
"""Group index of nothing: no signal is faster."""


def read_fibre(item: Entry, a: Site, b: Site, defaults: Entry) -> Fibre:
    """The fibre between two sites. Raises InputError for a length, delay or jitter that cannot be."""
    values: dict[str, Any] = {"name": f"{a.name}-{b.name}"} | defaults.filled() | item.filled()
    if "length_km" not in item:
        values |= _lengths(item, values["group_index"])
    out_km, back_km = values["length_km"], values.get("back_km")
    _check_length(item, a, b, min(out_km, back_km or out_km))
    _check_waypoints(item, a, b, min(out_km, back_km or out_km))
    risks = item.texts("risks")
    for risk in risks:
        if risks.count(risk) > 1:
            item.fail("risks", f"risks of {item.what} names {risk} twice; each is shared once; take one out")
    spans_km = item.values["span_km"] if "span_km" in item else (defaults.number("span_km"), None)
    out, back = amplifier_count(out_km, spans_km[0]), amplifier_count(back_km or out_km, spans_km[1] or spans_km[0])
    fibre = Fibre(**{"amplifiers": out, "back_amplifiers": None if back == out else back} | values)
    _check_times(item, fibre, item.what)
    _check_times(item.entry("line"), fibre.routed, f"line of {item.what}")
    return fibre


def _lengths(item: Entry, group_index: float) -> dict[str, float | None]:
    """The lengths that light passes in the measured delays; one that is longer than any fibre is refused."""
    lengths = [None if ns is None else fibre_km(ns, group_index) for ns in item.values["delay_ns"]]
    for ns, km in zip(item.values["delay_ns"], lengths, strict=True):
        if km is not None and km > LENGTH_KM.high:
            item.fail(
                "delay_ns",
                f"delay_ns of {item.what} is {ns}, in which light passes {km:.0f} km of fibre; without length_km it"
                f" must be at most {fibre_delay_ns(LENGTH_KM.high, group_index)} ({LENGTH_KM.high:g} km); give"
                " length_km too",
            )
    return {"length_km": lengths[0], "back_km": lengths[1]}


def _check_length(item: Entry, a: Site, b: Site, shorter_km: float) -> None:
    least_km = shortest_possible_km(a, b)
    if shorter_km >= least_km:
        return
    apart = (
        f"{a.said} and {b.said} lie {great_circle_km(a, b):.1f} km apart over ground, so it must be at least"
        f" {least_km:.1f} (3 % and 10 km allowed)"
    )
    if "length_km" in item:
        item.fail(
            "length_km",
            f"length_km of {item.what} is {shorter_km:g}; {apart}; give km of fibre, or mend the sites' lat and lon",
        )
    shorter_ns = min(filter(None, item.values["delay_ns"]))
    item.fail(
        "delay_ns",
        f"delay_ns of {item.what} is {shorter_ns}, in which light passes {shorter_km:.1f} km of fibre; {apart}; give"
        " the delay one way, or group_index of a faster fibre, or mend the sites' lat and lon",
    )


def _check_waypoints(item: Entry, a: Site, b: Site, shorter_km: float) -> None:
    """Refuse a way that is longer than the fibre."""
    if "waypoints" not in item:
        return
    places = [Site(name="", kind="exchange", lat=lat, lon=lon) for lat, lon in item.values["waypoints"]]
    least_km = sum(shortest_possible_km(near, far, slack_km=0.0) for near, far in pairwise([a, *places, b])) - SLACK_KM
    if shorter_km < least_km:
        fact = f"{item.what} has {shorter_km:g} km of fibre, and its way over waypoints is {least_km:.1f} km at least"
        item.fail("waypoints", f"{fact} (3 % and 10 km allowed); mend waypoints, in the order of the way, or length_km")


def _check_times(given: Entry, fibre: Fibre, what: str) -> None:
    """Refuse a delay that no light keeps, and jitter that would have a frame arrive before it was sent."""
    for way in fibre.ways:
        least_ns = fibre_delay_ns(way.length_km, VACUUM)
        if "delay_ns" in given and way.delay_ns < least_ns:
            given.fail(
                "delay_ns",
                f"delay_ns of {what} is {way.delay_ns}; light in vacuum takes {least_ns} for its {way.length_km:g} km;"
                " it must be at least that; give the delay one way, or mend length_km",
            )
        if way.farthest_ns > way.delay_ns:
            key = "jitter_us" if "jitter_us" in given else "jitter" if "jitter" in given else "delay_ns"
            most_us = way.delay_ns * way.jitter_ns // max(1, way.farthest_ns) / 1e3
            given.fail(
                key,
                f"jitter_us of {what} is {way.jitter_ns / 1e3:g}, {way.jitter}; its delay of {way.delay_ns / 1e3:g} us"
                f" would fall below 0; it must be at most {most_us:g}; make it smaller, or give a longer delay_ns",
            )
