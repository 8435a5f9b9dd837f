# SPDX-License-Identifier: BSD-3-Clause
"""Words that the command line alone has, to values; what Python may ask for too is checked by `running.options`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from apnemu.errors import InputError
from apnemu.running.options import cores_of, times_of

if TYPE_CHECKING:
    from apnemu.running.request import Time

MOST_WORKERS = 1024
ControllerOptions = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[-- OPTIONS]", help="Options of the application given with --controller, as ryu-manager's."
    ),
]
Settle = Annotated[
    str | None,
    typer.Option(
        metavar="SECONDS", help="Virtual time for --controller to converge, or ready: until it says so. Else 2 s."
    ),
]

Lang = Annotated[str, typer.Option("--lang", metavar="LANGUAGE", help="Language of the page: en or ja.")]


def cores(given: str | None) -> tuple[int, ...]:
    """The cores of `--core`; none leaves the choice to the lab. Raises InputError for a core that may not be used."""
    if given is None:
        return ()
    try:
        wanted = tuple(int(part) for part in given.split(","))
    except ValueError as error:
        raise InputError(f"'{given}' is no list of cores; for example --core 0,1", file="--core") from error
    return cores_of(wanted)


def time_of(given: str) -> Time:
    """The one kind of time of a lab. Raises InputError for any other word."""
    return times_of([given])[0]


def workers_of(given: int) -> int:
    """The number of workers. Raises InputError for one beyond its limits."""
    if not 1 <= given <= MOST_WORKERS:
        raise InputError(
            f"workers is {given}; it must be from 1 to {MOST_WORKERS}; one for each core is usual", file="--workers"
        )
    return given
