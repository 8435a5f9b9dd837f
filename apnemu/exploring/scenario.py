# SPDX-License-Identifier: BSD-3-Clause
"""Scenario, which the lab plays as well: see `model.steps`."""

from __future__ import annotations

from apnemu.model.steps import CONTROLLER, GROUND, LIGHT, Do, Scenario, Step, read

__all__ = ["CONTROLLER", "GROUND", "LIGHT", "Do", "Scenario", "Step", "read"]
