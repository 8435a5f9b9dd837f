# SPDX-License-Identifier: BSD-3-Clause
"""Rows of the siting experiment: steps, sites, substations, years, classes of size, regions, the country's target."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from apnemu.experiments.siting.settings import Settings
from apnemu.model.plant import Plant
from apnemu.model.power import Power
from apnemu.model.siting import Connection, Region
from apnemu.power.headroom import Booked
from apnemu.power.siting import Condition, Facts, Need, checks_of, funnel, room_of, sets_left
from apnemu.question.context import Row
from apnemu.topology.size_classes import SizeClasses
from apnemu.units import us_to_ns


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A kind of connection and a rule of release, with what was booked and what is known of candidates under them."""

    connection: Connection
    release: str
    need: Need
    booked: Booked
    facts: tuple[Facts, ...]

    def row(self, part: str, name: str, **columns: object) -> Row:
        """A row of this case: its part of the answer, and what it is about."""
        return {
            "part": part,
            "name": name,
            "connection": self.connection,
            "release_after_years": self.release,
            **columns,
        }


def need_of(settings: Settings, connection: Connection, year: int) -> Need:
    """What a data centre needs, by the settings."""
    return Need(
        mw=settings.need_mw,
        year=year,
        connection=connection,
        substation_km=settings.substation_km,
        voltage_kv=settings.least_voltage_kv,
        rtt_ns=us_to_ns(settings.rtt_ms * 1000),
        landing_km=settings.landing_km,
        ha_per_mw=settings.ha_per_mw,
        road_km=settings.road_km,
        away_km=settings.away_km,
    )


def case_rows(case: Case, power: Power, settings: Settings) -> Iterator[Row]:
    """Rows of a case, the funnel first."""
    yield from _steps(case, settings.order)
    yield from _sites(case, settings.order)
    yield _target(case, settings)
    for one in power.substations:
        room_mw, left_mw = one.room_mw(case.connection), case.booked.left_mw[one.name]
        told = {"substation": one.name, "voltage_kv": one.voltage_kv, "ready_year": one.ready_year}
        yield case.row("substation", one.name, **told, room_mw=room_mw, left_mw=left_mw)
    for year in case.booked.years:
        yield case.row(
            "year",
            str(year.year),
            year=year.year,
            requests=year.requests,
            booked_mw=year.booked_mw,
            connected_mw=year.connected_mw,
            refused=year.refused,
            shortfall_mw=year.shortfall_mw,
            room_mw=year.room_mw,
        )


def _steps(case: Case, order: Sequence[Condition]) -> Iterator[Row]:
    before = len(case.facts)
    for step in funnel(case.facts, case.need, order):
        yield case.row(
            "step",
            step.condition,
            step=step.condition,
            before=before,
            survivors=len(step.survivors),
            removed=len(step.removed),
            mw_left=step.mw_left,
            sites=list(step.survivors),
            removed_sites=list(step.removed),
        )
        before = len(step.survivors)
    orders, sets = sets_left(case.facts, case.need, order)
    left = min(sets)
    yield case.row("orders", "all", orders=orders, sets=len(sets), survivors=len(left), sites=list(left))


def _sites(case: Case, order: Sequence[Condition]) -> Iterator[Row]:
    """A row for each candidate: where it is dropped, all that it lacks, and the condition that is the nearest to its
    limit."""
    for facts in case.facts:
        checks = checks_of(facts, case.need, order)
        lacks = [condition for condition in order if not checks[condition].met]
        weakest = min(order, key=lambda condition: (checks[condition].met, checks[condition].margin))
        yield case.row(
            "site",
            facts.candidate.name,
            candidate=facts.candidate.name,
            near=facts.candidate.near,
            lat=facts.lat,
            lon=facts.lon,
            survives=not lacks,
            dropped_at=lacks[0] if lacks else None,
            weakest=weakest,
            margin=checks[weakest].margin,
            substation="" if facts.substation is None else facts.substation.name,
            left_mw=facts.left_mw,
            rtt_ns=facts.rtt_ns,
            landing_km=facts.landing_km,
            cluster_km=facts.cluster_km,
            reason="; ".join(f"{condition}: {checks[condition].why}" for condition in lacks),
        )


def _target(case: Case, settings: Settings) -> Row:
    """Room at the best sites beside what the country needs, and what sites that lack one condition alone would add."""
    lacks = {
        one: [check for check in checks_of(one, case.need, settings.order).values() if not check.met]
        for one in case.facts
    }
    best = [one for one, lacking in lacks.items() if not lacking]
    second = [one for one, lacking in lacks.items() if len(lacking) <= 1]
    found_mw = room_of(best)
    return case.row(
        "target",
        "country",
        target_mw=settings.target_mw,
        found_mw=found_mw,
        shortfall_mw=max(0.0, settings.target_mw - found_mw),
        second_best_mw=room_of(second) - found_mw,
    )


def class_rows(plant: Plant, power: Power, classes: SizeClasses) -> Iterator[Row]:
    """A row for each class of size: data centres of today, and requests for room."""
    for name in classes.names:
        sites = [site for site in plant.data_centres if classes.of(site.power_mw or 0) == name]
        asked = [one for one in power.bookings if classes.of(one.mw) == name]
        yield {
            "part": "class",
            "name": name,
            "class": name,
            "data_centres": len(sites),
            "site_mw": math.fsum(site.power_mw or 0 for site in sites),
            "requests": len(asked),
            "asked_mw": math.fsum(one.mw for one in asked),
            "idle_mw": math.fsum(one.mw for one in asked if not one.builds),
        }


def region_rows(regions: Sequence[Region]) -> Iterator[Row]:
    """A row for each region, one for the two largest together, and one for all; `hhi` is that of all regions' area.

    The index of Herfindahl and Hirschman is the sum of squared shares: 1 where all stands in one region.
    """
    area_m2, buildings = math.fsum(one.area_m2 for one in regions), sum(one.buildings for one in regions)
    if not area_m2:
        return
    hhi = math.fsum((one.area_m2 / area_m2) ** 2 for one in regions)
    parts = {one.name: [one] for one in regions}
    largest = sorted(regions, key=lambda one: -one.area_m2)[:2]
    parts |= {"+".join(one.name for one in regions if one in largest): largest, "all": list(regions)}
    for name, of in parts.items():
        yield {
            "part": "region",
            "name": name,
            "region": name,
            "area_m2": math.fsum(one.area_m2 for one in of),
            "buildings": sum(one.buildings for one in of),
            "share": math.fsum(one.area_m2 for one in of) / area_m2,
            "building_share": sum(one.buildings for one in of) / buildings if buildings else None,
            "hhi": hhi,
        }
