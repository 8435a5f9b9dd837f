# SPDX-License-Identifier: BSD-3-Clause
"""A fibre is cut under a steady stream of frames.

`question` holds the experiment, `settings` what `--set` may change, `fates` what happens, whom it hits and what must
follow, `stages` what is played, `outages` what a receiver saw of a stream, `rows` the results, `shown` the sentence and
the outages as bars, `pictures` the frames of each stream, and the ways before and after on maps.
"""

from apnemu.experiments.failover.question import EXPERIMENT

__all__ = ["EXPERIMENT"]
