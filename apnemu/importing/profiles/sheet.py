# SPDX-License-Identifier: BSD-3-Clause
"""A file as lines of cells: UTF-8 with or without its mark (BOM), UTF-16 with it, or CP932; commas, semicolons, tabs.

Cells come without quotes and spaces at their ends, full-width letters and digits as plain ones (Unicode's NFKC).
"""

from __future__ import annotations

import codecs
import csv
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from apnemu.errors import InputError

MOST_BYTES = 256_000_000
"""Largest file that is read: some years of half hours of every area."""
MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """Cells of a line, and its number in the file."""

    number: int
    cells: tuple[str, ...]

    @property
    def blank(self) -> bool:
        """Whether all cells are empty, as those at the end of some operators' files."""
        return not any(self.cells)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """Lines of a file that are not blank, in its order."""

    path: Path
    lines: tuple[Line, ...]

    @property
    def file(self) -> str:
        """The file's name, as it was given."""
        return str(self.path)

    def fail(self, line: int | None, message: str) -> NoReturn:
        """Refuse the file at a line."""
        raise InputError(message, file=self.file, line=line)

    def after(self, line: Line) -> tuple[Line, ...]:
        """The lines behind one, each as long as it is: a line that lacks or has further cells is refused."""
        wanted = len(line.cells)
        found = []
        for other in self.lines:
            if other.number <= line.number:
                continue
            extra = other.cells[wanted:]
            if len(other.cells) < wanted or any(extra):
                fact = f"has {len(other.cells)} cells where the head, line {line.number}, has {wanted}"
                self.fail(other.number, f"the line {fact}; columns must match; get the file again")
            found.append(Line(number=other.number, cells=other.cells[:wanted]))
        return tuple(found)


def read_sheet(path: Path) -> Sheet:
    """The lines of a file. Raises InputError for one that is not there, empty, or in no encoding that is known."""
    text = _decoded(path)
    reader = csv.reader(text.splitlines(keepends=True), delimiter=_delimiter(text))
    lines = []
    try:
        for cells in reader:
            line = Line(number=reader.line_num, cells=tuple(map(_plain, cells)))
            if not line.blank:
                lines.append(line)
    except csv.Error as error:
        raise InputError(f"is no CSV: {error}; get the file again", file=str(path), line=reader.line_num) from error
    if not lines:
        raise InputError("has no lines; get the file again", file=str(path), line=1)
    return Sheet(path=path, lines=tuple(lines))


def _decoded(path: Path) -> str:
    try:
        with path.open("rb") as stream:
            data = stream.read(MOST_BYTES + 1)
    except FileNotFoundError:
        raise InputError("no such file; give the path of a file", file=str(path)) from None
    except (OSError, ValueError) as error:
        raise InputError(f"cannot be read: {error}; give the path of a readable file", file=str(path)) from error
    if len(data) > MOST_BYTES:
        raise InputError(f"is longer than the limit of {MOST_BYTES} bytes; divide it by months", file=str(path))
    marked = next((encoding for mark, encoding in MARKS if data.startswith(mark)), None)
    for encoding in (marked,) if marked else ("utf-8", "cp932"):
        try:
            text = data.decode(encoding)
            break
        except UnicodeDecodeError as error:
            at = error.start
    else:
        line = data[:at].count(b"\n") + 1
        known = "UTF-8, UTF-16 with its mark, or CP932 (Shift JIS)"
        raise InputError(
            f"byte 0x{data[at]:02x} is in no known encoding; save the file as {known}", file=str(path), line=line
        )
    odd = next((at for at, letter in enumerate(text) if letter < " " and letter not in "\t\r\n"), None)
    if odd is not None:
        line = text.count("\n", 0, odd) + 1
        raise InputError(f"character U+{ord(text[odd]):04X} is no text; give a CSV file", file=str(path), line=line)
    return text


def _delimiter(text: str) -> str:
    """The letter that most of the file's lines are divided by.

    >>> _delimiter("a;b;1,5"), _delimiter("a,b"), _delimiter("a")
    (';', ',', ',')
    """
    head = text[:10_000]
    return max(",;\t", key=lambda letter: (sum(letter in line for line in head.splitlines()), head.count(letter)))


def _plain(cell: str) -> str:
    """
    >>> _plain(' "20240401" '), _plain('="0:30"'), _plain("１２：３０"), _plain("火力 （ＬＮＧ）")
    ('20240401', '0:30', '12:30', '火力 (LNG)')
    """
    text = unicodedata.normalize("NFKC", cell).strip()
    return text.removeprefix("=").strip("\"'").strip() if text[:1] in "\"'=" else text


def squeezed(text: str) -> str:
    """The text without blanks, as heads of columns are compared."""
    return "".join(text.split())


def column(cells: Sequence[str], *names: str) -> int | None:
    """The first column whose head is one of some names, whatever its capitals; None where there is none.

    >>> column(["DATE", "Time"], "date"), column(["a"], "b")
    (0, None)
    """
    heads = [squeezed(cell).lower() for cell in cells]
    return next((heads.index(squeezed(name).lower()) for name in names if squeezed(name).lower() in heads), None)
