# SPDX-License-Identifier: BSD-3-Clause
"""A day on which work follows power: `settings` has settings and the days that they ask for, `changed` the power
system as they change it, `hiding` who keeps what to himself, `papers` what each party is told, `operators` what grid
operators are, `supplied` batteries and own plants, `light` the network that moves of state ask light of, `question`
what is played and expected, `rows` the reduction of the records, with `asked`, what was asked of grid operators,
`moved` for moves, and `drawn`, figures for pictures; `shown` sentence and columns, `pictures` stacks over the day,
`map` the day on the map, `money` costs and gains."""

from apnemu.experiments.watt_day.question import EXPERIMENT

__all__ = ["EXPERIMENT"]
