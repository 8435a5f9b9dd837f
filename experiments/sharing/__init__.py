# SPDX-License-Identifier: BSD-3-Clause
"""Tenants of shared and of own wavelengths.

`question` holds the experiment, `rows` what is made of the records, `shown` the sentence and the figures.
"""

from apnemu.experiments.sharing.question import EXPERIMENT

__all__ = ["EXPERIMENT"]
