# SPDX-License-Identifier: BSD-3-Clause
"""A machine moves while it runs: `plans` has settings and what they ask of each path, `question` what is played and
expected, `rows` the reduction of the records, `shown` sentence and figures."""

from apnemu.experiments.virtual_dc_migration.question import EXPERIMENT

__all__ = ["EXPERIMENT"]
