# SPDX-License-Identifier: BSD-3-Clause
"""Output for a person or a script: results on standard output, everything else on standard error."""

from __future__ import annotations

import json
import sys
from typing import Any

from rich.console import Console

OUT = Console(highlight=False)


def to_stderr(text: str) -> None:
    """Print a line that is not a result."""
    print(text, file=sys.stderr, flush=True)


def to_stdout(text: str) -> None:
    """Print a line of a result, without folding it."""
    OUT.print(text, markup=False, soft_wrap=True)


def show_json(document: Any) -> None:
    """Print the document of `--json`."""
    print(json.dumps(document, indent=1))
