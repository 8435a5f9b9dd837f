# SPDX-License-Identifier: BSD-3-Clause
"""How well light arrives: `question` holds the experiment, `rows` judges every route and mode, `shown` draws them."""

from apnemu.experiments.quality.question import EXPERIMENT, SAME_DB

__all__ = ["EXPERIMENT", "SAME_DB"]
