# SPDX-License-Identifier: BSD-3-Clause
"""A disk in another data centre: `settings` has its settings, `jobs` what fio does, `question` what is played and
expected, `rows` the reduction of the records, `shown` sentence and figures."""

from apnemu.experiments.virtual_dc_storage.question import EXPERIMENT

__all__ = ["EXPERIMENT"]
