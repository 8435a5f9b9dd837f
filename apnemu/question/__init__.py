# SPDX-License-Identifier: BSD-3-Clause
"""What an experiment is, and what experiments share. No algorithm of one experiment alone, and no run.

    experiment      the value `EXPERIMENT` of a file: settings, what is played, rows, verdict, how it is shown
    settings        settings as fields of a frozen dataclass; `--set`, `apnemu experiments` and sweeps read nothing else
    packet_network  settings that every experiment has
    controller      the setting that places the controller, of experiments in which it acts
    light           light on demand as a stage asks for it
    clients         clients and routers' lines of one rate, which a lab can afford to fill
    lines           line rates of the networks that a run compares, and what is said where they differ
    chances         loss and jitter of fibres: who feels them, and what is then not judged
    context         what an experiment may look at when it decides what to play
    verdict         claims about rows, and the verdict over them
    reserved        names of columns that are apnemu's own
    results         what an experiment made of its records, as plain values
    contract        what its functions are called with and return
    former          names of apnemu 0.1, and what they are called now
    discovery       experiments and topologies by name or file
    places          labels of sites and fibres in settings, in place of ids
    pairs           the pair of data centres that an experiment is about
    plants          stars and rings that are laid in place of the topology's plant
    traffic         probes, tenants and other people's packets, drawn from the seed
    round_trips     probes reduced to rows of round trips
    bounds          what a service needs, and what it would feel over light and over packets

An experiment owns its answer, so that a new one is one file and no other file knows its name or its columns.

Rejected: a base class with methods to override (a value with functions can be replaced in part, as tests do, and has
no order of calls to know); settings as a mapping of names (a wrong name is found by running, not by a type checker); a
list of experiments to enter a new one in (the folder is the list); a verdict of yes or no (all of nothing is yes).
"""
