# SPDX-License-Identifier: BSD-3-Clause
"""Data centres, one big or many small: `question` holds the experiment, `rows` its figures, `shown` how it is shown."""

from apnemu.experiments.dispersal.question import EXPERIMENT

__all__ = ["EXPERIMENT"]
