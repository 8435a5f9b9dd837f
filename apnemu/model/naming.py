# SPDX-License-Identifier: BSD-3-Clause
"""Names of things: ids, which machines use, and labels, which people read, in any script.

An id is what scripts, `--json`, host names (`tokyo-h1`) and files use: a-z, 0-9 and -, at most 31 characters, so that a
host's name is one label of a domain name (63 characters) and every shell takes it without quotes. A label is text in
any script; it says which thing an id is, and identifies nothing.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Container, Iterable, Mapping
from typing import Final

LONGEST_ID: Final = 31
LONGEST_LABEL: Final = 63
BARRED: Final = (
    r"\u0000-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffc\ufffe\uffff"
    r"\ud800-\udfff"
)
"""Characters that no label has, as a regular expression's class has them: those that control a terminal, turn the
direction of writing, or are seen by nobody. Joiners, which emoji and Persian need, are none of them."""
LABEL: Final = rf"[^\s{BARRED}](?:[^{BARRED}]{{0,{LONGEST_LABEL - 2}}}[^\s{BARRED}])?"
"""Pattern of a label."""
_HASH_DIGITS: Final = 6
_LATIN: Final = re.compile(r"LATIN (?:SMALL|CAPITAL) (?:LETTER|LIGATURE) ([A-Z]{1,2})(?: WITH .*)?")


def identifier(name: str, taken: Container[str] = (), *, otherwise: str = "site", longest: int = LONGEST_ID) -> str:
    """Make an id of a name in any script, which no id of `taken` is.

    Letters that are Latin but for a mark lose it. Where anything else is lost, or the name is too long, the id ends
    with six digits of the name's hash (SHA-256, of its composed form NFC): it follows from the name alone, and names
    that differ only in what is lost have different ids. What is then still taken is numbered.

    >>> identifier("Malmö"), identifier("Łódź"), identifier("Tromsø"), identifier("10 Downing St.")
    ('malmo', 'lodz', 'tromso', 's10-downing-st')
    >>> identifier("Site_A", {"site-a"}), identifier("東京"), identifier("大阪"), identifier("大阪 East")
    ('site-a-2', 'site-130016', 'site-6df977', 'east-8a8f5e')
    >>> len(identifier("x" * 500))
    31
    """
    composed = unicodedata.normalize("NFC", name)
    parts = [_plain(char) for char in unicodedata.normalize("NFC", composed.casefold())]
    word = re.sub(r"[^a-z0-9]+", "-", "".join("-" if part is None else part for part in parts)).strip("-")
    if word and not word[0].isalpha():
        word = f"s{word}"
    if None in parts or len(word) > longest or not word:
        told = hashlib.sha256(composed.encode("utf-8", "surrogatepass")).hexdigest()[:_HASH_DIGITS]
        word = f"{word[: longest - _HASH_DIGITS - 1].strip('-') or otherwise}-{told}"
    found, number = word, 2
    while found in taken:
        suffix = f"-{number}"
        found, number = word[: longest - len(suffix)].rstrip("-") + suffix, number + 1
    return found


def title(name: str, otherwise: str, taken: Iterable[str] = ()) -> str:
    """Make a name of what no machine's name comes from (networks, demands): it keeps capitals, points and underscores.

    >>> title("my net v1.2", "network"), title("réseau", "network"), title("東京", "network"), title("--", "network")
    ('my-net-v1.2', 'reseau', 'network-130016', 'network-d8156b')
    """
    word = re.sub(r"[^A-Za-z0-9_.-]+", "-", name).lstrip("_.-")
    known = {*taken}
    is_kept = name.isascii() and 0 < len(word) <= LONGEST_LABEL and word not in known
    return word if is_kept else identifier(name, known, otherwise=otherwise)


def is_evident(name: str, label: str) -> bool:
    """Whether anybody sees of which label an id was made.

    >>> is_evident("lannion-cas", "Lannion_CAS"), is_evident("malmo", "Malmö"), is_evident("site-130016", "東京")
    (True, False, False)
    """
    return re.sub(r"[\W_]+", "-", label.casefold()).strip("-") == name


def _plain(char: str) -> str | None:
    """The ASCII letters of a character; "" for a mark, a space and the like, None where something is lost."""
    if char.isascii():
        return char
    if unicodedata.category(char)[0] in "MZP":
        return "" if unicodedata.category(char)[0] == "M" else " "
    bare = "".join(each for each in unicodedata.normalize("NFKD", char) if not unicodedata.combining(each))
    if bare.isascii():
        return bare.lower()
    latin = _LATIN.fullmatch(unicodedata.name(bare[0], ""))
    return latin[1].lower() if latin and len(bare) == 1 else None


def label_of(name: str) -> str:
    """Make a label of somebody else's name: what a label may not have is replaced, what is too long is cut; "" of
    nothing.

    >>> label_of("東京\\n駅"), label_of("a\\u202eb"), len(label_of("x" * 500)), label_of(" \\t")
    ('東京 駅', 'a\N{REPLACEMENT CHARACTER}b', 63, '')
    """
    one_line = " ".join(name.split())
    text = re.sub(f"[{BARRED}]", "\N{REPLACEMENT CHARACTER}", one_line)
    return text if len(text) <= LONGEST_LABEL else f"{text[: LONGEST_LABEL - 1].rstrip()}…"


def told(name: str, label: str) -> str:
    """The id of a thing with its label, as a message has both.

    >>> told("tokyo", "東京"), told("tokyo", "")
    ('tokyo (東京)', 'tokyo')
    """
    return f"{name} ({label})" if label else name


def shown_names(named: Iterable[tuple[str, str]]) -> dict[str, str]:
    """What a person reads in place of each id of (id, label) that has a label: the label, with the id beside it where
    the label alone could mean another.

    >>> shown_names([("tokyo", "東京"), ("a", "Ōsaka"), ("b", "Ōsaka"), ("c", "a"), ("d", "")])
    {'tokyo': '東京', 'a': 'Ōsaka (a)', 'b': 'Ōsaka (b)', 'c': 'a (c)'}
    """
    pairs = list(named)
    ids = {name for name, _ in pairs}
    meant: dict[str, set[str]] = {}
    for name, label in pairs:
        meant.setdefault(_same(label), set()).add(name)
    clear = {label for label, names in meant.items() if len(names) == 1 and not (ids - names) & {label}}
    return {name: label if _same(label) in clear else f"{label} ({name})" for name, label in pairs if label}


def ids_of(word: str, labels: Mapping[str, str]) -> tuple[str, ...]:
    """The ids that a person's word may mean, of `labels` (id -> label): the id that it is, else all whose label it is.

    >>> labels = {"tokyo": "東京", "a": "Ōsaka", "b": "Ōsaka"}
    >>> ids_of("tokyo", labels), ids_of("東京", labels), ids_of("Ōsaka", labels), ids_of("x", labels)
    (('tokyo',), ('tokyo',), ('a', 'b'), ())
    """
    if word in labels:
        return (word,)
    return tuple(name for name, label in labels.items() if label and _same(label) == _same(word))


def _same(label: str) -> str:
    """A label in the form in which two are compared: composed, and whatever the case."""
    return unicodedata.normalize("NFC", label).casefold()
