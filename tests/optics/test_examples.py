# SPDX-License-Identifier: BSD-3-Clause
"""GNPy's own examples give GNPy's own figures (`rwa-reference.md`), to the digits in which they are published."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from apnemu.errors import InputError
from apnemu.optics import read_gnpy
from tests.optics.lines import EXAMPLES, chain_form


def test_transmission_main_example() -> None:
    received = read_gnpy(EXAMPLES / "edfa_example_network.json").received()
    assert round(received.gsnr_db, 2) == 31.17
    assert round(received.osnr_ase_db, 2) == 33.29
    assert round(received.dispersion_ps_per_nm, 2) == 1336.00
    assert round(received.pmd_ps, 2) == 0.85
    assert round(received.latency_ms, 2) == 0.39


@pytest.mark.slow
def test_raman_example_and_what_gnpy_warns_of() -> None:
    network = read_gnpy(EXAMPLES / "raman_edfa_example_network.json", sim_params=EXAMPLES / "sim_params.json")
    assert round(network.received().gsnr_db, 2) == 31.43
    assert any("is below user specified amplifier std_low_gain" in line for line in network.said)
    # GNPy keeps simulation parameters in one place for all; the next network must not inherit them
    assert round(read_gnpy(EXAMPLES / "edfa_example_network.json").received().gsnr_db, 2) == 31.17


def test_openroadm_example() -> None:
    network = read_gnpy(
        EXAMPLES / "Sweden_OpenROADMv5_example_network.json", equipment=EXAMPLES / "eqpt_config_openroadm_ver5.json"
    )
    assert round(network.received("trx_Stockholm", "trx_Gothenburg").gsnr_db, 2) == 19.18


def test_long_line(tmp_path: Path) -> None:
    """15 spans of 80 km with amplifiers of two kinds by turns, three ROADMs on the way: built here from those facts.

    GNPy has it in its tests (test_long_network.json with a library of its own), not in its package.
    """
    (tmp_path / "network.json").write_text(json.dumps(chain_form(_long_line())))
    (tmp_path / "equipment.json").write_text(json.dumps(_library_of_the_long_line()))
    network = read_gnpy(tmp_path / "network.json", equipment=tmp_path / "equipment.json")
    assert network.received().gsnr_db == pytest.approx(17.75, abs=0.0051)


def _long_line() -> list[tuple[str, str, dict[str, Any]]]:
    amplified = {"operational": {"gain_target": 16, "tilt_target": 0}}
    line: list[tuple[str, str, dict[str, Any]]] = [("Site_A", "Transceiver", {})]
    number = 0
    for site, spans in (("A", 5), ("C", 5), ("D", 2), ("E", 3)):
        line += [
            (f"roadm {site}", "Roadm", {}),
            (f"booster {site}", "Edfa", {"type_variety": "std_medium_gain", **amplified}),
        ]
        for _ in range(spans):
            number += 1
            kind = "test" if number % 2 else "test_fixed_gain"
            fibre = {"type_variety": "SSMF", "params": {"length": 80, "loss_coef": 0.2, "length_units": "km"}}
            line += [(f"Span{number}", "Fiber", fibre), (f"Edfa{number}", "Edfa", {"type_variety": kind, **amplified})]
    return [*line, ("roadm B", "Roadm", {}), ("Site_B", "Transceiver", {})]


def _library_of_the_long_line() -> dict[str, Any]:
    library: dict[str, Any] = json.loads((EXAMPLES / "eqpt_config.json").read_text())
    shared = {"p_max": 21, "allowed_for_design": True}
    library["Edfa"] += [
        {"type_variety": "test", "type_def": "variable_gain", "gain_flatmax": 25, "gain_min": 15, "nf_min": 5.8}
        | {"nf_max": 10, "out_voa_auto": False, **shared},
        {"type_variety": "test_fixed_gain", "type_def": "fixed_gain", "gain_flatmax": 21, "gain_min": 20, "nf0": 5}
        | shared,
    ]
    for amplifier in library["Edfa"]:
        if amplifier["type_variety"] == "std_medium_gain":
            amplifier["p_max"] = 21
    library["Span"][0]["delta_power_range_db"] = [0, 0, 0.5]
    library["SI"][0] |= {"f_min": 191.3e12, "f_max": 196.1e12, "tx_osnr": 100}
    return library


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{}", "elements is nothing; it must be a list"),
        ("no JSON", "not JSON: Expecting value"),
        (json.dumps(chain_form([("a", "Transceiver", {})])), "has 1 transceivers; light needs two ends"),
    ],
)
def test_what_is_no_network_is_refused_by_file(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "network.json"
    path.write_text(text)
    with pytest.raises(InputError, match=words) as refused:
        read_gnpy(path)
    assert str(refused.value).startswith(f"{path}:")


def test_unknown_ends_are_refused() -> None:
    with pytest.raises(InputError, match=r"edfa_example_network.json: GNPy refuses it: .*ends that are in it"):
        read_gnpy(EXAMPLES / "edfa_example_network.json").received("Site_A", "nowhere")
