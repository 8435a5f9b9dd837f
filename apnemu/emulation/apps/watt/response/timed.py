# SPDX-License-Identifier: BSD-3-Clause
"""[guest] Instants of a call, which everybody knows from his papers, on the lab's clock in ns."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """The stage's first instant; when agents say what they have; when the operator calls; when all is over."""

    begin_ns: int
    states_ns: int
    call_ns: int
    over_ns: int

    def since_call_ns(self, now_ns: int) -> int:
        """Time since the call; negative before it."""
        return now_ns - self.call_ns
