# SPDX-License-Identifier: BSD-3-Clause
"""The documents: their links lead somewhere, and the arrow of imports in them is that of pyproject.toml."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

import apnemu

HOUSE = Path(__file__).resolve().parents[1]
DOCUMENTS = [HOUSE / "README.md", HOUSE / "CONTRIBUTING.md", HOUSE / "CHANGELOG.md", HOUSE / "examples" / "README.md"]
DOCUMENTS += sorted((HOUSE / "docs").rglob("*.md"))


def layers() -> list[list[str]]:
    """The layers of the import contract, from the top, each with its rooms."""
    contracts = tomllib.loads((HOUSE / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]
    arrow = next(contract["layers"] for contract in contracts if contract["type"] == "layers")
    return [layer.split(" | ") for layer in arrow]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(HOUSE)))
def test_links_lead_somewhere(document: Path) -> None:
    text = document.read_text("utf-8")
    targets = [target for target in re.findall(r"\]\(([^)]+)\)", text) if not target.startswith(("http", "#"))]
    broken = [target for target in targets if not (document.parent / target.partition("#")[0]).exists()]
    assert broken == []


def test_the_arrow_of_imports_is_that_of_the_contract() -> None:
    drawn = re.search(r"`(\w+ > \w+ > [^`]+)`", (HOUSE / "docs" / "house.md").read_text("utf-8"))
    assert drawn is not None
    assert [layer.split(" | ") for layer in " ".join(drawn[1].split()).split(" > ")] == layers()
    table = re.findall(r"^\| ((?:`\w+`(?:, )?)+) \|", (HOUSE / "docs" / "house.md").read_text("utf-8"), re.MULTILINE)
    rooms = [re.findall(r"`(\w+)`", row) for row in table]
    assert rooms[: len(layers())] == layers()


def test_public_names_of_the_documents_are_there() -> None:
    """`apnemu.NAME` in a document, and every name that a document imports from apnemu."""
    for document in DOCUMENTS:
        text = document.read_text("utf-8")
        imported = ",".join(re.findall(r"from apnemu import ([\w, ]+)", text))
        names = {name.strip() for name in imported.split(",") if name.strip()}
        names |= set(re.findall(r"\bapnemu\.(\w+)\(", text))
        assert names <= set(apnemu.__all__), (document.name, names - set(apnemu.__all__))


def test_places_of_the_documents_are_there() -> None:
    """Files and folders of the repository that the documents name in backquotes."""
    missing = []
    for document in DOCUMENTS:
        if document.name == "CHANGELOG.md":  # it names what was removed
            continue
        quoted = re.findall(
            r"`((?:apnemu|tests|docs|examples|experiments|topologies|controllers)/[\w/.-]+)`",
            document.read_text("utf-8"),
        )
        missing += [f"{document.name}: {name}" for name in quoted if "NAME" not in name and not (HOUSE / name).exists()]
    assert missing == []
