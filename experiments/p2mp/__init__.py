# SPDX-License-Identifier: BSD-3-Clause
"""Light from a hub to many leaves.

`question` holds the experiment, `settings` what it may be asked for, `moving` the stage in which subcarriers move,
`rows` what is made of the records, `shown` the answer's sentence and figures.
"""

from apnemu.experiments.p2mp.question import EXPERIMENT

__all__ = ["EXPERIMENT"]
