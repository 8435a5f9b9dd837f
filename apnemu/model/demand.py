"""What is asked of the network."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """Capacity wanted between two sites, both ways.

    `rate_gbps` is what the applications are to get; the transceiver mode chosen for it may be faster.
    """

    name: str
    source: str
    target: str
    rate_gbps: float

    def __post_init__(self) -> None:
        if self.source == self.target:
            raise ValueError(f"demand {self.name} leads from {self.source} to itself")
        if not self.rate_gbps > 0:
            raise ValueError(f"rate_gbps is {self.rate_gbps}; it must be above 0")
