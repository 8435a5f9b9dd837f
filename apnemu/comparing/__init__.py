# SPDX-License-Identifier: BSD-3-Clause
"""Runs of one experiment beside one another: what was set differently, and what came out differently.

    opened  directories of runs, read; the points of a sweep; labels that tell runs apart
    asked   what was asked of each, and where that differs
    joined  rows of all runs side by side, by what identifies a row

A comparison is a document (`--json`); how it is shown on a terminal and as a page is the report's.

Rejected: comparing runs of different experiments by columns of the same name (a round trip of one is not measured as
that of another); statistics over runs with several seeds (a sweep has them as points, and its table is made for that).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from apnemu.comparing.asked import differences
from apnemu.comparing.joined import compared_rows
from apnemu.comparing.opened import opened, showing
from apnemu.question.results import plain_value
from apnemu.report import words

__all__ = ["compare", "showing"]


def compare(folders: Sequence[Path]) -> dict[str, Any]:
    """The comparison of runs, or of the points of sweeps, as a document.

    `runs` has a name (A, B, ...) for each with its directory, label and verdict; `set` what was set differently, a
    value for each run; `joined_by`, `told_by_run` and `rows` how rows were joined; `figures` the numbers that differ,
    with differences to the first run, and `texts` what else does. Raises InputError for what is no directory of a run
    that ended, for fewer than two, and for runs of different experiments.
    """
    runs = opened(folders)
    first = runs[0]
    with showing(folders), words.labelled(words.names_of(first.finished.picture)):
        asked = differences(runs)
        found = {
            "experiment": first.finished.document["experiment"],
            "runs": [run.told() for run in runs],
            "set": asked,
            **compared_rows(runs, {one["name"] for one in asked if one["what"] == "setting"}),
        }
        return {name: plain_value("compare", name, value) for name, value in found.items()}
