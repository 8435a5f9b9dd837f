# SPDX-License-Identifier: BSD-3-Clause
"""A small sample of what `disasters` plays, and many countries that are looked at without a lab."""

from __future__ import annotations

from pathlib import Path

import pytest

from apnemu.power.disaster import lost_cables, pairs_left, struck_by
from apnemu.topology import read_plant
from tests.held.disasters import drawn, measured, oracle, write


def test_each_seed_draws_its_own() -> None:
    assert list(drawn(3, 1)) == list(drawn(3, 1)) != list(drawn(3, 2))


@pytest.mark.parametrize("seed", range(1, 9))
def test_what_is_taken_and_left_is_what_another_program_says(seed: int, tmp_path: Path) -> None:
    for number, country in enumerate(drawn(4, seed)):
        folder = tmp_path / str(number)
        folder.mkdir()
        plant = read_plant(write(country, folder))
        assert plant.power is not None
        struck = struck_by(plant, plant.power.hazards[0])
        lost = lost_cables(plant.power.cables, struck.landings)
        assert oracle(country) == {
            "sites_lost": len(struck.sites),
            "fibres_lost": len(struck.fibres),
            "pairs_left": len(pairs_left(plant, struck)),
            "cables_lost": len(lost),
            "gbps_left": sum(cable.gbps for cable in plant.power.cables if cable not in lost),
        }


@pytest.mark.long
@pytest.mark.guest
@pytest.mark.slow
def test_a_disaster_on_a_drawn_country() -> None:
    (country,) = drawn(1, 3)
    rows = measured(country)
    assert len(rows) == 2 * len(country.poles)
    assert [row["off"] for row in rows] == [{}] * len(rows)
    assert all(row["met"] for row in rows), rows
