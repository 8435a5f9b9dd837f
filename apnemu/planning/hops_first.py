"""The other total order of routes: hops, then km, then names."""

from __future__ import annotations

from apnemu.model.plant import Plant
from apnemu.planning.graph import Graph


class HopsFirst(Graph):
    """The same graph with every fibre dearer by more than all fibres together, so that hops go before km."""

    def __init__(self, plant: Plant) -> None:
        super().__init__(plant)
        hop = sum(self.weights) + 1
        self.weights = [weight + hop for weight in self.weights]
        self.weight = {name: weight + hop for name, weight in self.weight.items()}
        self.arcs = [[(far, weight + hop, fibre) for far, weight, fibre in arcs] for arcs in self.arcs]
