# SPDX-License-Identifier: BSD-3-Clause
"""A call of the grid for less load: `settings` has settings and the cases that they ask for, `scene` who is called and
what runs there, `told` what agents know of their sites, `plans` each call with what is expected of it by its `course`,
`ways` light and its closed forms, `papers` what each party is told, `question` what is played and expected, `rows` the
reduction of the records with the help of `timeline`, `shown` sentence and columns, `pictures` the timeline of each
call."""

from apnemu.experiments.demand_response.question import EXPERIMENT

__all__ = ["EXPERIMENT"]
