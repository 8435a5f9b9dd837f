# SPDX-License-Identifier: BSD-3-Clause
"""Failures of the host's search, and a sample of what passed there, played in a lab.

All are played in one boot first. What fails there again is played alone in fresh boots, twice: the same bytes, by their
SHA-256, and the same failure make it confirmed. What only the shared boot shows is counted and not reported.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from apnemu import shared_folder
from apnemu.blueprint.document import Blueprint
from apnemu.errors import GuestError
from apnemu.exploring.boots import Boot, Seen, boot, in_boots
from apnemu.exploring.invariants import OURS, Invariant
from apnemu.exploring.lab_judging import BETWEEN, Broken, judge
from apnemu.exploring.scenario import Scenario
from apnemu.running import directory as rundir

FOLDER = "lab"
FRESH = 2
"""Fresh boots of a failure, whose outcomes must be the same bytes."""
SHARED_ONLY = "a shared boot shows it, a fresh one does not"
HOST_ONLY = "the lab does not show it"


@dataclass(slots=True, kw_only=True)
class Verdict:
    """What the lab says of a failure: `confirmed` is None where it cannot tell; `sha256` is that of the outcome."""

    confirmed: bool | None
    why: str = ""
    sha256: str = ""


@dataclass(slots=True, kw_only=True)
class Found:
    """A failure that only the lab shows: what it breaks there, by which scenario, how often in the sample."""

    broken: Broken
    scenario: Scenario
    verdict: Verdict
    times: int = 1


@dataclass(slots=True, kw_only=True)
class Confirmed:
    """Verdicts on the host's failures in their order, failures that only the lab shows, and counts."""

    verdicts: list[Verdict]
    found: list[Found] = field(default_factory=list)
    counts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Alone:
    """A scenario played alone in a fresh boot: what it breaks, and what was seen."""

    broken: tuple[Broken, ...]
    seen: Seen


def confirm(
    blueprint: Blueprint,
    failures: Sequence[tuple[str, str, Scenario]],
    sample: Sequence[Scenario],
    folder: Path,
    say: Callable[[str], None],
    invariants: Sequence[Invariant] = OURS,
) -> Confirmed:
    """Play failures (signature, invariant, scenario) and a sample in the lab; what is kept of it is in `folder`.

    Failures of what happens between looks are played in fresh boots alone, where that is watched.
    """
    place = folder / FOLDER
    shared_folder.remove_all(place)
    place.mkdir()
    shared = [number for number, (_, invariant, _) in enumerate(failures) if invariant not in BETWEEN]
    scenarios = [failures[number][2] for number in shared] + list(sample)
    seen, boots = in_boots(blueprint, scenarios, place, say)
    shown = [_judged(blueprint, scenario, one, invariants) for scenario, one in zip(scenarios, seen, strict=True)]
    of_failure = dict(zip(shared, shown, strict=False))
    fresh = _Fresh(blueprint, place, say, invariants)
    done = Confirmed(verdicts=[])
    for number, (signature, _, scenario) in enumerate(failures):
        broken = of_failure.get(number)
        if broken is not None and signature not in [one.signature for one in broken]:
            done.verdicts.append(Verdict(confirmed=False, why=HOST_ONLY))
        else:
            done.verdicts.append(fresh.verdict(signature, scenario, HOST_ONLY if broken is None else SHARED_ONLY))
    known = {signature for signature, _, _ in failures}
    _sampled(done, known, sample, shown[len(shared) :], fresh)
    done.counts = _counts(done, len(sample), boots)
    rundir.write_json(place / "confirmed.json", done.counts)
    return done


def _sampled(
    done: Confirmed,
    known: set[str],
    sample: Sequence[Scenario],
    shown: Sequence[list[Broken] | None],
    fresh: _Fresh,
) -> None:
    """Take in what a sample of scenarios that passed on the host breaks in the lab: each signature once."""
    first: dict[str, Found] = {}
    for scenario, broken in zip(sample, shown, strict=True):
        for one in broken or ():
            if one.signature in known:
                continue
            if one.signature in first:
                first[one.signature].times += 1
                continue
            verdict = fresh.verdict(one.signature, scenario, SHARED_ONLY)
            first[one.signature] = Found(broken=one, scenario=scenario, verdict=verdict)
    done.found = list(first.values())


def alone(blueprint: Blueprint, scenario: Scenario, folder: Path, invariants: Sequence[Invariant] = OURS) -> Alone:
    """Play a scenario alone in a fresh boot.

    Raises:
        GuestError: the guest did not come to where it plays.
    """
    (seen,) = boot(blueprint, [scenario], folder, alone=True).seen
    return Alone(broken=tuple(judge(blueprint, scenario, seen.outcome, seen.journals, invariants)), seen=seen)


class _Fresh:
    """Fresh boots, numbered."""

    def __init__(
        self, blueprint: Blueprint, folder: Path, say: Callable[[str], None], invariants: Sequence[Invariant]
    ) -> None:
        self._blueprint, self._folder, self._say, self._invariants = blueprint, folder, say, invariants
        self._number = 0

    def verdict(self, signature: str, scenario: Scenario, absent: str) -> Verdict:
        """Play a failure alone, `FRESH` times; `absent` says what it is where that does not show it."""
        self._number += 1
        places = [self._folder / f"fresh-{self._number}-{count}" for count in range(1, FRESH + 1)]
        played = []
        for place in places:
            try:
                played.append(alone(self._blueprint, scenario, place, self._invariants))
            except GuestError as error:
                self._say(f"lab: {signature}: {error}")
                return Verdict(confirmed=None, why=str(error))
            if signature not in [one.signature for one in played[-1].broken]:
                self._say(f"lab: {signature}: a fresh boot does not show it")
                return Verdict(confirmed=False, why=absent)
        hashes = [one.seen.sha256 for one in played]
        if len(set(hashes)) > 1:
            why = f"fresh boots differ: {', '.join(hashes)}; see {places[0]} and {places[1]}"
            self._say(f"lab: {signature}: {why}")
            return Verdict(confirmed=False, why=why)
        self._say(f"lab: {signature}: confirmed, outcome {hashes[0][:12]} in {FRESH} fresh boots")
        return Verdict(confirmed=True, sha256=hashes[0])


def _judged(
    blueprint: Blueprint, scenario: Scenario, seen: Seen | None, invariants: Sequence[Invariant]
) -> list[Broken] | None:
    """What a scenario breaks in the lab; None where the guest came to grief."""
    return None if seen is None else judge(blueprint, scenario, seen.outcome, seen.journals, invariants)


def _counts(done: Confirmed, sampled: int, boots: Sequence[Boot]) -> dict[str, Any]:
    verdicts = [*done.verdicts, *(one.verdict for one in done.found)]
    wall_s = sum(one.wall_s for one in boots)
    played = sum(len(one.seen) for one in boots)
    return {
        "sampled": sampled,
        "confirmed": sum(one.confirmed is True for one in verdicts),
        "host_only": sum(one.why == HOST_ONLY for one in verdicts),
        "shared_only": sum(one.why == SHARED_ONLY for one in verdicts),
        "unseen": sum(one.confirmed is None for one in verdicts),
        "boots": len(boots),
        "set_back_compared": sum(one.compared for one in boots),
        "set_back_differed": [what for one in boots for what in one.differed],
        "scenarios_a_minute": round(played / wall_s * 60) if wall_s else 0,
    }


def outcome_text(seen: Seen) -> str:
    """Outcome as the guest has written it: the bytes that SHA-256 is of."""
    return json.dumps(seen.outcome, sort_keys=True)
