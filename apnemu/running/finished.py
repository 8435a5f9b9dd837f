# SPDX-License-Identifier: BSD-3-Clause
"""A run that has ended: its directory, its document, its plant and how it is shown; read again, and made a page."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.table import Table

from apnemu.blueprint.document import Blueprint
from apnemu.caches import foreign_part
from apnemu.errors import ApnemuError, InputError
from apnemu.question.context import Network
from apnemu.question.discovery import known_experiments, load_experiment
from apnemu.question.experiment import Experiment
from apnemu.report import words
from apnemu.report.page import Part, keep_page, render
from apnemu.report.shown import Shown
from apnemu.report.tables import results_table
from apnemu.running.asked import exact_rows, own_functions
from apnemu.running.directory import OWN_EXPERIMENT, made

CLOCKS = ("virtual", "real")
NETWORKS: tuple[Network, ...] = ("apn", "packet")
MOST_BYTES = 1 << 29
"""Most bytes of a file that is read again: ten times the results of every pair of 1,000 sites."""
MOST_SAID = 200
"""Most characters of a fault that stand in a message."""
WRITTEN = ("experiment", "seed", "time", "virtual_s", "wall_s", "expectation", "results")
"""What every run writes into `results.json`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """Run that has ended: what `apnemu run --json` prints, its manifest, its picture, how its results are shown."""

    folder: Path
    document: Mapping[str, Any]
    manifest: Mapping[str, Any]
    picture: Mapping[str, Any]
    shown: Shown
    asked: Experiment[Any] | None = None
    """The experiment; None where it is not known any more, or its file may not be trusted."""
    own_file: Path | None = None
    """The file of an experiment of somebody's own, to be named for what its functions raise."""
    read_again: bool = False
    """Whether its files were read from a directory: what they hold is then whatever somebody made of it since."""

    def answer(self) -> str:
        """The answer in a sentence, as the experiment says it of the results; a real clock's only where alone.

        Raises InputError where the sentence of an own experiment fails.
        """
        with self.showing():
            return self.shown.answer(exact_rows(self.document["results"]), self.picture)

    def table(self) -> Table:
        """The results as a table for a terminal. Raises InputError where a column of somebody's own fails."""
        with self.showing():
            return results_table(self.document["results"], self.shown)

    @contextmanager
    def showing(self) -> Iterator[None]:
        """Name what is at fault where the results cannot be shown. Raises InputError.

        It is an own experiment's file, or the directory of a run that was read again: results, picture and manifest
        of a run fit together, and functions that show them fail where somebody has changed one.
        """
        try:
            with (
                own_functions(str(self.document["experiment"]), self.own_file),
                words.labelled(words.names_of(self.picture)),
            ):
                yield
        except ApnemuError:
            raise
        except (Exception, RecursionError) as error:
            if not self.read_again:
                raise
            what = " ".join(f"{type(error).__name__}: {error}".split())[:MOST_SAID]
            raise InputError(
                f"{self.folder}: what it holds does not fit together and cannot be shown ({what}); run it again",
                file="RUN_DIR",
            ) from error

    def parts(self) -> list[Part]:
        """The run as parts of a page: one for each kind of clock."""
        kinds = self.document["time"].split(",")
        return [
            Part(
                document={**self.document, "time": kind, "results": _of_clock(self.document["results"], kind)},
                shown=self.shown,
                manifest=self.manifest,
                picture=self.picture,
            )
            for kind in kinds
        ]


def write_report(target: Path, runs: Sequence[Finished]) -> Path:
    """Write a page for several runs into `target`, with the map of the first.

    Raises InputError for its folder, and for an own experiment that cannot show its results.
    """
    try:
        page = render([part for run in runs for part in run.parts()], runs[0].picture)
    except Exception:
        for run in runs:  # each alone, so that the one at fault is named
            with run.showing():
                render(run.parts(), run.picture)
        raise
    return keep_page(made(target, "--out"), page)


def read_finished(folder: Path) -> Finished:
    """Read the run that a directory holds. Raises InputError for a directory that holds no run that ended."""
    written = _written(folder, "results.json", "experiment", "time", "results")  # without these it is something else
    picture = _written(folder, "blueprint.json", "picture")["picture"]
    _written(folder, "results.json", *(key for key in WRITTEN if key not in written))
    _check_kinds(folder, written, picture)
    document = {**written, "expectation": _expectation(written), "run_dir": str(folder)}
    manifest = _written(folder, "manifest.json") if (folder / "manifest.json").is_file() else {}
    asked = _asked(folder, str(document["experiment"]), manifest)
    return Finished(
        folder=folder,
        document=document,
        manifest=manifest,
        picture=picture,
        shown=asked.shown if asked else Shown(),
        asked=asked,
        own_file=own if (own := folder / OWN_EXPERIMENT).is_file() else None,
        read_again=True,
    )


def read_blueprints(folder: Path) -> dict[Network, Blueprint]:
    """Read what the labs of a run were built from, by network. Raises InputError where there is none."""
    written = _written(folder, "blueprint.json", "picture")
    networks = [network for network in NETWORKS if network in written]
    if not networks:
        raise InputError("it has no blueprints; its experiment is computed without a lab", file=str(folder))
    try:
        return {network: Blueprint.from_json(written[network]) for network in networks}
    except (TypeError, KeyError, ValueError, AttributeError, RecursionError, OverflowError, ZeroDivisionError) as error:
        why = " ".join(f"{type(error).__name__}: {error}".split())[:MOST_SAID]
        fact = f"it holds no blueprint of a run ({why}); run it again"
        raise InputError(fact, file=str(folder / "blueprint.json")) from error


def _check_kinds(folder: Path, written: Mapping[str, Any], picture: Any) -> None:
    """Check the kinds of what every run writes. Raises InputError."""
    results, clocks = written["results"], written["time"]
    sound = {
        "experiment": isinstance(written["experiment"], str),
        "time": isinstance(clocks, str) and set(clocks.split(",")) <= set(CLOCKS),
        "results": isinstance(results, list) and all(isinstance(row, dict) for row in results),
        "expectation": _is_expectation(written["expectation"]),
        "picture of blueprint.json": isinstance(picture, dict),
    }
    sound |= {key: isinstance(written[key], int | float) for key in ("seed", "virtual_s", "wall_s")}
    if wrong := [key for key, is_sound in sound.items() if not is_sound]:
        raise InputError(
            f"{folder} is not the directory of a run that ended: its {', '.join(wrong)} is of another kind",
            file="RUN_DIR",
        )


def _is_expectation(said: Any) -> bool:
    """Whether a run wrote this of its expectation; apnemu 0.1 wrote but the text, and whether it came true."""
    if not isinstance(said, dict) or not isinstance(said.get("text"), str):
        return False
    kinds = {"met": bool | None, "judged": int, "failed": list, "why": str}
    return "judged" not in said or all(isinstance(said.get(key, ...), kind) for key, kind in kinds.items())


def _expectation(written: Mapping[str, Any]) -> dict[str, Any]:
    """What the run wrote of its expectation; apnemu 0.1 did not write what it judged."""
    said = written["expectation"]
    if "judged" in said:
        return dict(said)
    met = said.get("met") if written["results"] else None
    judged = 0 if met is None else len(written["results"])
    failed: list[dict[str, Any]] = [{}] if met is False else []
    return {**said, "met": met, "judged": judged, "failed": failed, "why": "apnemu 0.1 did not write what it judged"}


def _asked(folder: Path, experiment: str, manifest: Mapping[str, Any]) -> Experiment[Any] | None:
    """The run's experiment; one of somebody's own by the file that the run has kept.

    That file is a program: it is loaded only where its owner and its hash are those that the run wrote down; without
    it the results are a table.
    """
    own = folder / OWN_EXPERIMENT
    if own.is_file():
        return load_experiment(str(own)) if _is_mine(own, manifest) else None
    ours = experiment in known_experiments() and "experiment_sha256" not in manifest
    return load_experiment(experiment) if ours else None


def _is_mine(file: Path, manifest: Mapping[str, Any]) -> bool:
    """Whether a kept experiment is a file of this user (or root's), as the run hashed it, that nobody else can write.

    Nor may anybody else write a folder on its way: with both files exchanged the hash would be that of another program.
    """
    if file.is_symlink() or foreign_part(file):
        return False
    return hashlib.sha256(file.read_bytes()).hexdigest() == manifest.get("experiment_sha256")


def _written(folder: Path, name: str, *keys: str) -> dict[str, Any]:
    """Read a JSON file of a run. Raises InputError where it is not there, or lacks one of the keys."""
    whose = f"{folder} is not the directory of a run that ended"
    if not (folder / name).is_file():
        raise InputError(f"{whose}: it has no {name}; give one of apnemu run", file="RUN_DIR")
    if (size := (folder / name).stat().st_size) > MOST_BYTES:
        raise InputError(f"{whose}: its {name} has {size / 1e6:.0f} MB; no run writes so much", file="RUN_DIR")
    try:
        document = json.loads((folder / name).read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise InputError(f"{whose}: its {name} is no JSON ({error}); run it again", file="RUN_DIR") from error
    if not isinstance(document, dict) or not document.keys() >= set(keys):
        what = f"has no {', '.join(keys)}" if keys else "is no JSON object"
        raise InputError(f"{whose}: its {name} {what}; run it again", file="RUN_DIR")
    return document


def _of_clock(rows: Sequence[Mapping[str, Any]], kind: str) -> list[dict[str, Any]]:
    """The rows of one kind of clock, without the column that says so."""
    return [
        {key: value for key, value in row.items() if key != "time"} for row in rows if row.get("time", kind) == kind
    ]
