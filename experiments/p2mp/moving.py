# SPDX-License-Identifier: BSD-3-Clause
"""Subcarriers that are moved from leaf to leaf while all leaves receive."""

from __future__ import annotations

from apnemu.experiments.p2mp.rows import SETTLED_STEPS, STEP_NS
from apnemu.experiments.p2mp.settings import Settings
from apnemu.model.activities import Retune, Train
from apnemu.model.scenario import Stage
from apnemu.planning.wavelength_sharing import after_moving, before_moving
from apnemu.question.context import Context
from apnemu.units import VirtualNs

FRAMES = 3


def moving_stage(context: Context[Settings], datagram_bytes: int) -> tuple[Stage, ...]:
    """One stage: givers lose their subcarriers at its sixth step, takers have them the declared time later.

    In between those subcarriers carry nothing. Trains go to every leaf at every step, just after it.
    """
    own, trees = context.plant.subcarriers, [one for one in context.assignment.trees if one.kind == "subcarriers"]
    if own is None or not trees:
        return ()
    start_ns, end_ns = SETTLED_STEPS * STEP_NS, SETTLED_STEPS * STEP_NS + own.moving_ns
    retunes: list[Retune] = []
    trains: list[Train] = []
    for tree in trees:
        lights = [f"{tree.name}/{branch.leaf}" for branch in tree.branches]
        before = before_moving(len(lights), own.count, own.leaf_count)
        after = after_moving(before, context.settings.move, own.leaf_count)
        for light, few, then in zip(lights, before, after, strict=True):
            retunes.append(Retune(light=light, at_ns=VirtualNs(0), rate_gbps=few * own.rate_gbps))
            if then != few:
                at_ns = VirtualNs(start_ns if then < few else end_ns)
                retunes.append(Retune(light=light, at_ns=at_ns, rate_gbps=then * own.rate_gbps))
        for step in range(1, end_ns // STEP_NS + SETTLED_STEPS):
            at_ns = VirtualNs(step * STEP_NS + STEP_NS // 20)
            trains += [Train(light=one, at_ns=at_ns, frames=FRAMES, frame_bytes=datagram_bytes) for one in lights]
    return (
        Stage(
            phase="moving",
            duration_ns=VirtualNs(end_ns + SETTLED_STEPS * STEP_NS),
            activities=(*trains, *retunes),
        ),
    )
