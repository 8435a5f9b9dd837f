"""What moving bytes between two places costs, from measured transfers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """One direction between two places: how long transfers of some sizes took alone, and the rate of many in a row.

    `alone_s` maps sizes in bytes to seconds, connection set-up and slow start included. `shared` links carry one
    transfer after another (a wavelength, a line); others serve all at once (each slot has a port of its own inside a
    data centre).
    """

    alone_s: Mapping[int, float]
    bytes_per_s: float
    shared: bool

    def busy_s(self, size_bytes: int) -> float:
        """For how long a transfer keeps others from a shared link."""
        return size_bytes / self.bytes_per_s

    def after_s(self, size_bytes: int) -> float:
        """How much later than that it has arrived: what the measured transfer took beyond its bytes' own time.

        Raises:
            KeyError: no transfer of this size was measured.
        """
        return 0.0 if size_bytes == 0 else max(0.0, self.alone_s[size_bytes] - self.busy_s(size_bytes))


Links = Mapping[tuple[str, str], Link]
"""By (from, to), also from a place to itself."""
