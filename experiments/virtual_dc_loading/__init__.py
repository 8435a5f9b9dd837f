# SPDX-License-Identifier: BSD-3-Clause
"""A job whose data are in another data centre: `settings` has its settings, `question` what is played and expected,
`rows` the reduction of the records, `shown` sentence and figures."""

from apnemu.experiments.virtual_dc_loading.question import EXPERIMENT

__all__ = ["EXPERIMENT"]
