# SPDX-License-Identifier: BSD-3-Clause
"""Words of the command line to values, or to an InputError with the way out."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from apnemu.errors import InputError

if TYPE_CHECKING:  # a shell that completes a word starts the program: what it need not import, it does not
    from apnemu.question.context import Network
    from apnemu.question.experiment import Experiment
    from apnemu.running.request import Time

HIGHEST_SEED = 2**64 - 1
MOST_WORKERS = 1024


def networks(given: str | None, asked: Experiment[Any]) -> tuple[Network, ...]:
    """The networks of `--network`, or all that the experiment is about. Raises InputError for any other."""
    if given is None:
        return asked.networks
    names = tuple(dict.fromkeys(part.strip() for part in given.split(",")))
    for name in names:
        if name not in asked.networks:
            raise InputError(
                f"'{name}' is no network of {asked.name}; it must be {' or '.join(asked.networks)}; a comma joins both",
                file="--network",
            )
    return cast("tuple[Network, ...]", names)


def application(given: Path | None) -> Path | None:
    """The file of `--controller`. Raises InputError where there is no file."""
    if given is not None and not given.is_file():
        raise InputError(f"there is no file {given}; give a Ryu application", file="--controller")
    return given


def runtime(given: str | None) -> str:
    """The framework of `--controller-runtime`, or the first that is installed. Raises InputError for any other."""
    from apnemu.controllers.frameworks import installed

    runtimes = installed()
    if given is None and runtimes:
        return runtimes[0]
    if given not in runtimes:
        raise InputError(
            f"'{given}' is not installed; it must be {' or '.join(runtimes) or 'installed: pip install os-ken'}",
            file="--controller-runtime",
        )
    return given


def cores(given: str | None) -> tuple[int, ...]:
    """The cores of `--core`; none leaves the choice to the lab. Raises InputError for a core that may not be used."""
    if given is None:
        return ()
    try:
        wanted = tuple(int(part) for part in given.split(","))
    except ValueError as error:
        raise InputError(f"'{given}' is no list of cores; for example --core 0,1", file="--core") from error
    usable = sorted(os.sched_getaffinity(0))
    for core in wanted:
        if core not in usable:
            raise InputError(
                f"core {core} is not one that this command may use; it may use {', '.join(map(str, usable))}",
                file="--core",
            )
    return wanted


def time_of(given: str) -> Time:
    """A kind of time. Raises InputError for any other word."""
    if given not in ("virtual", "real"):
        raise InputError(f"'{given}' is no kind of time; it must be virtual or real", file="--time")
    return cast("Time", given)


def times_of(given: str) -> tuple[Time, ...]:
    """Kinds of time: one, or both with a comma."""
    return tuple(dict.fromkeys(time_of(part.strip()) for part in given.split(",")))


def seed_of(given: int) -> int:
    """The seed. Raises InputError for one that does not fit into 64 bits."""
    if not 0 <= given <= HIGHEST_SEED:
        raise InputError(f"seed is {given}; it must be from 0 to 2**64 - 1; for example --seed 1", file="--seed")
    return given


def workers_of(given: int) -> int:
    """The number of workers. Raises InputError for one beyond its limits."""
    if not 1 <= given <= MOST_WORKERS:
        raise InputError(
            f"workers is {given}; it must be from 1 to {MOST_WORKERS}; one for each core is usual", file="--workers"
        )
    return given
