"""The vocabulary in which a file format is written down: what may stand at a place, within which limits.

A format (`format.py`) is one table of these values. `parse.py` reads files by it and `schema.py` turns it into JSON
Schema, so that the reader, the editor and the error messages cannot disagree about a limit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """A number from `low` to `high`, both allowed unless `above`, which leaves `low` itself out.

    `decimals` bounds the digits behind the point (0: a whole number), None leaves them free.
    """

    low: float
    high: float
    hint: str
    above: bool = False
    decimals: int | None = None

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
class Text:
    """Text that matches `pattern` as a whole; `limit` says in words what that is."""

    pattern: str
    limit: str
    hint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One of a few words."""

    words: tuple[str, ...]
    hint: str

    @property
    def limit(self) -> str:
        return "it must be " + " or ".join(
            [", ".join(self.words[:-1]), self.words[-1]] if self.words[1:] else self.words
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ListOf:
    """Between `least` and `most` items of one shape; `noun` is what people call one of them.

    With `or_word` that one word may stand in place of the list; with `alone` one item may, without brackets.
    """

    item: Shape
    noun: str
    least: int
    most: int
    hint: str
    or_word: str | None = None
    alone: bool = False

    @property
    def limit(self) -> str:
        count = f"{self.least}" if self.least == self.most else f"{self.least} to {self.most}"
        word = f"the word {self.or_word} or " if self.or_word else ""
        word += f"one {self.noun} or " if self.alone else ""
        return f"it must be {word}a list of {count} {self.noun}s"


@dataclass(frozen=True, slots=True, kw_only=True)
class MapOf:
    """Between `least` and `most` values of one shape under names of the writer's choice."""

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

    Exactly one of the groups in `either` must be there in full and no key of another. `later` holds keys that a later
    version will know and what to do until then.
    """

    keys: Mapping[str, Shape]
    required: tuple[str, ...] = ()
    either: tuple[tuple[str, ...], ...] = ()
    later: Mapping[str, str] = field(default_factory=dict)
    hint: str = ""

    @property
    def limit(self) -> str:
        return f"it must be a mapping with keys out of {', '.join(self.keys)}"


Shape = Number | Text | Choice | ListOf | MapOf | Record


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A mapping as it was read: values by key, and the line on which each key stands.

    `what` names the thing for people ("fibre 3"), `line` is where it begins.
    """

    what: str
    line: int
    values: Mapping[str, object]
    lines: Mapping[str, int]

    def __contains__(self, key: str) -> bool:
        return key in self.values

    def line_of(self, key: str) -> int:
        """The line of a key, or of the whole thing where the key is not given."""
        return self.lines.get(key, self.line)

    def text(self, key: str, default: str = "") -> str:
        value = self.values.get(key, default)
        assert isinstance(value, str), key
        return value

    def number(self, key: str, default: float | None = None) -> float:
        value = self.values.get(key, default)
        assert isinstance(value, int | float), key
        return value

    def whole(self, key: str, default: int | None = None) -> int:
        value = self.values.get(key, default)
        assert isinstance(value, int), key
        return value

    def entry(self, key: str) -> Entry:
        """The mapping under a key, or an empty one."""
        value = self.values.get(key)
        if value is None:
            return Entry(what=key, line=self.line, values={}, lines={})
        assert isinstance(value, Entry), key
        return value

    def entries(self, key: str) -> tuple[Entry, ...]:
        """The mappings in the list under a key, or none."""
        value = self.values.get(key, ())
        assert isinstance(value, tuple), key
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """The words in the list under a key, or none."""
        value = self.values.get(key, ())
        assert isinstance(value, tuple), key
        return value
