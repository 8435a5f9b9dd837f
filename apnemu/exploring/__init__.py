# SPDX-License-Identifier: BSD-3-Clause
"""Exploration: the machine looks for a failure that nobody thought of.

A `scenario` is what happens to a network, and what is asked of its controller, instant by instant; `file` reads and
writes one, `wording` says it. `drawing` has Hypothesis draw them: instants lie where they matter, within what a
controller or a device is doing. `network` is that of a topology with nothing lit.

`world` plays a scenario on the host, in the time of `clock`: the controller's own program (`controllers.lab.Lab`),
whose life is in `controlled` and whose `surroundings` have no thread, socket or file, between `switches` of tables
and transponders. Messages take their way over the data communication network, in the order that the scenario's delays
give. Nothing of Linux is in it: no frames; the lab has those. `invariants` says what must hold of a `view`, each with
a name, beside those of somebody's `own`; `judging` plays a scenario and names the first that does not, `moments` are
for its picture.

`search` plays scenarios in batches, each with a seed of its own, so that the same failures are found in the same order
by any number of workers; failures with one `signature` count as one, and Hypothesis shrinks it. `exploration` keeps all
of it in a folder, as `batches` reads and writes it, and goes on from there; `replay` plays a file again.

`confirming` has a lab play failures, and a sample of what passed: all in one of the `boots`, then each failure alone
in fresh ones. `lab_view` makes of a look at the lab the world that invariants ask, and `lab_judging` judges it. The
guest's side is `emulation.exploring`.
"""
