# SPDX-License-Identifier: BSD-3-Clause
"""Light trees: shape, splitting loss in closed form, refusals, spectrum."""

from __future__ import annotations

import dataclasses
from math import inf, log10

import pytest

from apnemu.model.assignment import Assignment
from apnemu.model.demand import TreeDemand
from apnemu.model.plant import Plant
from apnemu.model.quality import Quality, Verdict
from apnemu.optics import Headroom
from apnemu.planning.trees import plan_trees, split_gsnr_db
from apnemu.planning.wavelength_sharing import after_moving, before_moving
from tests.compiled import shipped

NONE = Headroom(added_db=0.0, passed_db=0.0)


def judge_of(plant: Plant, gsnr_db: float = 20.0, need_db: float = 12.0) -> object:
    modes = (*plant.modes, plant.subcarriers.mode) if plant.subcarriers else plant.modes

    def answer(route: tuple[str, ...]) -> Quality:
        verdicts = tuple(
            Verdict(
                mode=mode.name,
                gsnr_db=gsnr_db,
                worst_gsnr_db=gsnr_db,
                osnr_ase_db=gsnr_db,
                need_db=need_db,
                penalty_db=0.0,
                margin_db=gsnr_db - need_db,
                wanted_db=2.0,
            )
            for mode in modes
        )
        fibres = [plant.fibre[name] for name in route]
        length = sum(fibre.length_km for fibre in fibres)
        return Quality(
            route=route,
            length_km=length,
            delay_ns=0,
            dispersion_ps_per_nm=0.0,
            pmd_ps=0.0,
            pdl_db=0.0,
            weak_db=0.0,
            verdicts=verdicts,
        )

    return answer


def planned(demand: TreeDemand, *, gsnr_db: float = 20.0, spare: Headroom = NONE) -> Assignment:
    plant = dataclasses.replace(shipped("hub-and-leaves"), trees=(demand,))
    judge = judge_of(plant, gsnr_db)
    return plan_trees(plant, Assignment(lightpaths=(), refusals=()), judge, spare)  # type: ignore[arg-type]


def leaves(count: int) -> tuple[str, ...]:
    return tuple(f"leaf-{number}" for number in range(1, count + 1))


def test_splitters_cost_what_they_divide() -> None:
    """Two of the hub's ways, and at one exchange two leaves: 3.01 + 0.5 dB, and twice that."""
    demand = TreeDemand(name="t", source="hub", leaves=("leaf-1", "leaf-9", "leaf-2"), rate_gbps=100)
    (tree,) = planned(demand, gsnr_db=30).trees
    once_db = 10 * log10(2) + 0.5
    assert [branch.splitting_loss_db for branch in tree.branches] == pytest.approx([2 * once_db, 2 * once_db, once_db])
    left_db = [30 - 2 * once_db, 30 - 2 * once_db, 30 - once_db]
    assert [branch.gsnr_db for branch in tree.branches] == pytest.approx(left_db)
    assert len(tree.fibres) == 5  # both share the way from the hub to their exchange
    lit = [tree.slot, *(branch.return_slot for branch in tree.branches)]
    assert not lit[1].overlaps(lit[2]) and all(not tree.slot.overlaps(one) for one in lit[1:])


def test_headroom_makes_good_for_loss_up_to_its_end() -> None:
    demand = TreeDemand(name="t", source="hub", leaves=leaves(8), rate_gbps=100)
    loss_db = 10 * log10(8) + 0.5
    (tree,) = planned(demand, spare=Headroom(added_db=loss_db, passed_db=0)).trees
    assert {round(branch.gsnr_db, 6) for branch in tree.branches} == {20.0}
    (tree,) = planned(demand, spare=Headroom(added_db=loss_db - 1, passed_db=0)).trees
    assert {round(branch.gsnr_db, 6) for branch in tree.branches} == {19.0}


def test_the_loss_ends_a_tree() -> None:
    demand = TreeDemand(name="t", source="hub", leaves=leaves(8), rate_gbps=100)
    done = planned(demand)
    assert not done.trees
    (refusal,) = done.refusals
    assert (
        refusal.demand == "t" and "splitters cost 9.53 dB" in refusal.reason and "3.53 dB are missing" in refusal.reason
    )


def test_what_is_not_amplifier_noise_does_not_grow() -> None:
    verdict = Verdict(
        mode="m", gsnr_db=17, worst_gsnr_db=17, osnr_ase_db=inf, need_db=1, penalty_db=0, margin_db=16, wanted_db=2
    )
    assert split_gsnr_db(verdict, 10) == pytest.approx(17)


@pytest.mark.parametrize(
    ("rate", "count", "why"), [(100, 5, "leaves want 20"), (125, 2, "multiple of 25"), (30, 2, "multiple")]
)
def test_a_hub_has_so_many_subcarriers(rate: float, count: int, why: str) -> None:
    done = planned(TreeDemand(name="t", source="hub", leaves=leaves(count), rate_gbps=rate, kind="subcarriers"))
    assert why in done.refusals[0].reason


@pytest.mark.parametrize("count", range(1, 17))
def test_moving_gives_and_takes_the_same(count: int) -> None:
    before = before_moving(count, 16, 4)
    after = after_moving(before, 4, 4)
    assert sum(before) == sum(after) <= 16 and max(after) <= 4 and min(before) >= 1


def test_light_that_would_not_get_there_undivided_is_not_the_splitters_fault() -> None:
    done = planned(TreeDemand(name="t", source="hub", leaves=leaves(2), rate_gbps=100), gsnr_db=13)
    assert done.refusals[0].reason.startswith("quality: to leaf-2") and "even undivided" in done.refusals[0].reason
