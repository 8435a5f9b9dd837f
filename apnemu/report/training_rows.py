"""What a training step costs in several data centres, in a sentence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from apnemu.report import words


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
