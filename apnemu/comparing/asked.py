# SPDX-License-Identifier: BSD-3-Clause
"""What was asked of each run, and where that differs: settings, topology, seed, options, inputs, versions."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from apnemu.comparing.opened import Opened

DIGITS = 12
"""Digits of a file's hash that are shown."""
SPELLED = ("--topology", "--seed", "--set", "--time")
"""Options of a command that stand elsewhere in what was asked."""


def differences(runs: Sequence[Opened]) -> list[dict[str, Any]]:
    """All that was not asked of every run alike: `what` kind of thing, its `name`, its `unit`, and a value of each run.

    A value is None where a run has none, or its manifest does not say.
    """
    units = _units(runs)
    found: list[dict[str, Any]] = []
    for what, each in (
        ("setting", [_mapping(run, "settings") for run in runs]),
        ("topology", [_plant(run) for run in runs]),
        ("run", [_seed(run) for run in runs]),
        ("option", [_options(run) for run in runs]),
        ("input", _inputs(runs)),
        ("version", [_mapping(run, "versions") for run in runs]),
    ):
        for name in dict.fromkeys(name for one in each for name in one):
            values = [one.get(name) for one in each]
            if len({json.dumps(value, sort_keys=True, default=str) for value in values}) > 1:
                found.append({"what": what, "name": name, "unit": units.get(name, ""), "values": values})
    return found


def _mapping(run: Opened, key: str) -> dict[str, Any]:
    """A mapping of the manifest; an empty one where there is none."""
    value = run.finished.manifest.get(key)
    return {str(name): each for name, each in value.items()} if isinstance(value, Mapping) else {}


def _units(runs: Sequence[Opened]) -> dict[str, str]:
    """Setting -> its unit, where the experiment is known."""
    asked = runs[0].finished.asked
    return {} if asked is None else {name: setting.about.unit for name, setting in asked.declared().items()}


def _plant(run: Opened) -> dict[str, Any]:
    """The plant and its light in a few figures."""
    picture = run.finished.picture
    fibres = picture["fibres"]
    return {
        "topology": picture["topology"],
        "sites": len(picture["sites"]),
        "fibres": len(fibres),
        "fibre_km": round(sum(fibre["length_km"] for fibre in fibres), 3),
        "lightpaths": len(picture["lightpaths"]),
        "light_trees": len(picture.get("trees", ())),
        "refusals": len(picture["refusals"]),
        **{f"packet_{name}": value for name, value in picture["packet"].items() if name != "source"},
    }


def _seed(run: Opened) -> dict[str, Any]:
    return {"seed": run.finished.document["seed"], "time": run.finished.document["time"]}


def _options(run: Opened) -> dict[str, Any]:
    """Options of the run's command that stand nowhere else: name -> value, True for one that takes none."""
    command = run.finished.manifest.get("command")
    words = [str(word) for word in command[2:]] if isinstance(command, list) else []
    found: dict[str, Any] = {}
    for at, word in enumerate(words):
        if word == "--":
            found["controller options"] = " ".join(words[at + 1 :])
            break
        if word.startswith("--") and word not in SPELLED:
            has_value = at + 1 < len(words) and not words[at + 1].startswith("--")
            found[word.removeprefix("--").replace("-", "_")] = words[at + 1] if has_value else True
    return found


def _inputs(runs: Sequence[Opened]) -> list[dict[str, Any]]:
    """File -> the beginning of its hash, of files that every run has: of others the names differ already."""
    each = [_mapping(run, "inputs") for run in runs]
    shared = set(each[0]).intersection(*each[1:])
    return [{name: str(one[name])[:DIGITS] for name in one if name in shared} for one in each]
