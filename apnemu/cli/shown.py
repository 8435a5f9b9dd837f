# SPDX-License-Identifier: BSD-3-Clause
"""Output for a person or a script: results on standard output, everything else on standard error."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from typing import Any, Final

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

from apnemu.escapes import printable

LINES: Final = "\n\t"


class _Terminal(Console):
    """Terminal that obeys what this program says, and nothing that stands in a text, such as a name from a lab."""

    def on_broken_pipe(self) -> None:
        """Let the command end as any does whose reader goes away; rich's own exit code is that of an unmet result."""
        raise BrokenPipeError

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        for part in super().render(renderable, options):
            yield part if part.control else Segment(printable(part.text, LINES), part.style)


OUT = _Terminal(highlight=False)


def to_stderr(text: str) -> None:
    """Print a line that is not a result."""
    print(printable(text, LINES), file=sys.stderr, flush=True)


def to_stdout(text: str) -> None:
    """Print a line of a result, without folding it."""
    OUT.print(text, markup=False, soft_wrap=True)


def show_json(document: Any) -> None:
    """Print the document of `--json`."""
    print(json.dumps(document, indent=1))
