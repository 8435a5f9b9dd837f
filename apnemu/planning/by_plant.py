# SPDX-License-Identifier: BSD-3-Clause
"""Values that follow from a plant alone, made once for each. A plant is told by identity: its hash is all of it."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from functools import wraps
from typing import TypeVar

from apnemu.model.plant import Plant

Made = TypeVar("Made")
MOST = 8
"""Plants whose values are kept."""


def by_plant(make: Callable[[Plant], Made]) -> Callable[[Plant], Made]:
    """Keep what a function makes of the last plants that it was given, and these, so that no other has their id."""
    kept: OrderedDict[int, tuple[Plant, Made]] = OrderedDict()

    @wraps(make)
    def made(plant: Plant) -> Made:
        found = kept.get(id(plant))
        if found is None:
            found = kept[id(plant)] = plant, make(plant)
            if len(kept) > MOST:
                kept.popitem(last=False)
        return found[1]

    return made
