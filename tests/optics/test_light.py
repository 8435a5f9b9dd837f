# SPDX-License-Identifier: BSD-3-Clause
"""A route put together from its fibres is what GNPy finds from end to end, and behaves as light does."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apnemu.model.plant import Plant
from apnemu.optics import export_gnpy, judge_of, quality, read_gnpy, read_optics
from apnemu.optics.equipment import Optics
from apnemu.optics.light import Section, join
from apnemu.units import fibre_delay_ns
from tests.optics.lines import all_of, row_of

EXACT_DB = 1e-9
"""Joining is exact; what is left is rounding."""
OPTICS = read_optics()


def with_roadm_pmd(optics: Optics) -> Optics:
    return replace(optics, roadm=replace(optics.roadm, pmd_ps=3.0, pdl_db=0.7))


@pytest.mark.parametrize("back", [False, True])
@pytest.mark.parametrize("change", [lambda optics: optics, with_roadm_pmd])
def test_joined_fibres_equal_gnpy_from_end_to_end(tmp_path: Path, back: bool, change) -> None:  # type: ignore[no-untyped-def]
    plant, optics = row_of([23.0, 366.0, 186.6, 90.0]), change(read_optics())
    found = quality(plant, [all_of(plant)], optics=optics, folder=tmp_path)[all_of(plant)]
    export_gnpy(plant, tmp_path, optics=optics)
    network = read_gnpy(tmp_path / "network.json", equipment=tmp_path / "equipment.json")
    ends = ("trx(s4)", "trx(s0)") if back else ("trx(s0)", "trx(s4)")
    for mode in ("openzrplus-400g-16qam", "openroadm-100g-qpsk"):
        whole = network.received(*ends, spectrum=tmp_path / f"spectrum-{mode}.json")
        assert found.verdict(mode).gsnr_db == pytest.approx(whole.gsnr_db, abs=EXACT_DB)
        assert found.verdict(mode).worst_gsnr_db == pytest.approx(whole.worst_gsnr_db, abs=EXACT_DB)
        # amplifier noise alone depends on where on the way nonlinear interference took its part: one way is taken
        assert found.verdict(mode).osnr_ase_db == pytest.approx(whole.osnr_ase_db, abs=0.01 if back else EXACT_DB)
        assert found.dispersion_ps_per_nm == pytest.approx(whole.dispersion_ps_per_nm)
        assert found.pmd_ps == pytest.approx(whole.pmd_ps)
        assert found.pdl_db == pytest.approx(whole.pdl_db)


def test_delay_is_the_plants_and_its_fibre_part_is_gnpys(tmp_path: Path) -> None:
    plant = row_of([366.0, 186.6])
    found = quality(plant, [all_of(plant)], folder=tmp_path)[all_of(plant)]
    assert found.delay_ns == fibre_delay_ns(366.0) + 4 * 125 + fibre_delay_ns(186.6) + 2 * 125
    export_gnpy(plant, tmp_path)
    network = read_gnpy(tmp_path / "network.json", equipment=tmp_path / "equipment.json")
    latency_ns = network.received("trx(s0)", "trx(s2)").latency_ms * 1e6
    assert found.delay_ns - 6 * 125 == pytest.approx(latency_ns, abs=2)  # each fibre is rounded to 1 ns


def test_one_span_against_the_closed_form(kept: Path) -> None:
    """ASE of booster and pre-amplifier by the textbook: OSNR = 58 + power into it - noise figure, at 12.5 GHz.

    Into the booster goes the ROADM's -20 dBm in a slot of 50 GHz. The span loses 18 dB (80 km, connectors, ageing), is
    launched by GNPy's rule with 0.3 x (18 - 20) dB, to half a dB: -0.5 dBm. The noise figures of std_medium_gain lie
    between 6 and 10 dB, whatever the gain. Ends: 36, 41 and 41 dB.
    """
    verdict = quality(row_of([80.0]), [("f0",)], folder=kept)[("f0",)].verdict("openroadm-100g-qpsk")
    worst, best = (
        -10 * np.log10(sum(10 ** (-osnr / 10) for osnr in (58 - 20 - nf, 58 - 18.5 - nf, 36.0, 41.0, 41.0)))
        for nf in (10, 6)
    )
    assert worst < verdict.osnr_ase_db < best
    assert verdict.gsnr_db < verdict.osnr_ase_db


def test_longer_is_worse(kept: Path) -> None:
    # one fibre of 1 to 8 full spans
    plant = row_of([80.0 * spans for spans in range(1, 9)])
    answer = judge_of(plant, folder=kept)
    rows = [[verdict.gsnr_db for verdict in answer((fibre.name,)).verdicts] for fibre in plant.fibres]
    assert np.all(np.diff(np.array(rows), axis=0) < 0)


def test_a_site_more_is_worse(kept: Path) -> None:
    whole, parted = row_of([320.0]), row_of([160.0, 160.0])
    one = quality(whole, [("f0",)], folder=kept)[("f0",)]
    two = quality(parted, [("f0", "f1")], folder=kept)[("f0", "f1")]
    assert all(a.gsnr_db > b.gsnr_db for a, b in zip(one.verdicts, two.verdicts, strict=True))


def test_light_too_weak_to_hand_on_closes_with_nothing(kept: Path) -> None:
    plant = row_of([300.0], span_km=300)  # 62 dB, above what any amplifier of the list makes good
    found = quality(plant, [("f0",)], folder=kept)[("f0",)]
    assert found.weak_db > 0
    assert not any(found.closes(mode.name) for mode in plant.modes)


shares = st.floats(min_value=1e-6, max_value=0.05)


@st.composite
def sections(draw: st.DrawFn) -> Section:
    ase, nli, pmd = np.array([draw(shares)]), np.array([draw(shares)]), np.array([draw(shares)])
    return Section(
        signal=1 - ase - nli,
        ase=ase,
        nli=nli,
        dispersion_ps_per_nm=1e4 * pmd,
        pmd_ps=pmd,
        pdl_db=0 * pmd,
        weak_db=0.0,
        slots=(0,),
    )


@given(parts=st.lists(sections(), min_size=2, max_size=12))
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_joining_keeps_power_and_order_does_not_matter_to_gsnr(parts: list[Section]) -> None:
    route, back = join(parts, OPTICS), join(parts[::-1], OPTICS)
    assert route.signal + route.ase + route.nli == pytest.approx(1)
    assert back.signal == pytest.approx(route.signal)
    assert back.ase + back.nli == pytest.approx(route.ase + route.nli)
    assert route.pmd_ps == pytest.approx(np.sqrt(sum(part.pmd_ps**2 for part in parts)))
    shorter = join(parts[:-1], OPTICS)
    assert shorter.signal > route.signal


def test_plant_with_a_mode_nobody_measured_is_refused(kept: Path) -> None:
    from apnemu.errors import InputError

    plant: Plant = row_of([80.0])
    strange = replace(plant.modes[0], name="strange")
    with pytest.raises(
        InputError, match=r"mode strange has no optical figures; known are 400zr, .*; add it to the optics"
    ):
        quality(replace(plant, modes=(strange,)), [("f0",)], folder=kept)
