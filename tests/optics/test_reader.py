# SPDX-License-Identifier: BSD-3-Clause
"""The optics file that comes with apnemu, and what is wrong with others."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from apnemu.errors import InputError
from apnemu.optics import read_optics
from apnemu.optics.forms import transceiver_form
from apnemu.topology import read_plant
from tests.optics.lines import EXAMPLES, TOPOLOGIES

SHIPPED = TOPOLOGIES / "equipment" / "optics" / "default.yaml"


def test_every_mode_that_comes_with_apnemu_has_its_figures() -> None:
    optics = read_optics()
    plant = read_plant(TOPOLOGIES / "three-sites.yaml")
    assert [mode.name for mode in plant.modes if optics.mode(mode.name) is None] == []
    for mode in plant.modes:
        figures = optics.mode(mode.name)
        assert figures is not None
        assert figures.baud_gbd * (1 + figures.roll_off) <= mode.slot_m * 12.5, mode.name


@pytest.mark.parametrize(
    ("name", "file", "gnpy_name"),
    [
        ("openzrplus-400g-16qam", "extra_eqpt_config.json", "SFF-ID:70"),
        ("openroadm-400g-16qam", "eqpt_config_openroadm_ver5.json", "400 Gbit/s, DP-16QAM"),
        ("openroadm-300g-8qam", "eqpt_config_openroadm_ver5.json", "300 Gbit/s, DP-8QAM"),
        ("openroadm-200g-16qam", "eqpt_config_openroadm_ver5.json", "200 Gbit/s, 31.57 Gbaud, DP-16QAM"),
        ("openroadm-200g-qpsk", "eqpt_config_openroadm_ver5.json", "200 Gbit/s, DP-QPSK"),
        ("openroadm-100g-qpsk", "eqpt_config_openroadm_ver5.json", "100 Gbit/s, 31.57 Gbaud, DP-QPSK"),
    ],
)
def test_modes_out_of_gnpys_files_are_as_there(name: str, file: str, gnpy_name: str) -> None:
    plant = read_plant(TOPOLOGIES / "three-sites.yaml")
    figures = read_optics().mode(name)
    assert figures is not None
    mode = next(mode for mode in plant.modes if mode.name == name)
    (ours,) = transceiver_form(mode, figures, plant.band)["mode"]
    library = json.loads((EXAMPLES / file).read_text())
    theirs = next(each for kind in library["Transceiver"] for each in kind["mode"] if each["format"] == gnpy_name)
    for key in ("OSNR", "tx_osnr", "roll_off", "min_spacing"):
        assert ours[key] == theirs[key], key
    assert ours["baud_rate"] == pytest.approx(theirs["baud_rate"], abs=1)
    for impairment in ("chromatic_dispersion", "pmd", "pdl"):
        assert _steps(ours, impairment) == _steps(theirs, impairment), impairment


def _steps(mode, impairment: str) -> list[tuple[float, float]]:  # type: ignore[no-untyped-def]
    """Above 0: what lies below is no penalty in either."""
    pairs = ((step[impairment], step["penalty_value"]) for step in mode["penalties"] if impairment in step)
    return sorted(pair for pair in pairs if pair[0] > 0)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("fibre_type: SSMF", "fibre_type: XXMF", "fibre_type is 'XXMF'; it must be one of SSMF, NZDF, LOF"),
        ("loss_db_per_km: 0.2 #", "loss_db_per_km: 0 #", "silica is near 0.2 dB/km"),
        ("name: 400zr", "name: openzrplus-400g-16qam", "comes twice in modes"),
        ("{at: 2400, penalty_db: 0.5}", "{at: 9, penalty_db: 0}, {at: 8, penalty_db: 1}", "must be above 0 and rise"),
        ("gain_min_db: 8,", "gain_min_db: 16,", "must be below gain_flat_max_db"),
        ("  margin_db: 2 #", "  margim_db: 2 #", "did you mean margin_db?"),
        ("apnemu-optics: 1", "apnemu-optics: 2", "this apnemu reads version 1"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(tmp_path: Path, old: str, new: str, message: str) -> None:
    text = SHIPPED.read_text()
    assert old in text
    path = tmp_path / "bad.yaml"
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(InputError) as refused:
        read_optics(path)
    assert message in str(refused.value)
    assert refused.value.file == str(path)
    assert refused.value.line is not None
