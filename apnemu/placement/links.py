# SPDX-License-Identifier: BSD-3-Clause
"""Links: the time that moving bytes between two places takes, by measured transfers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A direction between two places: the time of transfers of some sizes on their own, and the rate of many in a row.

    `alone_s` maps sizes in bytes to seconds, connection set-up and slow start included. A `shared` link carries one
    transfer after another (a wavelength, a line); any other serves all at once (each slot has a port of its own inside
    a data centre).
    """

    alone_s: Mapping[int, float]
    bytes_per_s: float
    shared: bool

    def busy_s(self, size_bytes: int) -> float:
        """Time, in s, for which a transfer keeps others from a shared link."""
        return size_bytes / self.bytes_per_s

    def after_s(self, size_bytes: int) -> float:
        """Time, in s, from the end of `busy_s` until the transfer has arrived: the measured time less `busy_s`.

        Raises:
            KeyError: no transfer of this size was measured.
        """
        return 0.0 if size_bytes == 0 else max(0.0, self.alone_s[size_bytes] - self.busy_s(size_bytes))


Links = Mapping[tuple[str, str], Link]
"""Links by (from, to), also from a place to itself."""
