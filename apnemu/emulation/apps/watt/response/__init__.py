# SPDX-License-Identifier: BSD-3-Clause
"""[guest] Parties of a call of the grid: programs in the sites' hosts that ask for less load, and give it.

`caller` is the grid operator that calls, `dispatcher` the aggregator that shares a call out and gathers answers,
`answering` a data centre's agent. What an agent has and does is in `load`, its jobs, battery and plant as they run on;
`levers` chooses what is capped, paused or moved. `moving` has jobs that leave for another site and jobs that come.
`timed` has the instants that all of them know.

Messages, post, desk and the mover of states are those of `apnemu.emulation.apps.watt`.
"""
