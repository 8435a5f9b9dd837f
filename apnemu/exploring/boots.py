# SPDX-License-Identifier: BSD-3-Clause
"""Boots of a lab in which scenarios are played: many in one, or one alone in a fresh one."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from apnemu import shared_folder
from apnemu.blueprint.document import Blueprint
from apnemu.controllers.frameworks import EXPLORED
from apnemu.errors import ApnemuError, GuestError, LabError
from apnemu.escapes import printable
from apnemu.exploring.scenario import Scenario
from apnemu.lab import guest, kernel
from apnemu.lab.python import guest_code, guest_folders, guest_python
from apnemu.running.directory import log_text
from apnemu.running.guests import GUEST_FOLDER, MEMORY_MB, reason_in, write_blueprint

COMPARE_EVERY = 25
"""Scenarios of a boot after which everything is compared with what was there before the first."""
WALL_S, WALL_EACH_S = 120.0, 20.0
"""Most time of the wall's clock for a boot, and for each of its scenarios."""
SET_BACK = re.compile(r"^set back (\{.*\})$", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A scenario as a lab played it: the outcome, without instants, and the journal at each place.

    `sha256` is that of the outcome's bytes, as the guest has written them.
    """

    outcome: dict[str, Any]
    journals: dict[str, Any]
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Boot:
    """Scenarios that one boot has played, the first of those that it was given; how often all was compared with what
    was there before the first, and what differed then."""

    seen: tuple[Seen, ...]
    compared: int
    differed: tuple[str, ...]
    wall_s: float
    syscalls: int = 0


def lacks() -> str:
    """Why no lab can run here, or "". A kernel is not built for this."""
    try:
        return "" if kernel.find() else "the lab's kernel is not built; apnemu lab build builds it"
    except ApnemuError as error:
        return str(error)


def boot(blueprint: Blueprint, scenarios: Sequence[Scenario], folder: Path, *, alone: bool = False) -> Boot:
    """Play scenarios one after another in one boot, in a new `folder`; it may end early after one that goes wrong.

    `alone`: a controller that is lost is a program that is killed, and starts as a program; else its process stays.

    Raises:
        GuestError: the guest did not come to where it plays.
    """
    found = kernel.find()
    if found is None:
        raise LabError(lacks())
    folder.mkdir(parents=True)
    write_blueprint(folder, blueprint)
    told = {
        "scenarios": [scenario.to_plain() for scenario in scenarios],
        "keeps": not alone,
        "compare_every": 0 if alone else COMPARE_EVERY,
    }
    shared_folder.write_text(folder, "explored.json", json.dumps(told))
    job = guest.Job(
        kernel=found.path,
        folder=folder,
        argv=(guest_python(), "-m", "apnemu.emulation.exploring", GUEST_FOLDER),
        environment={"PYTHONPATH": guest_code(), EXPLORED: "1"},
        shown=guest_folders(),
        memory_mb=MEMORY_MB,
        stall_limit_s=60,
        wall_limit_s=WALL_S + WALL_EACH_S * len(scenarios),
    )
    wall_s, syscalls, why = 0.0, 0, ""
    try:
        ended = guest.run(job)
        wall_s, syscalls = ended.wall_s, ended.syscalls
        if ended.exit_code:
            why = f"its program ended with {ended.exit_code}: {printable(reason_in(_console(folder)))}"
    except GuestError as error:
        why = str(error)
    seen = _read(folder)
    if why and not seen:
        raise GuestError(f"the guest that was to play scenarios: {why}; see {folder / 'console.log'}")
    states = [json.loads(one) for one in SET_BACK.findall("\n".join(_console(folder)))]
    return Boot(
        seen=tuple(seen),
        compared=len(states),
        differed=tuple(f"after {one['after']}: {name}" for one in states for name in one["differs"]),
        wall_s=wall_s,
        syscalls=syscalls,
    )


def in_boots(
    blueprint: Blueprint,
    scenarios: Sequence[Scenario],
    folder: Path,
    say: Callable[[str], None],
) -> tuple[list[Seen | None], list[Boot]]:
    """Play all scenarios, in one boot where that goes: after one that goes wrong the rest has another boot.

    None stands for a scenario in which the guest itself came to grief.
    """
    found: list[Seen | None] = []
    boots: list[Boot] = []
    while len(found) < len(scenarios):
        left = scenarios[len(found) :]
        try:
            one = boot(blueprint, left, folder / f"shared-{len(boots) + 1}")
        except GuestError as error:
            say(f"lab: {error}")
            found.append(None)
            continue
        boots.append(one)
        found += one.seen
        if not one.seen:
            found.append(None)
        say(f"lab: {len(found)} of {len(scenarios)} scenarios played")
    return found, boots


def _console(folder: Path) -> list[str]:
    return log_text(folder, "console.log").splitlines()


def _read(folder: Path) -> list[Seen]:
    """What a guest has written, as far as it is whole."""
    try:
        lines = shared_folder.read_bytes(folder, "outcomes.jsonl").split(b"\n")[:-1]
        journals = shared_folder.read_bytes(folder, "journals.jsonl").split(b"\n")[:-1]
        return [
            Seen(outcome=json.loads(line), journals=json.loads(journal), sha256=hashlib.sha256(line).hexdigest())
            for line, journal in zip(lines, journals, strict=False)
        ]
    except FileNotFoundError:
        return []
    except ValueError as error:
        raise LabError(f"{folder / 'outcomes.jsonl'} is no JSON: {error}") from error
