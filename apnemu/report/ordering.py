# SPDX-License-Identifier: BSD-3-Clause
"""The order in which networks and phases of some rows are shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def phases(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """The phases of some rows, in the order of their first row."""
    return list(dict.fromkeys(str(row.get("phase", "")) for row in rows))


def networks(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """The networks of some rows: the APN first, the packet network second, any other after them.

    >>> networks([{"network": "packet"}, {"network": "other"}, {"network": "apn"}])
    ['apn', 'packet', 'other']
    """
    found = dict.fromkeys(row["network"] for row in rows)
    return sorted(found, key=lambda name: {"apn": 0, "packet": 1}.get(name, 2))
