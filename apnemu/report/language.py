# SPDX-License-Identifier: BSD-3-Clause
"""Language of a page: texts of ours are written in English, and a catalogue has what each is in another language.

Catalogues are gettext's PO files (`languages/LANGUAGE.po`). Like labels, the language is a context and no argument:
experiments, and figures of one's own, know nothing of it. What a page says is therefore heard, as it is drawn: looked
up as a whole, then sentence by sentence, then by the catalogue's patterns ("{n} sites"), whose parts are heard in turn.
So sentences that a run wrote down in English, such as what it expected, are read in the page's language as well. What
no catalogue has, such as a name or an amount, stays as it is; a test holds that this leaves no English word on a page.

Rejected: gettext's calls around every text (sentences that are in `results.json` would stay English, and an experiment
of somebody's own would have to know of catalogues); catalogues compiled to MO files (binaries that nobody reviews).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from apnemu.errors import InputError

ENGLISH = "en"
FOLDER = Path(__file__).parent / "languages"
NUMBER = r"[-+−]?\d[\d,]*(?:\.\d+)?(?:e[-+]?\d+)?"
"""What a pattern's placeholders n, n2, n3 and so on stand for; others stand for any text."""
BREAKS = ((re.compile(r"; (?=\S)"), "；"), (re.compile(r"(?<=[.!?]) (?=[A-Z0-9−])"), ""))
"""Marks at which texts are divided before patterns are tried, and what joins the parts."""
_LANGUAGE: ContextVar[str] = ContextVar("_LANGUAGE", default=ENGLISH)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Texts of a language: those that are whole, and patterns from the one that says most to that which says least."""

    whole: dict[str, str]
    patterns: tuple[tuple[re.Pattern[str], str], ...]


def languages() -> tuple[str, ...]:
    """The languages that a page may be in: English, and those with a catalogue."""
    return (ENGLISH, *sorted(file.stem for file in FOLDER.glob("*.po")))


@contextmanager
def spoken(language: str) -> Iterator[None]:
    """Let pages be in a language within the block. Raises InputError for one that has no catalogue."""
    if language not in languages():
        raise InputError(f"there are no pages in '{language}'; write one of {', '.join(languages())}", file="--lang")
    token = _LANGUAGE.set(language)
    try:
        yield
    finally:
        _LANGUAGE.reset(token)


def current() -> str:
    """The language of pages, as HTML's `lang` has it."""
    return _LANGUAGE.get()


def heard(text: str) -> str:
    """A text of ours in the page's language.

    >>> heard("12 sites"), heard("Tokyo")
    ('12 sites', 'Tokyo')
    >>> with spoken("ja"):
    ...     heard("12 sites"), heard("1 site, 3 fibres"), heard("Tokyo"), heard("")
    ('12 拠点', '1 拠点、3 ファイバ', 'Tokyo', '')
    """
    return text if _LANGUAGE.get() == ENGLISH else _heard(_LANGUAGE.get(), text)


def whole(text: str) -> str:
    """A sentence of ours in the page's language where the catalogue has all of it; else as it is, and not in parts.

    >>> with spoken("ja"):
    ...     whole("dark fibre") != "dark fibre", whole("a fibre, unheard of")
    (True, 'a fibre, unheard of')
    """
    return text if _LANGUAGE.get() == ENGLISH else catalogue(_LANGUAGE.get()).whole.get(text, text)


@lru_cache(maxsize=1 << 16)
def _heard(language: str, text: str) -> str:
    known = catalogue(language)
    if text in known.whole or not any(letter.isalpha() for letter in text):
        return known.whole.get(text, text)
    for at, joint in BREAKS:
        if len(parts := at.split(text)) > 1:
            return joint.join(_heard(language, part) for part in parts)
    for pattern, said in known.patterns:
        if found := pattern.fullmatch(text):
            return said.format(**{name: _heard(language, part) for name, part in found.groupdict().items()})
    head, colon, rest = text.partition(": ")
    parts = [head, rest] if colon else text.split(", ")
    return ("：" if colon else "、").join(_heard(language, part) for part in parts) if len(parts) > 1 else text


@cache
def catalogue(language: str) -> Catalogue:
    """The catalogue of a language."""
    from babel.messages.pofile import read_po

    with (FOLDER / f"{language}.po").open("rb") as file:
        messages = read_po(file)
    whole: dict[str, str] = {}
    for message in messages:
        ids = [message.id] if isinstance(message.id, str) else list(message.id)
        texts = [message.string] if isinstance(message.string, str) else list(message.string or [])
        whole |= {each: texts[-1] for each in ids if each and texts and texts[-1]}
    patterns = sorted((each for each in whole if "{" in each), key=lambda each: (-len(_bare(each)), each))
    return Catalogue(
        whole={each: said for each, said in whole.items() if "{" not in each},
        patterns=tuple((_pattern(each), whole[each]) for each in patterns),
    )


def _pattern(text: str) -> re.Pattern[str]:
    """
    >>> _pattern("{n} of {what}").fullmatch("1,234.5 of it").groupdict()
    {'n': '1,234.5', 'what': 'it'}
    """
    parts = re.split(r"\{(\w+)\}", text)
    for index, name in enumerate(parts):
        inner = NUMBER if re.fullmatch(r"n\d*", name) else ".+?"
        parts[index] = f"(?P<{name}>{inner})" if index % 2 else re.escape(name)
    return re.compile("".join(parts))


def _bare(text: str) -> str:
    """What a pattern says itself."""
    return re.sub(r"\{\w+\}", "", text)
