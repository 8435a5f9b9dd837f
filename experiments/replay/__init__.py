# SPDX-License-Identifier: BSD-3-Clause
"""Frames of a capture, sent again between two data centres.

`question` holds the experiment, `stages` its settings and what is sent, `captured` reads captures, `made` makes one
with scapy, `way` says when frames must arrive, `rows` what is made of the records.
"""

from apnemu.experiments.replay.question import EXPERIMENT

__all__ = ["EXPERIMENT"]
