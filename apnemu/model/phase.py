# SPDX-License-Identifier: BSD-3-Clause
"""The years for which a network is planned, of one that grows."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """Calendar years, both included, in which a country's network is as the topology has it."""

    from_year: int
    to_year: int

    def __post_init__(self) -> None:
        if self.from_year > self.to_year:
            raise ValueError(f"it goes from {self.from_year} to {self.to_year}; a phase does not end before it begins")
