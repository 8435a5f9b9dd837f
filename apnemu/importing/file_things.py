# SPDX-License-Identifier: BSD-3-Clause
"""Functions, classes and instances of a Python file that is read, not executed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

Names = dict[str, Any]


@dataclass(frozen=True, slots=True, eq=False)
class Function:
    """A function of the file, with the names around it and, of a method, what it is bound to."""

    node: Any
    around: tuple[Names, ...]
    bound: Instance | None = None
    owner: Class | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Class:
    """A class of the file; `bases` are those of the file, `foreign` the names of others."""

    name: str
    line: int
    bases: tuple[Class, ...]
    foreign: tuple[str, ...]
    held: Names

    def line_up(self) -> tuple[Class, ...]:
        """The class and its bases, in the order in which a name is looked up."""
        return (self, *(each for base in self.bases for each in base.line_up()))


@dataclass(slots=True, eq=False)
class Instance:
    """A thing of a class of the file."""

    of: Class
    held: Names = field(default_factory=dict)


class Stop(Exception):  # noqa: N818  # these are no errors
    """A break, a continue, or a return with its value."""

    def __init__(self, kind: str, value: Any = None) -> None:
        self.kind, self.value = kind, value
