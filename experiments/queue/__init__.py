# SPDX-License-Identifier: BSD-3-Clause
"""The queue of a router's port: `question` holds the experiment, `rows` what its captures say, beside theory."""

from apnemu.experiments.queue.question import EXPERIMENT

__all__ = ["EXPERIMENT"]
