# SPDX-License-Identifier: BSD-3-Clause
"""A run, from what was asked to what was seen: its stages in order, each leaving its file in the run's directory.

    request    what was asked for, and the command line that asks for it again
    options    options of a run, checked
    asked      what follows from a request before anything is played, and what its rows answer: no lab is needed
    corridor   the run itself: plan, blueprint, guests, records, rows, verdict, page
    guests     one guest for each network, side by side
    directory  the run's directory: made, written, tidied up
    manifest   versions, hashes of inputs, approximations
    finished   a run that has ended, read from its directory; its page
    unlit_network  a network for `apnemu shell` and `lab net`: nothing lit yet, or the packet network
    workers    processes of this machine, or a Dask cluster, that do many tasks of one kind
    demo       a few short runs, and one table of both networks
    bench      speed and accuracy beside stock Mininet's

The room is called `running` since `apnemu.run` is the public function: a package of that name would take its place as
soon as anything imported it.

What a stage has made is handed to the next as a value; a file is read again only for a run that has ended.

Rejected: a pipeline of registered stages (there is one order, and it can be read from top to bottom); results in
memory alone (a run that a person cannot open later has not been seen); a database of runs (a directory can be copied,
compared and deleted).
"""
