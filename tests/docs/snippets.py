# SPDX-License-Identifier: BSD-3-Clause
"""Commands and snippets of a page, run in a folder of its own.

A block `sh` is run as it stands, a block with a title is written to the file of that name, `python` is a script,
`shell-session` is typed at the prompt of the command that is its title, and each line of a block `text` must have been
printed before. What cannot be run here stands in `NOT_RUN`, with the reason.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from .pages import HOUSE, Block, blocks

NOT_RUN = {
    "git clone ": "there is no clone of a clone; what follows runs in this one",
    "make ": "installs packages and builds the kernel, as has been done before a test runs",
    "pip install ": "asks PyPI; tests/packaging installs what is built",
    "jupyter lab ": "a browser's; tests/examples executes the notebook",
    "export PATH=": "the test's own path has it",
    "docker ": "there is no Docker here; tests/packaging runs the steps of its file",
    "apnemu run examples/": "tests/examples runs each of them",
}
"""What a line of a block begins with -> why it is not run."""
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


def run_all(page: Path, folder: Path) -> None:
    """Do what a page says, from its first block to its last."""
    said: list[str] = []
    for block in blocks(page):
        run(block, folder, said)
