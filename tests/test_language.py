# SPDX-License-Identifier: BSD-3-Clause
"""The language of the house: how docstrings begin, what a room's docstring names, how long a file may be."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

HOUSE = Path(__file__).resolve().parents[1]
ROOMS = ("apnemu", "controllers", "experiments")

NOT_YET = ()
"""Files and folders whose docstrings are not held to the rules below; the list is to become empty."""
CLEAN_WITHIN = ("apnemu/emulation/apps",)
"""Folders that are held to them although a folder around them is not."""
LONG_YET: dict[str, int] = {}
"""Files that are longer than they may be, with their lines: they may not grow, and are to be divided."""
MOST_LINES = 300
LISTED_BY_A_COMMAND = "experiments/__init__.py"
"""The room that names none of its files: a new experiment touches no file but its own and its test."""

PREPOSITIONS = (
    "about above across after against along amid among apart around as at before behind below beneath beside besides "
    "between beyond by concerning despite down during except for from in inside into like near of off on onto out "
    "outside over past per regarding since through throughout till to toward towards under underneath until unto up "
    "upon via with within without"
)
CONJUNCTIONS = (
    "although and because but if lest nor once or provided so than that though thus unless when whence whenever where "
    "whereas wherever whereby while whilst yet"
)
PRONOUNS = (
    "he her here hers him his i it its me mine my nobody none nothing one ones our ours she somebody someone something "
    "such their theirs them these they this those us we whatever which whichever who whoever whom whose you your yours "
    "there anything anybody everybody everyone everything"
)
ADVERBS = "afterwards again also already always hence just merely never not now only otherwise then therefore too"
REFUSED = frozenset(" ".join((PREPOSITIONS, CONJUNCTIONS, PRONOUNS, ADVERBS)).split())
"""First words that leave a reader waiting for the noun or the verb. `What`, `Whether`, `How` and `Why` begin a clause
that stands for a noun, and may."""


def product_files() -> list[Path]:
    return sorted(path for room in ROOMS for path in (HOUSE / room).rglob("*.py") if "__pycache__" not in path.parts)


def name_of(path: Path) -> str:
    return path.relative_to(HOUSE).as_posix()


def docstrings(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Line and text of the docstrings of the module, of its classes and functions, and of constants and fields."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        body = node.body if isinstance(node, ast.Module | ast.ClassDef) else node.body[:1]
        for statement in body:
            if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
                text = statement.value.value
                if isinstance(text, str):
                    yield statement.lineno, text


def fault_of(docstring: str) -> str:
    """Why a docstring does not begin as it should; empty where it does.

    >>> fault_of("Of others in one stage: the lab holds them all in memory.")
    "begins with 'Of'"
    >>> fault_of("Most background frames in one stage; the lab holds them all in memory.")
    ''
    >>> fault_of("[guest] Where the frames go."), fault_of(">>> 1 + 1"), fault_of("`it` is a name."), fault_of("")
    ("begins with 'Where'", '', '', 'is empty')
    """
    text = re.sub(r"^\[[a-z ]+\]\s*", "", docstring.strip())
    if not text:
        return "is empty"
    text = re.sub(r"^One (?!of\b)", "", text)  # "One row for each site" counts: the noun follows
    word = re.match(r"[A-Za-z][A-Za-z'-]*", text)
    if word and re.split(r"['’]", word[0])[0].lower() in REFUSED:
        return f"begins with {word[0]!r}"
    return ""


def names_in(text: str) -> set[str]:
    """Words of a room's docstring that may name a file: those in backquotes, and the first of each indented line.

    >>> sorted(names_in("`guest.run` boots.\\n\\n    line  a fibre\\n"))
    ['guest', 'line', 'run']
    """
    quoted = [part for quote in re.findall(r"`([^`]+)`", text) for part in re.split(r"[^A-Za-z0-9_]+", quote)]
    listed = re.findall(r"^ +([a-z0-9_]+) ", text, re.MULTILINE)
    return {word for word in (*quoted, *listed) if word}


@pytest.mark.parametrize("room", ROOMS)
def test_a_docstring_begins_with_a_noun_or_a_verb(room: str) -> None:
    faults = []
    for path in product_files():
        name = name_of(path)
        if name.startswith(room + "/"):
            for line, text in docstrings(ast.parse(path.read_text("utf-8"))):
                if fault := fault_of(text):
                    faults.append(f"{name}:{line}: {fault}: {' '.join(text.split())[:80]}")
    assert not faults, "\n".join(faults)


def test_a_room_names_its_files() -> None:
    """Each package's docstring names every file and every room of the package."""
    faults = []
    for path in product_files():
        if path.name != "__init__.py" or name_of(path) == LISTED_BY_A_COMMAND:
            continue
        there = {file.stem for file in path.parent.glob("*.py")} - {"__init__", "__main__"}
        there |= {folder.parent.name for folder in path.parent.glob("*/__init__.py")}
        named = names_in(ast.get_docstring(ast.parse(path.read_text("utf-8"))) or "")
        if missing := sorted(there - named):
            faults.append(f"{name_of(path)} does not name {', '.join(missing)}")
    assert not faults, "\n".join(faults)


TEXTS = frozenset((".csv", ".json", ".md", ".patch", ".po", ".py", ".sh", ".toml", ".txt", ".yaml", ".yml"))
FOLDERS = (*ROOMS, "docs", "examples", "tests", "topologies", ".ci")


def test_no_merge_is_half_done() -> None:
    """Conflicts that git has marked and nobody resolved."""
    paths = [*HOUSE.glob("*"), *(path for folder in FOLDERS for path in (HOUSE / folder).rglob("*"))]
    texts = [path for path in paths if path.suffix in TEXTS and path.is_file()]
    assert len(texts) > 500
    marks = re.compile(r"^(?:<{7}|>{7}) ", re.MULTILINE)
    assert [name_of(path) for path in texts if marks.search(path.read_text("utf-8", errors="replace"))] == []


def test_no_file_is_long() -> None:
    lines = {name_of(path): len(path.read_text("utf-8").splitlines()) for path in product_files()}
    assert {name: count for name, count in lines.items() if count > MOST_LINES} == {}


def test_every_file_names_its_licence() -> None:
    own = [*product_files(), *(HOUSE / "tests").rglob("*.py"), *(HOUSE / "examples").rglob("*.py")]
    without = [name_of(path) for path in own if path.read_text("utf-8").strip() and not _names_its_licence(path)]
    assert without == []


def _names_its_licence(path: Path) -> bool:
    return path.read_text("utf-8").startswith("# SPDX-License-Identifier: BSD-3-Clause\n")
