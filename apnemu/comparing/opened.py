# SPDX-License-Identifier: BSD-3-Clause
"""Directories of runs, read to be compared: each with a name, and a label that tells it from the others."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from apnemu.errors import ApnemuError, InputError
from apnemu.running.asked import exact_rows
from apnemu.running.finished import MOST_SAID, Finished, read_finished

NAMES = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
LEAST, MOST = 2, len(NAMES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A run that is compared: `name` is its letter, `label` the end of its path that tells it from the others."""

    name: str
    label: str
    finished: Finished

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The results that are compared: those of virtual time, or all where there are none of it."""
        return [dict(row) for row in exact_rows(self.finished.document["results"])]

    def told(self) -> dict[str, Any]:
        """What a comparison says of the run itself."""
        document = self.finished.document
        return {
            "name": self.name,
            "label": self.label,
            "run_dir": str(self.finished.folder),
            "topology": str(self.finished.picture.get("topology", "")),
            "answer": self.finished.answer(),
            "expectation": dict(document["expectation"]),
            "rows": len(self.rows),
        }


def opened(folders: Sequence[Path]) -> list[Opened]:
    """The runs that directories hold, those of a sweep one for each point. Raises InputError."""
    places = [place for folder in folders for place in _of_sweep(folder)]
    if not LEAST <= len(places) <= MOST:
        given = "one run" if len(places) == 1 else f"{len(places)} runs"
        raise InputError(f"{given} given; it must be {LEAST} to {MOST}, such as two of runs/*", file="RUN_DIR")
    runs = [
        Opened(name=name, label=label, finished=read_finished(place))
        for name, label, place in zip(NAMES, _labels(places), places, strict=False)
    ]
    first = runs[0]
    for run in runs[1:]:
        kinds = [str(one.finished.document["experiment"]) for one in (first, run)]
        if kinds[0] != kinds[1]:
            raise InputError(
                f"{first.finished.folder} is a run of {kinds[0]}, {run.finished.folder} one of {kinds[1]}; compare runs"
                f" of one experiment, or show both on a page: apnemu report {first.finished.folder}"
                f" {run.finished.folder}",
                file="RUN_DIR",
            )
    return runs


def _of_sweep(folder: Path) -> list[Path]:
    """The directories of a sweep's points that ended, or the directory itself where it is no sweep's."""
    kept = folder / "runs"
    if not (folder / "sweep.json").is_file() or not kept.is_dir():
        return [folder]
    return [kept / name for name in sorted(os.listdir(kept)) if (kept / name / "results.json").is_file()]


def _labels(places: Sequence[Path]) -> list[str]:
    """The ends of paths, as long as tells them apart; the same path twice has the same label.

    >>> _labels([Path("runs/a"), Path("runs/b")]), _labels([Path("x/run"), Path("y/run")])
    (['a', 'b'], ['x/run', 'y/run'])
    """
    whole = [place.absolute() for place in places]
    different = len(set(whole))
    most = max(len(place.parts) for place in whole)
    for count in range(1, most + 1):
        labels = ["/".join(place.parts[-count:]) for place in whole]
        if len(set(labels)) == different:
            break
    return labels


@contextmanager
def showing(folders: Sequence[Path]) -> Iterator[None]:
    """Name the directories where what they hold cannot be compared. Raises InputError.

    What a run has written fits together; where somebody has changed a file since, it does not.
    """
    try:
        yield
    except ApnemuError:
        raise
    except (Exception, RecursionError) as error:
        what = " ".join(f"{type(error).__name__}: {error}".split())[:MOST_SAID]
        places = ", ".join(map(str, folders))
        raise InputError(
            f"{places}: what they hold does not fit together and cannot be compared ({what}); run them again",
            file="RUN_DIR",
        ) from error
