# SPDX-License-Identifier: BSD-3-Clause
"""Settings of every experiment, drawn by what each declares, through all that a run does before it boots a lab.

A value is at its limits, within them or beyond, a word of the choice or none, a place of the topology or nowhere. What
is accepted goes on to the plan, the stages and the blueprint of each network. The settings of experiments without a lab
are resolved alone: what comes then is the run.
"""

from __future__ import annotations

import math
import random
from functools import cache, partial
from pathlib import Path
from tempfile import TemporaryDirectory

from apnemu.errors import named
from apnemu.question.discovery import known_experiments, load_experiment, shipped_topology
from apnemu.question.settings import Declared, as_text
from apnemu.running.asked import contexts, own_functions, resolve
from apnemu.running.guests import blueprint_of
from apnemu.running.options import networks_of
from apnemu.running.request import Request
from tests.fuzz.trial import Case, warmed
from tests.fuzz.yaml_text import tree_of

SMALL = ("three-sites", "tokyo-metro", "hub-and-leaves")
SLOW = {"reach": "jpn12"}
"""Experiments whose own topology takes seconds to plan, and what they are asked over instead."""
ODD = (
    "", " ", "nan", "inf", "-inf", "1e999", "-1", "9" * 5000, "0x10", "1_000", "١٢", "\x00", "a,b", "é", "東京",
    "x" * 20_000, "=", "load=1", "true", "None", "1;2", "\udcff", "\x1b[2J", "1e-400", "1.0", ",", ",,", "1,",
    "yes", "-", "tokyo-", "tokyo-tokyo", "tokyo", "/dev/zero", "../..",
)  # fmt: skip


def case(seed: int, number: int, folder: Path) -> Case:
    """One to four settings of an experiment; a few are misspelled, or said twice."""
    del folder
    draw = random.Random(f"settings {seed} {number}")
    names = known_experiments()
    name = names[(number + seed) % len(names)]
    usual = SLOW.get(name, load_experiment(name).topology)
    topology = usual if draw.random() < 0.6 else draw.choice(SMALL)
    declared = tuple(load_experiment(name).declared().values())
    given = [_given(each, topology, draw) for each in draw.choices(declared, k=draw.choice((1, 1, 2, 3, 4)))]
    if draw.random() < 0.05:
        at = draw.randrange(len(given))
        given[at] = draw.choice((given[at].replace("=", ""), f"x{given[at]}", given[at].upper(), *ODD))
    network = draw.choice((None, None, None, "apn", "packet", "apn,packet"))
    says = ("--set", "--network", "EXPERIMENT", topology)
    return Case(kind=name, steps=(partial(asked, name, topology, tuple(given), network),), names=says)


def asked(name: str, topology: str, given: tuple[str, ...], network: str | None) -> None:
    """What `apnemu run` does with these settings before it boots a lab."""
    print(name, topology, *map(ascii, given), network)
    experiment, file = load_experiment(name), shipped_topology(topology)
    networks = networks_of(network, experiment)
    request = Request(experiment=experiment, topology=file, given=given, seed=1, networks=networks)
    resolved = resolve(request)
    if experiment.computed is None:
        with own_functions(name, None), named(file), TemporaryDirectory(prefix="apnemu-fuzz-") as folder:
            for context in contexts(resolved, Path(folder), "virtual"):
                print(len(blueprint_of(request, context).stages))


def _given(setting: Declared, topology: str, draw: random.Random) -> str:
    values = [_value(setting, topology, draw) for _ in range(draw.choice((1, 1, 2, 3)) if setting.many else 1)]
    return f"{setting.name}={','.join(values)}"


def _value(setting: Declared, topology: str, draw: random.Random) -> str:
    """A value that is mostly one that is declared."""
    if draw.random() < 0.04:
        return draw.choice(ODD)
    if setting.choices:
        return draw.choice(setting.choices)
    if setting.kind == "yes or no":
        return draw.choice(("yes", "no"))
    if setting.kind == "text":
        return draw.choice((*places(topology).get(setting.about.of, ()), setting.example))
    return _number(setting, draw)


def _number(setting: Declared, draw: random.Random) -> str:
    """A number near the usual one, at a limit, just beyond it, or anywhere between the limits."""
    first = next(iter(setting.default), None) if isinstance(setting.default, tuple) else setting.default
    usual = float(first) if isinstance(first, int | float) else 1.0
    low = usual / 1e6 if setting.about.low is None else setting.about.low
    high = max(abs(usual), 1.0) * 1e6 if setting.about.high is None else setting.about.high
    span = high - low
    value = draw.choice(
        (
            *(usual * draw.choice((0.5, 1, 1, 2, 3)) for _ in range(8)),
            low,
            high,
            low + span * 10 ** -draw.uniform(0, 9),
            low + span * draw.random(),
            math.nextafter(low, -math.inf) if setting.kind == "number" else low - 1,
            math.nextafter(high, math.inf) if setting.kind == "number" else high + 1,
        )
    )
    return as_text(round(value) if setting.kind == "whole number" else value)


@cache
def places(topology: str) -> dict[str, tuple[str, ...]]:
    """What a text may name of a topology, by kind."""
    tree = tree_of(shipped_topology(topology))
    sites = list(tree["sites"])
    ends = [fibre["between"] for fibre in tree["fibres"]]
    fibres = tuple(fibre.get("name", f"{a}-{b}") for fibre, (a, b) in zip(tree["fibres"], ends, strict=True))
    return {"site": tuple(sites), "pair": tuple(f"{a}-{b}" for a in sites[:4] for b in sites[:4]), "fibre": fibres}


def sound() -> None:
    """Ask every experiment over its own topology by its defaults."""
    for name in known_experiments():
        experiment = load_experiment(name)
        topology = shipped_topology(SLOW.get(name, experiment.topology))
        resolve(Request(experiment=experiment, topology=topology, networks=experiment.usual_networks))


warmed(sound)
