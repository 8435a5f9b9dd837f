# SPDX-License-Identifier: BSD-3-Clause
"""Every command and snippet of the documentation is run, page by page, each in a folder of its own.

A block `sh` is run as it stands, a block with a title is written to the file of that name, `python` is a script,
`shell-session` is typed at the prompt of the command that is its title, and each line of a block `text` must have been
printed before. What cannot be run here stands in `NOT_RUN`, with the reason.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from .pages import DOCS, ENGLISH, HOUSE, Block, blocks

NOT_RUN = {
    "git clone ": "there is no clone of a clone; what follows runs in this one",
    "make ": "installs packages and builds the kernel, as has been done before a test runs",
    "pip install ": "asks PyPI; tests/packaging installs what is built",
    "jupyter lab ": "a browser's; tests/examples executes the notebook",
    "export PATH=": "the test's own path has it",
    "apnemu lab build": "done before any lab boots",
    "apnemu run examples/": "tests/examples runs each of them",
}
"""What a line of a block begins with -> why it is not run."""
WRITTEN_ALONE = (".github/workflows/network.yml",)
"""Files of pages that are for another machine: read as YAML, not used."""
ELSEWHERE = {
    "shell.md": "tests/shell/test_shell.py compares its sessions word by word",
    "own-experiment.md": "excerpts of examples/own_experiment.py, held to it below",
}
"""Pages whose blocks have tests of their own."""
WALL_S = 600


def commands(text: str) -> str:
    """A block without what is not run."""
    return "".join(f"{line}\n" for line in text.splitlines() if not line.startswith(tuple(NOT_RUN)))


def environment(folder: Path) -> dict[str, str]:
    """Variables of a reader who has `apnemu` on the path, and looks at a wide terminal."""
    bin_folder = Path(sys.executable).parent
    return {
        **os.environ,
        "PATH": f"{bin_folder}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(HOUSE),
        "COLUMNS": "200",
        "XDG_STATE_HOME": str(folder / ".state"),
    }


def done(command: list[str], folder: Path, given: str = "") -> str:
    """What a command prints. It must end well."""
    ended = subprocess.run(
        command,
        cwd=folder,
        env=environment(folder),
        input=given,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=WALL_S,
    )
    assert ended.returncode == 0, f"{given or command}\n{ended.stdout}"
    return ended.stdout


def run(block: Block, folder: Path, said: list[str]) -> None:
    """Do what a block says."""
    if block.language == "text":
        printed = " ".join(" ".join(said).split())
        missing = [line for line in block.text.splitlines() if " ".join(line.split()) not in printed]
        assert missing == [], printed
    elif block.language == "shell-session":
        said.append(done(block.title.split(), folder, block.text))
        assert "unknown" not in said[-1] and "did you mean" not in said[-1], said[-1]
    elif block.title:
        file = folder / block.title
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(block.text, "utf-8")
    elif block.language == "sh" and (text := commands(block.text)).strip():
        said.append(done(["bash", "-euc", text], folder))
    elif block.language == "python":
        said.append(done([sys.executable, "-"], folder, block.text))


PAGES = [page for page in (*ENGLISH, HOUSE / "README.md") if page.name not in ELSEWHERE and blocks(page)]


@pytest.mark.guest
@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(HOUSE)))
def test_the_snippets_of_a_page(page: Path, tmp_path: Path) -> None:
    said: list[str] = []
    for block in blocks(page):
        run(block, tmp_path, said)


@pytest.mark.guest
@pytest.mark.slow
def test_the_script_of_the_shell(tmp_path: Path) -> None:
    """The Python in docs/shell.md, with the network in its hands."""
    (script,) = (block for block in blocks(DOCS / "shell.md") if block.language == "python")
    (tmp_path / "script.py").write_text(script.text, "utf-8")
    said = done(["apnemu", "shell", "jpn12", "--script", "script.py"], tmp_path)
    assert "3 packets transmitted, 3 received" in said and said.rstrip().endswith("lit"), said


def test_every_block_says_what_it_is() -> None:
    known = {"sh", "python", "text", "shell-session", "yaml", "csv", "json", ""}
    odd = [(page.name, block.language) for page in ENGLISH for block in blocks(page) if block.language not in known]
    assert odd == []


def test_every_reason_is_needed() -> None:
    lines = [
        line for page in (*ENGLISH, HOUSE / "README.md") for block in blocks(page) for line in block.text.splitlines()
    ]
    assert [begun for begun in NOT_RUN if not any(line.startswith(begun) for line in lines)] == []
    titles = {block.title for page in ENGLISH for block in blocks(page)}
    assert set(WRITTEN_ALONE) <= titles


def test_excerpts_are_of_the_example() -> None:
    """Each line of Python in docs/own-experiment.md is one of the example's, but where `...` leaves something out."""
    example = (HOUSE / "examples" / "own_experiment.py").read_text("utf-8")
    known = re.sub(r"\s", "", example)
    for block in blocks(DOCS / "own-experiment.md"):
        if block.language == "python":
            for line in block.text.splitlines():
                parts = re.split(r"[,()]|\.\.\.", re.sub(r"\s", "", line))
                assert all(part in known for part in parts), line
