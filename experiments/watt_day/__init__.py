# SPDX-License-Identifier: BSD-3-Clause
"""A day on which work follows power: `settings` has settings and the days that they ask for, `papers` what each party
is told, `light` the network that moves of state ask light of, `question` what is played and expected, `rows` the
reduction of the records with `moved` for moves, `shown` sentence and columns, `pictures` the load of sites over the
day."""

from apnemu.experiments.watt_day.question import EXPERIMENT

__all__ = ["EXPERIMENT"]
