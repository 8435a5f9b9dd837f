# SPDX-License-Identifier: BSD-3-Clause
"""[guest] Parties of a call of the grid: programs in the sites' hosts that ask for less load, and give it.

`caller` is the grid operator that calls, `dispatcher` the aggregator that shares a call out and gathers answers,
`answering` a data centre's agent. What an agent has and does is in `load`, its jobs, battery and plant as they run on;
`levers` chooses what is capped, paused or moved. `moving` carries jobs to another site over light that `light` asks the
controller for; `transfer` sends and takes the bytes. `timed` has the instants that all of them know.

Messages, post and desk are those of `apnemu.emulation.apps.watt`.
"""
