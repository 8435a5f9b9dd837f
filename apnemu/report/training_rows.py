"""What a training step costs in several data centres, in a sentence; its sum beside somebody else's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from apnemu.report import words

Seen = Sequence[Mapping[str, Any]]


def beside_gloo(numbers: Sequence[Sequence[float]], gloo: Seen, own: Seen) -> dict[str, bool | int]:
    """Whether gloo and the home-made workers have the sum of `numbers`, every process the whole of it, and how long
    each took.

    >>> there = [{"numbers": [4.0, 6.0], "took_ns": 12}, {"numbers": [4.0, 6.0], "took_ns": 10}]
    >>> here = [{"numbers": [4.0, 6.0], "instants_ns": [5, 14]}, {"numbers": [4.0, 6.5], "instants_ns": [5, 15]}]
    >>> beside_gloo([[1.0, 2.0], [3.0, 4.0]], there, here)
    {'gloo_same_sum': False, 'gloo_sum_ns': 12, 'own_sum_ns': 10}
    """
    wanted = [sum(column) for column in zip(*numbers, strict=True)]
    found = [one["numbers"] for one in (*gloo, *own)]
    return {
        "gloo_same_sum": len(found) == 2 * len(numbers) and all(one == wanted for one in found),
        "gloo_sum_ns": max(one["took_ns"] for one in gloo),
        "own_sum_ns": max(one["instants_ns"][-1] - one["instants_ns"][0] for one in own),
    }


def training_sentence(rows: Sequence[Mapping[str, Any]]) -> str:
    """The slowest step over each network, against one data centre.

    >>> training_sentence([{"network": "apn", "sites": 2, "ratio": 1.00527, "rtt_ns": 526_000, "rate_gbps": 100.0}])
    'A step in 2 data centres takes at most 1.0053 times that in one over the APN.'
    """
    parts = []
    for name in dict.fromkeys(row["network"] for row in rows):
        worst = max(row["ratio"] for row in rows if row["network"] == name)
        parts.append(f"{worst:.4f} times that in one over the {words.network(name)}")
    return f"A step in {rows[0]['sites']} data centres takes at most {', '.join(parts)}."
