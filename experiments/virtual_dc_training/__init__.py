# SPDX-License-Identifier: BSD-3-Clause
"""Training over several data centres: `settings` has its settings, `cases` what is trained on which ring, `question`
what is played and expected, `gloo` the comparison with torch.distributed, `rows` the reduction of the records, `shown`
sentence and figures."""

from apnemu.experiments.virtual_dc_training.question import EXPERIMENT

__all__ = ["EXPERIMENT"]
