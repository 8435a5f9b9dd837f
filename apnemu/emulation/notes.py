# SPDX-License-Identifier: BSD-3-Clause
"""The records that the guest writes, in the order in which they are seen."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from apnemu.records.record import Record


class Notes:
    """Writes records; adds to each the network, and the phase and the load of the stage."""

    def __init__(self, path: Path, network: str) -> None:
        self._file = path.open("w")
        self.network = network
        self.phase = ""
        self.load: float | None = None

    def write(self, kind: str, **seen: Any) -> None:
        self.keep(Record(network=self.network, kind=kind, phase=self.phase, load=self.load, **seen))

    def keep(self, record: Record) -> None:
        """Write a record down."""
        self._file.write(record.to_line() + "\n")

    def application(self, name: str, site: str, seq: int, at_ns: int, detail: dict[str, object]) -> None:
        """Write a record that a program in a site printed."""
        text = json.dumps(detail, ensure_ascii=False, separators=(",", ":"))
        self.write("application", name=name, source=site, seq=seq, at_ns=at_ns, detail=text)

    def close(self) -> None:
        self._file.close()
