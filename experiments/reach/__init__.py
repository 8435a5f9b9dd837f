# SPDX-License-Identifier: BSD-3-Clause
"""Sites for a data centre: `question` holds the experiment, `rows` the verdict on each site, `shown` its map."""

from apnemu.experiments.reach.question import EXPERIMENT

__all__ = ["EXPERIMENT"]
