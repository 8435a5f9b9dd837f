# SPDX-License-Identifier: BSD-3-Clause
"""What a person may say of files that do not say it themselves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Labels = Literal["start", "end"]
Scope = Literal["life-cycle", "direct"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """Area of files that name none; unit of figures that have none; whether times label a slot's start or its end.

    `scope` is which of a provider's two carbon intensities is taken.
    """

    area: str = ""
    unit: str = ""
    labels: Labels | None = None
    scope: Scope = "life-cycle"
