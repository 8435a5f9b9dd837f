# SPDX-License-Identifier: BSD-3-Clause
"""Data of a zone: does any leave it, how soon does an owner get it back, and what does obeying cost?

`settings` has what may be set, `cast` who plays which part and what each must get, `question` the experiment, `rows`
its results, `shown` the sentence and the figures.
"""

from apnemu.experiments.sovereignty.question import EXPERIMENT

__all__ = ["EXPERIMENT"]
