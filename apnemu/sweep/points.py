# SPDX-License-Identifier: BSD-3-Clause
"""Points of a sweep, from a grid or a list of settings, each with its own key and seed."""

from __future__ import annotations

import csv
import hashlib
import itertools
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from apnemu.errors import InputError
from apnemu.question.experiment import Experiment
from apnemu.question.settings import Value

MOST_POINTS = 100_000
TOPOLOGY = "topology"
"""Name under which the topology stands among a point's settings, where the sweep has several."""
MOST_BYTES = 64_000_000
"""Largest list of points that is read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """Point of a sweep: one run.

    `given` are its KEY=VALUE texts, `settings` what they mean. `key` and `seed` follow from the settings and the
    sweep's seed alone: not from the place in the grid, nor from who runs it and when.
    """

    given: tuple[str, ...]
    settings: Mapping[str, Value]
    key: str
    seed: int
    topology: str = ""
    """Name of the topology, where the sweep has several."""


def grid(experiment: Experiment[Any], given: Sequence[str], listed: Path | None, seed: int) -> tuple[Point, ...]:
    """All combinations as points: the last setting varies fastest, the rows of the list slowest.

    `given` are texts KEY=A,B,C: here a comma separates points, also where the setting takes several values. `listed`
    is a CSV file with settings' names in its first line and a point in each other.

    Raises:
        InputError: a setting or a value that is none, a setting or a point given twice, more than 100,000 points.
    """
    axes: dict[str, list[str]] = {}
    for text in given:
        name, equals, values = text.partition("=")
        if not equals:
            experiment.resolve([text])  # refuses it with an example
        if name in axes:
            raise InputError(f"{name} is given twice; once with all its values: --set {name}=a,b,c", file="--set")
        axes[name] = [f"{name}={value.strip()}" for value in values.split(",")]
    rows = _rows(experiment, listed, axes) if listed else [(None, ())]
    count = len(rows)
    for axis in axes.values():
        count *= len(axis)
    if count > MOST_POINTS:
        raise InputError(
            f"that makes {count} points; it must be at most {MOST_POINTS}; sweep fewer values",
            file=str(listed) if len(rows) > MOST_POINTS else "--set",
        )
    found: dict[str, Point] = {}
    for line, row in rows:
        for combined in itertools.product(*axes.values()):
            point = _point(experiment, (*row, *combined), seed)
            if point.key in found:
                raise InputError(
                    f"the point {', '.join(point.given)} comes twice; take one out",
                    file=str(listed) if listed else "--set",
                    line=line,
                )
            found[point.key] = point
    return tuple(found.values())


def named(topologies: Sequence[Path]) -> dict[str, Path]:
    """Topologies by their names. Raises InputError for two of one name: rows could not be told apart."""
    found: dict[str, Path] = {}
    for file in topologies:
        if file.stem in found:
            raise InputError(
                f"{found[file.stem]} and {file} are both called {file.stem}; rename one", file="--topology"
            )
        found[file.stem] = file
    return found


def across(topologies: Sequence[str], points: Sequence[Point]) -> tuple[Point, ...]:
    """Each point over each topology, which varies the slowest; of a single topology the points as they are.

    Seeds stay: over all topologies a point has the same draws. Raises InputError for more than 100,000 points.
    """
    if len(topologies) == 1:
        return tuple(points)
    if len(topologies) * len(points) > MOST_POINTS:
        count = f"{len(topologies)} topologies with {len(points)} points each"
        raise InputError(f"that makes {count}; it must be at most {MOST_POINTS}; sweep fewer values", file="--topology")
    return tuple(
        replace(
            point,
            settings={TOPOLOGY: name, **point.settings},
            key=hashlib.sha256(f"{name} {point.key}".encode()).hexdigest()[:16],
            topology=name,
        )
        for name in topologies
        for point in points
    )


def _point(experiment: Experiment[Any], given: tuple[str, ...], seed: int) -> Point:
    resolved = experiment.resolve(given).values()
    settings = {name: resolved[name] for name in (text.partition("=")[0] for text in given)}
    identity = json.dumps(settings, sort_keys=True)
    digest = hashlib.sha256(f"{seed} {identity}".encode()).digest()
    return Point(
        given=given,
        settings=settings,
        key=hashlib.sha256(identity.encode()).hexdigest()[:16],
        seed=int.from_bytes(digest[:8]),
    )


def _rows(experiment: Experiment[Any], file: Path, axes: Mapping[str, Any]) -> list[tuple[int, tuple[str, ...]]]:
    """The points of a CSV file with their lines' numbers; every line must have a value for every name."""
    try:
        with file.open("rb") as content:
            data = content.read(MOST_BYTES + 1)
        if len(data) > MOST_BYTES:
            raise InputError(f"is longer than the limit of {MOST_BYTES} bytes; divide the list", file=str(file))
        reader = csv.reader(data.decode("utf-8-sig").splitlines())
        lines = [(reader.line_num, line) for line in reader if line]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{file} cannot be read: {error}; give a CSV file", file="--points") from error
    if len(lines) < 2:
        raise InputError(
            f"has {len(lines)} lines; it must have a line of settings' names and one for each point", file=str(file)
        )
    head, names = lines[0][0], [name.strip() for name in lines[0][1]]
    for name in names:
        if name in axes or names.count(name) > 1:
            raise InputError(f"{name} is given twice; take one out", file=str(file), line=head)
        with _placed(file, head):
            experiment.setting(name)
    rows = []
    for number, line in lines[1:]:
        if len(line) != len(names):
            raise InputError(f"has {len(line)} values; it must have {len(names)}", file=str(file), line=number)
        given = tuple(f"{name}={value.strip()}" for name, value in zip(names, line, strict=True))
        with _placed(file, number):
            experiment.resolve(given)
        rows.append((number, given))
    return rows


@contextmanager
def _placed(file: Path, line: int) -> Iterator[None]:
    """Name the line of the file, in place of an option, in an InputError that is raised inside."""
    try:
        yield
    except InputError as error:
        message = error.message.replace("for example --set ", "for example ")
        raise InputError(message, file=str(file), line=line) from error
