# SPDX-License-Identifier: BSD-3-Clause
"""Light from a hub to many leaves: split, shared by subcarriers, or a lightpath to each. What does each take and give?

The hub sends each frame once down a light tree; subcarriers of one wavelength give each leaf a rate of its own, and
some are moved from leaf to leaf while traffic flows; the same demands as lightpaths stand beside both.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]  # it ships no types

from apnemu.errors import InputError
from apnemu.experiments.p2mp.moving import moving_stage
from apnemu.experiments.p2mp.rows import p2mp_rows
from apnemu.experiments.p2mp.settings import Settings
from apnemu.experiments.p2mp.shown import SHOWN
from apnemu.model.activities import Train
from apnemu.model.demand import Demand, TreeDemand
from apnemu.model.plant import Plant
from apnemu.model.reason import Code, read_reasons
from apnemu.model.scenario import Stage
from apnemu.question.context import Context, Row
from apnemu.question.experiment import Experiment
from apnemu.question.verdict import Claim, Verdict, at_least, at_most, judge_rows, near, near_share, same
from apnemu.units import VirtualNs

TOLERANCE_NS = 100
RATE_TOLERANCE = 0.01
WARM_EVERY_NS, DELAY_EVERY_NS, RATE_EVERY_NS = 2_000_000, 200_000, 2_000_000
LARGE_BYTES = 42 + 41 * 1472
"""A datagram of the trains that measure a rate: some forty frames, so that the line never waits for its sender."""
TREE_REFUSALS: tuple[Code, ...] = ("splitting", "quality", "subcarriers", "leaves")
"""Classes of reasons for which a tree may be refused."""


def prepare(plant: Plant, settings: Settings) -> Plant:
    """The hub asks for light to its first n leaves, for each n and kind; leaves: data centres in the file's order."""
    names = [site.name for site in plant.data_centres]
    if len(names) < 2:
        raise InputError(
            f"{plant.name} has {len(names)} data centres; a hub and a leaf are two; add a site that is one"
        )
    hub = settings.hub or (plant.trees[0].source if plant.trees else names[0])
    if hub not in names:
        raise InputError(
            f"hub is '{hub}'; data centres of {plant.name} are {', '.join(names[:6])}; name one", file="--set"
        )
    leaves = [name for name in names if name != hub]
    counts = [count for count in settings.leaves if count <= len(leaves)]
    if not counts:
        raise InputError(
            f"leaves is {min(settings.leaves)}; {plant.name} has {len(leaves)} data centres beside the hub {hub}; "
            f"for example --set leaves={len(leaves)}",
            file="--set",
        )
    trees = []
    for count in counts:
        to = tuple(leaves[:count])
        if "tree" in settings.kind:
            rate = settings.rate_gbps
            trees.append(TreeDemand(name=f"tree-{count}", source=hub, leaves=to, rate_gbps=rate))
        if "subcarriers" in settings.kind:
            rate = _equal_gbps(plant, count)
            name = f"subcarriers-{count}"
            trees.append(TreeDemand(name=name, source=hub, leaves=to, rate_gbps=rate, kind="subcarriers"))
    paths = leaves[: max(counts)] if "p2p" in settings.kind else []
    demands = tuple(Demand(name=f"p2p-{leaf}", source=hub, target=leaf, rate_gbps=settings.rate_gbps) for leaf in paths)
    return dataclasses.replace(plant, demands=demands, trees=tuple(trees))


def _equal_gbps(plant: Plant, leaves: int) -> float:
    """The rate of equal shares: as many subcarriers as a leaf can have and the hub has for each, one at least."""
    own = plant.subcarriers
    return 25.0 if own is None else own.rate_gbps * max(1, min(own.leaf_count, own.count // leaves))


def stages(context: Context[Settings]) -> tuple[Stage, ...]:
    """A warm-up, single frames for delays, trains for rates, and subcarriers that move."""
    lights = [path.name for path in context.assignment.lightpaths]
    lights += [
        light
        for tree in context.assignment.trees
        for light in (
            [tree.name] if tree.kind == "tree" else [f"{tree.name}/{branch.leaf}" for branch in tree.branches]
        )
    ]
    answers = [
        (tree.name, branch.leaf) for tree in context.assignment.trees if tree.kind == "tree" for branch in tree.branches
    ]
    if not lights:
        return ()
    small, count = context.settings.frame_bytes, context.settings.frames
    delay = _stage("delay", lights, answers, (small,), count, 1, DELAY_EVERY_NS)
    rate = _stage("rate", lights, [], (LARGE_BYTES,), 1, context.settings.train, RATE_EVERY_NS)
    return (_warm_up(lights, answers, (small, LARGE_BYTES)), delay, rate, *moving_stage(context, LARGE_BYTES))


def _warm_up(lights: Sequence[str], answers: Sequence[tuple[str, str]], sizes: Sequence[int]) -> Stage:
    """Every light sees a frame and fragments, one light after another, so that no switch looks anything up later."""
    lanes = [(light, False, "") for light in lights] + [(light, True, leaf) for light, leaf in answers]
    wanted = [(*lane, size) for size in (*sizes, *sizes) for lane in lanes]
    trains = tuple(
        Train(light=light, at_ns=VirtualNs(at * WARM_EVERY_NS), frames=1, frame_bytes=size, back=back, leaf=leaf)
        for at, (light, back, leaf, size) in enumerate(wanted)
    )
    return Stage(phase="warm-up", duration_ns=VirtualNs((len(trains) + 1) * WARM_EVERY_NS), activities=trains)


def _stage(
    phase: str,
    lights: Sequence[str],
    answers: Sequence[tuple[str, str]],
    sizes: Sequence[int],
    count: int,
    frames: int,
    every_ns: int,
) -> Stage:
    """Each light is given its trains side by side with the others; leaves of trees answer half a gap later."""
    trains: list[Train] = []
    for number in range(count * len(sizes)):
        at_ns, size = number * every_ns, sizes[number % len(sizes)]
        trains += [Train(light=light, at_ns=VirtualNs(at_ns), frames=frames, frame_bytes=size) for light in lights]
        back_ns = VirtualNs(at_ns + every_ns // 2)
        trains += [
            Train(light=light, at_ns=back_ns, frames=1, frame_bytes=size, back=True, leaf=leaf)
            for light, leaf in answers
        ]
    return Stage(phase=phase, duration_ns=VirtualNs((count * len(sizes) + 1) * every_ns), activities=tuple(trains))


def rows(table: pa.Table, contexts: Sequence[Context[Settings]]) -> list[Row]:
    """A row for each kind, number of leaves and leaf, and for each tree that was refused."""
    (context,) = contexts
    return p2mp_rows(table, context.plant, context.assignment, context.settings, LARGE_BYTES)


def expected(settings: Settings) -> str:
    """The answer, before the run."""
    return (
        f"each frame leaves the hub once and reaches every leaf within {TOLERANCE_NS} ns of its closed form, or the "
        "tree is refused because of its splitters' loss, reach, subcarriers or missing sites; every leaf's rate is "
        "within 1 % of its share; moving subcarriers takes its declared time and costs other leaves no frame"
    )


def judge(results: Sequence[Row], settings: Settings) -> Verdict:
    """Every leaf that has light, and every tree that was refused; that a lightpath is refused was not excluded."""
    return judge_rows(results, _claims, KEY, about="a leaf with light or a refused tree")


def _claims(row: Mapping[str, Any]) -> Iterator[Claim]:
    if row["refused"]:
        if row["kind"] != "p2p":
            yield _refused_as_it_may_be(row["refused"])
        return
    yield near("delay", row["delay_ns"], row["predicted_delay_ns"], TOLERANCE_NS, "ns")
    yield near_share("rate", row["rate_gbps"], row["share_gbps"], RATE_TOLERANCE, "Gbit/s")
    yield at_most("frames lost", row["lost"], 0)
    yield same("frames that left the hub", row["hub_frames"], row["sent"])
    if row["kind"] == "subcarriers":
        declared_ns = row["declared_moving_ns"]
        moving_ns = row["moving_ns"] if row["moving_ns"] >= 0 else None
        yield at_least("time of moving", moving_ns, declared_ns, "ns")
        yield at_most("time of moving", moving_ns, declared_ns + row["moving_step_ns"], "ns")
        yield at_most("frames that other leaves lost meanwhile", row["lost_while_moving"], 0)


def _refused_as_it_may_be(reason: str) -> Claim:
    held = any(given.code in TREE_REFUSALS for given in read_reasons(reason))
    return Claim(
        what="refused because of",
        measured=reason,
        expected=" or ".join(TREE_REFUSALS),
        held=held,
        excess=0.0 if held else float("inf"),
    )


KEY = ("kind", "leaves", "leaf")
EXPERIMENT = Experiment(
    name="p2mp",
    question="What do light split to many, and a wavelength shared by subcarriers, take and give beside lightpaths?",
    topology="hub-and-leaves",
    networks=("apn",),
    settings=Settings,
    key=KEY,
    prepare=prepare,
    stages=stages,
    rows=rows,
    expected=expected,
    judge=judge,
    shown=SHOWN,
)
