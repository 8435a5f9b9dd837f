# SPDX-License-Identifier: BSD-3-Clause
"""Sentences about a run as a whole: whether its expectation came true, and what it took of the machine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from apnemu.report import words


def expectation(document: Mapping[str, Any]) -> str:
    """Whether the expectation came true, in words; where it did not, the worst row.

    >>> expectation({"expectation": {"text": "jitter is 0 ns", "met": True}})
    'Expected before the run, and met: jitter is 0 ns'
    >>> expectation({"expectation": {"text": "jitter is 0 ns", "met": None, "why": "nothing to judge: no rows"}})
    'Expected before the run, not judged (nothing to judge: no rows): jitter is 0 ns'
    """
    expected = document.get("expectation") or {}
    if not expected.get("text"):
        return "Nothing was expected before the run."
    met = expected.get("met")
    verdict = "not judged" if met is None else "and met" if met else "and not met"
    why = f" ({expected['why']})" if not met and expected.get("why") else ""
    return f"Expected before the run, {verdict}{why}: {expected['text']}"


def cost(document: Mapping[str, Any]) -> str:
    """Cost of the run on this machine: time and memory.

    >>> cost({"virtual_s": 32.416680587, "wall_s": 60.707, "peak_memory_bytes": 1_186_000_000})
    '32.4 s in the lab took 60.7 s on the clock and at most 1.19 GB of memory, the command and its labs together.'
    """
    took = f"took {document['wall_s']:.1f} s on the clock and at most {words.memory(document['peak_memory_bytes'])}"
    return f"{document['virtual_s']:.1f} s in the lab {took} of memory, the command and its labs together."
