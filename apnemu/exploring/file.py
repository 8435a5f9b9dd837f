# SPDX-License-Identifier: BSD-3-Clause
"""File of a scenario, which `apnemu explore` writes for a failure and replays: YAML, a step on each line."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from apnemu.exploring.scenario import CONTROLLER, GROUND, LIGHT, Scenario, Step
from apnemu.model.plant import Plant
from apnemu.planning.online.service import PROTECTIONS
from apnemu.topology.entry import Entry
from apnemu.topology.parse import nearest, read_file
from apnemu.topology.shapes import Choice, ListOf, MapOf, Number, Record, Text, may, must

VERSION = 1
LONGEST_NS = 3_600_000_000_000
INSTANT_NS = Number(high=LONGEST_NS, decimals=0, hint="give ns after the scenario's begin, for example 200000000000")
WORDS = Text(pattern=r"(?s).{0,2000}", limit="it must be text of at most 2,000 characters", hint="shorten it")
THING = Text(pattern=r".{1,200}", limit="it must be a name of at most 200 characters", hint="name a fibre or a site")
CONFIRMED = {"yes": True, "no": False, "unknown": None}
STEP = Record(
    meaning="A step: what happens at its instant.",
    keys={
        "at_ns": must(INSTANT_NS, "when it happens"),
        "do": must(Choice(words=LIGHT + GROUND, hint="write for example do: cut"), "what happens"),
        "what": must(THING, "service, fibre, site or `controller` that it happens to"),
        "source": may(THING, "data centre that asks for light", default=""),
        "target": may(THING, "data centre to which light is wanted", default=""),
        "rate_gbps": may(Number(high=100_000, above=True, hint="give Gbit/s, for example 100"), "rate of that light"),
        "protection": may(Choice(words=PROTECTIONS, hint="write for example 1+1"), "its protection", default="none"),
        "start_ns": may(INSTANT_NS, "begin of light that is booked"),
        "end_ns": may(INSTANT_NS, "end of light that is booked"),
        "db": may(Number(high=20, above=True, hint="give dB, for example 3"), "gain that is gone, of a sag"),
    },
    hint="write for example {at_ns: 0, do: cut, what: tokyo-nagoya}",
)
SCENARIO = Record(
    meaning="A scenario that apnemu explore has found, or that somebody has written.",
    keys={
        "explored": must(Number(low=VERSION, high=VERSION, decimals=0, hint="write explored: 1"), "version"),
        "topology": must(WORDS, "topology file that it was found on, from where the command ran"),
        "transceivers": must(Number(low=1, high=1000, decimals=0, hint="give their number"), "at each data centre"),
        "invariant": may(WORDS, "invariant that it breaks", default=""),
        "found": may(WORDS, "what broke it", default=""),
        "seed": may(Number(high=2**63, decimals=0, hint="give the seed of the search"), "seed of the search"),
        "confirmed": may(
            Choice(words=tuple(CONFIRMED), hint="write yes, no or unknown"),
            "whether fresh boots of the lab show it",
            default="unknown",
        ),
        "sha256": may(WORDS, "SHA-256 of the outcome in those boots", default=""),
        "slow_ns": may(
            MapOf(
                key=THING,
                item=Number(high=1_000_000_000, decimals=0, hint="give ns, one way"),
                noun="site",
                least=0,
                most=1000,
                hint="write for example slow_ns: {osaka: 1000}",
            ),
            "sites whose way to the controller takes longer",
        ),
        "steps": must(ListOf(item=STEP, noun="step", least=0, hint="write a list of steps"), "steps"),
    },
    hint="apnemu explore writes such files",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A scenario with where it belongs: its topology file, the transceivers at each data centre, what it breaks."""

    scenario: Scenario
    topology: str
    transceivers: int
    invariant: str = ""
    found: str = ""
    seed: int = 1
    confirmed: bool | None = None
    """Whether fresh boots of the lab show it; None: unknown. `sha256` is that of the outcome there."""
    sha256: str = ""


def read(file: Path) -> tuple[Kept, Entry]:
    """What a file holds, and the file as it was read, for `check`.

    Raises:
        InputError: `FILE:LINE: what, the value, the limit, the way out`.
    """
    entry = read_file(file, SCENARIO)
    slow = entry.values.get("slow_ns")
    steps = tuple(Step(**_members(step)) for step in entry.entries("steps"))
    kept = Kept(
        scenario=Scenario(
            steps=tuple(sorted(steps, key=lambda step: step.at_ns)), slow_ns=dict(slow.values) if slow else {}
        ),
        topology=entry.text("topology"),
        transceivers=int(entry.number("transceivers")),
        invariant=entry.text("invariant"),
        found=entry.text("found"),
        seed=int(entry.values.get("seed", 1)),
        confirmed=CONFIRMED[entry.text("confirmed")],
        sha256=entry.text("sha256"),
    )
    return kept, entry


def check(entry: Entry, plant: Plant) -> None:
    """Hold a file against the plant that it is to be played on.

    Raises:
        InputError: it names what the plant has not; the line says where.
    """
    slow = entry.values.get("slow_ns")
    for site in slow.values if slow else ():
        if site not in plant.site:
            entry.fail(
                "slow_ns", f"slow_ns names {site}; there is no such site; {nearest(site, plant.site, 'rename it')}"
            )
    centres = [site.name for site in plant.data_centres]
    for step in entry.entries("steps"):
        do, what = step.text("do"), step.text("what")
        if do in GROUND:
            known = {
                "cut": list(plant.fibre),
                "sag": [fibre.name for fibre in plant.fibres if fibre.amplified],
                "lose": [*plant.site, CONTROLLER],
                "repair": [*plant.fibre, *plant.site, CONTROLLER],
            }[do]
            if what not in known:
                thing = {"cut": "fibre", "sag": "fibre with an amplifier", "lose": "site"}.get(do, "fibre or site")
                hint = nearest(what, known, f"name one of {plant.name}'s")
                step.fail("what", f"what of {step.what} is {what!r}; there is no such {thing}; {hint}")
            if do == "sag" and "db" not in step:
                step.fail(None, f"{step.what} has no db; a sag says how much gain is gone; write for example db: 3")
        elif do == "request":
            _check_request(step, centres)


def write(kept: Kept) -> str:
    """Text of a file."""
    head = {
        "explored": VERSION,
        "topology": kept.topology,
        "transceivers": kept.transceivers,
        "seed": kept.seed,
        "invariant": kept.invariant,
        "found": kept.found,
        "confirmed": next(word for word, value in CONFIRMED.items() if value is kept.confirmed),
        "sha256": kept.sha256,
        "slow_ns": dict(kept.scenario.slow_ns),
    }
    lines = ["# A scenario, step by step: apnemu explore --replay FILE plays it again."]
    lines += [f"{name}: {_text(value)}" for name, value in head.items()]
    lines += ["steps:" if kept.scenario.steps else "steps: []"]
    lines += [f"- {_text(step.to_plain())}" for step in kept.scenario.steps]
    return "\n".join(lines) + "\n"


def _text(value: Any) -> str:
    """A value as JSON writes it, which YAML reads as well."""
    return json.dumps(value, ensure_ascii=False)


def _members(step: Entry) -> dict[str, Any]:
    return {name: step.values.get(name, key.default) for name, key in STEP.keys.items() if _is_given(step, name)}


def _is_given(step: Entry, name: str) -> bool:
    return name in step or STEP.keys[name].default is not None


def _check_request(step: Entry, centres: list[str]) -> None:
    for end in ("source", "target"):
        if step.text(end) not in centres:
            hint = nearest(step.text(end), centres, f"name one of {', '.join(centres[:5])}")
            step.fail(end, f"{end} of {step.what} is {step.text(end)!r}; it must be a data centre; {hint}")
    if step.text("source") == step.text("target"):
        step.fail("target", f"both ends of {step.what} are {step.text('target')}; light joins two; name another one")
    if "rate_gbps" not in step:
        step.fail(None, f"{step.what} has no rate_gbps; a request has its rate; write for example rate_gbps: 100")
