# SPDX-License-Identifier: BSD-3-Clause
"""Light is asked for: how long until it carries a frame?

`question` holds the experiment, `shown` the sentence and the figure.
"""

from apnemu.experiments.provisioning.question import EXPERIMENT

__all__ = ["EXPERIMENT"]
