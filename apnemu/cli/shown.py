"""What a person or a script gets to read: results on standard output, everything else on standard error."""

from __future__ import annotations

import json
import sys
from typing import Any

from rich.console import Console

OUT = Console(highlight=False)


def say(text: str) -> None:
    """A line that is not a result."""
    print(text, file=sys.stderr, flush=True)


def tell(text: str) -> None:
    """A line of a result, as long as it is."""
    OUT.print(text, markup=False, soft_wrap=True)


def show_json(document: Any) -> None:
    """The one document of `--json`."""
    print(json.dumps(document, indent=1))
