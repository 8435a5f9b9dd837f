# SPDX-License-Identifier: BSD-3-Clause
"""Exceptions of apnemu, one tree; each knows the exit code of a command that ends with it.

    ApnemuError
    ├── InputError     2   something that a person wrote is wrong: file, line, value, limit, way out
    └── LabError       3   the lab did not do what it was asked
        ├── KernelError        the kernel could not be built or found
        ├── GuestError         the guest died, stood still or ran out of something
        ├── LateError          a stage was not ready when its first event was due
        └── ReadBackError      what was set is not what is there

A refused demand is a result (`model.assignment.Refusal`), never an exception.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class ApnemuError(Exception):
    """Root of all exceptions that apnemu raises. `exit_code` is that of the command that ends with the exception."""

    exit_code = 3


class InputError(ApnemuError):
    """Refusal of a value that a person gave.

    The text is one line: `FILE:LINE: what, the value, the limit, the way out`. For a command's option, which stands in
    no file, `file` is the option's name and `line` is None.

    >>> str(InputError("length_km is -3; it must be above 0; give the fibre's length", file="a.yaml", line=7))
    "a.yaml:7: length_km is -3; it must be above 0; give the fibre's length"
    """

    exit_code = 2

    def __init__(self, message: str, *, file: str | None = None, line: int | None = None) -> None:
        self.message = message
        self.file = file
        self.line = line
        place = "" if file is None else f"{file}: " if line is None else f"{file}:{line}: "
        super().__init__(place + " ".join(message.split()))


@contextmanager
def named(file: str | Path) -> Iterator[None]:
    """Name a file in an InputError that is raised inside and names none: what it is about was read from that file.

    >>> with named("a.yaml"):
    ...     raise InputError("no fibres join two data centres; add a fibre")
    Traceback (most recent call last):
    apnemu.errors.InputError: a.yaml: no fibres join two data centres; add a fibre
    """
    try:
        yield
    except InputError as error:
        if error.file is not None:
            raise
        raise InputError(error.message, file=str(file)) from error


class LabError(ApnemuError):
    """Failure of the lab: the network could not be built, or a guest did not end well."""


class KernelError(LabError):
    """Absence of the lab's kernel: it cannot be built, or is not where it should be."""


class GuestError(LabError):
    """Bad end of a guest: it panicked, stood still, ran out of memory, disk or time, or was ended from outside."""


class LateError(LabError):
    """Lateness of a stage: its preparation took more virtual time than there was until its first event."""


class ReadBackError(LabError):
    """Difference between a value that was set on the machine and the value read back from it."""


def ended(code: int) -> str:
    """How a program ended, as messages say it, by the exit code that `subprocess` has of it.

    >>> ended(7), ended(-11), ended(-9)
    ('ended with 7', 'was ended by SIGSEGV', 'was ended by SIGKILL')
    """
    return f"ended with {code}" if code >= 0 else f"was ended by {signal.Signals(-code).name}"
