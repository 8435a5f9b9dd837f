# SPDX-License-Identifier: BSD-3-Clause
"""Places for data centres: `question` holds the experiment, `settings` and `rows` what it asks, `shown` its figures."""

from apnemu.experiments.siting.question import EXPERIMENT

__all__ = ["EXPERIMENT"]
