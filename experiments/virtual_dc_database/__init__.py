# SPDX-License-Identifier: BSD-3-Clause
"""A database in two cities: `settings` has its settings, `question` what is played and expected, `rows` the reduction
of the records, `shown` sentence and figures."""

from apnemu.experiments.virtual_dc_database.question import EXPERIMENT

__all__ = ["EXPERIMENT"]
