"""What the guest writes down, in the order in which it was seen."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from apnemu.records.record import Record


class Notes:
    """The guest's end of `records`: adds to what is seen the network, the phase and the load it was seen under."""

    def __init__(self, path: Path, network: str) -> None:
        self._file = path.open("w")
        self._network = network
        self.phase = ""
        self.load: float | None = None

    def write(self, kind: str, **seen: Any) -> None:
        record = Record(network=self._network, kind=kind, phase=self.phase, load=self.load, **seen)
        self._file.write(record.to_line() + "\n")

    def application(self, name: str, site: str, seq: int, at_ns: int, detail: dict[str, object]) -> None:
        """What a program in a site printed for the record."""
        text = json.dumps(detail, ensure_ascii=False, separators=(",", ":"))
        self.write("application", name=name, source=site, seq=seq, at_ns=at_ns, detail=text)

    def close(self) -> None:
        self._file.close()
