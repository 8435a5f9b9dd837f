# SPDX-License-Identifier: BSD-3-Clause
"""The vocabulary in which a file format is declared: what may stand at a place, within which limits, and what for.

A format (`format.py`, `equipment_format.py`) is one `Record` of keys. Reader, messages, JSON Schema, documentation and
writer all go by it, so that they cannot disagree about a key.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """A number from `low` to `high`, both allowed unless `above`, which leaves `low` itself out.

    `decimals` bounds the digits behind the point (0: a whole number), None leaves them free. A duration that the model
    holds in nanoseconds is turned into them by `in_ns`.
    """

    low: float = 0
    high: float
    hint: str
    above: bool = False
    decimals: int | None = None
    in_ns: Callable[[float], int] | None = None

    @property
    def limit(self) -> str:
        """
        >>> Number(low=0, high=1.5, above=True, hint="").limit
        'it must be a number above 0 and at most 1.5'
        """
        kind = "a whole number" if self.decimals == 0 else "a number"
        low = f"above {self.low:.15g} and at most" if self.above else f"from {self.low:.15g} to"
        digits = f" with at most {self.decimals} decimals" if self.decimals else ""
        return f"it must be {kind} {low} {self.high:.15g}{digits}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ByWay:
    """A number of each fibre of a pair: one for both ways, or a mapping of `out`, from the first site, and `back`.

    It fills two attributes; the second is None where one number holds for both ways.
    """

    each: Number

    @property
    def record(self) -> Record:
        """The mapping."""
        return Record(keys={"out": must(self.each), "back": must(self.each)}, hint=f"of out and back: {self.hint}")

    @property
    def hint(self) -> str:
        return self.each.hint

    @property
    def limit(self) -> str:
        return f"{self.each.limit}, or {{out: ..., back: ...}} of two such numbers"


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """Text that matches `pattern` as a whole; `limit` says in words what that is.

    Text that the model holds as something else (a time of day as seconds) is turned into it by `held`.
    """

    pattern: str
    limit: str
    hint: str
    held: Callable[[str], object] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Choice of a few words."""

    words: tuple[str, ...]
    hint: str

    @property
    def limit(self) -> str:
        return "it must be " + " or ".join(
            [", ".join(self.words[:-1]), self.words[-1]] if self.words[1:] else self.words
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Flag:
    """A word, yes or no, which the model holds as a truth value."""

    hint: str

    @property
    def limit(self) -> str:
        return "it must be yes or no"


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """A list of numbers, each with a meaning and limits of its own: a line of a table, such as [MW, yen/MWh]."""

    numbers: Mapping[str, Number]
    hint: str

    @property
    def limit(self) -> str:
        """
        >>> Columns(numbers={"mw": Number(high=9, hint=""), "hours": Number(high=24, hint="")}, hint="").limit
        'it must be a list of 2 numbers: mw, hours'
        """
        return f"it must be a list of {len(self.numbers)} numbers: {', '.join(self.numbers)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Either:
    """A value of the first of several shapes that has the value's form: a number, a word, a list or a mapping."""

    shapes: tuple[Shape, ...]
    hint: str

    @property
    def limit(self) -> str:
        """
        >>> Either(shapes=(Number(high=9, hint=""), Choice(words=("all",), hint="")), hint="").limit
        'it must be a number from 0 to 9, or all'
        """
        first, *others = (shape.limit for shape in self.shapes)
        return ", or ".join([first, *(other.removeprefix("it must be ") for other in others)])


@dataclass(frozen=True, slots=True, kw_only=True)
class ListOf:
    """A list of `least` to `most` items of one shape; `noun` is what people call one of them.

    With `or_word` that one word may stand in place of the list; with `alone` one item may, without brackets. Items
    whose names must differ have in `twice` what is said of a name that comes again.
    """

    item: Shape
    noun: str
    least: int = 1
    most: int = 1000
    hint: str
    or_word: str | None = None
    alone: bool = False
    twice: str = ""

    @property
    def limit(self) -> str:
        count = f"{self.least}" if self.least == self.most else f"{self.least} to {self.most}"
        word = f"the word {self.or_word} or " if self.or_word else ""
        word += f"one {self.noun} or " if self.alone else ""
        return f"it must be {word}a list of {count} {self.noun}s"


@dataclass(frozen=True, slots=True, kw_only=True)
class MapOf:
    """A mapping of `least` to `most` values of one shape under names of the writer's choice."""

    key: Text
    item: Shape
    noun: str
    least: int
    most: int
    hint: str

    @property
    def limit(self) -> str:
        return f"it must be a mapping of {self.least} to {self.most} {self.noun}s by name"


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A mapping with known keys; any other is refused.

    Its keys fill attributes of the class that it `makes`; a record that makes nothing fills those of the record around
    it. Exactly one of the groups in `either` must be there in full and no key of another. The first key of a whole
    file's record is its version. `meaning` is what the documentation says above the keys.
    """

    keys: Mapping[str, Key]
    makes: type | None = None
    either: tuple[tuple[str, ...], ...] = ()
    hint: str = ""
    meaning: str = ""

    @property
    def limit(self) -> str:
        return f"it must be a mapping with keys out of {', '.join(self.keys)}"

    @property
    def required(self) -> tuple[str, ...]:
        """The keys that must be there, in the order of their declaration."""
        return tuple(name for name, key in self.keys.items() if key.must)


Shape = Number | ByWay | Text | Choice | Flag | Columns | Either | ListOf | MapOf | Record


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A key of a mapping: its values, what they mean, whether it must be there, and what holds where it is left out.

    `default` is the value then; without one the model's own default holds, or what `otherwise` says in words. `fills`
    names the model's attributes, separated by spaces ("": none); None is the key's own name, with `_ns` as the unit of
    a duration that the model holds in nanoseconds.
    """

    shape: Shape
    meaning: str = ""
    must: bool = False
    default: Any = None
    otherwise: str = ""
    fills: str | None = None

    def attributes(self, name: str) -> tuple[str, ...]:
        """The model's attributes that the key of this name fills.

        >>> delay = Number(low=0, high=1, hint="", in_ns=lambda us: round(us * 1000))
        >>> Key(shape=delay).attributes("oeo_us"), Key(shape=delay, fills="").attributes("oeo_us")
        (('oeo_ns',), ())
        """
        if self.fills is not None:
            return tuple(self.fills.split())
        in_ns = isinstance(self.shape, Number) and self.shape.in_ns
        return (f"{name.rpartition('_')[0]}_ns" if in_ns else name,)


def must(shape: Shape, meaning: str = "", *, fills: str | None = None) -> Key:
    """A key that must be there."""
    return Key(shape=shape, meaning=meaning, must=True, fills=fills)


def may(
    shape: Shape, meaning: str = "", *, default: object = None, otherwise: str = "", fills: str | None = None
) -> Key:
    """A key that may be left out."""
    return Key(shape=shape, meaning=meaning, default=default, otherwise=otherwise, fills=fills)
