# SPDX-License-Identifier: BSD-3-Clause
"""What a run has for those who follow it: a call that hears of what is seen, and a place for what is done by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from apnemu.model.activities import Event

FOLLOWED = "--followed"
"""The word that has a run followed."""
Tell = Callable[..., None]
"""Call with a kind and its values. It makes no system call: what is measured is the same with and without."""


def nobody(*_: Any) -> None:
    """Hear of what is seen, where nobody follows."""


@dataclass(slots=True)
class Hand:
    """Place for the player of failures that is at work, which does what a person wants done; None between stages."""

    does: Callable[[Event], None] | None = None
