# SPDX-License-Identifier: BSD-3-Clause
"""[guest] Parties of a watt-bit day: programs in the sites' hosts that speak with each other in every slot.

Parties: `forecaster`, `aggregator`, who gathers, decides by its `planner` and plans what it is `proposing` (what is
`proposed` is asked for, and again less what is `vetoed`), `tso`, a grid operator that grants or not, `centre`, which
turns plans into orders, `agent` of a data centre, with its `jobs`, their `states`, which move between sites, and its
`supply` of power, which is `powered` in plans. A move has a process of the agent's `mover`, which does what `carriage`
says (state on its way is `moving`); `alone` is what an agent does by itself. `calendar` has the instants of a day.
`told` is what an aggregator knows before it, `cover` what an agent lets others see of its jobs. Jobs that are sold are
offered by an agent's `bids` to the aggregator's `trader`. `response` has the parties of a call of the grid.

How they speak: `messages` is the form of what they say, and its seal, `post` how it goes from one to another, `desk`
what a party works with. A party knows nothing of sockets and clocks but its desk, so that a test plays a day in
milliseconds.

All but `planner`, `powered`, `proposing`, `trader` and `told` is of the standard library, since each import costs the
lab's time once for every party.
"""
