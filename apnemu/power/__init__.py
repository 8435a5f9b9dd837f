# SPDX-License-Identifier: BSD-3-Clause
"""Power around data centres: which work runs where and when, what ties carry, what power costs, and who pays.

Plans: `horizon` says what a plan is asked for and turns a power system into arrays over its slots; `shift` makes the
schedule (`schedule`) out of rows for work, and those of `sites`, `moves` and `grid`, which share `writing`; `outcome`
says what a schedule comes to by the truth, whatever the planner believed; `veto` is an operator's answer to it.

Whole jobs beyond some number are sold on a `market`: `whole` finds one job's cheapest plan at given prices,
`whole_bidder` makes jobs bid, `whole_plan` trades and chooses, `whole_search` makes a choice better job by job.

Power systems: `flow` has power flow, dispatch and prices; `program` writes and solves linear programs, and alone calls
an optimiser. `forecast` makes what a planner believes of a profile, `money` what each party pays and gets. `closed`
holds closed forms beside which all this is held. `planned` is what `apnemu power` asks: the four shifts, or a dispatch.

Places: `headroom` books room at substations year by year, `siting` takes candidates for a data centre through
conditions; `pools` is one big data centre or many small ones in closed form, `pools_simulated` the same job by
job; `disaster` says what a hazard takes and leaves, `poles` where a service stands then.

No file of this room reads a file or a clock; `forecast` and `pools_simulated` alone draw random numbers, from
generators of the run's seed.

Rejected: linopy and PyPSA (the same optimum in every digit, half the speed, five packages more); a solver's time limit
(the result would be the machine's); all sites for all work (hours of computing: eight candidates are); one mixed
program for many whole jobs (after a minute still 6 % from its bound with 40 of them).
"""
