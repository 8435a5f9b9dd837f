# SPDX-License-Identifier: BSD-3-Clause
"""A search in batches: each has a seed of its own, so that any number of workers finds the same.

A batch plays its scenarios to their end, whatever fails, and keeps the first that breaks each invariant in its own way
(`signature`). Of all batches the first is then shrunk: its batch is drawn again up to there, and Hypothesis' shrinker
looks for a smaller scenario with the same signature. Nothing depends on who did what when.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import compress

from hypothesis import HealthCheck, Phase, given, seed, settings, target
from hypothesis import strategies as st
from hypothesis.internal.conjecture import providers

from apnemu.blueprint.document import Blueprint
from apnemu.exploring.drawing import Budget, scenarios
from apnemu.exploring.judging import BrokenError, play
from apnemu.exploring.network import network
from apnemu.exploring.own import with_own
from apnemu.exploring.scenario import Scenario
from apnemu.exploring.signature import signature

BATCH = 250
"""Scenarios of a batch."""
FEW, TRIES, AGAIN = 3, 4, 1_000_000
"""Steps with which nobody looks for fewer, batches that are shrunk at most, and the distance of their numbers."""
if hasattr(providers.HypothesisProvider, "_local_constants"):
    # numbers out of the code of loaded modules, which are others in every process: a seed must draw the same in all
    providers.HypothesisProvider._local_constants = providers.Constants()  # type: ignore[assignment,attr-defined,method-assign]


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A batch to be searched, or, with a `signature`, the scenario in it to be shrunk."""

    topology: str
    transceivers: int
    seed: int
    number: int
    count: int
    steps: int
    signature: str = ""
    own: tuple[str, ...] = ()
    """Files with invariants of somebody's own."""
    sample: int = 0
    """Most scenarios that are kept of those that pass."""


@dataclass(slots=True, kw_only=True)
class Failure:
    """A scenario that breaks an invariant: which, how, and as which of its batch it was drawn."""

    signature: str
    invariant: str
    what: str
    place: str
    at_ns: int
    scenario: Scenario
    index: int


@dataclass(slots=True, kw_only=True)
class Batch:
    """What a batch found: failures, the first of each signature; how many scenarios failed by it; and what was met.

    `passed` are at most `wanted` of the scenarios that passed, those of the lowest digest of seed and steps, by that.
    """

    number: int
    played: int
    steps: int
    failures: list[Failure] = field(default_factory=list)
    failed: Counter[str] = field(default_factory=Counter)
    met: Counter[str] = field(default_factory=Counter)
    wanted: int = 0
    passed: dict[str, Scenario] = field(default_factory=dict)


def search(task: Task) -> Batch:
    """Play the scenarios of a batch."""
    blueprint = _network(task.topology, task.transceivers)
    invariants = with_own(task.own)
    batch = Batch(number=task.number, played=0, steps=0, wanted=task.sample)

    def one(scenario: Scenario) -> None:
        batch.played += 1
        batch.steps += len(scenario.steps)
        try:
            met = play(blueprint, scenario, invariants).met
        except BrokenError as error:
            failure = _failure(error, scenario, batch.played - 1)
            if failure.signature not in batch.failed:
                batch.failures.append(failure)
            batch.failed[failure.signature] += 1
            return
        batch.met.update(met)
        if task.sample:
            text = json.dumps([task.seed, scenario.to_plain()], sort_keys=True)
            batch.passed[hashlib.sha256(text.encode()).hexdigest()] = scenario
        _aim(met)

    _draw(task, _drawn(task, blueprint), one, (Phase.generate, Phase.target))
    batch.passed = lowest(batch.passed, task.sample)
    return batch


def lowest(passed: dict[str, Scenario], count: int) -> dict[str, Scenario]:
    """Scenarios of the lowest digests: a sample that is the same whoever played which batch."""
    return dict(sorted(passed.items())[:count])


def shrink(task: Task) -> Failure:
    """Find the smallest scenario of a batch that fails with the task's signature.

    Where more than `FEW` steps are left, others are shrunk as well, of batches that nobody searches; then steps are
    left out of the smallest, in any combination: what is drawn later may hold a step that nothing needs.

    Raises:
        LookupError: no scenario of the batch does.
    """
    first = _shrunk(task)
    if first is None:
        raise LookupError(f"no scenario of batch {task.number} fails by {task.signature}")
    others = (_shrunk(replace(task, number=task.number + AGAIN * again)) for again in range(1, TRIES))
    tried = [first]
    while len(min(tried, key=_size).scenario.steps) > FEW and (other := next(others, first)) is not first:
        tried += [other] if other else []
    smallest = min(tried, key=_size)
    return min(smallest, _without(task, smallest), key=_size) if _size(smallest) > FEW else smallest


def _size(failure: Failure) -> int:
    return len(failure.scenario.steps)


def _shrunk(task: Task) -> Failure | None:
    """The smallest scenario to which Hypothesis shrinks the first that fails with a signature; None without any."""
    return _least(task, _drawn(task, _network(task.topology, task.transceivers)))


def _without(task: Task, failure: Failure) -> Failure:
    """The failure, or one with fewer of its steps."""
    steps = failure.scenario.steps
    kept = st.tuples(*(st.booleans() for _ in steps))
    fewer = kept.map(lambda which: replace(failure.scenario, steps=tuple(compress(steps, which))))
    return _least(task, fewer) or failure


def _least(task: Task, drawn: st.SearchStrategy[Scenario]) -> Failure | None:
    """The smallest of what is drawn that fails with the task's signature; None without any."""
    blueprint = _network(task.topology, task.transceivers)
    invariants = with_own(task.own)
    found: list[Failure] = []

    def one(scenario: Scenario) -> None:
        try:
            met = play(blueprint, scenario, invariants).met
        except BrokenError as error:
            failure = _failure(error, scenario, 0)
            if failure.signature == task.signature:
                found.append(failure)
                raise
            return
        _aim(met)

    try:
        _draw(task, drawn, one, (Phase.generate, Phase.target, Phase.shrink))
    except BrokenError:
        return found[-1]  # Hypothesis plays the smallest last
    return None


def _aim(met: frozenset[str]) -> None:
    """Have Hypothesis look further where a scenario has led to much. It is the same when a batch is drawn again."""
    target(float(len(met)), label="kinds of states and answers that a scenario leads to")


def _drawn(task: Task, blueprint: Blueprint) -> st.SearchStrategy[Scenario]:
    assert blueprint.plant is not None
    return scenarios(blueprint.plant, Budget(steps=task.steps))


def _draw(
    task: Task, drawn: st.SearchStrategy[Scenario], one: Callable[[Scenario], None], phases: tuple[Phase, ...]
) -> None:
    bounded = settings(
        max_examples=task.count,
        deadline=None,
        database=None,
        phases=phases,
        suppress_health_check=list(HealthCheck),
        print_blob=False,
        report_multiple_bugs=False,
    )
    digest = hashlib.sha256(f"{task.seed} {task.number}".encode()).digest()
    seed(int.from_bytes(digest[:8], "big"))(bounded(given(drawn)(one)))()


def _failure(error: BrokenError, scenario: Scenario, index: int) -> Failure:
    return Failure(
        signature=signature(error),
        invariant=error.invariant,
        what=error.what,
        place=error.place,
        at_ns=error.at_ns,
        scenario=scenario,
        index=index,
    )


@lru_cache(4)
def _network(topology: str, transceivers: int) -> Blueprint:
    return network(topology, transceivers)
