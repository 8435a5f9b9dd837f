# SPDX-License-Identifier: BSD-3-Clause
"""Zones: sites that data may be at, and fibres that they may pass."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Zone:
    """Sites that data may be at; the word all stands for every site.

    Fibres between its sites lie in it, but for `without_fibres`: cables that leave it on their way, or that somebody
    else owns.
    """

    name: str
    sites: tuple[str, ...] | Literal["all"]
    without_fibres: tuple[str, ...] = ()

    def allows(self, site: str) -> bool:
        """Whether a site lies in the zone.

        >>> Zone(name="west", sites=("osaka",)).allows("tokyo"), Zone(name="japan", sites="all").allows("tokyo")
        (False, True)
        """
        return self.sites == "all" or site in self.sites
