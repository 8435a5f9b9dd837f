"""Equal delay for a set of lightpaths: the shorter ones are held back in steps, as a Delay Managed Network does.

Steps of 1 us: the Shibuya-Akihabara trial of 2023 (fnn.jp 502571, press).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection

from apnemu.model.assignment import Assignment

STEP_NS = 1_000


def equalised(assignment: Assignment, names: Collection[str], *, step_ns: int = STEP_NS) -> Assignment:
    """The assignment with delay added to each named lightpath but the longest, in whole steps.

    No lightpath gets longer than the longest, so that what is left between any two is less than one step.
    Raises ValueError for a name that no lightpath has.
    """
    named = [path for path in assignment.lightpaths if path.name in names]
    missing = sorted(set(names) - {path.name for path in named})
    if missing:
        raise ValueError(f"no lightpath is called {', '.join(missing)}")
    longest_ns = max((path.delay_ns for path in named), default=0)
    paths = []
    for path in assignment.lightpaths:
        added_ns = (longest_ns - path.delay_ns) // step_ns * step_ns if path.name in names else 0
        paths.append(
            dataclasses.replace(path, delay_ns=path.delay_ns + added_ns, added_delay_ns=path.added_delay_ns + added_ns)
        )
    return dataclasses.replace(assignment, lightpaths=tuple(paths))
