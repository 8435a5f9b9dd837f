# SPDX-License-Identifier: BSD-3-Clause
"""A recorded run: what was asked, what the lab recorded, and what the experiment made of it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from apnemu.question.discovery import load_experiment, shipped_topology
from apnemu.records.table import read_parquet
from apnemu.running.asked import Asked, contexts
from apnemu.running.finished import Finished
from apnemu.running.request import Request

HERE = Path(__file__).parent
Row = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoiled:
    """A figure of one row that is changed so that the verdict fails: by a number, or to a value."""

    row: Mapping[str, Any]
    column: str
    by: float | None = None
    to: Any = None

    def among(self, rows: Sequence[Row]) -> list[Row]:
        """The rows, with that figure changed."""
        assert sum(map(self._is, rows)) == 1, f"{self.row} names no row, or several"
        return [{**row, self.column: self._value(row[self.column])} if self._is(row) else row for row in rows]

    def _is(self, row: Row) -> bool:
        return all(row[name] == value for name, value in self.row.items())

    def _value(self, measured: Any) -> Any:
        return self.to if self.by is None else measured + self.by


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A folder of this package.

    `measured` are columns that have no value where nothing arrived, those together that have none together. `paced`
    are columns that tell how fast this machine was: no golden value holds them. Figures may differ by the share `near`
    from golden ones where they are GNPy's, since another libm may move their last digits; all others are exact.
    """

    folder: Path
    request: Request
    spoiled: Spoiled
    measured: tuple[tuple[str, ...], ...]
    paced: tuple[str, ...] = ()
    near: float = 0.0

    def read(self, name: str) -> Any:
        """A document of the folder."""
        return json.loads((self.folder / f"{name}.json").read_text())

    def rows(self, asked: Asked) -> list[Row]:
        """The results: made of what was recorded, or computed."""
        experiment = asked.experiment
        if experiment.computed:
            rows = experiment.computed(asked.plant, asked.chosen.own, asked.request.seed)
        else:
            table = read_parquet(self.folder / "records.parquet")
            rows = experiment.rows(table, contexts(asked, self.folder, "virtual"))
        return [{name: value for name, value in row.items() if name not in self.paced} for row in rows]


def names() -> list[str]:
    """The runs that are recorded here: of an experiment each, by its name, or by one that says what else it has."""
    return sorted(file.parent.name for file in HERE.glob("*/asked.json"))


def case_of(name: str) -> Case:
    """The recorded run of that name."""
    folder = HERE / name
    asked = json.loads((folder / "asked.json").read_text())
    request = Request(
        experiment=load_experiment(asked.get("experiment", name)),
        topology=folder / asked["own"] if "own" in asked else shipped_topology(asked["topology"]),
        given=tuple(asked["given"]),
        seed=asked["seed"],
        networks=tuple(asked["networks"]),
    )
    return Case(
        folder=folder,
        request=request,
        spoiled=Spoiled(**asked["spoiled"]),
        measured=tuple(tuple(columns) for columns in asked["measured"]),
        paced=tuple(asked.get("paced", ())),
        near=asked.get("near", 0.0),
    )


def finished(asked: Asked, rows: Sequence[Row], said: Mapping[str, Any]) -> Finished:
    """A run with these results and what is said of them, as it would end."""
    document = {
        "run_dir": "recorded",
        "experiment": asked.experiment.name,
        "seed": asked.request.seed,
        "time": "virtual",
        "virtual_s": 0.0,
        "wall_s": 0.0,
        "peak_memory_bytes": 0,
        **said,
        "results": list(rows),
    }
    return Finished(
        folder=Path("recorded"),
        document=document,
        manifest={"command": asked.request.command(), "approximations": list(asked.notes)},
        picture=asked.picture,
        shown=asked.experiment.shown,
    )
