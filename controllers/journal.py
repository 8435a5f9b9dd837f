# SPDX-License-Identifier: BSD-3-Clause
"""Journal of the controller's decisions on its disk, a line for each, from which it knows all when it starts again."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Protocol


class Disk(Protocol):
    """Place where a journal stands."""

    def entries(self) -> Iterable[dict[str, Any]]:
        """Entries that it had when it was opened, the oldest first."""

    def write(self, entry: dict[str, Any]) -> None:
        """Append an entry, which outlives the controller when this returns."""


class Journal:
    """Written through to the disk before anybody is answered. A last line that is cut short was never answered."""

    def __init__(self, path: Path) -> None:
        self._path = path
        whole = path.read_bytes() if path.exists() else b""
        self._kept = whole[: whole.rfind(b"\n") + 1]
        if self._kept != whole:
            os.truncate(path, len(self._kept))
        self._file = path.open("ab", buffering=0)

    def entries(self) -> Iterator[dict[str, Any]]:
        """Entries that it had when it was opened, the oldest first."""
        for line in self._kept.splitlines():
            yield json.loads(line)

    def write(self, entry: dict[str, Any]) -> None:
        """Append an entry; it is on the disk when this returns."""
        self._file.write(json.dumps(entry, sort_keys=True).encode() + b"\n")
        os.fsync(self._file.fileno())

    def close(self) -> None:
        """Close its file."""
        self._file.close()
