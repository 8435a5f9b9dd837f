# SPDX-License-Identifier: BSD-3-Clause
"""How `make` finds a Python that fits, and what it says where there is none."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.packaging.environments import REPOSITORY


def python_of_make(folder: Path, given: str) -> subprocess.CompletedProcess[str]:
    """What the Makefile's own search prints for `make PYTHON=given`."""
    (folder / "search.mk").write_text(f'include {REPOSITORY}/Makefile\nsearch:\n\t@$(python); echo "$$python"\n')
    command = ["make", "-s", "-f", "search.mk", "search", f"PYTHON={given}"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True)


def test_a_python_that_fits_is_taken(tmp_path: Path) -> None:
    assert python_of_make(tmp_path, sys.executable).stdout == f"{sys.executable}\n"


def test_without_one_a_line_says_what_to_do(tmp_path: Path) -> None:
    done = python_of_make(tmp_path, "/bin/false")
    assert done.returncode != 0
    assert done.stdout == ""
    line, *_ = done.stderr.splitlines()
    assert line.startswith("apnemu needs Python 3.11 or 3.12 (GNPy has none for 3.13)")
    assert "pipx install uv && ~/.local/bin/uv python install 3.12" in line
