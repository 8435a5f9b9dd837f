# SPDX-License-Identifier: BSD-3-Clause
"""Words of the command line to values, or to an InputError with the way out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from apnemu.errors import InputError

if TYPE_CHECKING:  # a shell that completes a word starts the program: what it need not import, it does not
    from apnemu.question.context import Network
    from apnemu.question.experiment import Experiment
    from apnemu.running.request import Time

MOST_WORKERS = 1024


def networks(given: str | None, asked: Experiment[Any]) -> tuple[Network, ...]:
    """The networks of `--network`, or all that the experiment is about. Raises InputError for any other."""
    from apnemu.running.options import networks_of

    return networks_of(given, asked)


def application(given: Path | None) -> Path | None:
    """The file of `--controller`. Raises InputError where there is no file."""
    from apnemu.running import options

    return options.application(given)


def runtime(given: str | None) -> str:
    """The framework of `--controller-runtime`, or the first that is installed. Raises InputError for any other."""
    from apnemu.running import options

    return options.runtime(given)


def cores(given: str | None) -> tuple[int, ...]:
    """The cores of `--core`; none leaves the choice to the lab. Raises InputError for a core that may not be used."""
    from apnemu.running.options import cores_of

    if given is None:
        return ()
    try:
        wanted = tuple(int(part) for part in given.split(","))
    except ValueError as error:
        raise InputError(f"'{given}' is no list of cores; for example --core 0,1", file="--core") from error
    return cores_of(wanted)


def time_of(given: str) -> Time:
    """The one kind of time of a lab. Raises InputError for any other word."""
    from apnemu.running import options

    return options.times_of([given])[0]


def times_of(given: str) -> tuple[Time, ...]:
    """Kinds of time: one, or both with a comma."""
    from apnemu.running import options

    return options.times_of(given)


def seed_of(given: int) -> int:
    """The seed. Raises InputError for one that does not fit into 64 bits."""
    from apnemu.running import options

    return options.seed_of(given)


def workers_of(given: int) -> int:
    """The number of workers. Raises InputError for one beyond its limits."""
    if not 1 <= given <= MOST_WORKERS:
        raise InputError(
            f"workers is {given}; it must be from 1 to {MOST_WORKERS}; one for each core is usual", file="--workers"
        )
    return given
