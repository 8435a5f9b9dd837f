# SPDX-License-Identifier: BSD-3-Clause
"""What the functions of an experiment are called with, and what they return: told before a run where it can be.

A mistake that is seen when the file is loaded costs a second; one that is seen after the lab has run costs the run.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from apnemu.errors import InputError

CALLED_WITH = {
    "prepare": ("plant", "settings"),
    "arrange": ("assignment", "settings"),
    "stages": ("context",),
    "rows": ("table", "contexts"),
    "computed": ("plant", "settings", "seed"),
    "expected": ("settings",),
    "judge": ("results", "settings"),
    "sentence": ("results", "picture"),
    "plays_scenario": ("settings",),
    "approximates": ("plant", "settings"),
    "warns": ("plant", "settings"),
}
"""Function of an experiment -> what it is called with."""
NAME = re.compile(r"\w[\w .-]*")
R = TypeVar("R")


def check_name(name: str) -> None:
    """Raises ValueError for a name that a run's folder cannot have."""
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise ValueError(f"name is {name!r}; it must be letters, digits, _ and -; for example frame_length")


def check_networks(networks: tuple[str, ...]) -> None:
    """Raises ValueError for what is no tuple of networks."""
    if not isinstance(networks, tuple) or not networks or not {*networks} <= {"apn", "packet"}:
        raise ValueError(f'networks is {networks!r}; it must be ("apn",), ("packet",) or ("apn", "packet")')


def check_key(key: tuple[str, ...]) -> None:
    """Raises ValueError for a key that is no tuple of names of columns."""
    if isinstance(key, str) or not all(isinstance(name, str) for name in key):
        raise ValueError(f'key is {key!r}; it must be a tuple of names of columns; for example ("network",)')


def check_chances(chances: tuple[str, ...], known: tuple[str, ...]) -> None:
    """Raises ValueError for what is no tuple of chances that a topology can declare."""
    if not isinstance(chances, tuple) or not {*chances} <= {*known}:
        raise ValueError(f"reckons_with is {chances!r}; it must be a tuple out of {', '.join(known)}")


def check_functions(functions: Mapping[str, Callable[..., Any] | None]) -> None:
    """Raises ValueError for a function that cannot be called with what an experiment's function is called with."""
    for name, function in functions.items():
        if function is None:
            continue
        words = ", ".join(CALLED_WITH[name])
        if not callable(function):
            raise ValueError(f"{name} is {function!r}; it must be a function of ({words})")
        try:
            inspect.signature(function).bind(*CALLED_WITH[name])
        except TypeError as error:
            raise ValueError(f"{name} is called with ({words}), which yours does not take: {error}") from error
        except ValueError:  # a function of C that does not say what it takes
            continue


def returned(experiment: str, function: str, value: Any, kind: type[R]) -> R:
    """The value that a function of an experiment returned. Raises InputError for one of another type."""
    if isinstance(value, kind):
        return value
    told = "nothing" if value is None else f"{value!r:.60}"
    way_out = ", which judge_rows makes of claims about rows" if kind.__name__ == "Verdict" else ""
    raise InputError(f"{function} of {experiment} returned {told}; it must return a {kind.__name__}{way_out}")
