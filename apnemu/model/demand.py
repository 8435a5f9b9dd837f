# SPDX-License-Identifier: BSD-3-Clause
"""Demands: what is asked of the network, between two sites or from one to many; and what others send over it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

TreeKind = Literal["tree", "subcarriers"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """Capacity wanted between two sites, both ways.

    `rate_gbps` is the line rate of the client's port, and so what applications get at most; the transceiver mode that
    planning chooses may carry more.

    Raises:
        ValueError: source and target are the same site, or the rate is not above 0.
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


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeDemand:
    """Light wanted from one site, the hub, to several sites, its leaves.

    Kind `tree`: every leaf gets all of `rate_gbps`, the same frames. Kind `subcarriers`: each leaf gets `rate_gbps` for
    itself, a whole number of the hub's subcarriers.

    Raises:
        ValueError: no leaf, a leaf named twice, the hub among its leaves, or a rate that is not above 0.
    """

    name: str
    source: str
    leaves: tuple[str, ...]
    rate_gbps: float
    kind: TreeKind = "tree"

    def __post_init__(self) -> None:
        if not self.leaves or len(set(self.leaves)) < len(self.leaves) or self.source in self.leaves:
            raise ValueError(
                f"demand {self.name}: leaves {self.leaves} of {self.source}; they must be others, once each"
            )
        if not self.rate_gbps > 0:
            raise ValueError(f"rate_gbps is {self.rate_gbps}; it must be above 0")


@dataclass(frozen=True, slots=True, kw_only=True)
class Background:
    """Other people's traffic on every fibre direction of the packet network.

    `load` is the offered share of the line rate. `poisson`: frames of `frame_bytes` at exponential gaps. `pareto`:
    bursts at line rate with Pareto lengths (shape `pareto_shape`, mean `burst_bytes`) at exponential gaps. With a
    `mix`, frames of `poisson` have its lengths, each as often as its weight says.
    """

    kind: Literal["none", "poisson", "pareto"] = "poisson"
    load: float = 0.0
    frame_bytes: int = 1514
    burst_bytes: int = 30_000
    pareto_shape: float = 1.5
    mix: tuple[tuple[int, float], ...] = ()

    @property
    def mean_bytes(self) -> float:
        """Mean length of a frame.

        >>> Background(mix=((60, 7), (590, 4), (1514, 1))).mean_bytes, Background().mean_bytes
        (357.8333333333333, 1514)
        """
        if not self.mix:
            return self.frame_bytes
        return sum(length * weight for length, weight in self.mix) / sum(weight for _, weight in self.mix)
