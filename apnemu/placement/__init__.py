"""Where the parts of a job run when no data centre has room for it, and when they are done.

`precopy` moves a machine, `allreduce` sums gradients over workers (what both take, in closed form), `training_models`
are models to train; `remote_disk` says what commands to a disk far away take, `stalls` how long commits wait for light.

`job` is what is to be done, `links` what a transfer costs (measured in the lab, never assumed), `schedule` puts tasks
on sites and says when the last one is done. Nothing here reads a clock or a file, or draws a random number.
"""
