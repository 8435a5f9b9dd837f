# SPDX-License-Identifier: BSD-3-Clause
"""Places at given distances, whatever the topology was."""

from __future__ import annotations

import pytest

from apnemu.blueprint.prediction import packet_rtt_ns
from apnemu.planning import next_hops, plan
from apnemu.question.plants import far_names, star
from apnemu.units import fibre_delay_ns
from tests.compiled import shipped


def test_a_star_has_the_asked_distances() -> None:
    plant = star(shipped("three-sites"), [0, 80, 80.5, 3000], rate_gbps=100)
    assert [site.name for site in plant.data_centres] == ["near", "far-0", "far-1", "far-2", "far-3"]
    assert [fibre.length_km for fibre in plant.fibres] == [0, 80, 80.5, 3000]
    assert [fibre.amplifiers for fibre in plant.fibres] == [0, 0, 1, 37]
    planned = plan(plant)
    assert not planned.refusals
    for path, fibre in zip(planned.lightpaths, plant.fibres, strict=True):
        fec_ns = next(mode.fec_ns for mode in plant.modes if mode.name == path.mode)
        assert path.delay_ns == fec_ns + fibre_delay_ns(fibre.length_km, 1.468) + 125 * fibre.amplifiers
    hops = next_hops(plant)
    assert packet_rtt_ns(plant, hops, ("near", "far-3"), 98) > packet_rtt_ns(plant, hops, ("near", "far-0"), 98)


def test_copies_stand_at_the_same_distance() -> None:
    plant = star(shipped("three-sites"), [10, 20], rate_gbps=400, copies=3)
    assert [fibre.b for fibre in plant.fibres] == [*far_names(0, 3), *far_names(1, 3)]
    assert {fibre.length_km for fibre in plant.fibres if fibre.b in far_names(1, 3)} == {20}
    assert {demand.rate_gbps for demand in plant.demands} == {400}


@pytest.mark.parametrize("distance_km", [0, 19_000])
def test_coordinates_are_on_the_earth(distance_km: float) -> None:
    plant = star(shipped("jpn48"), [distance_km], rate_gbps=100)
    assert all(-180 <= site.lon <= 180 and -90 <= site.lat <= 90 for site in plant.sites)
