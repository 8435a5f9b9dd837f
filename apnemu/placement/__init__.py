# SPDX-License-Identifier: BSD-3-Clause
"""Placement of work over several data centres when none has room for all of it, and the time that the work takes.

Closed forms: `precopy` moves a running machine, `allreduce` sums gradients over workers in a training step and `ring`
follows their parts round, `loading` computes on data of another data centre, `remote_disk` reads and writes a disk
there, `stalls` bounds how long commits stall while a fibre is dark, `transfers` sends over a TCP connection with a
window; `training_models` holds models to train.

Schedules: `job` says what is to be done and which pool does it, `links` what a transfer costs (measured in the lab,
never assumed), `schedule` puts tasks on sites and says when the last one is done.

No file of this room reads a clock or a file, or draws a random number.
"""
