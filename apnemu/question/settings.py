# SPDX-License-Identifier: BSD-3-Clause
"""Settings of an experiment: a frozen dataclass whose fields say what they mean, their unit and their limits.

    @dataclass(frozen=True, slots=True, kw_only=True)
    class Settings:
        probes: Annotated[int, Setting("Echo requests for each pair", low=1, high=65_535)] = 20
        load: Annotated[tuple[Literal["idle", "full"], ...], Setting("Kinds of load, one after another")] = ("idle",)

`--set`, `apnemu experiments`, sweeps and the documentation read nothing else. The type decides how a text is read:
`int`, `float`, `bool` (yes or no), `str`, `Literal` (one of its words), `tuple[X, ...]` (several, with commas). A field
called `from_` is written `from`.
"""

from __future__ import annotations

import dataclasses
import inspect
import math
import types
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, NoReturn, Union, get_args, get_origin, get_type_hints

from apnemu.errors import InputError

Value = float | int | str | bool | tuple[float | str, ...] | None
FIELD = "Annotated[type, Setting('its meaning')]"
Kind = Literal["whole number", "number", "yes or no", "text", "choice"]


@dataclass(frozen=True, slots=True)
class Setting:
    """The meaning of a settings field, its unit, and its limits (both allowed; None is no limit).

    `example` stands in messages where the default would not be one. `of` is what of the topology a text names, by its
    id or its label (`places`); a pair is A-B. A "file" is one of the host's, whose hash the manifest has.
    """

    meaning: str
    unit: str = ""
    low: float | None = None
    high: float | None = None
    example: str = ""
    of: Literal["", "site", "pair", "fibre", "file"] = ""

    def __post_init__(self) -> None:
        for limit in (self.low, self.high):
            if limit is not None and not math.isfinite(limit):
                raise ValueError(f"a limit of '{self.meaning}' is {limit}; leave it out where there is none")


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """A setting as `--set NAME=VALUE` knows it; `field` is its name in the dataclass, `many` takes several values."""

    name: str
    field: str
    kind: Kind
    many: bool
    default: Value
    choices: tuple[str, ...]
    about: Setting

    def parse(self, text: str) -> Value:
        """The value that a text stands for. Raises InputError, with the limit, for one that cannot be used."""
        if not self.many:
            value: Value = self._single(text)
            return value
        return tuple(self._single(part) for part in text.split(","))

    def limits(self) -> str:
        """What a value may be, in words.

        >>> about = Setting("", low=0)
        >>> Declared(name="n", field="n", kind="number", many=False, default=1, choices=(), about=about).limits()
        'a number of at least 0'
        """
        if self.choices:
            return " or ".join(self.choices)
        if self.kind in ("text", "yes or no"):
            return f"{'a ' if self.kind == 'text' else ''}{self.kind}"
        low, high = (None if limit is None else _exact(limit) for limit in (self.about.low, self.about.high))
        if low is None and high is None:
            return f"a {self.kind}"
        if high is None:
            return f"a {self.kind} of at least {low}"
        return f"a {self.kind} of at most {high}" if low is None else f"a {self.kind} from {low} to {high}"

    @property
    def example(self) -> str:
        """A value that can be used, as text."""
        if self.about.example:
            return self.about.example
        first = self.default if isinstance(self.default, tuple) else (self.default,)
        known = [as_text(value) for value in first if value not in (None, "")]
        usual = {"whole number": "1", "number": "1.5", "yes or no": "yes", "text": "a text"}
        return known[0] if known else self.choices[0] if self.choices else usual[self.kind]

    def _single(self, text: str) -> Any:
        text = text.strip()
        if self.choices:
            return text if text in self.choices else self._refuse(text, f"it must be {self.limits()}", self.choices[0])
        if self.kind == "text":
            return text or self._refuse(text, "it must not be empty", self.example)
        if self.kind == "yes or no":
            known = {"yes": True, "true": True, "no": False, "false": False}
            return known[text.lower()] if text.lower() in known else self._refuse(text, "it must be yes or no", "yes")
        try:
            number = int(text) if self.kind == "whole number" else float(text)
        except ValueError:
            number = float("nan")
        low = float("-inf") if self.about.low is None else self.about.low
        high = float("inf") if self.about.high is None else self.about.high
        if not low <= number <= high or not math.isfinite(number):
            self._refuse(text, f"it must be {self.limits()}", self.example)
        return number

    def _refuse(self, text: str, limit: str, example: str) -> NoReturn:
        raise InputError(f"{self.name} is '{text}'; {limit}; for example --set {self.name}={example}", file="--set")


def _exact(limit: float) -> str:
    """A limit as it is: short where that loses nothing.

    >>> _exact(1e9), _exact(0.001), _exact(1_048_576)
    ('1e+09', '0.001', '1048576')
    """
    short = f"{limit:g}"
    return short if float(short) == limit else f"{limit:.15g}"


def declared(settings: type) -> Mapping[str, Declared]:
    """The settings that a dataclass declares: name -> declaration, its own fields before those that it
    inherits.

    Raises TypeError for a field that is not declared as this module asks.
    """
    if not isinstance(settings, type) or not dataclasses.is_dataclass(settings):
        raise TypeError(f"settings must be a dataclass whose fields are {FIELD}")
    hints = get_type_hints(settings, include_extras=True)
    found = {}
    own = inspect.get_annotations(settings)
    for name in own.keys() - {field.name for field in dataclasses.fields(settings)}:
        raise TypeError(f"{name} is no field of {settings.__name__}; write @dataclass over the class")
    for field in sorted(dataclasses.fields(settings), key=lambda field: field.name not in own):
        about = next((extra for extra in get_args(hints[field.name])[1:] if isinstance(extra, Setting)), None)
        if get_origin(hints[field.name]) is not Annotated or about is None:
            raise TypeError(f"{field.name} must be {FIELD}")
        if field.default is dataclasses.MISSING:
            raise TypeError(f"{field.name} has no default; every setting has one")
        kind, many, choices = _kind_of(get_args(hints[field.name])[0], field.name)
        name = field.name.rstrip("_")
        setting = Declared(
            name=name, field=field.name, kind=kind, many=many, default=field.default, choices=choices, about=about
        )
        _check_default(setting)
        found[name] = setting
    return found


def _check_default(setting: Declared) -> None:
    """Raises TypeError for a default that `--set` would refuse; None and an empty text say that there is none."""
    default = setting.default
    if setting.many and default is not None and not isinstance(default, tuple):
        raise TypeError(f"{setting.name} has the default {default!r}; it must be a tuple")
    for value in default if isinstance(default, tuple) else (default,):
        if value in (None, ""):
            continue
        try:
            read = setting.parse(as_text(value))
        except InputError as error:
            raise TypeError(f"the default of {error.message.partition('; for example')[0]}") from error
        if read != ((value,) if setting.many else value):
            raise TypeError(f"the default of {setting.name} is {value!r}; it must be {setting.limits()}")


def as_text(value: Any) -> str:
    """A value as `--set` takes it.

    >>> as_text((1, 2.5)), as_text("idle"), as_text(True)
    ('1,2.5', 'idle', 'yes')
    """
    if hasattr(value, "tolist"):  # arrays and scalars of numpy, columns of pandas
        value = value.tolist()
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple | range):
        return ",".join(map(as_text, value))
    return str(value)


def _kind_of(hint: Any, name: str) -> tuple[Kind, bool, tuple[str, ...]]:
    """How a type is read: its kind, whether several values may be given, and the words that it admits."""
    if get_origin(hint) in (Union, types.UnionType):
        kinds = [part for part in get_args(hint) if part is not type(None)]
        if len(kinds) == 1:
            return _kind_of(kinds[0], name)
    if get_origin(hint) is tuple and len(get_args(hint)) == 2 and get_args(hint)[1] is Ellipsis:
        kind, _, choices = _kind_of(get_args(hint)[0], name)
        return kind, True, choices
    if get_origin(hint) is Literal:
        if not all(isinstance(word, str) for word in get_args(hint)):
            raise TypeError(f"{name} has the type {hint}; the words of a Literal must be texts")
        return "choice", False, get_args(hint)
    kinds_of: dict[Any, Kind] = {int: "whole number", float: "number", bool: "yes or no", str: "text"}
    if hint in kinds_of:
        return kinds_of[hint], False, ()
    raise TypeError(f"{name} has the type {hint}; it must be int, float, bool, str, Literal, or a tuple of one")


def values_of(settings: Any) -> dict[str, Value]:
    """The values of a settings dataclass by the names that `--set` knows."""
    return {name: getattr(settings, setting.field) for name, setting in declared(type(settings)).items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class NoSettings:
    """The settings of an experiment that has none."""
