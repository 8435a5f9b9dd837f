# SPDX-License-Identifier: BSD-3-Clause
"""Several data centres as one: `settings` has its settings, `question` what is played and expected, `rows` the job that
is placed over measured links, `shown` sentence and figures."""

from apnemu.experiments.virtual_dc_pool.question import EXPERIMENT

__all__ = ["EXPERIMENT"]
