# SPDX-License-Identifier: BSD-3-Clause
"""Exploration: the machine looks for a failure that nobody thought of.

A `scenario` is what happens to a network, and what is asked of its controller, instant by instant; `file` reads and
writes one. `drawing` has Hypothesis draw them: instants lie where they matter, within what a controller or a device is
doing. `world` plays one on the host: the controller's own program (`controllers.lab.Lab`) between `switches` of tables
and transponders, whose messages take their way over the data communication network, in the order that the scenario's
delays give. Nothing of Linux is in it: no frames, no sockets, no threads. `invariants` says what must hold, each with a
name, and `judging` plays a scenario and names the first that does not.

`search` plays scenarios in batches, each with a seed of its own, so that the same failures are found in the same order
by any number of workers; failures with one `signature` count as one, and Hypothesis shrinks it.
"""
