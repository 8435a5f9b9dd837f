# SPDX-License-Identifier: BSD-3-Clause
"""Changes of what is cut, lost and lit, from one message to the next: what a timeline is drawn from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

KINDS: Final = {"cut": ("fibre", "cut"), "lost": ("site", "lost")}
Change = list[Any]
"""Instant in ns, kind of thing, its name, its state; a state of "" is over."""


class Changes:
    """Change of states as messages arrive.

    >>> changes = Changes()
    >>> changes.of(5, {"cut": ["a-b"], "light": [{"name": "x", "state": "planned"}]})
    [[5, 'fibre', 'a-b', 'cut'], [5, 'light', 'x', 'planned']]
    >>> changes.of(7, {"cut": [], "light": [{"name": "x", "state": "lit"}]})
    [[7, 'fibre', 'a-b', ''], [7, 'light', 'x', 'lit']]
    >>> changes.of(9, {})
    []
    """

    def __init__(self) -> None:
        self._states: dict[str, dict[str, str]] = {"fibre": {}, "site": {}, "light": {}}

    def of(self, at_ns: int, seen: Mapping[str, Any]) -> list[Change]:
        """What has changed by a message that was told at an instant; what it does not have stays as it was."""
        changed: list[Change] = []
        for key, (kind, state) in KINDS.items():
            if key in seen:
                changed += self._to(at_ns, kind, dict.fromkeys(seen[key], state))
        if "light" in seen:
            changed += self._to(at_ns, "light", {light["name"]: light["state"] for light in seen["light"]})
        return changed

    def _to(self, at_ns: int, kind: str, after: dict[str, str]) -> list[Change]:
        before, self._states[kind] = self._states[kind], after
        names = [*after, *(name for name in before if name not in after)]
        return [
            [at_ns, kind, name, after.get(name, "")] for name in names if after.get(name, "") != before.get(name, "")
        ]
