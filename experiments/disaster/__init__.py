# SPDX-License-Identifier: BSD-3-Clause
"""A disaster takes sites, fibres and cable landings at one instant.

`question` holds the experiment, `settings` what `--set` may change, `cases` whom each hazard hits and what must follow,
`stages` what is played, `rows` the results, `shown` the sentence and the table, `maps` the country before and after.
"""

from apnemu.experiments.disaster.question import EXPERIMENT

__all__ = ["EXPERIMENT"]
